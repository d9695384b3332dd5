"""Reading the report of a run: after a CI job, it may be the only record of the run."""

import json
import re
from datetime import UTC, datetime

from reconciler.errors import UsageError
from reconciler.json_values import (
    Json,
    Wrong,
    as_count,
    as_mapping,
    as_object,
    as_text,
    as_tuple,
    or_null,
    part,
)
from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId, thing_address
from reconciler.model.names import NO_DISPLAY_NAMES, NO_NAMES
from reconciler.model.object_references import ObjectProperty
from reconciler.model.owned import StateVersion
from reconciler.model.runs import RunDetail, RunHeader, RunRow
from reconciler.plan.file.forms import if_there
from reconciler.plan.file.names import decode_display_names, decode_names
from reconciler.source import SourceRef

_BEGINNING = re.compile(rb'\s*\{\s*"accounting"')
"""The beginning of run reports: keys are sorted, so no other JSON of this program begins like this."""

_as_text_or_null = or_null(as_text)


def is_run(beginning: bytes) -> bool:
    """Return whether a file with this beginning is the report of a run."""
    return _BEGINNING.match(beginning) is not None


def run_from_text(text: str) -> RunDetail:
    """Read a run from the text of its report.

    Raises:
        UsageError: the report is damaged, or of a newer version.
    """
    try:
        document = as_object(json.loads(text))
        version = part(document, "format_version", as_text)
        if not version.startswith("1."):
            raise UsageError(
                f"the report has format {version}, but the installed version of reconciler reads only "
                "formats 1.x\n    upgrade reconciler"
            )
        return RunDetail(_header(document), part(document, "changes", as_tuple(_row)))
    except (ValueError, Wrong) as wrong:
        raise UsageError(f"the report cannot be read: {wrong}") from None


def _header(document: Json) -> RunHeader:
    return RunHeader(
        id=part(document, "id", as_text),
        portal_id=part(document, "portal.id", as_count),
        environment=part(document, "environment", as_text),
        plan_digest=part(document, "plan_digest", as_text),
        tool_version=part(document, "tool_version", as_text),
        actor=part(document, "actor", as_mapping(as_text)),
        started_at=part(document, "started_at", _as_time),
        finished_at=part(document, "finished_at", or_null(_as_time)),
        status=part(document, "status", as_text),
        commit=part(document, "commit", _as_text_or_null),
        rolls_back=part(document, "rolls_back", _as_text_or_null),
        planned=part(document, "planned", as_mapping(as_count)),
        masked_properties=part(document, "masked_properties", as_tuple(_as_pair)),
        state=or_null(_as_state)(document.get("state")),
        names=if_there(document, "names", decode_names) or NO_NAMES,
    )


def _row(found: object) -> RunRow:
    row = as_object(found)
    values = part(row, "properties", as_mapping(as_object))
    pair = as_object(row.get("association", {}))
    return RunRow(
        number=part(row, "number", as_count),
        key=_thing(row),
        action=part(row, "action", as_text),
        reason=part(row, "reason", as_text),
        record_id=RecordId(row_id) if (row_id := part(row, "record_id", _as_text_or_null)) else None,
        before={name: part(value, "before", _as_text_or_null) for name, value in values.items()},
        after={name: part(value, "after", _as_text_or_null) for name, value in values.items()},
        outcome=part(row, "outcome", _as_text_or_null),
        detail=part(row, "detail", as_mapping(as_text)),
        source=part(row, "source", or_null(_as_source)),
        target=_key(pair) if pair else None,
        label=_as_text_or_null(pair.get("label")),
        display_names=if_there(row, "display_names", decode_display_names) or NO_DISPLAY_NAMES,
    )


def _thing(entry: Json) -> RecordAddress | DefinitionAddress:
    key = _key(entry)
    try:
        return thing_address(key.object, key.by, key.value)
    except ValueError as error:
        raise Wrong(".key", f"is not the key of a definition: {error}") from None


def _key(entry: Json) -> RecordAddress:
    return RecordAddress(
        part(entry, "object", as_text),
        part(entry, "key.property", as_text),
        part(entry, "key.value", as_text),
    )


def _as_pair(found: object) -> ObjectProperty:
    pair = as_object(found)
    return ObjectProperty(part(pair, "object", as_text), part(pair, "property", as_text))


def _as_state(found: object) -> StateVersion:
    state = as_object(found)
    return StateVersion(part(state, "lineage", _as_text_or_null), part(state, "serial", as_count))


def _as_source(found: object) -> SourceRef:
    source = as_object(found)
    return SourceRef(
        part(source, "file", as_text), part(source, "line", as_count), part(source, "column", as_count)
    )


def _as_time(found: object) -> datetime:
    return datetime.fromisoformat(as_text(found)).astimezone(UTC)
