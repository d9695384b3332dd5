"""Edits of records by another person or program: they come from control routes, not from HubSpot's API."""

from typing import Any

from reconciler.emulator import batches, identity, records, refusals, response_format
from reconciler.emulator.clock import parse_iso
from reconciler.emulator.errors import SeedError
from reconciler.emulator.request_context import Source, Work
from reconciler.emulator.response_format import Json

SOURCE_TYPES = (
    "API",
    "AUTOMATION_PLATFORM",
    "CALCULATED",
    "CRM_UI",
    "FORM",
    "IMPORT",
    "INTEGRATION",
    "MERGE_OBJECTS",
    "MIGRATION",
    "WORKFLOW",
)


def source_of(given: Any) -> Source:
    """Read who makes an edit; None means a person on HubSpot's pages. Raises SeedError."""
    source = {"type": "CRM_UI"} if given is None else given
    if not isinstance(source, dict):
        raise SeedError("a JSON object is expected")
    if source.get("type") not in SOURCE_TYPES:
        raise SeedError(f"source.type must be one of {', '.join(SOURCE_TYPES)}, not {source.get('type')!r}")
    user_id = source.get("userId")
    if user_id is not None and not isinstance(user_id, int):
        raise SeedError(f"source.userId: a number, not {user_id!r}")
    return Source(source["type"], source.get("id"), source.get("label"), user_id)


def _key(given: Json) -> str | None:
    return response_format.as_optional_text(given.get("idProperty"), "idProperty")


def edit(work: Work, given: Json) -> Json:
    """Change, archive or purge a record as another person or program, at the present or an earlier time."""
    if "at" in given:
        try:
            work.at_ms = parse_iso(given["at"])
        except (TypeError, ValueError):
            raise SeedError(f"at: an ISO 8601 instant, not {given['at']!r}") from None
    object_type = work.object_type(response_format.as_text(given.get("object"), "object"))
    record = identity.find(work, object_type, response_format.as_text(given.get("id"), "id"), _key(given))
    if record is None:
        raise refusals.not_found("there is no such record")
    if given.get("archive") or given.get("purge"):
        records.archive(work, object_type, str(record.id))
        if given.get("purge"):
            work.rows(object_type).erase(record.id)
        return {"id": str(record.id), "archived": True}
    properties = response_format.as_object(given.get("properties"), "properties")
    return batches.written_body(object_type, records.update(work, object_type, record, properties))
