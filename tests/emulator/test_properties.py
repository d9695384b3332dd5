"""Property definitions and groups.

Source: the HubSpot notes of github.com/scopiousdigital/kalup, unless a test names another source.
"""

import json
from typing import Any

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

PATH = "/crm/v3/properties/companies"
TIER: dict[str, Any] = {
    "name": "tier",
    "label": "Tier",
    "type": "enumeration",
    "fieldType": "select",
    "groupName": "companyinformation",
    "options": [{"label": "Gold", "value": "gold", "displayOrder": 0, "hidden": False}],
}


def make(portal: Portal, **changes: Any) -> Any:
    return portal.post(PATH, {**TIER, **changes})


def test_a_new_definition_reads_with_every_field(portal: Portal) -> None:
    made = make(portal)
    assert made.status_code == 201
    assert made.headers["Location"] == "/crm/v3/properties/0-2/tier"
    body = portal.client.get(f"{PATH}/tier").json()
    assert body == made.json()
    assert body["hubspotDefined"] is False
    assert body["archived"] is False
    assert body["modificationMetadata"] == {
        "archivable": True,
        "readOnlyDefinition": False,
        "readOnlyValue": False,
    }


@pytest.mark.parametrize("address", ["companies", "company", "Companies", "0-2"])
def test_a_type_has_many_addresses(portal: Portal, address: str) -> None:
    assert portal.client.get(f"/crm/v3/properties/{address}/name").json()["name"] == "name"


def test_a_name_that_exists_is_a_conflict(portal: Portal) -> None:
    make(portal)
    again = make(portal)
    assert again.status_code == 409
    assert again.json()["category"] == "OBJECT_ALREADY_EXISTS"
    assert again.json()["subCategory"] == "Properties.PROPERTY_WITH_NAME_EXISTS"


