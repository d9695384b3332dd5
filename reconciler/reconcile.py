"""The corridor: the only module that knows the order of the rooms. It holds sequence, not knowledge."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import TypeAlias

from reconciler import __version__
from reconciler.apply.deliver import Courier
from reconciler.apply.earlier import is_anything_open, settle_earlier
from reconciler.apply.memory import Memory, applied_by, run_under_way, version_seen
from reconciler.apply.moved import moved_entries
from reconciler.apply.run import ApplyResult, Manner, carry_out
from reconciler.apply.settle import settle_batch
from reconciler.errors import UsageError
from reconciler.hubspot.ahead import in_chunks, read_ahead
from reconciler.hubspot.client import Reader, Writer
from reconciler.hubspot.fates import read_fates
from reconciler.hubspot.history import read_histories
from reconciler.hubspot.live import read_portal, read_records
from reconciler.hubspot.pairs import read_labels, read_pairs
from reconciler.hubspot.scopes import write_scopes
from reconciler.model.acceptance import Acceptance
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation, Trace
from reconciler.model.objects import RECORD_ID, RecordKey, type_number
from reconciler.model.owned import OwnedRecord
from reconciler.model.personal import Masks
from reconciler.model.records import (
    Desired,
    DesiredAssociation,
    DesiredGroup,
    DesiredRecord,
    Prune,
    PruneRule,
)
from reconciler.model.schema import PortalSchema
from reconciler.model.selection import Glob, Selection
from reconciler.model.writes import BATCH_SIZE
from reconciler.plan.accepting import AcceptBuilder, DriftedRecord, chosen, keys_and_named
from reconciler.plan.budget import budget_of
from reconciler.plan.build import PlanBuilder
from reconciler.plan.changes import NO_MANIFESTS, ManifestsRead, Plan, keys_of
from reconciler.plan.drifted import DriftBuilder, keys_and_sent
from reconciler.plan.ends import End, Ends, Standing, ends_of
from reconciler.plan.explaining import Findings, explain, spots_of
from reconciler.plan.file import digest_of
from reconciler.plan.guards import Guards, Limits, refuse_overdrawn
from reconciler.plan.hands import Edits, OurRuns, our_runs
from reconciler.plan.judging import Policy
from reconciler.plan.labels import Labels, directions_of_labels
from reconciler.plan.leftovers import fate_of, new_rules, unnamed
from reconciler.plan.pairing import Pairing, Rules
from reconciler.plan.resolve import Resolver, keys_and_names, owner_ids
from reconciler.plan.selecting import LeftOut, Unmet, selected, selected_owned, selected_pairs
from reconciler.plan.subject import Asked, find_subject, refuse_unknown_type
from reconciler.plan.undo import deeds_of, forgotten, ids_and_names
from reconciler.plan.undo_pairs import Unpairing, ids_of, pairs_done
from reconciler.plan.wanted import PairResolver
from reconciler.state.runs import Actor, RunStart
from reconciler.state.store import Store
from reconciler.state.writer import Writer as StateWriter

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many are done, of how many."""

Tracing: TypeAlias = Callable[[Collection[str], str, str], Trace]
"""Finds the lines that say something of a record: what manifests call its type, key property, key."""


