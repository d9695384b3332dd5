"""Property history: developers.hubspot.com/docs/guides/crm/using-object-apis, property history."""

from typing import Any

from tests.emulator.portal import PORTAL_ID, Portal

PATH = "/crm/v3/objects/companies"
EDITS = f"/_emulator/portals/{PORTAL_ID}/edits"


def history(portal: Portal, record_id: str, name: str) -> list[dict[str, Any]]:
    body = portal.client.get(f"{PATH}/{record_id}", params={"propertiesWithHistory": name}).json()
    return list(body["propertiesWithHistory"][name])


def edit(portal: Portal, record_id: str, source: dict[str, Any], **properties: str) -> None:
    answer = portal.post(
        EDITS, {"object": "companies", "id": record_id, "properties": properties, "source": source}
    )
    assert answer.status_code == 200, answer.text


def test_versions_come_newest_first_with_their_source(portal: Portal) -> None:
    record_id = portal.create("companies", name="One")
    portal.clock.advance(60)
    edit(portal, record_id, {"type": "CRM_UI", "id": "userId:77", "userId": 77}, name="Two")
    portal.clock.advance(60)
    edit(portal, record_id, {"type": "AUTOMATION_PLATFORM", "id": "55", "label": "Fill names"}, name="Three")
    newest, person, first = history(portal, record_id, "name")
    assert newest == {
        "value": "Three",
        "timestamp": "2026-11-22T08:02:00.101Z",
        "sourceType": "AUTOMATION_PLATFORM",
        "sourceId": "55",
        "sourceLabel": "Fill names",
    }
    assert (person["sourceType"], person["updatedByUserId"]) == ("CRM_UI", 77)
    assert first["sourceType"] == "INTEGRATION"
    assert first["sourceId"].isdigit()
    assert first["timestamp"] == "2026-11-22T08:00:00.101Z"


def test_equal_values_add_no_version_and_clearing_adds_an_empty_one(portal: Portal) -> None:
    record_id = portal.create("companies", name="One", city="Berlin")
    for value in ("Berlin", "Bonn", "Bonn", ""):
        portal.client.patch(f"{PATH}/{record_id}", json={"properties": {"city": value}})
    assert [version["value"] for version in history(portal, record_id, "city")] == ["", "Bonn", "Berlin"]


def test_history_comes_with_batches_and_lists_too(portal: Portal) -> None:
    record_id = portal.create("companies", name="One")
    read = portal.batch(
        "companies", "read", [{"id": record_id}], propertiesWithHistory=["name", "zip", "nope"]
    )
    listed = portal.client.get(PATH, params={"propertiesWithHistory": "name,zip,nope"})
    for body in (read.json()["results"][0], listed.json()["results"][0]):
        assert {name: len(found) for name, found in body["propertiesWithHistory"].items()} == {
            "name": 1,
            "zip": 0,
        }


def test_an_edit_of_somebody_else_obeys_the_same_rules(portal: Portal) -> None:
    record_id = portal.create("companies", name="One")
    body = {"object": "companies", "id": record_id, "properties": {"nmae": "x"}}
    assert "Property values were not valid" in portal.post(EDITS, body).json()["message"]
    assert portal.post(EDITS, {**body, "id": "9"}).status_code == 404
    assert portal.post(EDITS, {**body, "source": {"type": "GHOST"}}).status_code == 400
    assert portal.post(EDITS, {**body, "at": "yesterday"}).status_code == 400
    gone = portal.post(EDITS, {"object": "companies", "id": record_id, "archive": True})
    assert gone.json() == {"id": record_id, "archived": True}
    assert portal.client.get(f"{PATH}/{record_id}").status_code == 404


def test_a_purged_record_is_not_among_the_archived_either(portal: Portal) -> None:
    record_id = portal.create("companies", name="One")
    assert portal.post(EDITS, {"object": "companies", "id": record_id, "purge": True}).status_code == 200
    for archived in ("false", "true"):
        answer = portal.client.get(f"{PATH}/{record_id}", params={"archived": archived})
        assert answer.status_code == 404


def test_an_edit_may_have_happened_at_another_time(portal: Portal) -> None:
    record_id = portal.create("companies", name="One")
    at = "2026-11-22T09:00:00.000Z"
    portal.post(EDITS, {"object": "0-2", "id": record_id, "properties": {"name": "Two"}, "at": at})
    assert history(portal, record_id, "name")[0]["timestamp"] == at
    assert portal.read("companies", record_id)["hs_lastmodifieddate"] == at