def test_creating_an_archived_name_revives_it_with_its_values(portal: Portal) -> None:
    make(portal)
    record_id = portal.create("companies", name="N", tier="gold")
    assert portal.client.delete(f"{PATH}/tier").status_code == 204
    assert portal.client.get(f"{PATH}/tier").status_code == 404
    assert portal.client.get(f"{PATH}/tier", params={"archived": "true"}).json()["archived"] is True
    assert "tier" not in portal.read("companies", record_id, "tier")
    assert portal.client.delete(f"{PATH}/tier").status_code == 404
    assert make(portal, label="Level").json()["label"] == "Level"
    assert portal.read("companies", record_id, "tier")["tier"] == "gold"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Tier"}, "is not a property name"),
        ({"name": "1tier"}, "is not a property name"),
        ({"name": "hs_tier"}, "reserved"),
        ({"name": "a12345_tier"}, "reserved"),
        ({"type": "object_coordinates", "fieldType": "text"}, "do not go together"),
        ({"type": "json", "fieldType": "text"}, "do not go together"),
        ({"type": "number", "fieldType": "calculation_rollup"}, "do not go together"),
        ({"type": "number", "fieldType": "calculation_score"}, "do not go together"),
        ({"externalOptions": True, "referencedObjectType": "OWNER"}, "no options"),
        ({"externalOptions": True, "options": []}, "needs a referencedObjectType"),
        (
            {
                "externalOptions": True,
                "referencedObjectType": "OWNER",
                "options": [],
                "fieldType": "checkbox",
            },
            "do not go together",
        ),
        ({"numberDisplayHint": ""}, "must not be empty"),
        ({"currencyPropertyName": "x"}, "showCurrencySymbol"),
        ({"fieldType": "text"}, "do not go together"),
        ({"type": "colour"}, "do not go together"),
        ({"groupName": "nowhere"}, "does not exist"),
        ({"options": []}, "needs options"),
        ({"options": TIER["options"] * 2}, "differ in value"),
        ({"type": "bool", "fieldType": "booleancheckbox"}, "exactly the options true and false"),
        ({"dataSensitivity": "sensitive"}, "not enabled for sensitive data"),
        ({"label": ""}, "label must not be empty"),
        ({"options": [{"label": "Gold"}]}, "options.value"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(
    portal: Portal, changes: dict[str, Any], said: str
) -> None:
    refused = make(portal, **changes)
    assert refused.status_code == 400
    assert said in refused.json()["message"]


def test_fields_that_hubspot_sets_are_ignored(portal: Portal) -> None:
    metadata = {"archivable": False, "readOnlyDefinition": True, "readOnlyValue": True}
    made = make(portal, calculated=True, hubspotDefined=True, modificationMetadata=metadata).json()
    assert (made["calculated"], made["hubspotDefined"]) == (False, False)
    assert made["modificationMetadata"]["readOnlyValue"] is False


def test_options_are_replaced_as_a_whole(portal: Portal) -> None:
    make(portal)
    record_id = portal.create("companies", name="N", tier="gold")
    kept = portal.client.patch(f"{PATH}/tier", json={"label": "Level"}).json()
    assert [option["value"] for option in kept["options"]] == ["gold"]
    silver = {"label": "Silver", "value": "silver", "displayOrder": 0, "hidden": False}
    replaced = portal.client.patch(f"{PATH}/tier", json={"options": [silver]}).json()
    assert [option["value"] for option in replaced["options"]] == ["silver"]
    assert portal.read("companies", record_id, "tier")["tier"] == "gold"


def test_uniqueness_is_fixed_at_creation(portal: Portal) -> None:
    make(portal)
    changed = portal.client.patch(f"{PATH}/tier", json={"hasUniqueValue": True})
    assert (changed.status_code, changed.json()["hasUniqueValue"]) == (200, False)


def test_ten_unique_properties_are_the_limit() -> None:
    text = {"type": "string", "fieldType": "text", "hasUniqueValue": True, "options": []}
    with opened() as portal:
        statuses = [make(portal, **text, name=f"key_{n}").status_code for n in range(11)]
    assert statuses == [201] * 10 + [400]


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        (("string", "text"), ("string", "textarea"), 200),
        (("string", "phonenumber"), ("phone_number", "phonenumber"), 200),
        (("string", "text"), ("number", "number"), 400),
        (("string", "text"), ("string", "select"), 400),
    ],
)
def test_types_change_within_bounds(
    portal: Portal, before: tuple[str, str], after: tuple[str, str], status: int
) -> None:
    make(portal, type=before[0], fieldType=before[1], options=[])
    changed = portal.client.patch(f"{PATH}/tier", json={"type": after[0], "fieldType": after[1]})
    assert changed.status_code == status


def test_definitions_of_hubspot_stay_as_they_are(portal: Portal) -> None:
    assert portal.client.patch(f"{PATH}/name", json={"label": "Title"}).status_code == 400
    assert portal.client.delete(f"{PATH}/name").status_code == 400


def test_a_property_in_a_formula_cannot_be_archived(portal: Portal) -> None:
    make(portal, name="heads", type="number", fieldType="number", options=[])
    formula = {"type": "number", "fieldType": "number", "options": [], "calculationFormula": "heads * 2"}
    assert make(portal, **formula, name="twice").json()["fieldType"] == "calculation_equation"
    refused = portal.client.delete(f"{PATH}/heads")
    assert refused.status_code == 400
    assert refused.json()["subCategory"] == "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"
    assert refused.json()["context"] == {"usageCount": ["1"]}
    assert refused.json()["errors"][0]["context"] == {
        "parentType": ["CALCULATED_PROPERTY"],
        "parentName": ["0-2/twice"],
    }
    unknown = make(portal, **{**formula, "calculationFormula": "nope * 2"}, name="other")
    assert unknown.status_code == 404
    broken = make(portal, **{**formula, "calculationFormula": "heads *"}, name="other")
    assert broken.status_code == 400


