"""The plan's changes become batches: what is sent in one call. Pure.

Changes keep their place in the plan as a number; journal, report and answers refer to it.
"""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple, overload

from reconciler.model.addresses import RecordId, RecordKey
from reconciler.model.calls import Call, Operation, Row, inputs_of
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.outcomes import Skipped
from reconciler.plan.change import Change, Remote
from reconciler.plan.kinds import Verb, verb_of

_AT_ONCE: Mapping[int, int] = {}

STATE_ONLY_SIZE = 1000
"""Changes that make no call, remembered in one transaction."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes of one object type that travel together."""

    number: int  # within the run, from 0
    object: str
    operation: Operation
    entries: Sequence[tuple[int, Change]]  # number and change; at most as many as the call takes
    turn: int = 0  # of changes that wait for others of their wave
    made: frozenset[RecordKey] = frozenset()  # records at either end of associations that this run created

    @property
    def wave(self) -> tuple[int, int]:
        """Batches of one wave go together; a wave begins when the one before it has ended."""
        return _WAVES[verb_of(self.entries[0][1])], self.turn


def batches_of(
    changes: Sequence[Change], without: Collection[int] = (), turns: Mapping[int, int] = _AT_ONCE
) -> tuple[Batch, ...]:
    """The calls that ``changes`` need, in the order of the plan; numbers in ``without`` are not sent.

    ``turns`` says by number which changes wait for others, whose unique values they take over: HubSpot does
    not say in which order it works through a batch.
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
    """Changes by their numbers in the plan; each is taken from there whenever somebody asks for it."""

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
    """Changes that only state gets to see, some at a time, but for the numbers in ``without``."""
    numbered = (
        (number, change)
        for number, change in enumerate(changes)
        if not change.is_remote and number not in without
    )
    while chunk := tuple(islice(numbered, STATE_ONLY_SIZE)):
        yield chunk


def with_ids(change: Change, created: Mapping[RecordKey, RecordId]) -> Change | Skipped:
    """``change`` with the ids of records that were to be created before it; skipped where one was not."""
    keys = change.association.records
    ids = [known or created.get(key) for known, key in zip(change.remote, keys, strict=True)]
    for found, key in zip(ids, keys, strict=True):
        if found is None:
            return Skipped(f"not attempted: {key.address} was not created by this run")
    return replace(change, remote=Remote(*ids))


def row_of(number: int, change: Change) -> Row:
    """The input that carries ``change``; its number in the plan is the trace id."""
    return Row(
        trace_id=str(number),
        id=_id(change),
        properties={value.name: value.after or "" for value in change.values},
    )


def step_back_row(number: int, change: Change, schema: ObjectSchema) -> Row | None:
    """What has to be written before ``change``; None where nothing has."""
    emptied = {
        value.name: ""
        for value in change.values
        if schema.is_step_back(value.name, value.before, value.after)
    }
    return Row(str(number), _id(change), emptied) if emptied else None


def twice_called(batch: Batch, portal: PortalSchema) -> frozenset[int]:
    """The changes of ``batch`` that take two calls, by number."""
    return frozenset(
        number
        for number, change in batch.entries
        if step_back_row(number, change, portal.objects[change.object_type])
    )


def _id(change: Change) -> str:
    is_by_id = change.sent_by.id_property is None
    return change.remote.id if is_by_id and change.remote.id else change.record.value


_WAVES = {Verb.CREATE: 0, Verb.UPDATE: 0, Verb.ASSOCIATE: 1, Verb.DISSOCIATE: 2, Verb.ARCHIVE: 2}
"""Whatever is associated has been created before; what is to be archived is archived last of all."""


class _Destination(NamedTuple):
    """What changes have in common that travel together; sorts in the order in which they go."""

    wave: int
    turn: int
    object: str
    verb: int
    call: Call
    id_property: str
    others: tuple[str, ...]  # object type at the other end of associations


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
