"""Endpoints of lists: reading lists by id, by name or by a search, and the records in a list."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator import identity, lists, refusals, request_body, response_format
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.request_context import Work

MEMBERS_PAGE = 100
MEMBERS_MAX_PAGE = 250
SEARCH_PAGE = 20
SEARCH_MAX_PAGE = 500


def get_list(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/{listId}``."""
    return Reply(200, {"list": lists.body_of(_require(lists.by_id(work, call.args["list_id"])))})


def get_lists(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists``: the lists whose ids are in ``listIds``."""
    found = (lists.by_id(work, list_id) for list_id in call.names("listIds"))
    return Reply(200, {"lists": [lists.body_of(stored) for stored in found if stored]})


def search_lists(work: Work, call: Call) -> Reply:
    """Serve ``POST /crm/v3/lists/search``; a higher ``count`` than the maximum means the maximum.

    The reader airbyte-source-hubspot asks for 1000 lists at a time.
    """
    request = response_format.as_object(call.body)
    offset = response_format.as_number(request.get("offset") or 0, "offset")
    count = response_format.as_number(request.get("count") or SEARCH_PAGE, "count")
    if offset < 0 or count < 1:
        raise refusals.invalid_request("offset must be at least 0, and count at least 1")
    found = lists.search(work, request)
    page = found[offset : offset + min(count, SEARCH_MAX_PAGE)]
    body = {
        "lists": [
            {**lists.body_of(stored), "additionalProperties": {"hs_list_size": str(stored["size"])}}
            for stored in page
        ],
        "hasMore": offset + len(page) < len(found),
        "offset": offset + len(page),
        "total": len(found),
    }
    return Reply(200, body)


def get_list_by_name(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/object-type-id/{objectTypeId}/name/{listName}``."""
    object_type = work.object_type(call.args["object_type"])
    found = lists.by_name(work, object_type.type_id, call.args["list_name"])
    return Reply(200, {"list": lists.body_of(_require(found))})


def list_members(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/{listId}/memberships`` and ``memberships/join-order``, by record id."""
    stored = _require(lists.by_id(work, call.args["list_id"]))
    limit = request_body.page_size(call, MEMBERS_PAGE, MEMBERS_MAX_PAGE)
    first = identity.cursor(call.text("after"))
    ids = [record_id for record_id in lists.members_of(work, stored) if record_id >= first]
    page = [
        {"recordId": str(record_id), "membershipTimestamp": stored["createdAt"]} for record_id in ids[:limit]
    ]
    after = str(ids[limit]) if len(ids) > limit else None
    return Reply(200, response_format.page_body(work, page, after))


def lists_of_record(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/records/{objectTypeId}/{recordId}/memberships``."""
    object_type = work.object_type(call.args["object_type"])
    record = request_body.require(work, object_type, call.args["record_id"], None)
    results = [
        {
            "listId": stored["listId"],
            "listVersion": stored["listVersion"],
            "firstAddedTimestamp": stored["createdAt"],
            "lastAddedTimestamp": stored["createdAt"],
        }
        for stored in lists.of_record(work, object_type.type_id, record.id)
    ]
    return Reply(200, {"results": results, "total": len(results)})


def _require(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if found is None:
        raise refusals.not_found("List does not exist.")
    return found