@pytest.mark.parametrize(("version", "status"), [("v3", 201), ("2026-03", 201), ("2026-09", 200)])
def test_batches_of_definitions(portal: Portal, version: str, status: int) -> None:
    """Source: github.com/HubSpot/HubSpot-public-api-spec-collection, "Properties", by version."""
    root = PATH if version == "v3" else f"/crm/properties/{version}/companies"
    made = portal.post(f"{root}/batch/create", {"inputs": [TIER]})
    assert made.status_code == status
    partly = portal.post(f"{root}/batch/create", {"inputs": [TIER, {**TIER, "name": "level"}]})
    assert partly.status_code == 207
    assert [body["name"] for body in partly.json()["results"]] == ["level"]
    assert partly.json()["errors"][0]["category"] == "OBJECT_ALREADY_EXISTS"
    names = {"archived": False, "inputs": [{"name": "tier"}, {"name": "nope"}]}
    read = portal.post(f"{root}/batch/read", names)
    assert (read.status_code, len(read.json()["results"])) == (207, 1)
    assert portal.post(f"{root}/batch/archive", names).status_code == 204
    assert portal.client.get(f"{root}/tier").status_code == 404


def test_archived_definitions_are_listed_apart(portal: Portal) -> None:
    make(portal)
    portal.client.delete(f"{PATH}/tier")
    live = {body["name"] for body in portal.client.get(PATH).json()["results"]}
    archived = {
        body["name"] for body in portal.client.get(PATH, params={"archived": "True"}).json()["results"]
    }
    assert "tier" not in live
    assert archived == {"tier"}


def test_sensitive_definitions_are_hidden_unless_asked_for() -> None:
    secret = {**TIER, "dataSensitivity": "sensitive", "modificationMetadata": {}}
    with opened({"properties": {"companies": [secret]}, "sensitive_data": True}) as portal:
        assert portal.client.get(f"{PATH}/tier").status_code == 404
        asked = portal.client.get(f"{PATH}/tier", params={"dataSensitivity": "sensitive"})
        assert asked.json()["dataSensitivity"] == "sensitive"


def test_groups_come_and_go(portal: Portal) -> None:
    groups = f"{PATH}/groups"
    made = portal.post(groups, {"name": "ours", "label": "Ours", "displayOrder": 3})
    assert made.status_code == 201
    assert made.json() == {"name": "ours", "label": "Ours", "displayOrder": 3, "archived": False}
    assert portal.post(groups, {"name": "ours", "label": "Ours"}).status_code == 409
    assert portal.client.patch(f"{groups}/ours", json={"label": "Theirs"}).json()["label"] == "Theirs"
    make(portal, groupName="ours")
    refused = portal.client.delete(f"{groups}/ours")
    assert (refused.status_code, set(refused.json())) == (400, {"status", "message", "correlationId"})
    inner = json.loads(refused.json()["message"])
    assert inner["subCategory"] == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    assert inner["correlationId"] == refused.json()["correlationId"]
    portal.client.delete(f"{PATH}/tier")
    assert portal.client.delete(f"{groups}/ours").status_code == 204
    assert portal.client.get(f"{groups}/ours").status_code == 404
    assert "ours" not in {group["name"] for group in portal.client.get(groups).json()["results"]}
    assert portal.post(groups, {"name": "ours", "label": "Again"}).status_code == 201


def test_a_group_keeps_its_name_and_hides_when_archived(portal: Portal) -> None:
    groups = f"{PATH}/groups"
    portal.post(groups, {"name": "ours", "label": "Ours"})
    changed = portal.client.patch(f"{groups}/ours", json={"name": "theirs", "displayOrder": 2})
    assert changed.json() == {"name": "ours", "label": "Ours", "displayOrder": 2, "archived": False}
    portal.client.delete(f"{groups}/ours")
    archived = portal.client.get(groups, params={"archived": "true"}).json()["results"]
    assert "ours" not in {group["name"] for group in archived}


