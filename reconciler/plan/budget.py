"""What a plan costs in calls and time."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from reconciler.model.addresses import RECORD_ID, RecordKey
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
    """Changes whose records apply reads again right before it writes.

    All of them where people ``had_time`` to edit since the plan was made. Archives always, because nothing
    brings a record back, and a call for a hundred of them costs little. None where the person said to
    overwrite.
    """
    if overwrites:
        return frozenset()
    return frozenset(Verb) if had_time else frozenset({Verb.ARCHIVE})


ALWAYS_LOOKED_AT = looked_at_again(had_time=True, overwrites=False)
"""What an apply of a saved plan looks at."""


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
    """Calls that ``changes`` need; ``least_seconds`` says how long so many take at the portal's limit.

    ``looks_again_at``: the records of these changes are read once more right before their call.
    ``opening_calls``: what apply reads before its first change, see ``calls_to_open``.
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
    """What earlier runs left open, and apply settles before its first change."""

    objects: frozenset[str]  # object types
    calls: int  # to read what became of it


NOTHING_UNSETTLED = Unsettled(frozenset(), 0)


def calls_to_open(types: Iterable[ObjectSchema]) -> int:
    """Calls by which apply reads the account, and all that it has to know of object types."""
    known = {schema.name: schema for schema in types}
    has_custom = any(type_number(name) is None for name in known)
    return 1 + has_custom + sum(map(_calls_to_know, known.values()))


def _calls_to_know(schema: ObjectSchema) -> int:
    """One for the properties of a type, one for its pipelines, and one to see whether it is switched on."""
    has_pipelines = any(definition.kind is Kind.PIPELINE for definition in schema.properties.values())
    return 1 + has_pipelines + object_type(schema.name).is_switched_on_by_hand


_Destination: TypeAlias = tuple[Verb, int, tuple[str, ...], Operation]
"""What goes together: what is done, turn, object types, call."""


def _destination(change: Change, turn: int) -> _Destination:
    types = tuple(key.object for key in change.address.records)
    return verb_of(change), turn, types, change.sent_by


def _batches(changes: Iterable[Change], turns: Mapping[int, int]) -> Iterator[Sequence[Change]]:
    """What goes in one call, as soon as that is full; at the end those that are not."""
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
    """One, and one before it that empties the lifecycle stages that are taken back."""
    values = (value for change in batch for value in change.values)
    return 1 + any(schema.is_step_back(value.name, value.before, value.after) for value in values)


def _calls_to_read_again(batch: Sequence[Change]) -> int:
    """As many records as go in one call are read by one.

    Associations that archives rest on are read by a call for each type at the other end. Of associations that
    are made or removed, those at the first end are read, and the keys of the records at both ends.
    """
    if not is_association_change(batch[0]):
        return 1 + len(objects_rested_on(batch))
    ones = {change.record for change in batch if change.remote.id is not None}
    others = {change.association.target for change in batch if change.remote.target_id is not None}
    of_records = ceil(len({change.record for change in batch}) / PAIRS_READ)
    return of_records + _calls_to_read_keys(ones) + _calls_to_read_keys(others)


def _calls_to_read_keys(keys: Iterable[RecordKey]) -> int:
    """A hundred at a time, for each key property; a record id cannot move."""
    of_property = Counter(key.by for key in keys if key.by != RECORD_ID)
    return sum(ceil(count / BATCH_SIZE) for count in of_property.values())