EDITED_AT_ONCE = 2_000
"""Records that people changed, held in memory until it is read who did: forty calls, made at once."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What planning needs to know besides manifests, portal and state."""

    environment: str
    portal_id: int  # that the credentials must belong to
    policy: Policy
    selection: Selection
    guards: Guards
    masks: Masks  # whose values are masked when shown
    stand_ins: Mapping[str, str]  # e-mail of an absent owner -> of the one who stands in
    commit: str | None  # that the manifests are at; None outside git
    has_uncommitted: bool  # manifests that differ from it
    created_at: datetime
    remembers: bool  # there is a state between runs
    reviewed: Plan | None  # nothing is planned that it does not have
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
        UsageError: the credentials belong to another portal, or a flag means nothing that is there.
        ManifestError: the portal has no such object type.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    seen = version_seen(store, here.created_at)  # first: what another run writes from now on has moved
    unfinished = store.unfinished()
    remembered = {(rule.object, rule.by): rule for rule in store.prune_rules()}
    named = desired.objects | {object_name for object_name, _ in remembered}
    objects = {name for name in named if type_number(name) is None or here.selection.may_have(name)}
    objects |= desired.associated_with(objects)
    objects = objects.union(*(batch.objects for batch in unfinished), *_paired(store, desired, remembered))
    portal = read_portal(reader, objects, here.portal_id, desired.asked_at())
    names = {name: schema.name for name, schema in portal.objects.items()}
    desired, selection, policy = (
        desired.renamed(names),
        here.selection.renamed(names),
        here.policy.renamed(names),
    )
    memory = Memory(store, [(batch, settle_batch(reader, portal, batch)) for batch in unfinished])
    ends = ends_of(desired, portal, selection)
    builder = PlanBuilder(policy, here.guards, here.remembers, here.skips_invalid, ends, here.masks)
    runs = our_runs(store.runs(), here.created_at)
    flags = {
        "--target": selection.target,
        "--exclude": selection.exclude,
        "--take": policy.take,
        "--recreate": policy.recreate,
    }
    planning = _Planning(desired, reader, portal, memory, builder, runs, selection, Unmet(flags))
    planning.judge_named(here.stand_ins, progress)
    rules = remembered | {(rule.object, rule.by): rule for rule in desired.prune_rules}
    for rule in rules.values():
        planning.judge_leftovers(rule)
    prune = {group: rule.prune for group, rule in rules.items()}
    planning.judge_associations(ends, Rules(policy, selection, desired, prune))
    planning.unmet.refuse("the manifests name, and none that prune is about,")
    planning.explain_gone()
    planning.count_others(store.owned_groups())
    return builder.finish(
        tool_version=__version__,
        created_at=here.created_at,
        environment=here.environment,
        portal=portal,
        state=seen,
        manifests=ManifestsRead(
            digest=desired.digest,
            files=len(desired.files.names),
            records=desired.record_count,
            git=here.commit,
            has_uncommitted=here.has_uncommitted,
        ),
        read_calls=reader.calls,
        daily_remaining=reader.daily_remaining,
        least_seconds=reader.least_seconds,
        write_scopes=write_scopes,
        prune_rules=() if selection.is_partial else new_rules(desired.prune_rules, remembered),
        selection=selection,
        reviewed=here.reviewed,
    )


@dataclass(frozen=True, slots=True)
class _Planning:
    """What the steps of planning share."""

    desired: Desired
    reader: Reader
    portal: PortalSchema
    memory: Memory
    builder: PlanBuilder
    runs: OurRuns
    selection: Selection
    unmet: Unmet

    def judge_named(self, stand_ins: Mapping[str, str], progress: Progress) -> None:
        """What the manifests name, chunk by chunk."""
        ids = owner_ids(self.portal.owners, stand_ins)
        done = 0
        for group in self.desired.groups:
            self.unmet.meet_all(group.records)
            if not self.selection.may_have(group.object):
                continue
            resolver = Resolver(self.portal.objects[group.object], self.desired.files, ids)
            if not self.builder.can_identify(resolver, group):
                continue
            question = partial(keys_and_names, resolver.schema)
            named = group.records if self.desired.has_one_key(group.object) else None
            leave_out = partial(self._leave_out, group)
            chunks = selected(group.chunks(BATCH_SIZE), self.selection, leave_out, BATCH_SIZE)
            for records, live in read_ahead(self.reader, resolver.schema, group.key, chunks, question):
                keys, _ = question(records)
                owned = self.memory.owned(group.object, group.key, keys)
                self.builder.add_chunk(resolver, records, live, owned, named)
                if len(self.builder.edited) >= EDITED_AT_ONCE:
                    self.judge_edited()
                done += len(records)
                progress(done, self.desired.record_count)
        self.judge_edited()

    def judge_edited(self) -> None:
        """What people changed of it, once it is known who they were."""
        histories = read_histories(self.reader, self.portal, self.builder.spots)
        self.builder.judge_edited(Edits(histories, self.runs))

    def judge_leftovers(self, rule: PruneRule) -> None:
        """What we own and the manifests do not name."""
        if rule.prune is Prune.OFF and not self.desired.elsewhere:
            return  # whatever is left over stays as it is
        if not self.selection.may_have(rule.object):
            return
        schema, by = self.portal.objects[rule.object], rule.by
        leftovers = unnamed(self.memory.in_order(schema.name, by), self.desired.records_of(schema.name, by))
        leftovers = self.unmet.passing(leftovers)
        is_pruned = rule.prune is not Prune.OFF
        wanted = (
            entry
            for entry in leftovers
            if self.selection.has_record(entry.key) and (is_pruned or self.desired.is_elsewhere(entry.key))
        )
        for chunk in in_chunks(wanted, BATCH_SIZE):
            ids = [entry.record_id for entry in chunk]
            live = read_records(self.reader, schema, RECORD_ID, ids, (by,))
            self.builder.add_leftovers(schema, chunk, live, self.desired, rule.prune)

    def judge_associations(self, ends: Ends, rules: Rules) -> None:
        """What the manifests associate and what we own of associations, two object types at a time."""
        for schema, by, keys in ends.unknown():
            chunks = in_chunks(iter(keys), BATCH_SIZE)
            for chunk, live in read_ahead(self.reader, schema, by, chunks, lambda chunk: (chunk, ())):
                for key in chunk:
                    if key in live:
                        ends.meet(RecordKey(schema.name, by, key), End(Standing.LIVE, live[key].id))
        named: dict[frozenset[str], list[tuple[DesiredRecord, DesiredAssociation]]] = {
            frozenset(types): []
            for types in self.memory.paired_types()
            if self.portal.objects.keys() >= set(types)
        }
        for record in sorted(self.builder.associating, key=lambda record: record.record_key):
            for association in record.associations:
                types = frozenset({record.document.object, association.object})
                named.setdefault(types, []).append((record, association))
        for types, associations in sorted(named.items(), key=lambda item: sorted(item[0])):
            self._judge_between(types, associations, ends, rules)

    def _judge_between(
        self,
        types: frozenset[str],
        named: Sequence[tuple[DesiredRecord, DesiredAssociation]],
        ends: Ends,
        rules: Rules,
    ) -> None:
        owned = self.memory.pairs(min(types), max(types))
        objects = self.portal.objects
        labels = {
            (one, other): read_labels(self.reader, objects[one], objects[other])
            for one, other in directions_of_labels(named, owned)
        }
        resolver = PairResolver(ends, Labels(labels), self.desired.files, self.builder.archived)
        pairing = Pairing(rules, resolver, resolver.resolve(named), owned)
        live = {
            (one, other): read_pairs(self.reader, objects[one], objects[other], ids)
            for (one, other), ids in pairing.question().items()
        }
        self.builder.add_pairs((*pairing.judge(live), *resolver.held), resolver.problems)

    def count_others(self, owned: Iterable[tuple[str, str, int]]) -> None:
        """What guards take their shares of, besides the records that are named."""
        for object_name, _, count in owned:
            self.builder.population(object_name).owned += count
        for object_name in self.builder.doubtful_types():
            path = self.portal.objects[object_name].path
            self.builder.population(object_name).has_records = self.reader.has_records(path)

    def explain_gone(self) -> None:
        """What became of records that state knows and that are no longer found by their key."""
        gone = [owned for _, owned in self.builder.gone]
        self.builder.explain_gone(read_fates(self.reader, self.portal, gone))

    def _leave_out(self, group: DesiredGroup, left_out: LeftOut) -> None:
        keys = [record.key for record, selected in left_out if selected is None]
        self.builder.leave_out(left_out, self.memory.owned(group.object, group.key, keys))


