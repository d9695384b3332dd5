"""Custom object schemas. Source: the HubSpot notes of github.com/scopiousdigital/kalup."""

from typing import Any

import pytest

from tests.emulator.portal import PORTAL_ID, Portal, opened

PATH = "/crm-object-schemas/v3/schemas"
PET: dict[str, Any] = {
    "name": "pet",
    "labels": {"singular": "Pet", "plural": "Pets"},
    "primaryDisplayProperty": "pet_name",
    "properties": [{"name": "pet_name", "label": "Name"}],
}


def make(portal: Portal, **changes: Any) -> dict[str, Any]:
    made = portal.post(PATH, {**PET, **changes})
    assert made.status_code == 201, made.text
    return dict(made.json())


def test_three_fields_make_a_type(portal: Portal) -> None:
    made = make(portal)
    assert made["objectTypeId"].startswith("2-")
    assert made["fullyQualifiedName"] == f"p{PORTAL_ID}_pet"
    properties = {item["name"]: item for item in made["properties"]}
    assert (properties["pet_name"]["type"], properties["pet_name"]["fieldType"]) == ("string", "text")
    assert properties["pet_name"]["groupName"] == "pet_information"
    assert {"hs_object_id", "hs_createdate", "hs_lastmodifieddate"} <= set(properties)
    assert {item["name"] for item in made["associations"]} >= {"pet_to_note", "pet_to_call"}
    assert portal.client.get(PATH).json()["results"] == [made]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "1pet"},
        {"name": "p" * 51},
        {"labels": {"singular": "Pet"}},
        {"labels": {"singular": "P" * 51, "plural": "Pets"}},
        {"primaryDisplayProperty": ""},
        {"primaryDisplayProperty": "nope"},
        {"requiredProperties": ["nope"]},
        {"secondaryDisplayProperties": ["pet_name", "pet_name"]},
        {"secondaryDisplayProperties": ["pet_name", "hs_object_id", "hs_createdate"]},
        {"properties": [{"name": f"p{n}", "label": "P", "searchableInGlobalSearch": True} for n in range(4)]},
        {"properties": [{"name": "pet_name", "label": "N", "type": "number", "fieldType": "text"}]},
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(portal: Portal, changes: dict[str, Any]) -> None:
    assert portal.post(PATH, {**PET, **changes}).status_code == 400
    assert portal.client.get(PATH).json()["results"] == []


def test_records_are_addressed_by_number_or_qualified_name(portal: Portal) -> None:
    made = make(portal)
    for address in (made["objectTypeId"], made["fullyQualifiedName"]):
        assert portal.create(address, pet_name="Rex").isdigit()
    refused = portal.post("/crm/v3/objects/pet", {"properties": {}})
    assert (refused.status_code, refused.json()["message"]) == (400, "Unable to infer object type from: pet")


def test_required_properties_are_required(portal: Portal) -> None:
    made = make(portal, requiredProperties=["pet_name"])
    assert portal.post(f"/crm/v3/objects/{made['objectTypeId']}", {"properties": {}}).status_code == 400


