"""Merging and erasing.

Source: developers.hubspot.com/changelog/updated-merge-functionality-for-contacts-and-companies.
"""

import pytest

from tests.emulator.portal import Portal


def merge(portal: Portal, object_type: str, primary: str, other: str) -> str:
    answer = portal.post(
        f"/crm/v3/objects/{object_type}/merge", {"primaryObjectId": primary, "objectIdToMerge": other}
    )
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def test_two_contacts_become_one_with_a_new_id(portal: Portal) -> None:
    ada = portal.create("contacts", email="ada@acme.example", firstname="Ada")
    old = portal.create("contacts", email="old@acme.example", firstname="A.", lastname="Lovelace")
    survivor = merge(portal, "contacts", ada, old)
    assert survivor not in {ada, old}
    for record_id in (ada, old, survivor):
        found = portal.read("contacts", record_id, "email", "firstname", "lastname", "hs_merged_object_ids")
        assert found["hs_object_id"] == survivor
        assert (found["email"], found["firstname"], found["lastname"]) == (
            "ada@acme.example",
            "Ada",
            "Lovelace",
        )
        assert set(str(found["hs_merged_object_ids"]).split(";")) == {ada, old}
    path = f"/crm/v3/objects/contacts/{old}"
    assert portal.client.patch(path, json={"properties": {"firstname": "Augusta"}}).json()["id"] == survivor


def test_the_other_address_becomes_a_secondary_one(portal: Portal) -> None:
    """Source: github.com/mitodl/mitxpro/issues/2653"""
    ada, old = (portal.create("contacts", email=f"{name}@acme.example") for name in ("ada", "old"))
    survivor = merge(portal, "contacts", ada, old)
    assert (
        portal.read("contacts", survivor, "hs_additional_emails")["hs_additional_emails"]
        == "old@acme.example"
    )
    item = {"id": "OLD@acme.example", "idProperty": "email", "properties": {}}
    assert portal.batch("contacts", "upsert", [item]).json()["results"][0]["id"] == survivor
    refused = portal.post("/crm/v3/objects/contacts", {"properties": {"email": "old@acme.example"}})
    assert refused.status_code == 409


def test_a_deal_keeps_its_id_and_takes_history_and_associations_over(portal: Portal) -> None:
    kept, gone = (portal.create("deals", dealname=n, dealstage="closedwon") for n in ("kept", "gone"))
    contact = portal.create("contacts", email="ada@acme.example")
    portal.client.put(f"/crm/v4/objects/deals/{gone}/associations/default/contacts/{contact}")
    assert merge(portal, "deals", kept, gone) == kept
    body = portal.client.get(
        f"/crm/v3/objects/deals/{gone}", params={"propertiesWithHistory": "dealname"}
    ).json()
    assert body["id"] == kept
    assert {version["value"] for version in body["propertiesWithHistory"]["dealname"]} == {"kept", "gone"}
    found = portal.client.get(f"/crm/v4/objects/contacts/{contact}/associations/deals").json()["results"]
    assert [to["toObjectId"] for to in found] == [int(kept)]


def test_ids_lead_on_through_several_merges(portal: Portal) -> None:
    first, second, third = (portal.create("contacts", email=f"{n}@acme.example") for n in "abc")
    last = merge(portal, "contacts", third, merge(portal, "contacts", first, second))
    for record_id in (first, second, third):
        assert portal.read("contacts", record_id)["hs_object_id"] == last


def test_impossible_merges_are_refused(portal: Portal) -> None:
    ada = portal.create("contacts", email="ada@acme.example")
    path = "/crm/v3/objects/contacts/merge"
    assert portal.post(path, {"primaryObjectId": ada, "objectIdToMerge": ada}).status_code == 400
    assert portal.post(path, {"primaryObjectId": ada, "objectIdToMerge": "9"}).status_code == 404
    assert portal.post(path, {"primaryObjectId": ada}).status_code == 400


def test_a_contact_has_no_more_than_250_merged_identities(portal: Portal) -> None:
    """Source: developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide, merging."""
    many = ";".join(str(number) for number in range(249))
    ada, bob = (portal.create("contacts", email=f"{name}@acme.example") for name in ("ada", "bob"))
    storage = portal.emulator._storage
    with storage.transaction(write=True):
        storage.run(
            "UPDATE records SET properties = json_set(properties, '$.hs_merged_object_ids', ?) WHERE id = ?",
            many,
            int(ada),
        )
    refused = portal.post("/crm/v3/objects/contacts/merge", {"primaryObjectId": ada, "objectIdToMerge": bob})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    "given", [{"objectId": "ada@acme.example", "idProperty": "email"}, {"objectId": None}]
)
def test_an_erased_contact_is_gone_for_good(portal: Portal, given: dict[str, str | None]) -> None:
    ada = portal.create("contacts", email="ada@acme.example")
    body = {**given, "objectId": given["objectId"] or ada}
    assert portal.post("/crm/v3/objects/contacts/gdpr-delete", body).status_code == 204
    path = f"/crm/v3/objects/contacts/{ada}"
    assert portal.client.get(path).status_code == 404
    assert portal.client.get(path, params={"archived": "true"}).status_code == 404
    portal.create("contacts", email="ada@acme.example")
