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
        assert [member.record_id for member in page.results] == ["9001", "9003", "9005"]
    emulator.close()