def find_drift(
    reader: Reader,
    store: Store,
    *,
    environment: str,
    portal_id: int,
    selection: Selection,
    masks: Masks,
    now: datetime,
    progress: Progress,
) -> DriftFound:
    """Compare everything that we own with what we last applied to it; no manifest is read. Writes nothing.

    Raises:
        UsageError: there is no state to compare with, the selection matches nothing that we own, or the
            credentials belong to another portal.
        ManifestError: the portal no longer has an object type.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    seen = version_seen(store, now)
    if seen.lineage is None:
        raise UsageError(
            "nothing was ever applied here: there is no state to compare the portal with\n"
            "    reconciler apply, with the state kept where this run can read it"
        )
    unfinished, groups = store.unfinished(), store.owned_groups()
    objects = {name for name, _, _ in groups}.union(*store.paired_types())
    objects = objects.union(*(batch.objects for batch in unfinished))
    portal = read_portal(reader, objects, portal_id)
    memory = Memory(store, [(batch, settle_batch(reader, portal, batch)) for batch in unfinished])
    builder = DriftBuilder(masks)
    unmet = Unmet({"--target": selection.target, "--exclude": selection.exclude})
    total = sum(count for _, _, count in groups)
    for object_name, by, _ in groups:
        schema = portal.objects[object_name]
        owned = selected_owned(memory.in_order(object_name, by), selection, unmet)
        chunks = in_chunks(owned, BATCH_SIZE)
        for chunk, live in read_ahead(reader, schema, by, chunks, keys_and_sent):
            builder.add_chunk(schema, chunk, live)
            progress(builder.looked_at, total)
    for one, other in sorted(memory.paired_types()):
        pairs = selected_pairs(memory.pairs(one, other), (one, other), selection, unmet)
        ids = [pair.record_id for pair in pairs]
        builder.add_pairs(pairs, read_pairs(reader, portal.objects[one], portal.objects[other], ids))
    unmet.refuse("we own")
    builder.explain_missing(read_fates(reader, portal, builder.missing))
    histories = read_histories(reader, portal, builder.drifted())
    builder.tell_hands(portal, histories, our_runs(store.runs(), now))
    return builder.finish(
        tool_version=__version__,
        created_at=now,
        environment=environment,
        portal=portal,
        state=seen,
        read_calls=reader.calls,
    )


def accept_drift(
    found: DriftFound,
    globs: Iterable[Glob],
    desired: Desired,
    reader: Reader,
    *,
    stand_ins: Mapping[str, str],
    shows_sensitive: bool,
) -> Acceptance:
    """Say what manifests have to say so that what people changed is right. Writes nothing anywhere.

    Raises:
        UsageError: a glob means nothing that was found.
        HubSpotError: the portal cannot be read.
    """
    values, lost = chosen(found, globs)
    objects = {value.key.object for value in values}
    portal = read_portal(reader, objects, found.portal_id)
    desired = desired.renamed({name: schema.name for name, schema in portal.objects.items()})
    ids = owner_ids(portal.owners, stand_ins)
    builder = AcceptBuilder(shows_sensitive, desired.is_elsewhere)
    for (object_name, by), group in groupby(values, lambda value: (value.key.object, value.key.by)):
        schema, records = portal.objects[object_name], desired.records_of(object_name, by)
        resolver = Resolver(schema, desired.files, ids)
        drifted = (
            DriftedRecord(records.find(key.value), tuple(of))
            for key, of in groupby(group, lambda value: value.key)
        )
        chunks = in_chunks(drifted, BATCH_SIZE)
        for chunk, live in read_ahead(reader, schema, by, chunks, partial(keys_and_named, schema)):
            builder.add_chunk(resolver, chunk, live)
    for record in lost:
        named = desired.records_of(record.key.object, record.key.by).find(record.key.value)
        builder.add_lost(record, desired.files.ref(named.place) if named else None)
    return builder.finish(found.personal)


def explain_record(
    asked: Asked, desired: Desired, reader: Reader, store: Store, *, here: Circumstances, trace: Tracing
) -> Explanation:
    """Say all there is to know of one record, or of one property of it. Writes nothing anywhere.

    Raises:
        UsageError: there is nothing at that address.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    refuse_unknown_type(asked, desired, store.owned_groups())
    portal = read_portal(reader, {asked.object}, here.portal_id)
    schema = portal.objects[asked.object]
    written = {group.object for group in desired.groups} & {asked.object, schema.name}
    named = desired.renamed(dict.fromkeys(written, schema.name))

    def owned_under(value: str) -> Sequence[OwnedRecord]:
        return store.find(schema.name, by_record_id=asked.is_record_id, value=value)

    rules = {(rule.object, rule.by): rule.prune for rule in (*store.prune_rules(), *named.prune_rules)}
    personal = here.masks.personal(portal.objects, ((group.object, group.key) for group in named.groups))
    subject = find_subject(replace(asked, object=schema.name), named, owned_under, rules, personal)
    subject = subject.traced(trace(written, subject.key.by, subject.key.value))
    question = [name for name in subject.names(schema) if name in schema.properties]
    live = subject.live_among(read_records(reader, schema, subject.key.by, subject.keys, question))
    plan = None
    if subject.is_planned(named):
        only = replace(here, selection=Selection((subject.glob,)))
        plan = plan_changes(desired, reader, store, only, lambda _done, _total: None)
    return explain(
        subject,
        Findings(
            schema=schema,
            live=live,
            plan=plan,
            applyings=store.last_runs(subject.owned) if subject.owned else {},
            pairs=store.pairs_of(subject.owned) if subject.owned else (),
            histories=read_histories(reader, portal, spots_of(subject, schema, live)),
            runs=our_runs(store.runs(), here.created_at),
            masks=here.masks,
            portal_id=here.portal_id,
            environment=here.environment,
        ),
    )


