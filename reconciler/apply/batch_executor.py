"""Executing one batch, from the second read to an outcome for each of its changes.

It runs in a worker thread and does not touch state. In order:

1. read again: a change that live moved away from since the plan was made is stale and is not sent; 2. empty
the lifecycle stages that go back, because HubSpot allows going back only from empty; 3. send the rest; 4.
settle changes without an answer by reading; send again only those that did not happen, as far as the read
tells.

A create that is sent again may meet the record that its first call created, because reads may lag behind. The
time of the first call and the record's first values decide whether the record is ours
(``creation_evidence.py``).

A change that takes two calls has one outcome for both: if the second call did not happen, the change is not
applied, and the outcome says what the first call did.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeAlias

from reconciler.apply.answer_outcomes import checked_outcome, only_emptied
from reconciler.apply.associations import association_batch
from reconciler.apply.batches import Batch, row_of, step_back_row
from reconciler.apply.intent_queue import BeforeSending
from reconciler.apply.options import OnStale
from reconciler.apply.recovery.creation_evidence import NO_TIME, is_ours_as_made
from reconciler.apply.recovery.settle import are_emptied, settle
from reconciler.apply.stale_changes import stale_changes
from reconciler.errors import HubSpotError
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.history import read_as_made
from reconciler.hubspot.records.match_results import RowOutcome
from reconciler.hubspot.records.write import write_rows
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.addresses import RecordId
from reconciler.model.calls import Row
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.live import LiveRecord
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Unknown, done_of
from reconciler.plan.associations.changes import is_association_change
from reconciler.plan.change import Action, Change
from reconciler.plan.kinds import Verb, verb_of

ATTEMPTS = 3
"""Number of attempts for one change whose answers are lost."""

Entries: TypeAlias = Sequence[tuple[int, Change]]
"""Changes that are sent together, by number."""


class Delivery(NamedTuple):
    """The result of a batch."""

    outcomes: dict[int, Outcome]  # outcomes of all changes, by number
    stopped_by: HubSpotError | None = None  # the reason to send no other batches of this kind


@dataclass(frozen=True, slots=True)
class BatchExecutor:
    """Executes batches; all worker threads share it."""

    reader: PortalReader
    writer: PortalWriter
    portal: PortalSchema
    looks_again_at: Collection[Verb]  # changes whose records are read again right before the call
    on_stale: OnStale

    def deliver(self, batch: Batch, before_sending: BeforeSending) -> Delivery:
        """Return an outcome for every change of ``batch``; ``before_sending`` is called before every call."""
        with self.writer.reserve_slot():  # otherwise the write might follow the read ten seconds later
            way = _Way(self, batch, before_sending)
            return Delivery(way.outcomes, way.go())


@dataclass(slots=True)
class _Way:
    """One batch during its execution."""

    executor: BatchExecutor
    batch: Batch
    before_sending: BeforeSending
    # first times of calls, see ``runs.Sent``
    sent: dict[tuple[int, int], datetime | None] = field(default_factory=dict)
    # times when the last calls of repeated creates left
    repeated: dict[int, datetime] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    # changes whose lifecycle stage the first of two calls has emptied
    emptied: set[int] = field(default_factory=set)

    def go(self) -> HubSpotError | None:
        """Execute the batch; return the error that stopped it, if any."""
        try:
            if verb_of(self.batch.entries[0][1]) in self.executor.looks_again_at:
                self.outcomes |= stale_changes(
                    self.executor.reader, self.executor.portal, self.batch.entries, self.batch.made
                )
            for _ in range(ATTEMPTS):
                pending = self._pending()
                if not pending:
                    break
                self._send(self._empty_stages(pending))
                if not self._settle():
                    break  # unknown for now; the next run settles it
        except HubSpotError as error:
            self._stop(error)
            return error
        return None

    def _pending(self) -> Entries:
        """Return the changes without an outcome, or with an unknown one."""
        return [
            (number, change)
            for number, change in self.batch.entries
            if isinstance(self.outcomes.get(number), Unknown | None)
        ]

    def _empty_stages(self, entries: Entries) -> Entries:
        """Make the first of two calls where necessary; return the changes that are ready for the last one."""
        if is_association_change(entries[0][1]):
            return entries
        schema = self.executor.portal.objects[self.batch.object]
        back = [
            (change, row)
            for number, change in entries
            if number not in self.emptied and (row := step_back_row(number, change, schema))
        ]
        if not back:
            return entries
        rows = [row for _, row in back]
        answers = self._write(schema, rows)
        for change, row in back:
            number, answer = (
                int(row.trace_id),
                checked_outcome(schema, change, answers[row.trace_id], row.properties),
            )
            if isinstance(answer, Applied):
                self.emptied.add(number)
            else:
                self.outcomes[number] = answer
        unanswered = [
            (number, change)
            for number, change in entries
            if change.action is Action.UPDATE and isinstance(self.outcomes.get(number), Unknown)
        ]
        self.emptied |= are_emptied(self.executor.reader, schema, unanswered)
        waiting = {int(row.trace_id) for row in rows} - self.emptied
        return [entry for entry in entries if entry[0] not in waiting]

    def _send(self, entries: Entries) -> None:
        if not entries:
            return
        executor = self.executor
        if is_association_change(entries[0][1]):
            both = association_batch(executor.reader, executor.portal, entries[0][1])
            self.outcomes |= both.send(executor.writer, entries, partial(self._before_sending, 1))
            return
        schema = executor.portal.objects[self.batch.object]
        rows = [row_of(number, change) for number, change in entries]
        answers = self._write(schema, rows)
        answered: dict[int, Outcome] = {}
        for number, change in entries:
            outcome = checked_outcome(schema, change, answers[str(number)])
            if number in self.emptied and isinstance(outcome, Rejected):
                outcome = only_emptied(schema, change, outcome)
            answered[number] = outcome
        self.outcomes |= answered
        self.outcomes |= self._found_by_repeats(answered)

    def _write(self, schema: ObjectSchema, rows: Sequence[Row]) -> Mapping[str, RowOutcome]:
        def before_sending(sent: Sequence[Row]) -> None:
            numbers = [int(row.trace_id) for row in sent]
            again = [number for number in numbers if number in self.emptied]
            self._before_sending(2, again)
            self._before_sending(1, [number for number in numbers if number not in self.emptied])

        return write_rows(self.executor.writer, schema.path, self.batch.operation, rows, before_sending)

    def _before_sending(self, ordinal: int, numbers: Sequence[int]) -> None:
        """Record that calls for these changes leave now.

        Keep the first time at which one may have arrived.
        """
        moment = self.executor.writer.time_there() or NO_TIME
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

    def _settle(self) -> bool:
        """Read the changes without an answer; return False if the portal cannot be read."""
        try:
            found = settle(self.executor.reader, self.executor.portal, self._pending(), self.sent)
        except HubSpotError:
            return False
        self.outcomes |= self._whose(found)
        return True

    def _found_by_repeats(self, answered: Mapping[int, Outcome]) -> Mapping[int, Outcome]:
        """Return outcomes of repeated creates in ``answered`` that found an existing record."""
        refused = [
            (number, change)
            for number, change in self._repeated_creates(answered)
            if isinstance(answered[number], Rejected) and done_of(answered[number]) is None
        ]
        found: dict[int, Outcome] = {
            number: outcome
            for number, outcome in answered.items()
            if (done := done_of(outcome)) and done.is_new is False
        }
        if refused:
            with suppress(HubSpotError):  # otherwise the create is rejected
                found |= settle(self.executor.reader, self.executor.portal, refused, self.sent)
        return self._whose(found)

    def _whose(self, found: Mapping[int, Outcome]) -> Mapping[int, Outcome]:
        """Decide by its first values whether a found record is ours; our repeated call overwrote it."""
        done = {
            number: (change, done)
            for number, change in self._repeated_creates(found)
            if (done := done_of(found[number]))
        }
        if not done:
            return found
        schema = self.executor.portal.objects[self.batch.object]
        changes = [change for change, _ in done.values()]
        names = {value.name for change in changes for value in change.values} & schema.properties.keys()
        ids = [each.record_id for _, each in done.values()]
        made: Mapping[RecordId, LiveRecord] = {}  # if this stays empty, nothing proves that they are ours
        with suppress(HubSpotError):
            made = read_as_made(self.executor.reader, schema, changes[0].record.by, ids, names)
        outcomes = dict(found)
        for number, (change, each) in done.items():
            moments = (self.sent[number, 1], self.repeated[number])
            is_new = any(is_ours_as_made(schema, change, made.get(each.record_id), at) for at in moments)
            outcomes[number] = _with_origin(found[number], is_new=is_new)
        return outcomes

    def _repeated_creates(self, found: Mapping[int, Outcome]) -> Sequence[tuple[int, Change]]:
        return [
            (number, change)
            for number, change in self.batch.entries
            if number in found and number in self.repeated and verb_of(change) is Verb.CREATE
        ]

    def _stop(self, error: HubSpotError) -> None:
        """Account for changes that were never sent."""
        for number, change in self._without_outcome():
            self.outcomes[number] = Skipped(f"not sent: {error.summary}")
            if number in self.emptied:
                schema = self.executor.portal.objects[change.object_type]
                self.outcomes[number] = only_emptied(schema, change, Rejected(error.summary))

    def _without_outcome(self) -> Iterable[tuple[int, Change]]:
        return [entry for entry in self.batch.entries if entry[0] not in self.outcomes]


def _with_origin(outcome: Outcome, *, is_new: bool) -> Outcome:
    match outcome:
        case Applied():
            return replace(outcome, is_new=is_new)
        case Rejected(done=Applied() as done):
            return replace(outcome, done=replace(done, is_new=is_new))
        case _:
            return outcome
