"""Executing one batch, from the second read to an outcome for each of its changes.

A worker thread executes a batch; it does not touch state. The steps, in order:

1. Read the records again. A change whose values in HubSpot differ from those that the plan read is stale, and
is not sent.
2. Send the other changes.
3. If no answer came for some changes, read from the portal whether HubSpot carried them out. Send again those
that it did not carry out.
"""

from collections.abc import Collection
from dataclasses import dataclass

from reconciler.apply.batch_run import BatchRun, Connections, Delivery
from reconciler.apply.intent_queue import BeforeSending
from reconciler.apply.kinds import calls_for
from reconciler.apply.options import OnStale
from reconciler.errors import HubSpotError
from reconciler.model.addresses import ThingAddress
from reconciler.plan.batches import Batch
from reconciler.plan.kinds import Verb, verb_of

ATTEMPTS = 3
"""Maximum number of times that a change is sent while its answers are lost."""

_NONE: Collection[ThingAddress] = ()


@dataclass(frozen=True, slots=True)
class BatchExecutor:
    """Executes batches; all worker threads share it."""

    to: Connections
    looks_again_at: Collection[Verb]  # changes with these verbs are read again before their call
    on_stale: OnStale

    def deliver(
        self, batch: Batch, before_sending: BeforeSending, created: Collection[ThingAddress] = _NONE
    ) -> Delivery:
        """Return an outcome for every change of ``batch``; ``before_sending`` is called before every call.

        ``created`` are records that this run has created, whose keys need no second read, and definitions
        that it has written.
        """
        with self.to.writer.reserve_slot():  # otherwise the write might follow the read ten seconds later
            looks_again = verb_of(batch.first) in self.looks_again_at
            run = BatchRun(self.to, batch, before_sending, looks_again, created)
            try:
                self._execute(run)
            except HubSpotError as error:
                not_sent = [entry for entry in batch.entries if entry[0] not in run.outcomes]
                run.outcomes |= calls_for(batch.first).not_sent(run, not_sent, error)
                return Delivery(run.outcomes, error)
            return Delivery(run.outcomes)

    def _execute(self, run: BatchRun) -> None:
        calls = calls_for(run.batch.first)
        if run.looks_again:
            run.outcomes |= calls.stale(self.to, run.batch.entries, run.made)
        for _ in range(ATTEMPTS):
            if not run.pending:
                return
            calls.send(run, run.pending)
            try:
                run.outcomes |= calls.settle(run)
            except HubSpotError:
                return  # unknown for now; the next run finds out the outcomes
