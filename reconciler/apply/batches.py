"""The plan's changes become batches: what is sent in one call. Pure.

Changes keep their place in the plan as a number; journal, report and answers refer to it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from reconciler.model.schema import ObjectSchema
from reconciler.model.writes import BATCH_SIZE, Call, Route, Row
from reconciler.plan.changes import Archive, Change, Create, StateOnly, Update, Writing, values_of

_LIFECYCLE = "lifecyclestage"

STATE_ONLY_SIZE = 1000
"""Changes that make no call, remembered in one transaction."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one object type that travel together."""

    number: int  # within the run, from 0
    object: str
    route: Route
    entries: tuple[tuple[int, Writing], ...]  # at most BATCH_SIZE; number and change


def batches_of(changes: Sequence[Change], without: Collection[int] = ()) -> tuple[Batch, ...]:
    """The calls that ``changes`` need, in the order of the plan; numbers in ``without`` are not sent."""
    writing = (
        (number, change)
        for number, change in enumerate(changes)
        if not isinstance(change, StateOnly) and number not in without
    )
    batches: list[Batch] = []
    ordered = sorted(writing, key=_destination)  # stable: the plan's order within each call
    for (object_name, _action, _call, _by), group in groupby(ordered, key=_destination):
        while entries := tuple(islice(group, BATCH_SIZE)):
            batches.append(Batch(len(batches), object_name, entries[0][1].route, entries))
    return tuple(batches)


def state_only(
    changes: Sequence[Change], without: Collection[int] = ()
) -> Iterator[tuple[tuple[int, StateOnly], ...]]:
    """Changes that only state gets to see, some at a time, but for the numbers in ``without``."""
    numbered = (
        (number, change)
        for number, change in enumerate(changes)
        if isinstance(change, StateOnly) and number not in without
    )
    while chunk := tuple(islice(numbered, STATE_ONLY_SIZE)):
        yield chunk


def row_of(number: int, change: Writing) -> Row:
    """The input that carries ``change``; its number in the plan is the trace id."""
    return Row(
        trace_id=str(number),
        id=_id(change),
        properties={value.name: value.after or "" for value in values_of(change)},
    )


def step_back_row(number: int, change: Writing, schema: ObjectSchema) -> Row | None:
    """What has to be written before ``change``: HubSpot moves a lifecycle stage back only from empty.

    Source: https://knowledge.hubspot.com/records/use-lifecycle-stages
    """
    stages = schema.properties.get(_LIFECYCLE)
    order = [option.value for option in stages.options] if stages else []
    for value in values_of(change):
        if value.name == _LIFECYCLE and value.before in order and value.after in order:
            is_back = order.index(value.after) < order.index(value.before)
            return Row(str(number), _id(change), {_LIFECYCLE: ""}) if is_back else None
    return None


def _id(change: Writing) -> str:
    is_by_id = change.route.id_property is None
    return change.record_id if is_by_id and isinstance(change, Update | Archive) else change.key.value


def _destination(entry: tuple[int, Writing]) -> tuple[str, int, Call, str]:
    _, change = entry
    rank = (Create, Update, Archive).index(type(change))
    return (change.key.object, rank, change.route.call, change.route.id_property or "")