def test_a_property_does_not_come_back_into_an_archived_group(portal: Portal) -> None:
    portal.post(f"{PATH}/groups", {"name": "ours", "label": "Ours"})
    make(portal, groupName="ours")
    portal.client.delete(f"{PATH}/tier")
    portal.client.delete(f"{PATH}/groups/ours")
    refused = make(portal, groupName="ours")
    assert (refused.status_code, refused.json()["message"]) == (400, 'property group "ours" does not exist')
    assert portal.post(f"{PATH}/groups", {"name": "ours", "label": "New"}).json()["label"] == "New"
    assert make(portal, groupName="ours").status_code == 201


def test_a_property_comes_back_with_the_posted_definition_and_another_type(portal: Portal) -> None:
    make(portal, formField=True)
    record_id = portal.create("companies", name="N", tier="gold")
    portal.client.delete(f"{PATH}/tier")
    made = make(portal, type="string", fieldType="text", options=[]).json()
    assert (made["type"], made["formField"]) == ("string", False)
    read = portal.client.get(f"/crm/v3/objects/companies/{record_id}?propertiesWithHistory=tier").json()
    assert [version["value"] for version in read["propertiesWithHistory"]["tier"]] == ["gold"]


def test_missing_and_archived_properties_are_the_same_404(portal: Portal) -> None:
    make(portal)
    portal.client.delete(f"{PATH}/tier")
    answers = [portal.client.delete(f"{PATH}/{name}") for name in ("tier", "nothing")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["category"] for answer in answers} == {"OBJECT_NOT_FOUND"}


def test_a_change_ignores_what_is_fixed(portal: Portal) -> None:
    make(portal)
    before = portal.client.get(f"{PATH}/tier").json()
    fixed = {
        "hasUniqueValue": True,
        "dataSensitivity": "sensitive",
        "referencedObjectType": "OWNER",
        "dateDisplayHint": "time_since",
        "name": "other",
        "externalOptions": True,
    }
    changed = portal.client.patch(f"{PATH}/tier", json=fixed)
    assert changed.status_code == 200
    assert changed.json() == before
    assert portal.client.get(f"{PATH}/tier").json() == before


def test_hints_stay_once_they_are_set(portal: Portal) -> None:
    number = {"type": "number", "fieldType": "number", "options": []}
    make(portal, **number, numberDisplayHint="percentage", showCurrencySymbol=True)
    path = f"{PATH}/tier"
    kept = portal.client.patch(path, json={"numberDisplayHint": None}).json()
    assert kept["numberDisplayHint"] == "percentage"
    assert portal.client.patch(path, json={"numberDisplayHint": ""}).status_code == 400
    assert portal.client.patch(path, json={"textDisplayHint": ""}).status_code == 400
    assert portal.client.patch(path, json={"showCurrencySymbol": False}).status_code == 200
    given = {"showCurrencySymbol": True, "currencyPropertyName": ""}
    assert portal.client.patch(path, json=given).json()["currencyPropertyName"] == ""
    assert portal.client.patch(path, json={"currencyPropertyName": None}).json()["currencyPropertyName"] == ""
    refused = portal.client.patch(path, json={"showCurrencySymbol": False})
    assert refused.json()["subCategory"] == "ONLY_CURRENCY_PROPERTIES_CAN_SPECIFY_CURRENCY"


def test_a_formula_is_rewritten_and_answered_with_the_numbers_as_sent(portal: Portal) -> None:
    make(portal, name="heads", type="number", fieldType="number", options=[])
    given = {"type": "number", "fieldType": "number", "options": [], "calculationFormula": "(heads)*2.50"}
    made = make(portal, **given, name="more").json()
    assert made["calculationFormula"] == "heads * 2.50"
    assert portal.client.get(f"{PATH}/more").json()["calculationFormula"] == "heads * 2.5"
    changed = portal.client.patch(f"{PATH}/more", json={"calculationFormula": "heads + 1"})
    assert changed.json()["calculationFormula"] == "heads + 1"
    joined = {**given, "type": "string", "calculationFormula": "name + '/' + city"}
    make(portal, **joined, name="joined")
    stored = portal.client.get(f"{PATH}/joined").json()
    assert stored["calculationFormula"] == "concatenate(name, '/', city)"
    assert (stored["calculated"], stored["fieldType"]) == (True, "calculation_equation")


