"""Planning the rollback of a run."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from reconciler import __version__
from reconciler.apply.recovery.recovered_state import RecoveredState, applied_by, run_under_way, version_seen
from reconciler.apply.recovery.settle import settle_batch
from reconciler.errors import UsageError
from reconciler.hubspot.associations.read import (
    limits_associations,
    read_association_limits,
    read_labels,
    read_pairs,
)
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.portal.scopes import write_scopes
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.missing import find_missing_records
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.desired import Record
from reconciler.model.owned import OwnedRecord
from reconciler.plan.associations.label_limits import Direction, Room
from reconciler.plan.associations.labels import Labels
from reconciler.plan.associations.rollback import AssociationRollback, applied_association_changes, ids_of
from reconciler.plan.budget import Unsettled
from reconciler.plan.builder import PlanBuilder
from reconciler.plan.change import Action, Change
from reconciler.plan.plan import NO_MANIFESTS, Plan
from reconciler.plan.records.prune import fact_of
from reconciler.plan.records.rollback import AppliedChange, applied_changes, forgotten, ids_and_names
from reconciler.plan.rests_on import names_rested_on
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.reconcile.apply import open_objects
from reconciler.reconcile.plan import PlanContext, Progress
from reconciler.reconcile.plan_associations import rest_on_associations
from reconciler.reconcile.project_check import refuse_other_project
from reconciler.reconcile.unique_value_holders import read_holders
from reconciler.state.store import Store


def undo_run(run_id: str, reader: PortalReader, store: Store, here: PlanContext, progress: Progress) -> Plan:
    """Plan the rollback of a run. Writes nothing anywhere.

    Raises:
        UsageError: the run is under way, the credentials belong to another portal, or a flag matches
            nothing in the run.
        ManifestError: the portal does not have an object type any more.
        HubSpotError: the portal cannot be read.
        StateError: there is no such run, its values were erased, or the state cannot be read.
        PlanRefused: the state belongs to another project.
    """
    refuse_other_project(store, here.project)
    if run_under_way(store, here.created_at) == run_id:
        raise UsageError(f"run {run_id} is under way: wait for it to end")
    seen, past, unfinished = version_seen(store, here.created_at), store.past_run(run_id), store.unfinished()
    objects = {key.object for change, _ in past.applied for key in change.address.records}
    portal = read_portal(reader, objects | open_objects(store), here.portal_id)
    before_settling = reader.calls
    settled = [(batch, settle_batch(reader, portal, batch)) for batch in unfinished]
    unsettled = Unsettled(frozenset(open_objects(store)), reader.calls - before_settling)
    memory = RecoveredState(store, settled)
    selection = here.selection.renamed({name: schema.name for name, schema in portal.objects.items()})
    unmatched = UnmatchedGlobs({"--target": selection.target, "--exclude": selection.exclude})
    done = [*past.applied, *applied_by(run_id, settled)]
    groups = applied_changes(done, selection, unmatched)
    pairs = applied_association_changes((change for change, _ in done), selection, unmatched)
    unmatched.refuse("this run changed")
    count = sum(map(len, groups.values()))
    builder = PlanBuilder(
        here.policy,
        here.guards,
        here.keeps_state,
        masks=here.masks,
        workspace=here.workspace,
        problems=forgotten(past.forgotten),
    )
    looked_at = 0
    for (object_name, by), group in groups.items():
        schema = portal.objects[object_name]
        question = partial(_question, schema, partial(memory.owned, object_name, by))
        for chunk, live in read_ahead(reader, schema, RECORD_ID, in_chunks(group, BATCH_SIZE), question):
            ids = [applied_change.outcome.record_id for applied_change in chunk]
            moved = memory.owned_by_id(object_name, ids)
            builder.add_applied(schema, chunk, live, memory.owned(object_name, by, _keys(chunk)), moved)
            looked_at += len(chunk)
            progress(looked_at, count)
    builder.hold_taken_keys(lambda key: memory.owned(key.object, key.by, [key.value]).get(key.value))
    builder.refuse_conflicts(portal, read_holders(reader, portal, builder.changes))
    room = _read_room(reader, portal, pairs)
    for (one, other), changes in pairs.items():
        owned_pairs = {pair.identity: pair for pair in memory.pairs(one, other)}
        live_pairs = read_pairs(reader, portal.objects[one], portal.objects[other], ids_of(changes))
        keys = {**_keys_known(memory, changes), **builder.moves}
        around = {(one, other): live_pairs}
        if room.is_limited(other, one):
            targets = {change.remote.target_id for change in changes if change.remote.target_id}
            back = read_pairs(reader, portal.objects[other], portal.objects[one], targets)
            around[other, one] = {**around.get((other, one), {}), **back}
        unpairing = AssociationRollback(live_pairs, owned_pairs, builder.archived, keys, room, around)
        builder.add_pairs(unpairing.undo(changes), ())
    portal = rest_on_associations(reader, portal, memory, builder)
    before_fates = reader.calls
    fates = find_missing_records(reader, portal, [owned for _, owned in builder.gone])
    builder.fate_calls = reader.calls - before_fates
    builder.explain_gone(fates, lambda owned, fate: (fact_of(owned, fate),))
    for object_name, _, owned in store.owned_groups():
        builder.population(object_name).owned += owned
    return builder.finish(
        tool_version=__version__,
        created_at=here.created_at,
        host=here.host,
        environment=here.environment,
        portal=portal,
        state=seen,
        manifests=NO_MANIFESTS,
        read_calls=reader.calls,
        daily_remaining=reader.daily_remaining,
        least_seconds=reader.least_seconds,
        write_scopes=write_scopes,
        selection=selection,
        rolls_back=run_id,
        unsettled=unsettled,
    )


def _read_room(
    reader: PortalReader, portal: PortalSchema, done: Mapping[Direction, Sequence[Change]]
) -> Room:
    """Read the portal's limits on removed associations that are to be created again."""
    removed = {
        direction
        for direction, changes in done.items()
        if any(change.action is Action.ARCHIVE for change in changes)
    }
    if not removed or not limits_associations(reader):
        return Room(Labels(), {})
    objects = portal.objects
    limits, labels = {}, {}
    for one, other in sorted(removed | {(other, one) for one, other in removed}):
        limits[one, other] = read_association_limits(reader, objects[one], objects[other])
        labels[one, other] = read_labels(reader, objects[one], objects[other])
    return Room(Labels(labels), limits)


