"""Association definitions of a portal. Source: the HubSpot notes of github.com/scopiousdigital/kalup."""

from typing import Any

import pytest

from tests.emulator.portal import Portal, opened

BETWEEN = "/crm/v4/associations/contacts/companies/labels"
SCHEMAS = "/crm-object-schemas/v3/schemas"


@pytest.fixture
def pet(portal: Portal) -> str:
    """Return the id of a custom object type that has only the associations that HubSpot defines."""
    body = {
        "name": "pet",
        "labels": {"singular": "Pet", "plural": "Pets"},
        "primaryDisplayProperty": "hs_object_id",
    }
    return str(portal.post(SCHEMAS, body).json()["objectTypeId"])


def labels(portal: Portal, start: str, end: str) -> list[dict[str, Any]]:
    found = portal.client.get(f"/crm/v4/associations/{start}/{end}/labels").json()["results"]
    return [{key: item[key] for key in ("category", "typeId", "label")} for item in found]


def names(portal: Portal, object_type: str) -> dict[str, str]:
    """Return the internal names of an object type's associations, by type id, from its schema."""
    schema = portal.client.get(f"{SCHEMAS}/{object_type}").json()
    return {item["id"]: item["name"] for item in schema["associations"]}


def test_a_label_names_no_object_types(portal: Portal) -> None:
    made = portal.post(BETWEEN, {"name": "billing", "label": "Billing"}).json()["results"]
    assert {(item["fromObjectTypeId"], item["toObjectTypeId"]) for item in made} == {(None, None)}
    listed = portal.client.get(BETWEEN).json()["results"]
    assert {(item["fromObjectTypeId"], item["toObjectTypeId"]) for item in listed} == {(None, None)}
    assert all("name" not in item for item in (*made, *listed))


def test_the_internal_name_stands_in_the_schema_of_either_type(portal: Portal) -> None:
    there, back = portal.post(BETWEEN, {"name": "billing", "label": "Billing"}).json()["results"]
    for object_type in ("contacts", "companies"):
        known = names(portal, object_type)
        assert known[str(there["typeId"])] == known[str(back["typeId"])] == "billing"


def test_a_number_alone_does_not_tell_a_type(portal: Portal) -> None:
    there, back = portal.post(BETWEEN, {"name": "billing", "label": "Billing"}).json()["results"]
    primary = [
        item["typeId"] for item in labels(portal, "contacts", "companies") if item["label"] == "Primary"
    ]
    assert primary == [there["typeId"]]
    assert back["category"] == "USER_DEFINED"


def test_a_label_without_an_inverse_has_its_text_at_both_ends(portal: Portal) -> None:
    there, back = portal.post(BETWEEN, {"name": "b", "label": "B", "inverseLabel": "C"}).json()["results"]
    portal.client.put(BETWEEN, json={"associationTypeId": there["typeId"], "label": "D", "name": "other"})
    shown = {item["typeId"]: item["label"] for item in labels(portal, "companies", "contacts")}
    assert shown[back["typeId"]] == "D"
    assert names(portal, "contacts")[str(there["typeId"])] == "b"


def test_a_name_is_there_once_in_the_portal(portal: Portal) -> None:
    portal.post(BETWEEN, {"name": "billing", "label": "Billing"})
    again = portal.post("/crm/v4/associations/contacts/deals/labels", {"name": "billing", "label": "Other"})
    assert again.status_code == 400


@pytest.mark.parametrize("number", [0, 1])
def test_deleting_either_number_removes_both(portal: Portal, number: int) -> None:
    made = portal.post(BETWEEN, {"name": "b", "label": "B", "inverseLabel": "C"}).json()["results"]
    path = BETWEEN if number == 0 else "/crm/v4/associations/companies/contacts/labels"
    assert portal.client.delete(f"{path}/{made[number]['typeId']}").status_code == 204
    assert {item["category"] for item in labels(portal, "contacts", "companies")} == {"HUBSPOT_DEFINED"}
    assert {item["category"] for item in labels(portal, "companies", "contacts")} == {"HUBSPOT_DEFINED"}


def test_a_custom_object_is_associated_by_an_empty_label(portal: Portal, pet: str) -> None:
    path = f"/crm/v4/associations/{pet}/companies/labels"
    assert labels(portal, pet, "companies") == []
    for label in ({"label": None}, {}):
        assert portal.post(path, {"name": "kept", **label}).status_code == 400
    made = portal.post(path, {"name": "kept", "label": ""}).json()["results"]
    assert [(item["category"], item["label"]) for item in made] == [("USER_DEFINED", None)] * 2
    assert portal.post(path, {"name": "again", "label": ""}).status_code == 400
    assert portal.post(BETWEEN, {"name": "plain", "label": ""}).status_code == 400


def test_a_label_of_a_custom_object_brings_the_plain_association(portal: Portal, pet: str) -> None:
    path = f"/crm/v4/associations/{pet}/companies/labels"
    portal.post(path, {"name": "vet", "label": "Vet"})
    assert [item["label"] for item in labels(portal, pet, "companies")] == [None, "Vet"]
    assert {"vet", "pet_to_company"} <= set(names(portal, pet).values())


def test_the_plain_association_goes_last(portal: Portal, pet: str) -> None:
    path = f"/crm/v4/associations/{pet}/companies/labels"
    portal.post(path, {"name": "vet", "label": "Vet"})
    plain, label = (item["typeId"] for item in labels(portal, pet, "companies"))
    refused = portal.client.delete(f"{path}/{plain}")
    assert (refused.status_code, refused.json()["message"]) == (
        400,
        f"Definition with label still exists; Cannot delete unlabeled type with associationTypeId {plain}",
    )
    assert portal.client.delete(f"{SCHEMAS}/{pet}/associations/{plain}").status_code == 400
    assert portal.client.delete(f"{path}/{label}").status_code == 204
    assert [item["typeId"] for item in labels(portal, pet, "companies")] == [plain]
    assert portal.client.delete(f"{path}/{plain}").status_code == 204
    assert labels(portal, pet, "companies") == []


def test_a_label_with_two_texts_counts_once_and_the_plain_association_never(portal: Portal) -> None:
    path = "/crm/v4/associations/contacts/contacts/labels"
    answers = [
        portal.post(path, {"name": f"l{n}", "label": f"L{n}", "inverseLabel": f"I{n}"}) for n in range(51)
    ]
    assert [answer.status_code for answer in answers] == [200] * 50 + [437]
    assert (
        answers[-1].json()["message"] == "No more than 50 association types are allowed between 0-1 and 0-1"
    )


def test_archiving_a_custom_object_takes_its_labels(portal: Portal, pet: str) -> None:
    path = f"/crm/v4/associations/{pet}/companies/labels"
    made = portal.post(path, {"name": "vet", "label": "Vet"}).json()["results"]
    portal.client.delete(f"{SCHEMAS}/{pet}")
    assert str(made[0]["typeId"]) not in names(portal, "companies")
    assert portal.client.delete(f"{path}/{made[0]['typeId']}").status_code == 400


def test_a_label_of_hubspots_pages_is_named_after_its_text() -> None:
    made = {"from": "contacts", "to": "companies", "label": "Billing Contact"}
    with opened({"association_labels": [made]}) as portal:
        assert set(names(portal, "contacts").values()) == {"billing_contact"}