def apply_plan(
    plan: Plan, connection: Connection, store: Store, claim: Claim, *, manner: Manner, limits: Limits
) -> ApplyResult:
    """Settle what earlier runs left open, then carry out ``plan``; portal and budget are judged again.

    Raises:
        UsageError: the credentials belong to another portal than the plan.
        PlanRefused: it was made against another state, or fewer calls are left today than it needs.
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
        personal=plan.personal,
        commit=plan.manifests.git,
        undoes=plan.undoes,
    )
    with claim.acquire(store) as journal:
        moved = moved_entries(plan, store)
        looks_again = manner.looks_again or plan.state != store.version()
        objects = {key.object for change in plan.changes for key in keys_of(change)}
        portal = read_portal(connection.reader, objects | _open_objects(store), plan.portal_id)
        settle_earlier(store, journal, connection.reader, portal)
        reader = connection.reader
        budget = budget_of(plan.changes, reader.calls, reader.least_seconds, reader.daily_remaining)
        refuse_overdrawn(plan, budget, limits)
        writer = connection.writer.asking(journal.assert_held)
        courier = Courier(connection.reader, writer, portal, looks_again, manner.on_stale)
        return carry_out(plan, start, moved, store=store, journal=journal, courier=courier, manner=manner)


def settle_earlier_runs(connection: Connection, store: Store, claim: Claim, portal_id: int) -> None:
    """Settle what earlier runs left open, if anything, where there is no plan to carry out.

    Raises:
        UsageError: the credentials belong to another portal.
        Locked: somebody else is applying.
        HubSpotError: the portal cannot be read.
        StateError: state or lock was lost on the way.
    """
    if not is_anything_open(store):
        return
    with claim.acquire(store) as journal:
        portal = read_portal(connection.reader, _open_objects(store), portal_id)
        settle_earlier(store, journal, connection.reader, portal)


def _paired(
    store: Store, desired: Desired, remembered: Mapping[tuple[str, str], PruneRule]
) -> Iterator[tuple[str, str]]:
    """Object types between which we own associations that may have to go."""
    pruned = {
        rule.object for rule in (*remembered.values(), *desired.prune_rules) if rule.prune is not Prune.OFF
    }
    return (types for types in store.paired_types() if types[0] in pruned or desired.elsewhere)


def _open_objects(store: Store) -> set[str]:
    return set().union(*(batch.objects for batch in store.unfinished()))


def undo_run(run_id: str, reader: Reader, store: Store, here: Circumstances, progress: Progress) -> Plan:
    """A plan that takes back what a run did. Writes nothing anywhere.

    Raises:
        UsageError: the run is under way, the credentials belong to another portal, or a flag means
            nothing that the run did.
        ManifestError: the portal no longer has an object type.
        HubSpotError: the portal cannot be read.
        StateError: there is no such run, its values were erased, or the state cannot be read.
    """
    if run_under_way(store, here.created_at) == run_id:
        raise UsageError(f"run {run_id} is under way: wait for it to end")
    seen, past, unfinished = version_seen(store, here.created_at), store.past_run(run_id), store.unfinished()
    objects = {key.object for change, _ in past.applied for key in keys_of(change)}
    portal = read_portal(reader, objects | _open_objects(store), here.portal_id)
    settled = [(batch, settle_batch(reader, portal, batch)) for batch in unfinished]
    memory = Memory(store, settled)
    selection = here.selection.renamed({name: schema.name for name, schema in portal.objects.items()})
    unmet = Unmet({"--target": selection.target, "--exclude": selection.exclude})
    done = [*past.applied, *applied_by(run_id, settled)]
    groups = deeds_of(done, selection, unmet)
    pairs = pairs_done((change for change, _ in done), selection, unmet)
    unmet.refuse("this run changed")
    count = sum(map(len, groups.values()))
    builder = PlanBuilder(
        here.policy, here.guards, here.remembers, masks=here.masks, problems=forgotten(past.forgotten)
    )
    looked_at = 0
    for (object_name, by), group in groups.items():
        schema = portal.objects[object_name]
        for chunk, live in read_ahead(reader, schema, RECORD_ID, in_chunks(group, BATCH_SIZE), ids_and_names):
            keys = [deed.change.key.value for deed in chunk]
            builder.add_deeds(schema, chunk, live, memory.owned(object_name, by, keys))
            looked_at += len(chunk)
            progress(looked_at, count)
    for (one, other), changes in pairs.items():
        owned_pairs = {pair.identity: pair for pair in memory.pairs(one, other)}
        live_pairs = read_pairs(reader, portal.objects[one], portal.objects[other], ids_of(changes))
        builder.add_pairs(Unpairing(live_pairs, owned_pairs, builder.archived).undo(changes), ())
    builder.explain_gone(read_fates(reader, portal, [owned for _, owned in builder.gone]), fate_of)
    for object_name, _, owned in store.owned_groups():
        builder.population(object_name).owned += owned
    return builder.finish(
        tool_version=__version__,
        created_at=here.created_at,
        environment=here.environment,
        portal=portal,
        state=seen,
        manifests=NO_MANIFESTS,
        read_calls=reader.calls,
        daily_remaining=reader.daily_remaining,
        least_seconds=reader.least_seconds,
        write_scopes=write_scopes,
        selection=selection,
        undoes=run_id,
    )
