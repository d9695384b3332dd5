"""Readers cannot write; refusals become errors with advice."""

import inspect
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from reconciler.errors import HubSpotError, NotAllowed, RequestRejected, Unavailable
from reconciler.hubspot.portal.responses import OwnerBody
from reconciler.hubspot.reader import PortalReader
from reconciler.model.calls import Call
from tests.hubspot.doubles import batch, body_of, http_of, pacer_of, reader_of, reply, writer_of

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "properties": ("companies",),
    "pipelines": ("companies",),
    "begin": (["companies"],),
    "batch_read": ("companies", ["1"]),
    "least_seconds": (1,),
    "record": ("companies", "9001", ["name"]),
    "has_records": ("companies",),
    "find_holders": ("companies", "tier", "gold"),
    "all_holders": ("companies", "tier", None),
    "is_enabled": ("0-162",),
    "labels": ("companies", "contacts"),
    "association_limits": ("companies", "contacts"),
    "count_records": ("companies",),
    "count_without": ("companies", "name"),
    "token": ("pat-na1-x",),
    "list_page": ("companies", "", ["name"]),
    "find_list": ("0-2", "seven"),
    "list_members": ("7", None),
    "read_pairs": ("companies", "contacts", [{"id": "1"}]),
}


def test_a_reader_has_no_way_to_write() -> None:
    seen: set[tuple[str, str]] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        seen.add((request.method, request.url.path.rpartition("/crm/")[2]))
        return reply(
            200,
            {
                "results": [],
                "portalId": 1,
                "hubId": 1,
                "scopes": [],
                "accountType": "STANDARD",
                "id": "1",
                "enablement": True,
                "total": 0,
                "list": {"listId": "7", "name": "seven", "objectTypeId": "0-2"},
            },
        )

    reader = reader_of(handler)
    derived = {"keeping_records", "seeing_changes"}  # these make no call
    methods = [*inspect.getmembers(reader, inspect.ismethod)]
    methods += inspect.getmembers(reader.searches, inspect.ismethod)
    for name, method in methods:
        if not name.startswith("_") and name not in derived:
            keywords = {"properties": ["name"]} if name == "batch_read" else {}
            result = method(*ARGUMENTS.get(name, ()), **keywords)
            deque(result if isinstance(result, Iterator) else ())

    assert len(seen) == 18
    assert {path for method, path in seen if method != "GET"} == {
        "v3/objects/companies/batch/read",
        "v3/objects/companies/search",
        "v4/associations/companies/contacts/batch/read",
        "/oauth/v2/private-apps/get/access-token-info",
    }


def test_calls_are_counted_with_their_repetitions() -> None:
    answers = [reply(503), reply(503), reply(200, {"portalId": 1, "accountType": "STANDARD"})]
    reader = reader_of(lambda _: answers.pop(0))

    reader.account()

    assert reader.calls == 3


def test_calls_left_today_come_from_the_headers() -> None:
    headers = {"X-HubSpot-RateLimit-Daily-Remaining": "17"}
    reader = reader_of(lambda _: reply(200, {"portalId": 1, "accountType": "STANDARD"}, headers))
    assert reader.daily_remaining is None

    reader.account()

    assert reader.daily_remaining == 17


def test_owners_are_read_page_by_page() -> None:
    seen: list[dict[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        number = len(seen)
        paging = {"next": {"after": str(number)}} if number < 3 else None
        return reply(200, {"results": [{"id": str(number), "email": None}], "paging": paging})

    assert [owner.id for owner in reader_of(handler).owners()] == ["1", "2", "3"]
    assert seen == [{"limit": "100"}, {"limit": "100", "after": "1"}, {"limit": "100", "after": "2"}]


def test_a_list_that_never_ends_is_given_up() -> None:
    page = {"results": [OwnerBody(id="1").model_dump()], "paging": {"next": {"after": "1"}}}

    with pytest.raises(Unavailable, match="never ends"):
        reader_of(lambda _: reply(200, page)).owners()


def test_batch_read_asks_by_id_property_and_for_the_archived() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return reply(200, batch([]))

    reader = reader_of(handler)
    reader.batch_read("0-3", ["a"], properties=["dealname"], id_property="external_id")
    reader.batch_read("0-3", ["1"], properties=["dealname"], is_archived=True)

    assert body_of(seen[0]) == {
        "inputs": [{"id": "a"}],
        "properties": ["dealname"],
        "propertiesWithHistory": [],
        "idProperty": "external_id",
    }
    assert "archived" not in seen[0].url.params
    assert "idProperty" not in body_of(seen[1])
    assert seen[1].url.params["archived"] == "true"


MISSING = {"category": "OBJECT_NOT_FOUND", "message": "Could not get some COMPANY objects"}


@pytest.mark.parametrize(
    ("answer", "missing"),
    [
        (reply(207, batch([], [MISSING | {"context": {"ids": ["1", "2"]}}])), ["1", "2"]),
        (reply(200, batch([], [{"message": "gone", "context": {"ids": ["1"]}}])), ["1"]),
        (reply(404, MISSING | {"context": {"ids": ["2"]}}), ["2"]),
        (reply(404, MISSING), ["1", "2"]),
    ],
)
def test_records_that_do_not_exist_are_no_error(answer: httpx.Response, missing: list[str]) -> None:
    found = reader_of(lambda _: answer).batch_read("companies", ["1", "2"], properties=[])

    assert (list(found.records), list(found.missing)) == ([], missing)


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (reply(404, None), RequestRejected, "HubSpot answered 404"),
        (reply(400, {"message": "bad", "category": "VALIDATION_ERROR"}), RequestRejected, "bad"),
        (reply(207, batch([], [{"category": "INTERNAL_ERROR", "message": "oh"}])), RequestRejected, "oh"),
        (reply(403, {"message": "forbidden"}), NotAllowed, "HubSpot forbids it: forbidden"),
        (reply(403, {"errors": [{"context": {"requiredScopes": ["b", "a"]}}]}), NotAllowed, "scope: a or b"),
    ],
)
def test_a_refused_read_says_what_to_do(answer: httpx.Response, error: type[HubSpotError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        reader_of(lambda _: answer).batch_read("companies", ["1"], properties=[])
    assert caught.value.path == "/crm/v3/objects/companies/batch/read"
    assert caught.value.status == answer.status_code


def test_a_dated_version_changes_the_paths() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return reply(200, batch([]))

    reader_of(handler, "2026-03").batch_read("tickets", ["1"], properties=[])
    writer_of(handler, "2026-03").write("tickets", Call.UPDATE, [])

    assert seen == ["/crm/objects/2026-03/tickets/batch/read", "/crm/objects/2026-03/tickets/batch/update"]


@pytest.mark.parametrize("failures", [1, 3])
def test_a_read_survives_broken_connections(failures: int) -> None:
    troubles: list[Callable[[], httpx.Response]] = [_drop] * failures

    def handler(_: httpx.Request) -> httpx.Response:
        return troubles.pop()() if troubles else reply(200, {"portalId": 5, "accountType": "SANDBOX"})

    assert PortalReader(http_of(handler), "v3", pacer_of()).account().portal_id == 5


def _drop() -> httpx.Response:
    raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
