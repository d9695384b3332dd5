"""Making a plan from manifests, portal and state."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from reconciler.apply.recovery.recovered_state import RecoveredState, settle_batches, version_seen
from reconciler.errors import Problem
from reconciler.hubspot.portal.read_portal import read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.model.definitions import PortalSchema
from reconciler.model.desired import Desired
from reconciler.model.desired_records import PruneRule
from reconciler.model.object_references import GroupKey
from reconciler.model.object_types import type_number
from reconciler.model.progress import Progress
from reconciler.model.references import RecordIdentity
from reconciler.model.selection import Selection
from reconciler.plan.assemble import PlanBasis, assemble
from reconciler.plan.associations.compare import AssociationContext
from reconciler.plan.associations.endpoints import endpoints_of
from reconciler.plan.budget import Spent, Unsettled
from reconciler.plan.context import PlanContext
from reconciler.plan.definitions.before_and_after import before_and_after
from reconciler.plan.drift.provenance import our_runs
from reconciler.plan.findings import Findings
from reconciler.plan.plan import ManifestInfo, Plan
from reconciler.plan.records.affected import moved_records
from reconciler.plan.records.planner import RecordPlanner
from reconciler.plan.records.prune import changed_prune_rules
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.reconcile.owner_names import read_naming
from reconciler.reconcile.plan_associations import paired_objects, rest_on_associations
from reconciler.reconcile.plan_definitions import (
    PlanningDefinitions,
    defined_types,
    made_types,
    removed_types,
)
from reconciler.reconcile.plan_records import PlanningRecords
from reconciler.reconcile.project_check import refuse_other_project
from reconciler.state.run_types import UnfinishedBatch
from reconciler.state.store import Store


def plan_changes(
    desired: Desired, reader: PortalReader, store: Store, here: PlanContext, progress: Progress
) -> Plan:
    """Read the named records, compare them, and plan the changes. Writes nothing anywhere.

    Raises:
        UsageError: the access token belongs to another portal, or a glob of a flag matches nothing.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
        PlanRefused: the state belongs to another project.
    """
    refuse_other_project(store, here.project)
    seen = version_seen(store, here.created_at)  # read first: later writes make the plan stale
    remembered = {rule.group: rule for rule in store.prune_rules()}
    unfinished, lacking = store.unfinished(), list[Problem]()
    objects = _objects(desired, store, here.selection, remembered, unfinished)
    objects |= defined_types(desired, store, here)
    asked_at, made_later = desired.first_mentions(), made_types(desired) | removed_types(desired)
    portal = read_portal(reader, objects, here.portal_id, asked_at, lacking, made_later=made_later)
    desired, here = _renamed(desired, here, portal)
    memory, unsettled = recover_state(reader, store, portal, unfinished)
    findings = Findings(here.keeps_state, here.workspace, problems=[*desired.problems, *lacking])
    runs, unmatched = our_runs(store.runs(), here.created_at), _unmatched(here)
    defining = PlanningDefinitions(desired, reader, portal, memory, store, here, findings, unmatched)
    definitions = defining.plan()
    portal, endpoints = definitions.portal, endpoints_of(desired, definitions.portal, here.selection)
    records = RecordPlanner(here.policy, findings, endpoints, here.selection)
    planning = PlanningRecords(
        desired, reader, portal, memory, records, endpoints, runs, here.selection, unmatched
    )
    rules = remembered | {rule.group: rule for rule in desired.prune_rules}
    planning.compare(rules.values(), here.stand_ins, progress)
    defining.move_records(definitions)
    unique_values = planning.refuse_conflicts(here.masks)
    associating = _associating(planning, here, rules)
    planning.explain_missing()
    planning.compare_associations(associating, definitions.labels)
    portal = rest_on_associations(reader, portal, memory, findings)
    planning.conclude(store.owned_groups())
    basis = PlanBasis(
        portal=portal,
        naming=read_naming(reader, findings, before_and_after(defining.portal, portal)),
        state=seen,
        manifests=_manifests(desired, here),
        spent=Spent(reader.calls, reader.daily_remaining, reader.least_seconds),
        unsettled=unsettled,
        prune_rules=_new_prune_rules(desired, here, remembered),
        unique_values=unique_values,
    )
    return assemble(findings, basis, here)


def _associating(
    planning: PlanningRecords, here: PlanContext, rules: Mapping[GroupKey, PruneRule]
) -> AssociationContext:
    """Return the facts that comparing associations needs, after records are compared."""
    named_otherwise = planning.records.named_otherwise - moved_records(planning.findings.changes).keys()
    prune = {group: rule.prune for group, rule in rules.items()}
    missing = {
        RecordIdentity(owned.key.object, owned.record_id): key
        for held, owned in planning.findings.gone
        for key in held.key.records
    }
    return AssociationContext(here.policy, here.selection, planning.desired, prune, named_otherwise, missing)


def _new_prune_rules(
    desired: Desired, here: PlanContext, remembered: Mapping[GroupKey, PruneRule]
) -> tuple[PruneRule, ...]:
    """Return the prune rules that are not in state yet; for a partial plan, none."""
    return () if here.selection.is_partial else changed_prune_rules(desired.prune_rules, remembered)


def _renamed(desired: Desired, here: PlanContext, portal: PortalSchema) -> tuple[Desired, PlanContext]:
    """Replace the names of object types in manifests and flags by the portal's names."""
    names = {name: schema.name for name, schema in portal.objects.items()}
    selection, policy = here.selection.renamed(names), here.policy.renamed(names)
    return desired.renamed(names), replace(here, selection=selection, policy=policy)


def _objects(
    desired: Desired,
    store: Store,
    selection: Selection,
    remembered: Mapping[GroupKey, PruneRule],
    unfinished: Iterable[UnfinishedBatch],
) -> set[str]:
    """Return the object types whose definitions must be read."""
    named = desired.objects | {object_name for object_name, _ in remembered}
    objects = {name for name in named if type_number(name) is None or selection.may_have(name)}
    objects |= desired.associated_with(objects)
    return objects.union(
        *(batch.objects for batch in unfinished), *paired_objects(store, desired, remembered)
    )


def _unmatched(here: PlanContext) -> UnmatchedGlobs:
    """Return the globs that must match something."""
    selection, policy = here.selection, here.policy
    return UnmatchedGlobs(
        {"--target": selection.target, "--exclude": selection.exclude},
        {"--take": policy.take, "--recreate": policy.recreate},
        selection,
    )


def _manifests(desired: Desired, here: PlanContext) -> ManifestInfo:
    return ManifestInfo(
        digest=desired.digest,
        files=len(desired.files.names),
        records=desired.record_count,
        definitions=len(desired.definitions),
        git=here.commit,
        has_uncommitted=here.has_uncommitted,
    )


def recover_state(
    reader: PortalReader, store: Store, portal: PortalSchema, unfinished: Sequence[UnfinishedBatch]
) -> tuple[RecoveredState, Unsettled]:
    """Find out the outcomes of changes that interrupted runs sent or were about to send.

    This only reads the portal. Return the state after these changes, their object types, and the number of
    calls that this took.
    """
    before = reader.calls
    settled = settle_batches(reader, portal, unfinished)
    objects = frozenset[str]().union(*(batch.objects for batch in unfinished))
    return RecoveredState(store, settled), Unsettled(objects, reader.calls - before)
