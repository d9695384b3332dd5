"""Converting values to database columns and back. Pure.

Texts from people or from HubSpot are stored as JSON in plain ASCII, because no database refuses any character
of it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, assert_never

from sqlalchemy import Row

from reconciler.errors import StateError
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.associations import Label, OwnedPair
from reconciler.model.calls import Call, Route
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Stale, Unknown
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.runs import RunHeader, RunRow
from reconciler.plan.change import (
    Action,
    Adopt,
    AdoptPair,
    Archive,
    Associate,
    Change,
    Create,
    Dissociate,
    PairChange,
    Reason,
    RecordChange,
    Release,
    ReleasePair,
    StateOnly,
    Update,
    ValueChange,
    Writing,
    in_step_of,
    moved_from,
    values_of,
)
from reconciler.source import SourceRef
from reconciler.state.run_types import Actor, RunStart

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)

_NOTHING = "{}"
_ORIGINS = {str(origin): origin for origin in Origin}
_DECODER = json.JSONDecoder()


def _read(text: str) -> Any:
    """Read JSON that ``json_text`` wrote, without looking for blanks around it."""
    return _DECODER.raw_decode(text)[0]


def json_text(value: object) -> str:
    """Write ``value`` as JSON with sorted keys, in ASCII, on one line."""
    return _ENCODER.encode(value)


def actor_text(actor: Actor) -> str:
    """Write ``actor`` as JSON, without unknown fields."""
    return json_text({name: value for name, value in asdict(actor).items() if value is not None})


def actor_of(text: str) -> Actor:
    """Read an actor that ``actor_text`` wrote; ignore fields of other versions."""
    said = json.loads(text)
    return Actor(**{field.name: said[field.name] for field in fields(Actor) if field.name in said})


def owned_columns(portal_id: int, serial: int, record: OwnedRecord) -> dict[str, object]:
    """Return one row of the table of owned records."""
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
"""Columns for ``owned_of``, in this order: unpacking rows by position takes half the time."""


def owned_of(row: Sequence[Any]) -> OwnedRecord:
    """Read an owned record from one row of ``OWNED_COLUMNS``."""
    object_name, by, key, record_id, origin, sent, answered, protected = row
    return OwnedRecord(
        RecordKey(object_name, by, key),
        record_id,
        _ORIGINS[origin],
        _read(sent),
        _read(answered) if answered else {},
        bool(protected),
    )


def pair_columns(portal_id: int, serial: int, pair: OwnedPair) -> dict[str, object]:
    """Return one row of the table of owned associations."""
    return pair.identity._asdict() | {
        "portal_id": portal_id,
        "label": pair.label.text if pair.label else None,
        "by": pair.key.by,
        "key": pair.key.value,
        "to_by": pair.target.by,
        "to_key": pair.target.value,
        "origin": str(pair.origin),
        "whole": int(pair.is_whole),
        "serial": serial,
    }


def pair_of(row: Row[Any]) -> OwnedPair:
    """Read an owned association from one row."""
    return OwnedPair(
        key=RecordKey(row.object, row.by, row.key),
        record_id=RecordId(row.record_id),
        target=RecordKey(row.to_object, row.to_by, row.to_key),
        target_id=RecordId(row.to_id),
        label=Label(row.category, row.type_id, row.label or "") if row.category else None,
        origin=Origin(row.origin),
        is_whole=bool(row.whole),
    )


def run_columns(start: RunStart) -> dict[str, object]:
    """Return the row of the table of runs for ``start``."""
    return {
        "environment": start.environment,
        "plan_digest": start.plan_digest,
        "tool_version": start.tool_version,
        "actor": actor_text(start.actor),
        "git_commit": start.commit,
        "undoes": start.undoes,
        "personal": json_text(start.personal),
        "planned": json_text({str(action): count for action, count in start.planned.items()}),
    }


def planned_count(row: Row[Any]) -> int:
    """Return how many changes a run planned to apply."""
    return sum(json.loads(row.planned).values())


def header_of(row: Row[Any]) -> RunHeader:
    """Read the header of one run."""
    return RunHeader(
        id=row.id,
        portal_id=row.portal_id,
        environment=row.environment,
        plan_digest=row.plan_digest,
        tool_version=row.tool_version,
        actor={name: str(value) for name, value in json.loads(row.actor).items()},
        commit=row.git_commit,
        undoes=row.undoes,
        planned=json.loads(row.planned),
        started_at=row.started_at,
        finished_at=row.finished_at,
        status=row.status,
        personal=tuple((object_name, name) for object_name, name in json.loads(row.personal)),
    )


def change_columns(change: Change) -> dict[str, object]:
    """Return the columns of the journal for ``change``."""
    source = change.source
    file = source.file if source else ""
    columns: dict[str, object] = {
        "action": str(change.action),
        "object": change.key.object,
        "by": change.key.by,
        "key": change.key.value,
        "record_id": None,
        "origin": None,
        "protected": 0,
        "from_by": None,
        "from_key": None,
        "replaces": None,
        "reason": str(change.reason),
        "source": json_text((source.file, source.line, source.column) if source else None),
        "call": None,
        "id_property": None,
        "values": _values_text(values_of(change), file),
        "in_step": _values_text(in_step_of(change), file),
        "to_object": None,
        "to_by": None,
        "to_key": None,
        "to_id": None,
        "association": None,
    }
    if isinstance(change, PairChange):
        columns |= _association_columns(change)
    if not isinstance(change, StateOnly):
        columns |= {"call": str(change.route.call), "id_property": change.route.id_property}
    if not isinstance(change, Create):
        columns |= {"record_id": change.record_id}
    if isinstance(change, RecordChange | AdoptPair):
        columns |= {"origin": change.origin and str(change.origin)}
    if isinstance(change, Create | Update | Adopt):
        columns |= {"protected": int(change.is_protected)}
    if isinstance(change, Create):
        columns |= {"replaces": change.replaces}
    if former := moved_from(change):
        columns |= {"from_by": former.by, "from_key": former.value}
    return columns


def _association_columns(change: PairChange) -> dict[str, object]:
    label = change.label and (change.label.category, change.label.type_id, change.label.text)
    is_whole = None if isinstance(change, ReleasePair) else change.is_whole
    return {
        "to_object": change.target.object,
        "to_by": change.target.by,
        "to_key": change.target.value,
        "to_id": change.target_id,
        "association": json_text((label, is_whole)),
    }


def change_of(row: Row[Any]) -> Change:
    """Read a change as it was in the plan; its values must not be erased."""
    if row.association:
        return _pair_change_of(row)
    key, reason, source = RecordKey(row.object, row.by, row.key), Reason(row.reason), _source_of(row)
    file = source.file if source else ""
    values, in_step = _values_of(row.values, file), _values_of(row.in_step, file)
    record_id, is_protected = RecordId(row.record_id), bool(row.protected)
    origin = Origin(row.origin) if row.origin else None
    former = RecordKey(row.object, row.from_by, row.from_key) if row.from_key else None
    match Action(row.action):
        case Action.CREATE:
            if source is None:
                raise StateError(f"the journal has a created record without a place: {key.address}")
            # Rows from before version 4 of the tables do not have the planned ownership.
            owned_as = origin or Origin.CREATED
            lost = row.replaces and RecordId(row.replaces)
            return Create(key, values, reason, _route_of(row), source, is_protected, in_step, owned_as, lost)
        case Action.ARCHIVE:
            return Archive(key, record_id, reason, source, origin)
        case Action.UPDATE:
            route, owned_as = _route_of(row), Origin(row.origin)
            return Update(
                key, record_id, values, in_step, reason, route, source, owned_as, is_protected, former
            )
        case Action.ADOPT:
            return Adopt(key, record_id, in_step, reason, source, Origin(row.origin), is_protected, former)
        case Action.RELEASE:
            # Rows of the first version of the tables do not have the ownership.
            return Release(key, record_id, reason, source, origin or Origin.ADOPTED, in_step)
        case Action.ASSOCIATE | Action.DISSOCIATE as action:
            raise StateError(f"the journal says {action} of {key.address} and not with what: this is a bug")
        case action:
            assert_never(action)


def writing_of(row: Row[Any]) -> Writing:
    """Read the change that was about to be sent."""
    change = change_of(row)
    if isinstance(change, StateOnly):
        raise StateError(f"the journal has a call for {change.key.address}, which needs none: this is a bug")
    return change


def _route_of(row: Row[Any]) -> Route:
    return Route(Call(row.call), row.id_property)


def _pair_change_of(row: Row[Any]) -> PairChange:
    key, target = RecordKey(row.object, row.by, row.key), RecordKey(row.to_object, row.to_by, row.to_key)
    of_label, is_whole = json.loads(row.association)
    label = Label(*of_label) if of_label else None
    record_id, target_id = row.record_id and RecordId(row.record_id), row.to_id and RecordId(row.to_id)
    reason, source = Reason(row.reason), _source_of(row)
    match Action(row.action):
        case Action.ASSOCIATE:
            return Associate(key, record_id, target, target_id, label, reason, source, is_whole)
        case Action.DISSOCIATE:
            return Dissociate(key, record_id, target, target_id, label, reason, source, is_whole)
        case Action.ADOPT:
            origin = Origin(row.origin)
            return AdoptPair(key, record_id, target, target_id, label, reason, source, origin, is_whole)
        case Action.RELEASE:
            return ReleasePair(key, record_id, target, target_id, label, reason, source)
        case action:
            raise StateError(f"the journal says {action} of an association of {key.address}: this is a bug")


def _source_of(row: Row[Any]) -> SourceRef | None:
    place = _read(row.source)
    return SourceRef(*place) if place else None


def run_row_of(row: Row[Any]) -> RunRow:
    """Read one line of a report: the planned change and its outcome."""
    # otherwise there is nothing to report, and values are long
    told = row.answer and row.outcome != Applied.word
    answer: Mapping[str, Any] = _read(row.answer) if told else {}
    shown = _read(row.values or _NOTHING) or _read(row.in_step or _NOTHING)
    return RunRow(
        number=row.number,
        key=RecordKey(row.object, row.by, row.key),
        action=row.action,
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
        source=_source_of(row),
        target=RecordKey(row.to_object, row.to_by, row.to_key) if row.to_object else None,
        label=_label_text(row.association),
    )


def names_told(row: Row[Any]) -> frozenset[str]:
    """Return the properties that a change wrote or found in step; none once its values are erased."""
    return frozenset(json.loads(row.values or _NOTHING)) | frozenset(json.loads(row.in_step or _NOTHING))


def _label_text(association: str | None) -> str | None:
    label = json.loads(association)[0] if association else None
    return str(label[-1]) if label else None


def outcome_columns(outcome: Outcome) -> dict[str, object]:
    """Return the columns of the journal for ``outcome``."""
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
    """Return the part of a change that HubSpot applied; it must not be erased."""
    answer = _read(row.answer)
    done = answer if row.outcome == Applied.word else answer.get("done")
    if done is None:
        return None
    return Applied(RecordId(done["record_id"]), done["answered"], done["is_new"], done.get("written"))


def _values_text(values: Iterable[ValueChange], file: str) -> str:
    """Write before, after, reason and place by property name, as short as possible."""
    return json_text(
        {
            value.name: (value.before, value.after, str(value.reason), _place(value.source, file))
            for value in values
        }
    )


def _values_of(text: str, file: str) -> tuple[ValueChange, ...]:
    """Read value changes from their JSON text, sorted by name."""
    return tuple(
        ValueChange(name, before, after, Reason(reason), _source_at(place, file))
        for name, (before, after, reason, place) in _read(text).items()
    )


def _place(source: SourceRef | None, file: str) -> tuple[object, ...] | None:
    """Return line and column; the file only if it differs from the file of the change."""
    if source is None:
        return None
    place = (source.line, source.column)
    return place if source.file == file else (*place, source.file)


def _source_at(place: Sequence[Any] | None, file: str) -> SourceRef | None:
    if place is None:
        return None
    line, column, *other = place
    return SourceRef(other[0] if other else file, line, column)
