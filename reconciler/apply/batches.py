"""Dividing the plan's changes into batches, each sent in one call. Pure.

A change keeps its position in the plan as its number; journal, report and answers refer to it.
"""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple, overload

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.calls import Call, Operation, Row, inputs_of
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.outcomes import Skipped
from reconciler.plan.change import Change, Remote
from reconciler.plan.kinds import Verb, verb_of

_AT_ONCE: Mapping[int, int] = {}

STATE_ONLY_SIZE = 1000
"""Changes without a call that one transaction records."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one object type that are sent together."""

    number: int  # within the run, from 0
    object: str
    operation: Operation
    entries: Sequence[tuple[int, Change]]  # number and change; at most as many as the call accepts
    turn: int = 0  # order among changes of one wave that wait for each other
    made: frozenset[RecordAddress] = (
        frozenset()
    )  # records at either end of associations that this run created

    @property
    def wave(self) -> tuple[int, int]:
        """Batches of one wave are sent together; a wave begins when the previous one has ended."""
        return _WAVES[verb_of(self.entries[0][1])], self.turn


def batches_of(
    changes: Sequence[Change], without: Collection[int] = (), turns: Mapping[int, int] = _AT_ONCE
) -> tuple[Batch, ...]:
    """Return the calls for ``changes``, in the order of the plan; numbers in ``without`` are not sent.

    ``turns`` gives, by number, the order of changes that take over unique values from each other: HubSpot
    does not say in which order it processes a batch.
    """
    together: dict[_Destination, tuple[Operation, array[int]]] = {}
    for number, change in enumerate(changes):
        if change.is_remote and number not in without:
            destination = _destination(change, turns.get(number, 0))
            together.setdefault(destination, (change.sent_by, array("Q")))[1].append(number)
    batches: list[Batch] = []
    for destination, (operation, numbers) in sorted(together.items()):
        size = inputs_of(destination.call)
        for start in range(0, len(numbers), size):
            entries = _Entries(changes, numbers[start : start + size])
            batches.append(Batch(len(batches), destination.object, operation, entries, destination.turn))
    return tuple(batches)


class _Entries(Sequence[tuple[int, Change]]):
    """Changes by their numbers in the plan; each is read from the plan on access."""

    __slots__ = ("_changes", "_numbers")

    def __init__(self, changes: Sequence[Change], numbers: Sequence[int]) -> None:
        self._changes = changes
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> tuple[int, Change]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[tuple[int, Change]]: ...
    def __getitem__(self, index: int | slice) -> tuple[int, Change] | Sequence[tuple[int, Change]]:
        if isinstance(index, slice):
            return tuple((number, self._changes[number]) for number in self._numbers[index])
        number = self._numbers[index]
        return number, self._changes[number]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self._numbers))


def state_only(
    changes: Sequence[Change], without: Collection[int] = ()
) -> Iterator[tuple[tuple[int, Change], ...]]:
    """Return changes without a call, in chunks, except the numbers in ``without``."""
    numbered = (
        (number, change)
        for number, change in enumerate(changes)
        if not change.is_remote and number not in without
    )
    while chunk := tuple(islice(numbered, STATE_ONLY_SIZE)):
        yield chunk


def with_ids(change: Change, created: Mapping[RecordAddress, RecordId]) -> Change | Skipped:
    """Return ``change`` with the ids of records created before it; skipped if one was not created."""
    keys = change.association.records
    ids = [known or created.get(key) for known, key in zip(change.remote, keys, strict=True)]
    for found, key in zip(ids, keys, strict=True):
        if found is None:
            return Skipped(f"not attempted: {key.text} was not created by this run")
    return replace(change, remote=Remote(*ids))


def row_of(number: int, change: Change) -> Row:
    """Build the input for ``change``; its number in the plan is the trace id."""
    return Row(
        trace_id=str(number),
        id=_id(change),
        properties={value.name: value.after or "" for value in change.values},
    )


def step_back_row(number: int, change: Change, schema: ObjectSchema) -> Row | None:
    """Build the row to write before ``change``; None if there is none."""
    emptied = {
        value.name: ""
        for value in change.values
        if schema.is_step_back(value.name, value.before, value.after)
    }
    return Row(str(number), _id(change), emptied) if emptied else None


def twice_called(batch: Batch, portal: PortalSchema) -> frozenset[int]:
    """Return the numbers of the changes of ``batch`` that take two calls."""
    return frozenset(
        number
        for number, change in batch.entries
        if step_back_row(number, change, portal.objects[change.object_type])
    )


def _id(change: Change) -> str:
    is_by_id = change.sent_by.id_property is None
    return change.remote.id if is_by_id and change.remote.id else change.record.value


_WAVES = {Verb.CREATE: 0, Verb.UPDATE: 0, Verb.ASSOCIATE: 1, Verb.DISSOCIATE: 2, Verb.ARCHIVE: 2}
"""Order of waves: records are created before they are associated, and archived at the very end."""


class _Destination(NamedTuple):
    """The common destination of changes that are sent together; sorts in sending order."""

    wave: int
    turn: int
    object: str
    verb: int
    call: Call
    id_property: str
    others: tuple[str, ...]  # object types at the other end of associations


def _destination(change: Change, turn: int) -> _Destination:
    verb, operation = verb_of(change), change.sent_by
    return _Destination(
        _WAVES[verb],
        turn,
        change.object_type,
        list(_WAVES).index(verb),
        operation.call,
        operation.id_property or "",
        tuple(key.object for key in change.address.records[1:]),
    )
