"""Property definitions and groups: github.com/scopiousdigital/kalup, HubSpot notes, or as a test says."""

from typing import Any

import pytest

from tests.emulator.portal import Portal, opened

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
        ({"fieldType": "text"}, "do not go together"),
        ({"type": "colour"}, "do not go together"),
        ({"groupName": "nowhere"}, "does not exist"),
        ({"options": []}, "needs options"),
        ({"options": TIER["options"] * 2}, "differ in value"),
        ({"type": "bool", "fieldType": "booleancheckbox"}, "exactly the options true and false"),
        ({"dataSensitivity": "sensitive"}, "not enabled for sensitive data"),
        ({"label": ""}, "required fields were not set: [label]"),
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
    assert refused.json()["context"] == {"calculatedProperties": ["twice"]}
    unknown = make(portal, **{**formula, "calculationFormula": "nope * 2"}, name="other")
    assert unknown.status_code == 404
    broken = make(portal, **{**formula, "calculationFormula": "heads *"}, name="other")
    assert broken.status_code == 400


@pytest.mark.parametrize(("version", "status"), [("v3", 201), ("2026-03", 201), ("2026-09", 200)])
def test_batches_of_definitions(portal: Portal, version: str, status: int) -> None:
    """github.com/HubSpot/HubSpot-public-api-spec-collection, "Properties", by version."""
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
    assert refused.json()["subCategory"] == "PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES"
    portal.client.delete(f"{PATH}/tier")
    assert portal.client.delete(f"{groups}/ours").status_code == 204
    assert portal.client.get(f"{groups}/ours").status_code == 404
    assert "ours" not in {group["name"] for group in portal.client.get(groups).json()["results"]}
    assert portal.post(groups, {"name": "ours", "label": "Again"}).status_code == 201
