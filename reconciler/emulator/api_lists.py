"""Endpoints of lists: reading a list by id or name, and the records in it."""

from collections.abc import Mapping
from typing import Any

from reconciler.emulator import identity, lists, refusals, request_body, response_format
from reconciler.emulator.calls import Call, Reply
from reconciler.emulator.request_context import Work

MEMBERS_PAGE = 100
MEMBERS_MAX_PAGE = 250


def get_list(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/{listId}``."""
    return Reply(200, {"list": lists.body_of(_require(lists.by_id(work, call.args["list_id"])))})


def get_list_by_name(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/object-type-id/{objectTypeId}/name/{listName}``."""
    object_type = work.object_type(call.args["object_type"])
    found = lists.by_name(work, object_type.type_id, call.args["list_name"])
    return Reply(200, {"list": lists.body_of(_require(found))})


def list_members(work: Work, call: Call) -> Reply:
    """Serve ``GET /crm/v3/lists/{listId}/memberships``, in order of record id."""
    stored = _require(lists.by_id(work, call.args["list_id"]))
    limit = request_body.page_size(call, MEMBERS_PAGE, MEMBERS_MAX_PAGE)
    first = identity.cursor(call.text("after"))
    ids = [record_id for record_id in lists.members_of(work, stored) if record_id >= first]
    page = [
        {"recordId": str(record_id), "membershipTimestamp": stored["createdAt"]} for record_id in ids[:limit]
    ]
    after = str(ids[limit]) if len(ids) > limit else None
    return Reply(200, response_format.page_body(work, page, after))


def _require(found: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if found is None:
        raise refusals.not_found("List does not exist.")
    return found
