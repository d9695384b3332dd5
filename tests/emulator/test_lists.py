"""Lists of records: by id, by name, and their members."""

from typing import Any

import pytest
from hubspot.crm import lists

from reconciler.emulator.app import Emulator
from reconciler.emulator.errors import SeedError
from reconciler.emulator.serve import running
from tests.emulator.portal import PORTAL_ID, opened

SEED: dict[str, Any] = {
    "records": {
        "companies": [
            {"id": str(number), "properties": {"name": f"N{number}"}} for number in range(9001, 9006)
        ]
    },
    "lists": [
        {
            "listId": "7",
            "name": "Target accounts",
            "objectTypeId": "companies",
            "members": ["9001", "9003", "9005", "9999"],
        },
        {"listId": "8", "name": "Target accounts", "objectTypeId": "contacts", "processingType": "DYNAMIC"},
    ],
}
BY_NAME = "/crm/v3/lists/object-type-id/0-2/name/target accounts"


@pytest.mark.parametrize("root", ["/crm/v3/lists", "/crm/lists/2026-09"])
def test_a_list_is_found_by_id_and_by_the_name_that_it_has_for_its_type(root: str) -> None:
    with opened(SEED) as portal:
        assert portal.client.get(f"{root}/7").json()["list"]["name"] == "Target accounts"
        named = portal.client.get(f"{root}/object-type-id/0-2/name/target accounts").json()["list"]
        assert (named["listId"], named["objectTypeId"], named["processingType"]) == ("7", "0-2", "MANUAL")
        assert "members" not in named
        assert portal.client.get(f"{root}/99").status_code == 404


@pytest.mark.parametrize("root", ["/crm/v3/lists", "/crm/lists/2026-09"])
def test_lists_are_read_by_several_ids(root: str) -> None:
    with opened(SEED) as portal:
        found = portal.client.get(root, params={"listIds": ["8", "7", "99"]}).json()["lists"]
        assert [each["listId"] for each in found] == ["8", "7"]
        assert portal.client.get(root).json() == {"lists": []}


@pytest.mark.parametrize(
    ("request_", "ids"),
    [
        ({}, ["7", "8", "10"]),
        ({"query": "TARGET"}, ["7", "8"]),
        ({"query": "nothing"}, []),
        ({"processingTypes": ["DYNAMIC", "SNAPSHOT"]}, ["8"]),
        ({"listIds": ["10", "8"]}, ["8", "10"]),
        ({"objectTypeId": "0-2"}, ["7", "10"]),
        ({"sort": "-HS_LIST_ID"}, ["10", "8", "7"]),
        ({"sort": "HS_UPDATED_AT"}, ["10", "7", "8"]),
        ({"sort": "-HS_LIST_NAME", "objectTypeId": "companies"}, ["7", "10"]),
    ],
)
def test_lists_are_searched(request_: dict[str, Any], ids: list[str]) -> None:
    older = {"listId": "10", "name": "Old", "objectTypeId": "0-2", "createdAt": "2020-01-01T00:00:00Z"}
    with opened({**SEED, "lists": [*SEED["lists"], older]}) as portal:
        found = portal.post("/crm/v3/lists/search", request_).json()
        assert [each["listId"] for each in found["lists"]] == ids
        assert (found["total"], found["hasMore"]) == (len(ids), False)
        assert not any("members" in each for each in found["lists"])


def test_found_lists_come_in_pages() -> None:
    with opened(SEED) as portal:
        path = "/crm/lists/2026-03/search"
        assert len(portal.post(path, {"count": 1000}).json()["lists"]) == 2
        first = portal.post(path, {"count": 1}).json()
        assert (first["lists"][0]["listId"], first["hasMore"], first["total"]) == ("7", True, 2)
        assert first["lists"][0]["additionalProperties"] == {"hs_list_size": "4"}
        second = portal.post(path, {"count": 1, "offset": first["offset"]}).json()
        assert (second["lists"][0]["listId"], second["hasMore"]) == ("8", False)
        for wrong in ({"count": -1}, {"offset": -1}, {"count": "x"}):
            assert portal.post(path, wrong).status_code == 400


def test_a_record_knows_its_lists() -> None:
    with opened(SEED) as portal:
        path = "/crm/v3/lists/records/companies/{}/memberships"
        found = portal.client.get(path.format("9001")).json()
        assert [each["listId"] for each in found["results"]] == ["7"]
        assert portal.client.get(path.format("9002")).json()["results"] == []
        assert portal.client.get(path.format("1")).status_code == 404


def test_members_come_in_pages_and_without_archived_records() -> None:
    with opened(SEED) as portal:
        path = "/crm/v3/lists/7/memberships"
        first = portal.client.get(path, params={"limit": 2}).json()
        assert [member["recordId"] for member in first["results"]] == ["9001", "9003"]
        rest = portal.client.get(path, params={"limit": 2, "after": first["paging"]["next"]["after"]}).json()
        assert [member["recordId"] for member in rest["results"]] == ["9005"]
        assert "paging" not in rest
        portal.batch("companies", "archive", [{"id": "9003"}])
        assert len(portal.client.get(path).json()["results"]) == 2
        assert portal.client.get(path, params={"limit": 251}).status_code == 400
        assert portal.client.get(f"{path}/join-order").json() == portal.client.get(path).json()


def test_lists_have_a_scope_of_their_own() -> None:
    with opened(SEED) as portal:
        with portal.client_with(portal.emulator.token(PORTAL_ID, ["crm.objects.companies.read"])) as client:
            assert client.get(BY_NAME).status_code == 403
        with portal.client_with(portal.emulator.token(PORTAL_ID, ["crm.lists.read"])) as client:
            assert client.get(BY_NAME).status_code == 200


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": "x", "objectTypeId": "companies", "filters": []}, "filters: a list has no such key"),
        ({"name": "x", "objectTypeId": "companies", "processingType": "Y"}, "processingType: one of"),
        ({"name": "x", "objectTypeId": "companies", "listId": "vip"}, "listId must be a number"),
        ({"name": "target ACCOUNTS", "objectTypeId": "companies"}, "another list is called"),
    ],
)
def test_a_wrong_list_in_a_seed_is_named(given: dict[str, Any], says: str) -> None:
    with pytest.raises(SeedError, match=says) as raised, opened({**SEED, "lists": [*SEED["lists"], given]}):
        pass
    assert str(raised.value).startswith("lists[2]")


def test_the_official_sdk_reads_them() -> None:
    emulator = Emulator(None)
    emulator.ensure_portal(PORTAL_ID, SEED)
    with running(emulator) as url:
        configuration = lists.Configuration()
        configuration.access_token, configuration.host = emulator.token(PORTAL_ID), url
        configuration.client_side_validation = True
        client = lists.ApiClient(configuration=configuration)
        found = lists.ListsApi(client).get_by_name(object_type_id="0-2", list_name="Target accounts")
        page = lists.MembershipsApi(client).get_page(list_id=found.list.list_id, limit=100)
        searched = lists.ListsApi(client).do_search(
            lists.ListSearchRequest(query="target", offset=0, count=9)
        )
        assert [each.list_id for each in searched.lists] == ["7", "8"]
        assert [each.name for each in lists.ListsApi(client).get_all(list_ids=["7"]).lists] == [
            found.list.name
        ]
        assert [member.record_id for member in page.results] == ["9001", "9003", "9005"]
    emulator.close()
