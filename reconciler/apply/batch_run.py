"""One batch while a worker executes it: what is known about its changes so far."""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from reconciler.apply.definitions.holders import INDEX_S, FirstLooks
from reconciler.apply.intent_queue import BeforeSending
from reconciler.apply.records.creation_evidence import NO_TIME
from reconciler.errors import HubSpotError
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.addresses import ThingAddress
from reconciler.model.definitions import PortalSchema
from reconciler.model.outcomes import Outcome, Unknown
from reconciler.plan.batches import Batch
from reconciler.plan.stages import Entry


class Connections(NamedTuple):
    """The portal, for reading and writing; all worker threads share it."""

    reader: PortalReader
    writer: PortalWriter
    portal: PortalSchema
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = lambda _message: None  # called with the reason whenever we wait
    index_s: float = INDEX_S  # seconds between two searches for records with a removed value
    first_looks: FirstLooks = FirstLooks()


class Delivery(NamedTuple):
    """The result of a batch."""

    outcomes: Mapping[int, Outcome]  # outcomes of all changes, by number
    stopped_by: HubSpotError | None = None  # the error because of which the run sends no other batches


@dataclass(slots=True)
class BatchRun:
    """A batch that is being sent, with what is known about its changes so far."""

    to: Connections
    batch: Batch
    before_sending: BeforeSending
    looks_again: bool = True  # whether records are read again before the call, to find stale changes
    made: Collection[ThingAddress] = ()  # records that this run has created, definitions that it has written
    # by (number of the change, ordinal of the call): when the call was first sent
    sent: dict[tuple[int, int], datetime | None] = field(default_factory=dict)
    # by number of the change: when its call was last repeated
    repeated: dict[int, datetime] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    # numbers of the changes whose lifecycle stage was emptied by the first of two calls
    emptied: set[int] = field(default_factory=set)

    @property
    def pending(self) -> Sequence[Entry]:
        """The changes without an outcome, or with an unknown one."""
        return [
            (number, change)
            for number, change in self.batch.entries
            if isinstance(self.outcomes.get(number), Unknown | None)
        ]

    def record_sending(self, ordinal: int, numbers: Sequence[int]) -> None:
        """Record that call ``ordinal`` (1 or 2) for the changes ``numbers`` is sent now.

        For a repeated call, keep the time of the first one, because that call may have arrived.
        """
        moment = self.to.writer.time_there() or NO_TIME
        first: dict[datetime, list[int]] = {}
        for number in numbers:
            is_repeated = isinstance(self.outcomes.get(number), Unknown)
            known = self.sent.get((number, ordinal)) if is_repeated else None
            if known is not None:
                self.repeated[number] = moment
            first.setdefault(known or moment, []).append(number)
        for moment_of_first, of_moment in first.items():
            self.before_sending(ordinal, of_moment, moment_of_first)
            self.sent |= dict.fromkeys(((number, ordinal) for number in of_moment), moment_of_first)
