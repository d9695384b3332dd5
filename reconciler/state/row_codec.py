"""Converting values to database columns and back. Pure.

Texts from people or from HubSpot are stored as JSON in plain ASCII, because every database accepts all its
characters.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, assert_never

from sqlalchemy import Row

from reconciler.json_values import json_text
from reconciler.model.addresses import (
    SECTION_MARK,
    DefinitionAddress,
    RecordAddress,
    RecordId,
    thing_address,
)
from reconciler.model.associations import Association, OwnedAssociation, RecordRef
from reconciler.model.labels import Label
from reconciler.model.object_references import ObjectProperty
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Stale, Unknown
from reconciler.model.owned import Origin, OwnedDefinition, OwnedRecord, OwnedThing, StateVersion
from reconciler.model.runs import RunHeader, RunRow
from reconciler.plan.change import Action
from reconciler.plan.file.cells import display_names_in, names_in, names_text, source_in
from reconciler.plan.kinds import KINDS_BY_NAME
from reconciler.state.run_types import Actor, RunStart

_NOTHING = "{}"
_ACTIONS = frozenset(map(str, Action))
_ORIGINS = {str(origin): origin for origin in Origin}
_DECODER = json.JSONDecoder()


def _read(text: str) -> Any:
    """Parse JSON that ``json_text`` wrote; it has no blanks around it."""
    return _DECODER.raw_decode(text)[0]


def actor_text(actor: Actor) -> str:
    """Return ``actor`` as JSON, without fields that are None."""
    return json_text({name: value for name, value in asdict(actor).items() if value is not None})


def actor_of(text: str) -> Actor:
    """Read an actor from JSON; ignore fields that only other versions have."""
    said = json.loads(text)
    return Actor(**{field.name: said[field.name] for field in fields(Actor) if field.name in said})


def owned_columns(portal_id: int, serial: int, record: OwnedThing) -> dict[str, object]:
    """Return the columns of the table ``owned`` for a record or definition."""
    return {
        "portal_id": portal_id,
        "object": record.key.object,
        "by": record.key.by,
        "key": record.key.value,
        "record_id": record.record_id,
        "origin": str(record.origin),
        "sent": json_text(dict(record.sent)),
        "answered": json_text(dict(record.answered)) if record.answered else None,
        "protected": int(record.is_protected),
        "serial": serial,
    }


OWNED_COLUMNS = ("object", "by", "key", "record_id", "origin", "sent", "answered", "protected")
"""The columns of a row, in the order in which ``owned_record_of`` expects them.

