"""JSON shapes: reading request bodies, and building records and batches for answers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reconciler.emulator import guesses, refusals
from reconciler.emulator.clock import iso
from reconciler.emulator.object_types import ObjectType
from reconciler.emulator.record_rows import Edit, Record
from reconciler.emulator.request_context import Work

Json = dict[str, Any]
VERSIONS_KEPT, VERSIONS_KEPT_OF_CONTACTS = 20, 45


def as_object(value: object, where: str = "body") -> Json:
    """Return ``value`` if it is a JSON object; refuse any other value."""
    if isinstance(value, dict):
        return value
    raise refusals.wrong_shape(f"{where} must be an object")


def as_list(value: object, where: str) -> list[Any]:
    """Return ``value`` if it is a JSON array, and an empty list for None; refuse any other value."""
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise refusals.wrong_shape(f"{where} must be an array")


def as_text(value: object, where: str) -> str:
    """Return ``value`` as text; numbers are accepted, because clients write ids as numbers."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if value is None:
        raise refusals.missing_fields([where])
    raise refusals.wrong_shape(f"{where} must be a string")


def as_optional_text(value: object, where: str) -> str | None:
    """Return ``value`` as text; None and the empty text become None."""
    return as_text(value, where) or None if value is not None else None


def as_number(value: object, where: str) -> int:
    """Return ``value`` as a whole number; text with digits is accepted."""
    text = as_text(value, where)
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise refusals.wrong_shape(f"{where} must be a number")
    return int(text)


def as_names(value: object, where: str) -> tuple[str, ...]:
    """Return ``value`` as a list of texts."""
    return tuple(as_text(item, where) for item in as_list(value, where))


def record_body(object_type: ObjectType, record: Record, names: Iterable[str]) -> Json:
    """Return a record as the API shows it, with the properties ``names`` and the system's properties."""
    wanted = {*names, object_type.created_property, object_type.modified_property, "hs_object_id"}
    body: Json = {
        "id": str(record.id),
        "properties": {name: record.properties.get(name) for name in sorted(wanted)},
        "createdAt": iso(record.created_ms),
        "updatedAt": iso(record.updated_ms),
        "archived": record.archived_ms is not None,
    }
    if record.archived_ms is not None:
        body["archivedAt"] = iso(record.archived_ms)
    return body


def history_body(object_type: ObjectType, edits: Sequence[Edit], names: Iterable[str]) -> Json:
    """Return ``propertiesWithHistory``: the latest versions of each property, newest first.

    HubSpot keeps only some versions: knowledge.hubspot.com/properties/export-property-history
    """
    kept = VERSIONS_KEPT_OF_CONTACTS if object_type.path == "contacts" else VERSIONS_KEPT
    return {
        name: [
            {"value": edit.changes[name], "timestamp": iso(edit.at_ms), **edit.source}
            for edit in reversed(edits)
            if name in edit.changes
        ][:kept]
        for name in names
    }


def batch_body(work: Work, results: Sequence[Json], errors: Sequence[Json] = ()) -> Json:
    """Return the answer of a batch, with its results and errors."""
    body: Json = {
        "status": "COMPLETE",
        "results": list(results),
        "startedAt": work.now,
        "completedAt": work.now,
    }
    if errors:
        body["numErrors"] = len(errors)
        body["errors"] = list(errors)
    return body


def batch_status(work: Work, success: int, errors: Sequence[object]) -> int:
    """Return the HTTP status of a batch: ``success`` unless some inputs failed."""
    return guesses.status_of_partial_success(work.guesses, work.version) if errors else success


def page_body(
    work: Work, results: Sequence[Mapping[str, Any]], after: str | None, path: str | None = None
) -> Json:
    """Return one page of results; ``after`` is the cursor of the next page, None on the last one.

    ``path`` is the path of the next page; None: the path of this request.
    """
    body: Json = {"results": list(results)}
    if after is not None:
        body["paging"] = {"next": {"after": after, "link": work.link_to_next(after, path)}}
    return body
