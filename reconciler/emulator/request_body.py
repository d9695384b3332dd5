"""Reading one record or a page of records: the parameters of the request, and the body of the answer."""

from reconciler.emulator import associations_v3, batches, identity, refusals, response_format
from reconciler.emulator.calls import Call
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Record
from reconciler.emulator.request_context import Work
from reconciler.emulator.response_format import Json

PAGE = 10
MAX_PAGE = 100
MAX_PAGE_WITH_HISTORY = 50


def require(
    work: Work, object_type: ObjectType, given: str, id_property: str | None, *, archived: bool = False
) -> Record:
    """Return the record with this id or key; follow merged ids. Refuse with 404 if it does not exist."""
    if id_property is not None:
        identity.check_key(work, object_type, id_property, "read")
    record = identity.find(work, object_type, given, id_property, archived=archived)
    if record is None and id_property is None:
        record = identity.follow(work, object_type, given)
    if record is None:
        raise refusals.not_found()
    return record


def one(work: Work, object_type: ObjectType, call: Call) -> Json:
    """Return one record as ``GET /{type}/{id}`` does."""
    record = require(
        work,
        object_type,
        call.args["record_id"],
        call.text("idProperty"),
        archived=call.flag("archived"),
    )
    return _body(work, object_type, record, call)


def page(work: Work, object_type: ObjectType, call: Call) -> Json:
    """Return one page of records as ``GET /{type}`` does; its cursor is the id of the next record."""
    maximum = MAX_PAGE_WITH_HISTORY if call.names("propertiesWithHistory") else MAX_PAGE
    limit = page_size(call, PAGE, maximum)
    first = identity.cursor(call.text("after"))
    found = work.rows(object_type).page(first, limit + 1, archived=call.flag("archived"))
    bodies = [_body(work, object_type, record, call) for record in found[:limit]]
    return response_format.page_body(work, bodies, str(found[limit].id) if len(found) > limit else None)


def page_size(call: Call, default: int, maximum: int) -> int:
    """Return the ``limit`` in the query, or ``default``; refuse a limit that is not from 1 to ``maximum``."""
    text = call.text("limit")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= maximum):
        raise refusals.invalid_request(f"limit must be between 1 and {maximum}, but was {text}")
    return int(text)


def _body(work: Work, object_type: ObjectType, record: Record, call: Call) -> Json:
    body = batches.read_body(
        work, object_type, record, call.names("properties"), call.names("propertiesWithHistory")
    )
    found = associations_v3.of_record(work, object_type, record, call.names("associations"))
    return {**body, "associations": found} if found else body
