"""The corridor: the only module that knows the order of the rooms. It holds sequence, not knowledge."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TypeAlias

from reconciler import __version__
from reconciler.apply.deliver import Courier
from reconciler.apply.run import ApplyResult, Manner, carry_out, own
from reconciler.apply.settle import settle_batch
from reconciler.hubspot.client import Reader, Writer
from reconciler.hubspot.live import read_portal, read_records
from reconciler.hubspot.scopes import write_scopes
from reconciler.model.outcomes import Applied, Outcome
from reconciler.model.records import Desired, DesiredGroup, DesiredRecord, Drift, LiveRecord
from reconciler.model.schema import ObjectSchema
from reconciler.model.writes import BATCH_SIZE
from reconciler.plan.build import PlanBuilder
from reconciler.plan.changes import Change, ManifestsRead, Plan
from reconciler.plan.file import digest_of
from reconciler.plan.resolve import Resolver, names_to_read, owner_ids
from reconciler.state.runs import Actor, RunStart, RunStatus, UnfinishedBatch
from reconciler.state.store import Store
from reconciler.state.writer import Writer as StateWriter

READERS = 16
"""Threads that read: three fill HubSpot's limit at 150 ms an answer, sixteen at 800 ms."""

READ_AHEAD = 2 * READERS
"""Chunks asked for before their turn; memory holds these and the changes."""

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many are done, of how many."""

_Live: TypeAlias = Mapping[str, LiveRecord]
_Chunk: TypeAlias = tuple[Sequence[DesiredRecord], _Live]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What planning needs to know besides manifests, portal and state."""

    environment: str
    portal_id: int  # that the credentials must belong to
    drift: Drift
    stand_ins: Mapping[str, str]  # e-mail of an absent owner -> of the one who stands in
    git_commit: str | None
    created_at: datetime
    skips_invalid: bool  # records with problems are left out of the plan instead of stopping it


@dataclass(frozen=True, slots=True)
class Connection:
    """A portal that may be written to."""

    reader: Reader
    writer: Writer


@dataclass(frozen=True, slots=True)
class Claim:
    """Who wants the lock on the state, and how long they wait for it."""

    actor: Actor
    timeout_s: float
    now: Callable[[], datetime]
    sleep: Callable[[float], None]

    def acquire(self, store: Store) -> StateWriter:
        """The right to write to ``store``; raises ``Locked`` where somebody else keeps it."""
        return store.acquire(self.actor, now=self.now, sleep=self.sleep, timeout_s=self.timeout_s)


def plan_changes(
    desired: Desired, reader: Reader, store: Store, here: Circumstances, progress: Progress
) -> Plan:
    """Read what the manifests name, compare, and say what would change. Writes nothing anywhere.

    Raises:
        UsageError: the credentials belong to another portal.
        ManifestError: the portal has no such object type.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    unfinished = store.unfinished()
    objects = {group.object for group in desired.groups} | {batch.object for batch in unfinished}
    portal = read_portal(reader, objects, here.portal_id, desired.asked_at())
    desired = desired.renamed({name: schema.name for name, schema in portal.objects.items()})
    settled = {
        record.key: record
        for batch in unfinished
        for record in own(store, _applied(batch, settle_batch(reader, portal, batch)))
    }
    builder = PlanBuilder(here.drift, here.skips_invalid)
    ids = owner_ids(portal.owners, here.stand_ins)
    done = 0
    for group in desired.groups:
        resolver = Resolver(portal.objects[group.object], desired.files, ids)
        if not builder.can_identify(resolver, group):
            continue
        for records, live in _read_in_order(reader, resolver.schema, group):
            keys = [record.record_key for record in records]
            owned = store.owned(group.object, group.key, [key.value for key in keys])
            owned |= {key.value: settled[key] for key in keys if key in settled}
            builder.add_chunk(resolver, records, live, owned)
            done += len(records)
            progress(done, desired.record_count)
    return builder.finish(
        tool_version=__version__,
        created_at=here.created_at,
        environment=here.environment,
        portal=portal,
        state=store.version(),
        manifests=ManifestsRead(
            desired.digest, len(desired.files.names), desired.record_count, here.git_commit
        ),
        read_calls=reader.calls,
        least_seconds=reader.least_seconds,
        write_scopes=write_scopes(group.object for group in desired.groups),
    )


def apply_plan(plan: Plan, connection: Connection, store: Store, claim: Claim, manner: Manner) -> ApplyResult:
    """Settle what earlier runs left open, then carry out ``plan``.

    Raises:
        UsageError: the credentials belong to another portal than the plan.
        Locked: somebody else is applying.
        HubSpotError: nothing could be read or sent at all.
        StateError: state or lock was lost on the way; the next run settles what was in flight.
    """
    start = RunStart(
        environment=plan.environment,
        plan_digest=digest_of(plan),
        tool_version=__version__,
        actor=claim.actor,
        planned=Counter(change.action for change in plan.changes),
    )
    with store.acquire(claim.actor, now=claim.now, sleep=claim.sleep, timeout_s=claim.timeout_s) as journal:
        unfinished = store.unfinished()
        objects = {change.key.object for change in plan.changes} | {batch.object for batch in unfinished}
        portal = read_portal(connection.reader, objects, plan.portal_id)
        for batch in unfinished:
            outcomes = settle_batch(connection.reader, portal, batch)
            journal.record(batch.run_id, batch.number, outcomes, own(store, _applied(batch, outcomes)))
        for run in store.runs():
            if run.status == RunStatus.RUNNING:
                journal.finish_run(run.id, RunStatus.INTERRUPTED)
        courier = Courier(connection.reader, connection.writer, portal, manner.looks_again, manner.on_stale)
        return carry_out(plan, start, store=store, journal=journal, courier=courier, manner=manner)


def _applied(batch: UnfinishedBatch, outcomes: Mapping[int, Outcome]) -> list[tuple[Change, Applied]]:
    return [
        (change, outcome)
        for number, change in batch.entries
        if isinstance(outcome := outcomes[number], Applied)
    ]


def _read_in_order(reader: Reader, schema: ObjectSchema, group: DesiredGroup) -> Iterator[_Chunk]:
    """Chunks of records with their live counterparts, in order, read a bounded number ahead."""
    with ThreadPoolExecutor(READERS) as pool:

        def ask(records: Sequence[DesiredRecord]) -> tuple[Sequence[DesiredRecord], Future[_Live]]:
            keys = [record.key for record in records]
            names = names_to_read(schema, records)
            return records, pool.submit(read_records, reader, schema, group.key, keys, names)

        chunks = map(ask, group.chunks(BATCH_SIZE))
        ahead = deque(islice(chunks, READ_AHEAD))
        while ahead:
            records, answer = ahead.popleft()
            ahead.extend(islice(chunks, 1))
            yield records, answer.result()
