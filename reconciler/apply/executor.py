"""Applying a plan: calls are journaled before they are sent, and every change gets an outcome.

Changes get an outcome even if the run stops early.

The order for every batch: commit and publish its calls in the journal; a worker reads the records again,
sends the changes and finds out their outcomes (``batch_executor.py``); commit outcomes and ownership
together. If publishing takes seconds (a git push), the calls of several batches are published together. Only
the thread of this module uses state; workers never do. A record that fails never stops the others.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from itertools import count, islice

from reconciler.apply.batch_executor import BatchExecutor
from reconciler.apply.batch_run import Delivery
from reconciler.apply.definitions.holders import look_first
from reconciler.apply.definitions.made import Made
from reconciler.apply.definitions.waiting import read_when_visible
from reconciler.apply.intent_queue import IntentQueue
from reconciler.apply.kinds import calls_for
from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.apply.records.creation_evidence import NO_TIME
from reconciler.errors import HubSpotError, PlanRefused, ReconcilerError, Refusal
from reconciler.model.definitions import PortalSchema
from reconciler.model.outcomes import Applied, Outcome, Rejected, Skipped, Stale
from reconciler.model.runs import RunDetail
from reconciler.plan.batches import Batch, batches_of, chunks_of, looks_of
from reconciler.plan.change import Change
from reconciler.plan.plan import Plan
from reconciler.plan.stages import Entry, StageName, removed_definitions, walk_stages
from reconciler.state.kinds import ownership_after
from reconciler.state.rival_names import in_the_way
from reconciler.state.run_types import RunStart, RunStatus
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter

HEARTBEAT_S = 5.0
"""Maximum seconds between two checks whether the lock must be renewed; its lease is a minute or more."""

_CALLS_A_BATCH = 2
"""Number of calls for a batch: one call reads the records again, and one call writes them."""

_LARGEST_GROUP = 256
"""Maximum number of batches in a group. The intents of a group are published in one step."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """The result of a run that has ended, with the error that stopped it, if any."""

    run: RunDetail  # without the entries of applied changes
    stopped_by: ReconcilerError | None
    is_interrupted: bool


def carry_out(
    plan: Plan,
    start: RunStart,
    moved: Mapping[int, Outcome],
    *,
    store: Store,
    journal: StateWriter,
    batch_executor: BatchExecutor,
    options: ApplyOptions,
    read_portal: Callable[[], PortalSchema] | None = None,
) -> FinishedRun:
    """Apply ``plan``; the changes in ``moved`` are not sent, because their outcomes are known already.

    Every change gets an outcome, also if the run stops early.

    ``read_portal`` reads the portal again, for the changes that follow the definitions.

    Raises:
        StateError: state or lock was lost; the next run finds out what the last calls did.
    """
    run = _Run(plan.changes, store, journal, batch_executor, options, journal.begin_run(start))
    journal.remember_pruning(plan.prune_rules)
    crowded = in_the_way(plan.changes)
    if crowded:
        journal.set_aside(crowded)
    settled = {} if batch_executor.on_stale is OnStale.OVERWRITE else moved
    run.record_stale(settled)
    for stage, entries in walk_stages(plan.changes, plan.stages):
        if stage.name is not StageName.DEFINITIONS and read_portal is not None:
            run.see_definitions(read_portal)
        if stage.name is StageName.DEFINITION_REMOVALS:
            run.look_for_holders(removed_definitions(plan.changes, plan.stages))
        to_do = (entry for entry in entries if entry[0] not in settled)
        if stage.name is StageName.STATE:
            run.remember(to_do)
        else:
            run.skip(run.send_all(batches_of(to_do, run.batch_numbers)))
    if crowded:
        # things that did not get their new address get their old address back, unless it is taken
        journal.put_back(crowded)
    is_whole = run.stopped_by is None and not run.is_interrupted
    journal.finish_run(run.id, RunStatus.FINISHED if is_whole else RunStatus.INTERRUPTED)
    return FinishedRun(store.run(run.id, lists_applied=False), run.stopped_by, run.is_interrupted)


@dataclass(slots=True)
class _Run:
    changes: Sequence[Change]
    store: Store
    journal: StateWriter
    batch_executor: BatchExecutor
    options: ApplyOptions
    id: str
    done: int = 0
    stopped_by: ReconcilerError | None = None
    is_interrupted: bool = False
    batch_numbers: Iterator[int] = field(default_factory=count)
    queue: IntentQueue = field(default_factory=IntentQueue)
    ready: deque[Batch] = field(default_factory=deque)  # batches to send; the journal has their intents
    in_flight: dict[Future[Delivery], Batch] = field(default_factory=dict)
    made: Made = field(default_factory=Made)
    has_looked: bool = False  # whether ``look_for_holders`` has been called
    seen: int = 0  # length of ``made.written`` when the portal was last read

    def record_stale(self, outcomes: Mapping[int, Outcome]) -> None:
        """Write the outcomes of stale changes to the journal, before the run sends its first call."""
        entries = [(number, self.changes[number], outcome) for number, outcome in outcomes.items()]
        if entries:
            self.journal.record_uncalled(self.id, entries)
            self._advance(len(entries))
            self._heed(outcomes)
            for _, change, outcome in entries:
                self.made.add(change, None, outcome)

    def see_definitions(self, read_portal: Callable[[], PortalSchema]) -> None:
        """Read the portal again if this run wrote definitions, so that later changes can use them."""
        written = self.made.written[self.seen :]
        self.seen = len(self.made.written)
        if written and not self._is_stopping():
            to = self.batch_executor.to
            try:
                portal = read_when_visible(read_portal, written, self._pause, to.tell)
            except HubSpotError as error:
                self.stopped_by = error
                return
            self.batch_executor = replace(self.batch_executor, to=to._replace(portal=portal))

    def look_for_holders(self, removals: Sequence[Change]) -> None:
        """Search for records with values that this plan removes; do nothing if this was done before.

        Then wait for the search index, if a second search will be needed.
        """
        if self.has_looked or self._is_stopping():
            return
        self.has_looked = True
        to = self.batch_executor.to
        try:
            first = look_first(to.reader, to.portal, removals, self.changes)
        except HubSpotError as error:
            self.stopped_by = error
            return
        if first.takes_time and to.index_s:
            to.tell(
                f"waiting {to.index_s:.0f} s before anything is removed: HubSpot's search shows changes late"
            )
            self._pause(to.index_s)
        self.batch_executor = replace(self.batch_executor, to=to._replace(first_looks=first))

    def _pause(self, seconds: float) -> None:
        while seconds > 0:
            self.batch_executor.to.sleep(min(seconds, HEARTBEAT_S))
            self.journal.renew_if_due()
            seconds -= HEARTBEAT_S

    def remember(self, changes: Iterable[Entry]) -> None:
        """Write adoptions and releases to state and journal, without a call that changes HubSpot."""
        for chunk in chunks_of(changes):
            found = self._look_again(chunk)
            outcomes: Mapping[int, Outcome] = {
                number: found.get(number) or Applied(change.known_id, {}) for number, change in chunk
            }
            entries = [(number, change, outcomes[number]) for number, change in chunk]
            after = ownership_after(chunk, outcomes, self.store)
            self.journal.record_uncalled(self.id, entries, after)
            self._advance(len(chunk))
            self._heed(found)

    def _look_again(self, chunk: Sequence[Entry]) -> Mapping[int, Outcome]:
        """Return the outcomes of the changes in ``chunk`` that must not be stored in the state.

        They are stale, or they were not read again because the run is stopping.
        """
        looks = tuple(looks_of(chunk, self.batch_executor.looks_again_at))
        if not looks or self._is_stopping():
            return {number: self._not_attempted() for look in looks for number, _ in look}
        found: dict[int, Outcome] = {}
        with ThreadPoolExecutor(self.options.parallelism) as pool:
            reads = {pool.submit(self._stale, look): look for look in looks}
            while wait(reads, HEARTBEAT_S).not_done:
                self.journal.renew_if_due()
        for read, look in reads.items():
            try:
                found |= read.result()
            except HubSpotError as error:
                self.stopped_by = self.stopped_by or error
                found |= {number: self._not_attempted() for number, _ in look}
        return found

    def _stale(self, look: Sequence[Entry]) -> Mapping[int, Stale]:
        return calls_for(look[0][1]).stale(self.batch_executor.to, look, ())

    def send_all(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """Send batches until all are sent or the run is stopped; return the batches that are left.

        The journal contains no intents of the batches that are left.
        """
        with ThreadPoolExecutor(self.options.parallelism) as pool:
            try:
                while True:
                    while self._may_begin() and (self.ready or self._intend(batches)):
                        self._begin(pool, self.ready.popleft())
                    if not self.in_flight:
                        self._skip_ready()
                        return batches
                    self._attend()
            except BaseException as error:
                self.queue.close(error)  # otherwise workers that wait for the journal would wait for ever
                raise

    def _attend(self) -> None:
        """Wait for workers, and write to the journal what they report.

        A worker reports a call before it sends the call. It reports outcomes when its batch has ended.
        """
        intents = self.queue.take(HEARTBEAT_S)
        try:
            self.journal.record_sending(
                self.id, [(each.ordinal, each.numbers, each.moment) for each in intents]
            )
        except BaseException as error:
            self.queue.close(error, intents)
            raise
        for intent in intents:
            intent.recorded.set_result(None)
        self.journal.renew_if_due()
        for future in [future for future in self.in_flight if future.done()]:
            self._conclude(self.in_flight.pop(future), future)

    def skip(self, batches: Iterable[Batch]) -> None:
        """Write to the journal that ``batches`` were not attempted. Their intents are not in the journal."""
        for batch in batches:
            skipped = self._not_attempted()
            self.journal.record_uncalled(
                self.id, [(number, change, skipped) for number, change in batch.entries]
            )
            self._advance(len(batch.entries))

    def _skip_ready(self) -> None:
        """Write to the journal that the ready batches were not attempted. The journal has their intents."""
        while self.ready:
            batch = self.ready.popleft()
            skipped = dict.fromkeys((number for number, _ in batch.entries), self._not_attempted())
            self.journal.record(self.id, batch.number, skipped)
            self._advance(len(batch.entries))

    def _not_attempted(self) -> Skipped:
        why = str(self.stopped_by).partition("\n")[0] if self.stopped_by else "the run was interrupted"
        return Skipped(f"not attempted: {why}")

    def _may_begin(self) -> bool:
        return len(self.in_flight) < self.options.parallelism and not self._is_stopping()

    def _intend(self, batches: Iterator[Batch]) -> bool:
        """Publish the intents of the next batches; return False if no batch is left."""
        while not self.ready:
            group = tuple(islice(batches, self._group_size()))
            if not group:
                return False
            self.ready.extend(batch for drawn in group if (batch := self._intended(drawn)))
        self.journal.publish(self.id, self.batch_executor.to.writer.time_there() or NO_TIME)
        return True

    def _intended(self, batch: Batch) -> Batch | None:
        """Journal the intents of ``batch``; return it without changes that lack an id, None if all do."""
        entries = self._with_ids(batch)
        if not entries:
            return None
        calls, portal = calls_for(batch.first), self.batch_executor.to.portal
        twice = frozenset(number for number, change in entries if calls.takes_two_calls(change, portal))
        self.journal.intend(self.id, batch.number, batch.object, batch.operation, entries, twice=twice)
        return replace(batch, entries=entries)

    def _group_size(self) -> int:
        """Return how many batches to publish together, so that their calls last as long as publishing."""
        ahead_s, size = self.journal.seconds_ahead, 1
        while ahead_s and size < _LARGEST_GROUP:
            if self.batch_executor.to.reader.least_seconds(_CALLS_A_BATCH * size * 2) >= ahead_s:
                break
            size *= 2
        return size

    def _begin(self, pool: ThreadPoolExecutor, batch: Batch) -> None:
        addresses = {
            address
            for _, change in batch.entries
            for address in (change.address.thing, *change.address.records)
        }
        created = addresses & self.made.ids.keys()
        deliver = self.batch_executor.deliver
        future = pool.submit(deliver, batch, self.queue.wait_until_recorded, created)
        self.in_flight[future] = batch
        future.add_done_callback(self.queue.ended)

    def _with_ids(self, batch: Batch) -> Sequence[Entry]:
        """Return the changes with the ids of records that this run created; skip changes that lack an id."""
        entries: list[Entry] = []
        lacking: list[tuple[int, Change, Outcome]] = []
        for number, change in batch.entries:
            found = self.made.blocked(change) or calls_for(change).with_ids(change, self.made)
            if isinstance(found, Skipped):
                lacking.append((number, change, found))
                self.made.add(change, None, found)
            else:
                entries.append((number, found))
        if lacking:
            self.journal.record_uncalled(self.id, lacking)
            self._advance(len(lacking))
        return entries

    def _conclude(self, batch: Batch, future: Future[Delivery]) -> None:
        outcomes, error = future.result()
        self.stopped_by = self.stopped_by or error
        for number, change in batch.entries:
            self.made.add(change, calls_for(change).creates(change), outcomes[number])
        after = ownership_after(batch.entries, outcomes, self.store)
        self.journal.record(self.id, batch.number, outcomes, after)
        self._advance(len(batch.entries))
        self._heed(outcomes)

    def _heed(self, outcomes: Mapping[int, Outcome]) -> None:
        """Stop the run after a rejection (with --fail-fast), or a stale change (with --on-stale fail)."""
        for outcome in outcomes.values():
            if self.stopped_by is None and isinstance(outcome, Rejected) and self.options.fail_fast:
                self.stopped_by = ReconcilerError("stopped because of --fail-fast: HubSpot rejected a record")
            if isinstance(outcome, Stale) and self.batch_executor.on_stale is OnStale.FAIL:
                self.stopped_by = PlanRefused(
                    Refusal.STALE, "stopped because of --on-stale: records changed since the plan was made"
                )

    def _is_stopping(self) -> bool:
        self.is_interrupted = self.is_interrupted or self.options.should_stop()
        return self.is_interrupted or self.stopped_by is not None

    def _advance(self, count: int) -> None:
        self.done += count
        self.options.progress(self.done, len(self.changes))