def _keys_known(memory: RecoveredState, changes: Sequence[Change]) -> Mapping[Record, RecordAddress]:
    """Return the present keys of the records in ``changes``, which may have changed since."""
    ids: dict[str, set[RecordId]] = {}
    for change in changes:
        for key, record_id in zip(change.address.records, change.remote, strict=True):
            if record_id is not None:
                ids.setdefault(key.object, set()).add(record_id)
    return {
        (object_name, record_id): owned.key
        for object_name, of_type in ids.items()
        for some in in_chunks(of_type, BATCH_SIZE)
        for record_id, owned in memory.owned_by_id(object_name, some).items()
    }


def _question(
    schema: ObjectSchema,
    owned: Callable[[Sequence[str]], Mapping[str, OwnedRecord]],
    applied: Sequence[AppliedChange],
) -> tuple[Sequence[str], Sequence[str]]:
    """Return keys and properties to read, for rolling back and for detecting stale archives."""
    ids, names = ids_and_names(schema, applied)
    created = [applied_change for applied_change in applied if applied_change.change.action is Action.CREATE]
    if created:
        names = sorted(names_rested_on(schema, owned(_keys(created)).values()).union(names))
    return ids, names


def _keys(applied: Sequence[AppliedChange]) -> list[str]:
    return [applied_change.change.record.value for applied_change in applied]
