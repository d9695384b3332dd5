"""The plan's changes become batches: what is sent in one call. Pure.

Changes keep their place in the plan as a number; journal, report and answers refer to it.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import NamedTuple

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
    entries: tuple[tuple[int, Change], ...]  # number and change; at most as many as the call takes
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
    writing = (
        (number, change)
        for number, change in enumerate(changes)
        if change.is_remote and number not in without
    )
    batches: list[Batch] = []

    def where(entry: tuple[int, Change]) -> _Destination:
        return _destination(entry[1], turns.get(entry[0], 0))

    ordered = sorted(writing, key=where)  # stable: the plan's order within each call
    for destination, group in groupby(ordered, key=where):
        while entries := tuple(islice(group, inputs_of(destination.call))):
            operation = entries[0][1].sent_by
            batches.append(Batch(len(batches), destination.object, operation, entries, destination.turn))
    return tuple(batches)


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