Reading columns by position is twice as fast as reading them by name.
"""


def owned_record_of(row: Sequence[Any]) -> OwnedRecord:
    """Convert a row with ``OWNED_COLUMNS`` to an owned record."""
    object_name, by, key, record_id, origin, sent, answered, protected = row
    return OwnedRecord(
        RecordAddress(object_name, by, key),
        record_id,
        _ORIGINS[origin],
        _read(sent),
        _read(answered) if answered else {},
        bool(protected),
    )


def definition_of(row: Sequence[Any]) -> OwnedDefinition:
    """Convert a row with ``OWNED_COLUMNS`` to an owned definition."""
    object_name, by, key, record_id, origin, sent, answered, protected = row
    return OwnedDefinition(
        DefinitionAddress(object_name, by, key),
        record_id,
        _ORIGINS[origin],
        _read(sent),
        _read(answered) if answered else {},
        bool(protected),
    )


def thing_of(row: Sequence[Any]) -> OwnedRecord | OwnedDefinition:
    """Convert a row with ``OWNED_COLUMNS`` to an owned record or definition."""
    return definition_of(row) if row[1].startswith(SECTION_MARK) else owned_record_of(row)


def pair_columns(portal_id: int, serial: int, pair: OwnedAssociation) -> dict[str, object]:
    """Return the columns of the table ``pairs`` for an owned association."""
    return pair.identity._asdict() | {
        "portal_id": portal_id,
        "label": pair.label.text if pair.label else None,
        "by": pair.source.address.by,
        "key": pair.source.address.value,
        "to_by": pair.target.address.by,
        "to_key": pair.target.address.value,
        "origin": str(pair.origin),
        "whole": int(pair.is_whole),
        "serial": serial,
    }


def pair_of(row: Row[Any]) -> OwnedAssociation:
    """Convert a row of the table ``pairs`` to an owned association."""
    return OwnedAssociation(
        Association(
            RecordRef(RecordAddress(row.object, row.by, row.key), RecordId(row.record_id)),
            RecordRef(RecordAddress(row.to_object, row.to_by, row.to_key), RecordId(row.to_id)),
            Label(row.category, row.type_id, row.label or "") if row.category else None,
        ),
        origin=Origin(row.origin),
        is_whole=bool(row.whole),
    )


def run_columns(start: RunStart) -> dict[str, object]:
    """Return the columns of the table ``runs`` for a run that begins."""
    return {
        "environment": start.environment,
        "plan_digest": start.plan_digest,
        "tool_version": start.tool_version,
        "actor": actor_text(start.actor),
        "git_commit": start.commit,
        "undoes": start.rolls_back,
        "personal": json_text(start.masked_properties),
        "planned": json_text({str(action): count for action, count in start.planned.items()}),
        "names": names_text(start.names),
    }


def planned_count(row: Row[Any]) -> int:
    """Return the number of changes that the plan of a run had."""
    return sum(json.loads(row.planned).values())


def header_of(row: Row[Any], lineage: str | None) -> RunHeader:
    """Convert a row of the table ``runs`` to the header of a run; ``lineage`` is that of the state."""
    return RunHeader(
        id=row.id,
        portal_id=row.portal_id,
        environment=row.environment,
        plan_digest=row.plan_digest,
        tool_version=row.tool_version,
        actor={name: str(value) for name, value in json.loads(row.actor).items()},
        commit=row.git_commit,
        rolls_back=row.undoes,
        planned=json.loads(row.planned),
        started_at=row.started_at,
        finished_at=row.finished_at,
        status=row.status,
        masked_properties=tuple(ObjectProperty(*pair) for pair in json.loads(row.personal)),
        state=StateVersion(lineage, row.serial),
        names=names_in(row.names),
    )


def run_row_of(row: Row[Any]) -> RunRow:
    """Convert a row of the table ``changes`` to a row of the report of a run."""
    # an applied change has nothing to report, and parsing long values takes time
    texts = row.answer and row.outcome != Applied.word
    answer: Mapping[str, Any] = _read(row.answer) if texts else {}
    shown = _read(row.values or _NOTHING) or _read(row.remembered or _NOTHING) | _read(
        row.forgotten or _NOTHING
    )
    return RunRow(
        number=row.number,
        key=thing_address(row.object, row.by, row.key),
        action=_verb_of(row),
        reason=row.reason,
        record_id=row.record_id,
        before={name: before for name, (before, *_) in shown.items()},
        after={name: after for name, (_, after, *_) in shown.items()},
        outcome=row.outcome,
        detail={
            name: answer[name]
            for name in ("message", "category", "correlation_id")
            if answer.get(name) is not None
        },
        source=source_in(row.source),
        target=RecordAddress(row.to_object, row.to_by, row.to_key) if row.to_object else None,
        label=str(_read(row.label)[-1]) if row.label else None,
        display_names=display_names_in(row.display_names),
    )


def value_names(row: Row[Any]) -> frozenset[str]:
    """Return the properties whose values a change wrote to HubSpot, stored in state, or removed from state.

    The result is empty after the values of the run were erased.
    """
    texts = (row.values, row.remembered, row.forgotten)
    return frozenset(name for text in texts for name in _read(text or _NOTHING))


def _verb_of(row: Row[Any]) -> str:
    """Return the verb that reports show for the action of a row.

    An unknown action, which a newer version may have written, is returned as is.
    """
    if row.kind in KINDS_BY_NAME and row.action in _ACTIONS:
        return KINDS_BY_NAME[row.kind].verb(Action(row.action))
    return str(row.action)


def outcome_columns(outcome: Outcome) -> dict[str, object]:
    """Return the value of each journal column that stores a part of ``outcome``."""
    answer: dict[str, object]
    match outcome:
        case Applied():
            answer = _answer(outcome)
        case Rejected():
            answer = {
                "message": outcome.message,
                "category": outcome.category,
                "correlation_id": outcome.correlation_id,
                "record_id": outcome.record_id,
            } | ({"done": _answer(outcome.done)} if outcome.done else {})
        case Stale() | Unknown() | Skipped():
            answer = {"message": outcome.message}
        case _:
            assert_never(outcome)
    return {"outcome": outcome.word, "answer": json_text(answer)}


def _answer(applied: Applied) -> dict[str, object]:
    answer: dict[str, object] = {
        "record_id": applied.record_id,
        "answered": dict(applied.answered),
        "is_new": applied.is_new,
    }
    return answer if applied.written is None else answer | {"written": dict(applied.written)}


def done_in(row: Row[Any]) -> Applied | None:
    """Return the part of a change that HubSpot applied; the answer must not have been erased."""
    answer = _read(row.answer)
    done = answer if row.outcome == Applied.word else answer.get("done")
    if done is None:
        return None
    return Applied(RecordId(done["record_id"]), done["answered"], done["is_new"], done.get("written"))
