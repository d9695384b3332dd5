"""The standard definitions of a new portal obey HubSpot's own rules for definitions."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import reconciler

FOLDER = Path(reconciler.__file__).parent / "emulator" / "definitions"

# Minimum and maximum number of standard properties per object: enough to be realistic, few enough to read.
SIZES = {
    "contacts": (50, 70),
    "companies": (50, 70),
    "deals": (50, 70),
    "tickets": (50, 70),
    "products": (20, 40),
    "line_items": (20, 40),
    "postal_mail": (20, 40),
    "goal_targets": (20, 40),
}

# "Property type and field type values" in https://developers.hubspot.com/docs/api-reference/latest/crm/properties/guide
FIELD_TYPES = {
    "bool": {"booleancheckbox", "calculation_equation"},
    "enumeration": {"select", "radio", "checkbox", "booleancheckbox", "calculation_equation"},
    "date": {"date"},
    "datetime": {"date"},
    "number": {"number", "calculation_equation"},
    "string": {"text", "textarea", "html", "file", "phonenumber", "calculation_equation"},
    "phone_number": {"phonenumber"},
}

KEYS = {
    "name",
    "label",
    "type",
    "fieldType",
    "groupName",
    "description",
    "options",
    "hasUniqueValue",
    "externalOptions",
    "referencedObjectType",
    "calculated",
    "readOnlyValue",
    "readOnlyDefinition",
    "showCurrencySymbol",
    "numberDisplayHint",
    "textDisplayHint",
    "formField",
    "hidden",
}

# Their options are the pipelines and stages of the portal.
FROM_PIPELINES = {"deals": {"pipeline", "dealstage"}, "tickets": {"hs_pipeline", "hs_pipeline_stage"}}

OBJECTS = sorted(SIZES)


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def properties(name: str) -> dict[str, dict[str, Any]]:
    return {definition["name"]: definition for definition in read(name)["properties"]}


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_has_a_believable_number_of_properties(name: str) -> None:
    fewest, most = SIZES[name]

    assert fewest <= len(read(name)["properties"]) <= most


@pytest.mark.parametrize("name", OBJECTS)
def test_properties_stand_in_order_of_their_names_and_none_twice(name: str) -> None:
    names = [definition["name"] for definition in read(name)["properties"]]

    assert names == sorted(set(names))


@pytest.mark.parametrize("name", OBJECTS)
def test_names_and_labels_are_unique_and_well_formed(name: str) -> None:
    for definition in read(name)["properties"]:
        plain = definition["name"].replace("_", "")
        assert plain.isascii()
        assert plain.isalnum()
        assert plain == plain.lower()
        assert definition["name"][0].isalpha()
        assert definition["label"].strip() == definition["label"] != ""


@pytest.mark.parametrize("name", OBJECTS)
def test_definitions_use_known_keys_only(name: str) -> None:
    unknown = {key for definition in read(name)["properties"] for key in definition} - KEYS

    assert unknown == set()


@pytest.mark.parametrize("name", OBJECTS)
def test_type_and_field_type_go_together(name: str) -> None:
    wrong = [
        definition["name"]
        for definition in read(name)["properties"]
        if definition["fieldType"] not in FIELD_TYPES[definition["type"]]
    ]

    assert wrong == []


@pytest.mark.parametrize("name", OBJECTS)
def test_every_group_is_defined_and_used(name: str) -> None:
    content = read(name)
    groups = [group["name"] for group in content["groups"]]

    assert len(groups) == len(set(groups))
    assert {definition["groupName"] for definition in content["properties"]} == set(groups)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_enumeration_has_options_unless_they_live_elsewhere(name: str) -> None:
    elsewhere = FROM_PIPELINES.get(name, set())
    for definition in read(name)["properties"]:
        is_chosen = definition["type"] in {"enumeration", "bool"}
        has_own = is_chosen and not definition.get("externalOptions") and definition["name"] not in elsewhere

        assert bool(definition.get("options")) == has_own, definition["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_options_are_unique_and_numbered_in_order(name: str) -> None:
    for definition in read(name)["properties"]:
        options = definition.get("options", [])
        values = Counter(option["value"] for option in options)
        labels = Counter(option["label"] for option in options)

        assert [option["displayOrder"] for option in options] == list(range(len(options)))
        assert set(values.values()) | set(labels.values()) <= {1}, definition["name"]
        assert not any(";" in value for value in values), "a semicolon separates multiple choices"


@pytest.mark.parametrize("name", OBJECTS)
def test_a_boolean_has_exactly_the_options_true_and_false(name: str) -> None:
    for definition in read(name)["properties"]:
        if definition["type"] == "bool":
            assert [option["value"] for option in definition["options"]] == ["true", "false"]


@pytest.mark.parametrize("name", OBJECTS)
def test_a_calculated_property_is_read_only(name: str) -> None:
    for definition in read(name)["properties"]:
        is_computed = definition.get("calculated", False)

        assert definition["fieldType"] != "calculation_equation" or is_computed, definition["name"]
        assert not is_computed or definition["readOnlyValue"], definition["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_the_definition_is_open_only_where_a_portal_may_edit_the_options(name: str) -> None:
    for definition in read(name)["properties"]:
        if "readOnlyDefinition" in definition:
            assert definition["readOnlyDefinition"] is False, "true goes without saying"
            assert definition["options"], definition["name"]


@pytest.mark.parametrize("name", OBJECTS)
def test_every_object_has_a_record_id_a_modification_date_and_an_owner(name: str) -> None:
    have = properties(name)
    modified = "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"

    assert have["hs_object_id"]["readOnlyValue"]
    assert have[modified]["readOnlyValue"]
    assert have["hubspot_owner_id"] | {"description": "", "label": "", "groupName": ""} == {
        "name": "hubspot_owner_id",
        "label": "",
        "type": "enumeration",
        "fieldType": "select",
        "groupName": "",
        "description": "",
        "externalOptions": True,
        "referencedObjectType": "OWNER",
    }


@pytest.mark.parametrize(
    ("name", "key"), [("contacts", "email"), ("products", "hs_sku"), ("line_items", "hs_external_id")]
)
def test_default_keys_are_unique_and_writable(name: str, key: str) -> None:
    definition = properties(name)[key]

    assert definition["hasUniqueValue"]
    assert not definition.get("readOnlyValue", False)


def test_an_object_without_a_default_key_has_no_writable_unique_property() -> None:
    found = [
        (name, definition["name"])
        for name in ("companies", "deals", "goal_targets", "postal_mail", "tickets")
        for definition in read(name)["properties"]
        if definition.get("hasUniqueValue", False) and not definition.get("readOnlyValue", False)
    ]

    assert found == []


def test_only_deals_and_tickets_begin_with_a_pipeline() -> None:
    assert {name for name in OBJECTS if "pipelines" in read(name)} == {"deals", "tickets"}


def test_the_first_deal_pipeline_has_the_stages_of_a_new_portal() -> None:
    (pipeline,) = read("deals")["pipelines"]

    assert (pipeline["id"], pipeline["label"]) == ("default", "Sales Pipeline")
    assert [(stage["id"], stage["metadata"]["probability"]) for stage in pipeline["stages"]] == [
        ("appointmentscheduled", "0.2"),
        ("qualifiedtobuy", "0.4"),
        ("presentationscheduled", "0.6"),
        ("decisionmakerboughtin", "0.8"),
        ("contractsent", "0.9"),
        ("closedwon", "1.0"),
        ("closedlost", "0.0"),
    ]


def test_a_deal_stage_is_closed_exactly_at_probability_zero_and_one() -> None:
    (pipeline,) = read("deals")["pipelines"]
    for stage in pipeline["stages"]:
        is_decided = float(stage["metadata"]["probability"]) in {0.0, 1.0}

        assert stage["metadata"]["isClosed"] == str(is_decided).lower(), stage["id"]


def test_the_first_ticket_pipeline_ends_in_a_closed_stage() -> None:
    (pipeline,) = read("tickets")["pipelines"]

    assert pipeline["id"] == "0"
    assert [stage["id"] for stage in pipeline["stages"]] == ["1", "2", "3", "4"]
    assert [stage["metadata"]["ticketState"] for stage in pipeline["stages"]] == ["OPEN"] * 3 + ["CLOSED"]


def test_industries_are_the_full_list_and_sorted_by_label() -> None:
    options = properties("companies")["industry"]["options"]
    labels = [option["label"].casefold() for option in options]

    assert len(options) > 140
    assert labels == sorted(labels)