def test_a_property_is_kept_while_something_uses_it(portal: Portal) -> None:
    make(portal)
    settings = f"/_emulator/portals/{PORTAL_ID}/settings"
    use = {"type": "WORKFLOW", "name": "Welcome"}
    portal.client.patch(settings, json={"property_uses": {"companies": {"tier": [use]}}})
    refused = portal.client.delete(f"{PATH}/tier")
    assert refused.status_code == 400
    assert refused.json()["subCategory"] == "PropertyValidationError.CANNOT_DELETE_PROPERTY_IN_USE"
    assert refused.json()["errors"][0]["context"] == {"parentType": ["WORKFLOW"], "parentName": ["Welcome"]}
    portal.client.patch(settings, json={"property_uses": {}})
    assert portal.client.delete(f"{PATH}/tier").status_code == 204


def test_records_do_not_keep_a_property_from_being_archived(portal: Portal) -> None:
    make(portal)
    portal.create("companies", name="N", tier="gold")
    assert portal.client.delete(f"{PATH}/tier").status_code == 204


def test_a_removed_option_leaves_values_that_nobody_can_write_again(portal: Portal) -> None:
    make(portal)
    record_id = portal.create("companies", name="N", tier="gold")
    silver = {"label": "Silver", "value": "silver", "displayOrder": 0, "hidden": False}
    portal.client.patch(f"{PATH}/tier", json={"options": [silver]})
    assert portal.read("companies", record_id, "tier")["tier"] == "gold"
    path = f"/crm/v3/objects/companies/{record_id}"
    assert portal.client.patch(path, json={"properties": {"tier": "gold"}}).status_code == 400
    assert portal.client.patch(path, json={"properties": {"city": "Ulm"}}).status_code == 200
    history = portal.client.get(f"{path}?propertiesWithHistory=tier").json()["propertiesWithHistory"]
    assert [version["value"] for version in history["tier"]] == ["gold"]


def test_a_sensitive_definition_needs_its_scope_and_the_feature(portal: Portal) -> None:
    secret = {**TIER, "dataSensitivity": "sensitive"}
    write = "crm.schemas.companies.write"
    with portal.client_with(portal.emulator.token(PORTAL_ID, [write])) as client:
        refused = client.post(PATH, json=secret)
        assert refused.status_code == 403
        assert refused.json()["message"] == "Missing required scope for: sensitive-data-property-create"
    scopes = [write, "crm.objects.companies.sensitive.write.v2"]
    with portal.client_with(portal.emulator.token(PORTAL_ID, scopes)) as client:
        refused = client.post(PATH, json=secret)
        assert refused.json()["subCategory"] == "PORTAL_NOT_ENABLED_FOR_SENSITIVE_DATA"


def test_a_plain_definition_is_hidden_from_who_asks_for_sensitive_ones(portal: Portal) -> None:
    make(portal)
    asked = {"dataSensitivity": "sensitive"}
    assert portal.client.get(f"{PATH}/tier", params=asked).status_code == 404
    assert portal.client.get(PATH, params=asked).json()["results"] == []


def test_a_property_of_hubspots_does_not_say_that_it_is_active(portal: Portal) -> None:
    make(portal)
    assert "archived" not in portal.client.get(f"{PATH}/name").json()
    assert portal.client.get(f"{PATH}/tier").json()["archived"] is False


def test_a_rule_cannot_be_removed(portal: Portal) -> None:
    rules = "/crm/v3/property-validations/companies/city"
    rule = {"ruleArguments": ["9"]}
    assert portal.client.put(f"{rules}/rule-type/MAX_LENGTH", json=rule).status_code == 204
    assert portal.client.delete(f"{rules}/rule-type/MAX_LENGTH").status_code == 405