def test_a_type_with_records_cannot_be_archived(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    record_id = portal.create(type_id, pet_name="Rex")
    refused = portal.client.delete(f"{PATH}/{type_id}")
    assert (refused.status_code, refused.json()["subCategory"]) == (400, "EXISTING_OBJECT_RECORDS")
    portal.client.delete(f"/crm/v3/objects/{type_id}/{record_id}")
    assert portal.client.delete(f"{PATH}/{type_id}").status_code == 204
    assert portal.client.get(f"{PATH}/{type_id}").status_code == 404
    (archived,) = portal.client.get(PATH, params={"archived": "true"}).json()["results"]
    assert archived["objectTypeId"] == type_id
    assert (archived["archived"], archived["restorable"]) == (True, True)
    assert (archived["properties"], archived["associations"]) == ([], [])
    assert portal.client.delete(f"{PATH}/{type_id}", params={"archived": "true"}).status_code == 204
    assert portal.client.get(PATH, params={"archived": "true"}).json()["results"] == []


def test_an_archived_name_can_be_used_again(portal: Portal) -> None:
    first = make(portal)["objectTypeId"]
    assert portal.post(PATH, PET).status_code == 409
    portal.client.delete(f"{PATH}/{first}")
    second = make(portal)["objectTypeId"]
    assert second != first
    listed = portal.client.get(PATH, params={"archived": "true"}).json()["results"]
    assert [(schema["objectTypeId"], schema["archived"]) for schema in listed] == [(second, False)]


def test_a_schema_can_change_its_own_fields(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    path = f"{PATH}/{type_id}"
    changed = portal.client.patch(path, json={"labels": {"singular": "Animal"}, "description": "D"}).json()
    assert changed["labels"] == {"singular": "Animal", "plural": "Pets"}
    assert portal.client.patch(path, json={"clearDescription": True}).json()["description"] == ""
    assert portal.client.patch(path, json={"secondaryDisplayProperties": ["nope"]}).status_code == 400
    assert portal.client.patch(path, json={"searchableProperties": ["pet_name"]}).status_code == 200


def test_the_first_pipeline_brings_its_properties(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    stages = [{"label": "New", "displayOrder": 0, "stageId": "p-new", "metadata": {}}]
    pipeline = {"label": "Care", "displayOrder": 0, "pipelineId": "care", "stages": stages}
    assert (
        portal.post(f"/crm/v3/objects/{type_id}", {"properties": {"hs_pipeline": "care"}}).status_code == 400
    )
    assert portal.post(f"/crm/v3/pipelines/{type_id}", pipeline).status_code == 201
    assert [p["id"] for p in portal.client.get(f"/crm/v3/pipelines/{type_id}").json()["results"]] == ["care"]
    record_id = portal.create(type_id, pet_name="Rex", hs_pipeline_stage="p-new")
    assert portal.read(type_id, record_id, "hs_pipeline")["hs_pipeline"] == "care"


def test_associations_of_a_schema(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    made = portal.post(
        f"{PATH}/{type_id}/associations", {"fromObjectTypeId": type_id, "toObjectTypeId": "0-2"}
    )
    assert made.status_code == 201
    pet, company = portal.create(type_id, pet_name="Rex"), portal.create("companies", name="Acme")
    path = f"/crm/v4/objects/{type_id}/{pet}/associations/companies"
    assert portal.client.put(f"/crm/v4/objects/{type_id}/{pet}/associations/default/0-2/{company}").is_success
    (found,) = portal.client.get(path).json()["results"]
    assert found["associationTypes"] == [
        {"category": "USER_DEFINED", "typeId": int(made.json()["id"]), "label": None}
    ]
    gone = portal.client.delete(f"{PATH}/{type_id}/associations/{made.json()['id']}")
    assert gone.status_code == 204
    assert portal.client.get(path).json()["results"] == []


def test_schemas_are_read_in_batches(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    found = portal.post(f"{PATH}/batch/read", {"inputs": [type_id]}).json()
    assert [schema["objectTypeId"] for schema in found["results"]] == [type_id]


BARE = {key: PET[key] for key in ("name", "labels")} | {"primaryDisplayProperty": "hs_object_id"}


def test_a_bare_type_gets_what_hubspot_adds(portal: Portal) -> None:
    made = portal.post(PATH, BARE).json()
    assert made["searchableProperties"] == ["hs_object_id"]
    assert (made["requiredProperties"], made["secondaryDisplayProperties"]) == ([], [])
    assert (made["allowsSensitiveProperties"], made["restorable"]) == (True, True)
    assert sum(item["name"].startswith("hs_") for item in made["properties"]) >= 25
    assert all(item["hubspotDefined"] for item in made["properties"])
    groups = f"/crm/v3/properties/{made['objectTypeId']}/groups"
    (group,) = portal.client.get(groups).json()["results"]
    assert (group["name"], group["label"]) == ("pet_information", "Pet Information")
    assert portal.post(groups, {"name": "pet_information", "label": "Ours"}).status_code == 409
    changed = portal.client.patch(f"{groups}/pet_information", json={"label": "Ours"})
    assert changed.json()["label"] == "Ours"


def test_associated_objects_get_a_plain_association(portal: Portal) -> None:
    made = portal.post(PATH, {**BARE, "associatedObjects": ["COMPANY", "0-1"]}).json()
    assert {"pet_to_company", "pet_to_contact"} <= {item["name"] for item in made["associations"]}
    assert "pet_to_deal" not in {item["name"] for item in made["associations"]}


def test_names_differ_in_more_than_case(portal: Portal) -> None:
    make(portal)
    assert portal.post(PATH, {**PET, "name": "Pet"}).status_code == 409
    assert portal.post(PATH, PET).status_code == 409


def test_a_name_that_exists_may_be_answered_with_the_existing_type() -> None:
    with opened({"existing_schema": "answered"}) as portal:
        first = make(portal)
        portal.clock.advance(60)
        other = {"labels": {"singular": "Dog", "plural": "Dogs"}, "associatedObjects": ["COMPANY"]}
        again = make(portal, **other, properties=[{"name": "age", "label": "Age"}])
        assert again["objectTypeId"] == first["objectTypeId"]
        assert again["labels"] == PET["labels"]
        assert again["createdAt"] > first["createdAt"]
        assert {"age", "pet_name"} <= {item["name"] for item in again["properties"]}
        (listed,) = portal.client.get(PATH).json()["results"]
        assert listed["createdAt"] == first["createdAt"]
        assert "pet_to_company" in {item["name"] for item in listed["associations"]}
        assert portal.post(PATH, {**PET, "name": "PET"}).status_code == 409


def test_a_change_takes_seven_fields_and_ignores_the_rest(portal: Portal) -> None:
    made = make(portal)
    path = f"{PATH}/{made['objectTypeId']}"
    given = {
        "labels": {"singular": "Dog", "plural": "Dogs"},
        "description": "D",
        "primaryDisplayProperty": "hs_object_id",
        "secondaryDisplayProperties": ["pet_name"],
        "requiredProperties": ["pet_name"],
        "searchableProperties": ["pet_name"],
        "restorable": False,
    }
    changed = portal.client.patch(
        path, json={**given, "name": "dog", "associatedObjects": ["COMPANY"]}
    ).json()
    assert {field: changed[field] for field in given} == given
    assert changed["name"] == "pet"
    assert "pet_to_company" not in {item["name"] for item in changed["associations"]}


def test_sensitive_properties_stay_allowed(portal: Portal) -> None:
    path = f"{PATH}/{make(portal)['objectTypeId']}"
    assert portal.client.patch(path, json={"allowsSensitiveProperties": False}).status_code == 400
    assert portal.client.patch(path, json={"allowsSensitiveProperties": True}).status_code == 200
    assert portal.client.get(path).json()["allowsSensitiveProperties"] is True


def test_a_refused_change_changes_nothing(portal: Portal) -> None:
    path = f"{PATH}/{make(portal)['objectTypeId']}"
    refused = {"description": "D", "requiredProperties": ["nope"]}
    assert portal.client.patch(path, json=refused).status_code == 400
    assert portal.client.get(path).json()["description"] == ""


def test_the_list_may_leave_properties_out(portal: Portal) -> None:
    make(portal)
    (listed,) = portal.client.get(PATH, params={"includePropertyDefinitions": "false"}).json()["results"]
    assert listed["properties"] == []
    assert listed["associations"]


def test_an_active_type_is_not_purged(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    refused = portal.client.delete(f"{PATH}/{type_id}", params={"archived": "true"})
    assert refused.status_code == 400
    assert portal.client.get(f"{PATH}/{type_id}").status_code == 200


def test_the_properties_of_pipelines_stay_when_the_last_one_is_deleted(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    stages = [{"label": "New", "displayOrder": 0, "stageId": "p-new", "metadata": {}}]
    pipeline = {"label": "Care", "displayOrder": 0, "pipelineId": "care", "stages": stages}
    path = f"/crm/v3/pipelines/{type_id}"
    portal.post(path, pipeline)
    assert portal.client.get(path).json()["results"][0]["stages"][0]["metadata"]["state"] == "OPEN"
    assert portal.client.delete(f"{path}/care").status_code == 204
    assert portal.client.get(path).json()["results"] == []
    assert portal.client.get(f"/crm/v3/properties/{type_id}/hs_pipeline_stage").status_code == 200
    assert portal.post(path, pipeline).status_code == 201


def test_everything_of_a_custom_object_can_be_changed_by_others(portal: Portal) -> None:
    type_id = make(portal)["objectTypeId"]
    changed = portal.client.patch(f"/crm/v3/properties/{type_id}/pet_name", json={"label": "Called"})
    assert changed.json()["label"] == "Called"
    listed = portal.client.get(PATH).json()["results"][0]["properties"]
    assert {item["label"] for item in listed if item["name"] == "pet_name"} == {"Called"}
