"""Lists of records: seeds create them with their members, and the API reads them.

Source: developers.hubspot.com/docs/api-reference/crm-lists-v3/guide
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.emulator import refusals, response_format
from reconciler.emulator.clock import iso, parse_iso
from reconciler.emulator.request_context import NO_TYPE, Work
from reconciler.emulator.response_format import Json

LIST = "list"
PROCESSING_TYPES = ("MANUAL", "DYNAMIC", "SNAPSHOT")
KEYS = ("listId", "name", "objectTypeId", "processingType", "members", "createdAt")

_SORTS = {
    "HS_LIST_NAME": "name",
    "HS_CREATED_AT": "createdAt",
    "HS_UPDATED_AT": "updatedAt",
    "HS_LIST_SIZE": "size",
}
"""Fields of a list by the names that a search uses for sorting; by default, it sorts by id."""


def plant(work: Work, given: Json) -> None:
    """Store a list of a seed; its ``members`` are ids of records."""
    unknown = sorted(set(given) - set(KEYS))
    if unknown:
        raise refusals.invalid_request(
            f"{unknown[0]}: a list has no such key; its keys are {', '.join(KEYS)}"
        )
    object_type = work.object_type(response_format.as_text(given.get("objectTypeId"), "objectTypeId"))
    processing = response_format.as_text(given.get("processingType", "MANUAL"), "processingType")
    if processing not in PROCESSING_TYPES:
        raise refusals.invalid_request(f"processingType: one of {', '.join(PROCESSING_TYPES)}")
    members = {
        response_format.as_number(member, "members")
        for member in response_format.as_list(given.get("members"), "members")
    }
    name = response_format.as_text(given.get("name"), "name")
    if by_name(work, object_type.type_id, name) is not None:
        raise refusals.invalid_request(f"another list is called {name}")
    since = iso(parse_iso(given["createdAt"])) if "createdAt" in given else work.now
    list_id = str(response_format.as_number(given.get("listId") or work.next_id(), "listId"))
    body = {
        "listId": list_id,
        "listVersion": 1,
        "createdAt": since,
        "updatedAt": since,
        "filtersUpdatedAt": since,
        "processingStatus": "COMPLETE",
        "createdById": "1",
        "updatedById": "1",
        "processingType": processing,
        "objectTypeId": object_type.type_id,
        "name": name,
        "size": len(members),
        "members": sorted(members),
    }
    work.store(LIST, NO_TYPE, list_id, body)


def by_id(work: Work, list_id: str) -> Mapping[str, Any] | None:
    """Return the stored list with this id; None if there is none."""
    return work.stored(LIST, NO_TYPE).get(list_id)


def by_name(work: Work, type_id: str, name: str) -> Mapping[str, Any] | None:
    """Return the stored list of an object type with this name, ignoring case; None if there is none."""
    found = work.stored(LIST, NO_TYPE).values()
    called = name.casefold()
    return next(
        (body for body in found if body["objectTypeId"] == type_id and body["name"].casefold() == called),
        None,
    )


def of_record(work: Work, type_id: str, record_id: int) -> list[Mapping[str, Any]]:
    """Return the stored lists of which a record is a member."""
    found = work.stored(LIST, NO_TYPE).values()
    return [body for body in found if body["objectTypeId"] == type_id and record_id in body["members"]]


def search(work: Work, request: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the stored lists that a search asks for: by part of the name, ids, kinds and object type."""
    words = (response_format.as_optional_text(request.get("query"), "query") or "").casefold()
    allowed = {
        key: set(response_format.as_names(request.get(field), field))
        for key, field in (("listId", "listIds"), ("processingType", "processingTypes"))
    }
    if request.get("objectTypeId") is not None:
        type_id = response_format.as_text(request["objectTypeId"], "objectTypeId")
        allowed["objectTypeId"] = {work.object_type(type_id).type_id}
    found = [
        body
        for body in work.stored(LIST, NO_TYPE).values()
        if words in body["name"].casefold()
        and all(body[key] in values for key, values in allowed.items() if values)
    ]
    sort = response_format.as_optional_text(request.get("sort"), "sort") or ""
    field = _SORTS.get(sort.removeprefix("-"))
    return sorted(
        found, key=lambda body: body[field] if field else int(body["listId"]), reverse=sort.startswith("-")
    )


def body_of(stored: Mapping[str, Any]) -> Json:
    """Return a list as the API shows it: without its members."""
    return {name: value for name, value in stored.items() if name != "members"}


def members_of(work: Work, stored: Mapping[str, Any]) -> list[int]:
    """Return the ids of the live records in the list; archived records do not belong to it any more."""
    rows = work.rows(work.object_type(stored["objectTypeId"]))
    found = ((record_id, rows.get(record_id)) for record_id in stored["members"])
    return [record_id for record_id, record in found if record and record.archived_ms is None]
