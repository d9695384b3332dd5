"""The cost of a plan: calls and time."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.calls import BATCH_SIZE, PAIRS_READ, Operation, inputs_of
from reconciler.model.definitions import Kind, ObjectSchema
from reconciler.model.object_types import object_type, type_number
from reconciler.plan.associations.changes import is_association_change
from reconciler.plan.change import Change
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import Budget
from reconciler.plan.records.unique_values import turns_of
from reconciler.plan.rests_on import objects_rested_on


def looked_at_again(*, had_time: bool, overwrites: bool) -> frozenset[Verb]:
    """Return the changes whose records apply reads again right before it writes.

    All changes, if people ``had_time`` to edit since the plan was made. Archives always, because the API
    cannot restore a record, and one call reads a hundred of them. None, if the user asked to overwrite.
    """
    if overwrites:
        return frozenset()
    return frozenset(Verb) if had_time else frozenset({Verb.ARCHIVE})


ALWAYS_LOOKED_AT = looked_at_again(had_time=True, overwrites=False)
"""The changes whose records an apply of a saved plan reads again."""


def budget_of(
    changes: Sequence[Change],
    objects: Mapping[str, ObjectSchema],
    read_calls: int,
    least_seconds: Callable[[int], float],
    daily_remaining: int | None,
    *,
    looks_again_at: Collection[Verb],
    opening_calls: int = 0,
) -> Budget:
    """Count the calls for ``changes``; ``least_seconds`` gives the time of so many at the portal's limit.

    ``looks_again_at``: changes whose records are read again right before their call. ``opening_calls``: calls
    of apply before its first change, see ``calls_to_open``.
    """
    write_calls, reread_calls = 0, opening_calls
    for batch in _batches(changes, turns_of(changes, objects)):
        write_calls += _calls_to_write(batch, objects[batch[0].object_type])
        if verb_of(batch[0]) in looks_again_at:
            reread_calls += _calls_to_read_again(batch)
    seconds = least_seconds(write_calls + reread_calls)
    return Budget(read_calls, write_calls, seconds, daily_remaining, reread_calls)


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Open changes of earlier runs, which apply settles first."""

    objects: frozenset[str]  # object types
    calls: int  # calls to read their outcomes


NOTHING_UNSETTLED = Unsettled(frozenset(), 0)


def calls_to_open(types: Iterable[ObjectSchema]) -> int:
    """Count the calls by which apply reads the account and the definitions of object types."""
    known = {schema.name: schema for schema in types}
    has_custom = any(type_number(name) is None for name in known)
    return 1 + has_custom + sum(map(_calls_to_know, known.values()))


def _calls_to_know(schema: ObjectSchema) -> int:
    """Count the calls for a type's properties, its pipelines, and whether it is activated."""
    has_pipelines = any(definition.kind is Kind.PIPELINE for definition in schema.properties.values())
    return 1 + has_pipelines + object_type(schema.name).is_switched_on_by_hand


_Destination: TypeAlias = tuple[Verb, int, tuple[str, ...], Operation]
"""Key of changes in one call: action, turn, object types, call."""


def _destination(change: Change, turn: int) -> _Destination:
    types = tuple(key.object for key in change.address.records)
    return verb_of(change), turn, types, change.sent_by


def _batches(changes: Iterable[Change], turns: Mapping[int, int]) -> Iterator[Sequence[Change]]:
    """Group the changes of each call, as soon as the call is full; incomplete groups come at the end."""
    together: dict[_Destination, list[Change]] = {}
    for number, change in enumerate(changes):
        if change.is_remote:
            destination = _destination(change, turns.get(number, 0))
            batch = together.setdefault(destination, [])
            batch.append(change)
            if len(batch) == inputs_of(change.sent_by.call):
                yield together.pop(destination)
    yield from together.values()


def _calls_to_write(batch: Sequence[Change], schema: ObjectSchema) -> int:
    """Count the call of a batch, and the one before it that empties lifecycle stages."""
    values = (value for change in batch for value in change.values)
    return 1 + any(schema.is_step_back(value.name, value.before, value.after) for value in values)


def _calls_to_read_again(batch: Sequence[Change]) -> int:
    """Count the calls to read a batch again, with as many records per call as possible.

    Associations that archives rest on take one call for each type at the other end. For created or removed
    associations, those at the first end are read, and the keys of the records at both ends.
    """
    if not is_association_change(batch[0]):
        return 1 + len(objects_rested_on(batch))
    ones = {change.record for change in batch if change.remote.id is not None}
    others = {change.association.target for change in batch if change.remote.target_id is not None}
    of_records = ceil(len({change.record for change in batch}) / PAIRS_READ)
    return of_records + _calls_to_read_keys(ones) + _calls_to_read_keys(others)


def _calls_to_read_keys(keys: Iterable[RecordAddress]) -> int:
    """Count calls for a hundred keys each, by key property; record ids cannot change."""
    of_property = Counter(key.by for key in keys if key.by != RECORD_ID)
    return sum(ceil(count / BATCH_SIZE) for count in of_property.values())
