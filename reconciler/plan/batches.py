"""Batches: changes from one stage of a plan that are sent to HubSpot in one call.

Adoptions and releases make no call, but a call may read their records again. They are divided into *chunks*,
which are stored in one transaction, and a chunk into *looks*, which are read by one call.
"""

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import TypeAlias

from reconciler.model.calls import BATCH_SIZE, Operation, inputs_of
from reconciler.plan.change import Change
from reconciler.plan.kinds import Verb, kind_of, verb_of
from reconciler.plan.stages import Entry, Stage, StageName, walk_stages

_Destination: TypeAlias = tuple[Verb, Hashable, Operation]
"""The parts that all changes of one call share: verb, object types or definition, and the call."""


_REMEMBERED_AT_ONCE = 1_000
"""Maximum number of changes that one transaction stores, if the changes need no call to HubSpot."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that are sent together."""

    number: int  # within the run, from 0
    entries: Sequence[Entry]  # at least one, and at most as many as the call accepts

    @property
    def first(self) -> Change:
        """The first change: all of them have the same action, object types and call."""
        return self.entries[0][1]

    @property
    def object(self) -> str:
        """The object type of the changes; for associations, the type of the records that name them."""
        return self.first.object_type

    @property
    def operation(self) -> Operation:
        """The call that sends the changes."""
        return self.first.sent_by


def batches_of(entries: Iterable[Entry], numbers: Iterator[int]) -> Iterator[Batch]:
    """Group changes of one stage by call: each batch as soon as it is full, and the others at the end.

    ``numbers`` gives the numbers of the batches.
    """
    together: dict[_Destination, list[Entry]] = {}
    for number, change in entries:
        destination = _destination(change)
        batch = together.setdefault(destination, [])
        batch.append((number, change))
        if len(batch) == inputs_of(change.sent_by.call):
            yield Batch(next(numbers), together.pop(destination))
    for batch in together.values():
        yield Batch(next(numbers), batch)


def all_batches(changes: Sequence[Change], stages: Iterable[Stage]) -> Iterator[Batch]:
    """Return the batches of all stages that make calls, in order."""
    numbers = count()
    for stage, entries in walk_stages(changes, stages):
        if stage.name is not StageName.STATE:
            yield from batches_of(entries, numbers)


def chunks_of(entries: Iterable[Entry]) -> Iterator[Sequence[Entry]]:
    """Divide the changes of a stage that only changes the state into chunks."""
    remaining = iter(entries)
    while chunk := tuple(islice(remaining, _REMEMBERED_AT_ONCE)):
        yield chunk


def looks_of(chunk: Iterable[Entry], verbs: Collection[Verb]) -> Iterator[Sequence[Entry]]:
    """Group those changes of a chunk whose records are read again, by call: changes with these ``verbs``.

    A change that depends on nothing in HubSpot is not read again.
    """
    together: dict[Hashable, list[Entry]] = {}
    for number, change in chunk:
        if change.rests_on and verb_of(change) in verbs:
            together.setdefault(kind_of(change).goes_with(change), []).append((number, change))
    for entries in together.values():
        for start in range(0, len(entries), BATCH_SIZE):
            yield entries[start : start + BATCH_SIZE]


def _destination(change: Change) -> _Destination:
    return verb_of(change), kind_of(change).goes_with(change), change.sent_by
