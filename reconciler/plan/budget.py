"""What a plan costs in calls and time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil
from typing import TypeAlias

from reconciler.model.schema import ObjectSchema
from reconciler.model.writes import PAIRS_READ, Route, inputs_of
from reconciler.plan.changes import Budget, Change, PairWriting, StateOnly, Update, Writing


def budget_of(
    changes: Iterable[Change],
    objects: Mapping[str, ObjectSchema],
    read_calls: int,
    least_seconds: Callable[[int], float],
    daily_remaining: int | None,
    *,
    looks_again: bool,
) -> Budget:
    """Calls that ``changes`` need; ``least_seconds`` says how long so many take at the portal's limit.

    ``looks_again``: the records of every call that writes are read once more right before it.
    """
    together: dict[_Destination, list[Writing]] = {}
    for change in changes:
        if not isinstance(change, StateOnly):
            together.setdefault(_destination(change), []).append(change)
    batches = [batch for group in together.values() for batch in _batches(group)]
    write_calls = sum(_calls_to_write(batch, objects[batch[0].key.object]) for batch in batches)
    reread_calls = sum(map(_calls_to_read_again, batches)) if looks_again else 0
    seconds = least_seconds(write_calls + reread_calls)
    return Budget(read_calls, write_calls, seconds, daily_remaining, reread_calls)


_Destination: TypeAlias = tuple[type[Writing], str, str, Route]
"""Kind of change, object type, that at the other end of an association, and route: what goes together."""


def _destination(change: Writing) -> _Destination:
    other = change.target.object if isinstance(change, PairWriting) else ""
    return type(change), change.key.object, other, change.route


def _batches(group: Sequence[Writing]) -> Sequence[Sequence[Writing]]:
    size = inputs_of(group[0].route.call)
    return [group[start : start + size] for start in range(0, len(group), size)]


def _calls_to_write(batch: Sequence[Writing], schema: ObjectSchema) -> int:
    """One, and one before it that empties the lifecycle stages that are taken back."""
    values = (value for change in batch if isinstance(change, Update) for value in change.values)
    return 1 + any(schema.is_step_back(value.name, value.before, value.after) for value in values)


def _calls_to_read_again(batch: Sequence[Writing]) -> int:
    """As many records as go in one call are read by one; of associations, those at the first end are."""
    if not isinstance(batch[0], PairWriting):
        return 1
    return ceil(len({change.key for change in batch}) / PAIRS_READ)
