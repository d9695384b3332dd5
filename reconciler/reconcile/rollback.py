"""Planning the rollback of a run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from reconciler.apply.recovery.recovered_state import (
    RecoveredState,
    applied_by,
    run_under_way,
    settle_batches,
    version_seen,
)
from reconciler.errors import UsageError
from reconciler.hubspot.associations.read import (
    limits_associations,
    read_association_limits,
    read_labels,
    read_pairs,
)
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.records.missing import find_missing_records
from reconciler.hubspot.records.prefetch import in_chunks, read_ahead
from reconciler.model.addresses import RECORD_ID, RecordAddress, RecordId
from reconciler.model.calls import BATCH_SIZE
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.model.object_references import Direction, GroupKey
from reconciler.model.owned import OwnedRecord
from reconciler.model.progress import Progress
from reconciler.model.references import RecordIdentity
from reconciler.plan.assemble import PlanBasis, assemble
from reconciler.plan.associations.label_limits import Room
from reconciler.plan.associations.labels import Labels
from reconciler.plan.associations.rollback import AssociationRollback, applied_association_changes, ids_of
from reconciler.plan.budget import Spent, Unsettled
from reconciler.plan.change import Action, Change
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.run_effects import run_effects, types_removed_by
from reconciler.plan.findings import Findings
from reconciler.plan.plan import NO_MANIFESTS, Plan
from reconciler.plan.records.affected import archived_records, moved_records
from reconciler.plan.records.conflicts import UniqueValues
from reconciler.plan.records.decisions import explain_gone
from reconciler.plan.records.prune import fact_of
from reconciler.plan.records.rollback import AppliedChange, applied_changes, forgotten, ids_and_names
from reconciler.plan.records.rollback_planner import hold_taken_keys, roll_back_records
from reconciler.plan.rests_on import names_rested_on
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.reconcile.apply import open_objects
from reconciler.reconcile.owned_definitions import recent_writes
from reconciler.reconcile.owner_names import read_naming
from reconciler.reconcile.plan_associations import rest_on_associations
from reconciler.reconcile.project_check import refuse_other_project
from reconciler.reconcile.rollback_definitions import DefinitionsRollback
from reconciler.reconcile.unique_value_holders import read_holders
from reconciler.state.store import Store


def plan_rollback(
    run_id: str, reader: PortalReader, store: Store, here: PlanContext, progress: Progress
) -> Plan:
    """Plan the rollback of a run. Writes nothing anywhere.

    Raises:
        UsageError: the run is under way, the token belongs to another portal, or a flag matches nothing.
        ManifestError: the portal no longer has an object type of the run.
        HubSpotError: the portal cannot be read.
        StateError: there is no such run, its values were erased, or the state cannot be read.
        PlanRefused: the state belongs to another project.
    """
    refuse_other_project(store, here.project)
    if run_under_way(store, here.created_at) == run_id:
        raise UsageError(f"run {run_id} is under way: wait for it to end")
    seen, past, unfinished = version_seen(store, here.created_at), store.past_run(run_id), store.unfinished()
    objects = {name for change, _ in past.applied for name in change.address.objects}
    ended = types_removed_by(change for change, _ in past.applied)
    portal = read_portal(reader, objects | open_objects(store), here.portal_id, made_later=ended)
    before_settling = reader.calls
    settled = settle_batches(reader, portal, unfinished)
    unsettled = Unsettled(frozenset(open_objects(store)), reader.calls - before_settling)
    selection = here.selection.renamed({name: schema.name for name, schema in portal.objects.items()})
    unmatched = UnmatchedGlobs({"--target": selection.target, "--exclude": selection.exclude})
    done = [*past.applied, *applied_by(run_id, settled)]
    effects = run_effects(done, selection, unmatched)
    records = applied_changes(done, selection, unmatched)
    associations = applied_association_changes((change for change, _ in done), selection, unmatched)
    unmatched.refuse("this run changed")
    findings = Findings(here.keeps_state, here.workspace, problems=forgotten(past.forgotten))
    memory = RecoveredState(store, settled)
    defining = DefinitionsRollback(reader, portal, memory, findings, effects)
    portal = defining.restore(recent_writes(store, here.created_at))
    planning = _PlanningRollback(reader, portal, memory, findings)
    planning.roll_back_records(_there(portal, records), progress)
    planning.roll_back_associations(_there(portal, associations))
    defining.remove_created()
    portal = rest_on_associations(reader, portal, planning.memory, findings)
    planning.explain_gone(portal)
    _count_owned(findings, store)
    basis = PlanBasis(
        portal=portal,
        naming=read_naming(reader, findings, portal),
        state=seen,
        manifests=NO_MANIFESTS,
        spent=Spent(reader.calls, reader.daily_remaining, reader.least_seconds),
        unsettled=unsettled,
        rolls_back=run_id,
    )
    return assemble(findings, basis, replace(here, selection=selection))


def _count_owned(findings: Findings, store: Store) -> None:
    for object_name, _, owned in store.owned_groups():
        findings.population(object_name).owned += owned


GroupT = TypeVar("GroupT", GroupKey, Direction)
ChangesT = TypeVar("ChangesT")


def _there(portal: PortalSchema, groups: Mapping[GroupT, ChangesT]) -> Mapping[GroupT, ChangesT]:
    """Leave out each group whose object type no longer exists, because the records are gone, too."""
    return {group: of_group for group, of_group in groups.items() if _is_there(portal, group)}


def _is_there(portal: PortalSchema, group: GroupKey | Direction) -> bool:
    names = (group.object,) if isinstance(group, GroupKey) else group
    return all(name in portal.objects for name in names)


@dataclass(frozen=True, slots=True)
class _PlanningRollback:
    """The data and the steps for making the plan of a rollback."""

    reader: PortalReader
    portal: PortalSchema
    memory: RecoveredState
    findings: Findings

    def roll_back_records(
        self, groups: Mapping[GroupKey, Sequence[AppliedChange]], progress: Progress
    ) -> None:
        """Read the records of the run as they are now, and plan the rollback of their changes."""
        memory, findings, count, looked_at = self.memory, self.findings, sum(map(len, groups.values())), 0
        for (object_name, by), group in groups.items():
            schema = self.portal.objects[object_name]
            question = partial(_question, schema, partial(memory.owned, object_name, by))
            chunks = in_chunks(group, BATCH_SIZE)
            for chunk, live in read_ahead(self.reader, schema, RECORD_ID, chunks, question):
                moved = memory.owned_by_id(object_name, [each.outcome.record_id for each in chunk])
                owned = memory.owned(object_name, by, _keys(chunk))
                known = partial(_known, moved, owned)
                by_id = {RecordId(record_id): record for record_id, record in live.items()}
                roll_back_records(findings, schema, chunk, by_id, known)
                looked_at += len(chunk)
                progress(looked_at, count)
        hold_taken_keys(findings, lambda key: memory.owned(key.object, key.by, [key.value]).get(key.value))
        holders = read_holders(self.reader, self.portal, findings.changes)
        ids = {value: record.id for value, record in holders.items()}
        sound = UniqueValues(self.portal.objects, ids).without_conflicts(findings.changes, findings.workspace)
        findings.changes = sound.changes
        findings.problems.extend(sound.problems)

    def roll_back_associations(self, changes: Mapping[Direction, Sequence[Change]]) -> None:
        """Read the associations of the run as they are now, and plan the rollback of their changes."""
        reader, schemas_of, findings = self.reader, self.portal.schemas_of, self.findings
        room = _read_room(reader, self.portal, changes)
        for direction, of_types in changes.items():
            owned = {pair.identity: pair for pair in self.memory.pairs(*direction)}
            live = read_pairs(reader, *schemas_of(direction), ids_of(of_types))
            keys = {**_keys_known(self.memory, of_types), **moved_records(findings.changes)}
            around = {direction: live}
            if room.is_limited(direction.back):
                targets = {change.remote.target_id for change in of_types if change.remote.target_id}
                back = read_pairs(reader, *schemas_of(direction.back), targets)
                around[direction.back] = {**around.get(direction.back, {}), **back}
            archived = archived_records(findings.changes)
            rollback = AssociationRollback(live, owned, archived, keys, room, around)
            findings.add(rollback.roll_back(of_types))

    def explain_gone(self, portal: PortalSchema) -> None:
        """Find out what happened to records of the run that the portal no longer has."""
        before = self.reader.calls
        fates = find_missing_records(self.reader, portal, [owned for _, owned in self.findings.gone])
        self.findings.missing_calls = self.reader.calls - before
        explain_gone(self.findings, fates, lambda owned, fate: (fact_of(owned, fate),))


def _known(
    moved: Mapping[RecordId, OwnedRecord], owned: Mapping[str, OwnedRecord], applied: AppliedChange
) -> OwnedRecord | None:
    """Return the present entry in state for the record of a change: by id, else by key."""
    return moved.get(applied.outcome.record_id) or owned.get(applied.change.record.value)


def _read_room(
    reader: PortalReader, portal: PortalSchema, done: Mapping[Direction, Sequence[Change]]
) -> Room:
    """Read the limits that matter for creating removed associations again."""
    removed = {
        direction
        for direction, changes in done.items()
        if any(change.action is Action.ARCHIVE for change in changes)
    }
    if not removed or not limits_associations(reader):
        return Room(Labels(), {})
    limits, labels = {}, {}
    for direction in sorted(removed | {direction.back for direction in removed}):
        limits[direction] = read_association_limits(reader, *portal.schemas_of(direction))
        labels[direction] = read_labels(reader, *portal.schemas_of(direction))
    return Room(Labels(labels), limits)


def _keys_known(memory: RecoveredState, changes: Sequence[Change]) -> Mapping[RecordIdentity, RecordAddress]:
    """Return from state the present keys of the records in ``changes``; keys may differ from the run's."""
    ids: dict[str, set[RecordId]] = {}
    for change in changes:
        for key, record_id in zip(change.address.records, change.remote, strict=True):
            if record_id is not None:
                ids.setdefault(key.object, set()).add(record_id)
    return {
        RecordIdentity(object_name, record_id): owned.key
        for object_name, of_type in ids.items()
        for some in in_chunks(of_type, BATCH_SIZE)
        for record_id, owned in memory.owned_by_id(object_name, some).items()
    }


def _question(
    schema: ObjectSchema,
    owned: Callable[[Sequence[str]], Mapping[str, OwnedRecord]],
    applied: Sequence[AppliedChange],
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the ids of the records to read, and the properties to read for planning their rollback.

    For records that the run created, also read the properties on which an archive change rests.
    """
    ids, names = ids_and_names(schema, applied)
    created = [applied_change for applied_change in applied if applied_change.change.action is Action.CREATE]
    if created:
        names = sorted(names_rested_on(schema, owned(_keys(created)).values()).union(names))
    return ids, names


def _keys(applied: Sequence[AppliedChange]) -> list[str]:
    return [applied_change.change.record.value for applied_change in applied]
