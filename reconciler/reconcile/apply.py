"""Applying a plan, after the outcomes that earlier runs did not store are read from the portal."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from reconciler import __version__
from reconciler.apply.batch_executor import BatchExecutor
from reconciler.apply.batch_run import Connections
from reconciler.apply.definitions import holders
from reconciler.apply.executor import FinishedRun, carry_out
from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.apply.recovery.resume import is_anything_open, settle_earlier
from reconciler.apply.stale_state import stale_owned_changes
from reconciler.errors import PlanRefused, Refusal
from reconciler.hubspot.portal.read_portal import begin_portal, read_portal
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.definitions import ObjectSchema, PortalSchema
from reconciler.plan.budget import Spent, budget_of, looked_at_again
from reconciler.plan.consistency import unsound_plan
from reconciler.plan.definitions.changes import types_created_by
from reconciler.plan.file.format import digest_of
from reconciler.plan.file.sequences import spooled
from reconciler.plan.guards import Limits, refuse_now
from reconciler.plan.kinds import Verb
from reconciler.plan.plan import Budget, Plan
from reconciler.reconcile.project_check import refuse_other_project
from reconciler.state.run_types import Actor, RunStart
from reconciler.state.store import Store
from reconciler.state.writer import StateWriter


@dataclass(frozen=True, slots=True)
class Connection:
    """A portal with the reader and the writer for it."""

    reader: PortalReader
    writer: PortalWriter


@dataclass(frozen=True, slots=True)
class LockRequest:
    """A request for the lock on the state, with its maximum wait."""

    actor: Actor
    timeout_s: float
    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    project: str | None = None  # name of the project; None if it has none

    def acquire(self, store: Store) -> StateWriter:
        """Take the lock on ``store``; raise ``Locked`` if another run does not release it in time."""
        return store.acquire(self.actor, now=self.now, sleep=self.sleep, timeout_s=self.timeout_s)


def apply_plan(
    plan: Plan,
    connection: Connection,
    store: Store,
    claim: LockRequest,
    *,
    options: ApplyOptions,
    limits: Limits,
) -> FinishedRun:
    """Find out the outcomes that earlier runs did not store, check portal and budget, and apply ``plan``.

    Raises:
        UsageError: the access token belongs to another portal than the plan.
        PlanRefused: the plan was made with another state, the state belongs to another project, or a guard
        refuses the plan now.
        Locked: another run is applying.
        HubSpotError: HubSpot could not be reached at all.
        StateError: state or lock was lost during the run; the next run finds out the outcomes.
    """
    if why := unsound_plan(plan):
        raise PlanRefused(Refusal.ALTERED, f"reconciler never writes such a plan: {why}\n    plan again")
    with claim.acquire(store) as journal:
        refuse_other_project(store, claim.project)
        changes = spooled(plan.changes)
        new_types = types_created_by(changes.of(Verb.CREATE_DEFINITION))
        objects = changes.objects - new_types
        begin_portal(connection.reader, objects)  # starts the calls, which run while the digest is computed
        start = _start_of(plan, claim)
        moved = stale_owned_changes(plan, start.plan_digest, store)
        looks_again_at = looked_at_again(
            had_time=options.rereads_before_write or plan.state != store.version(),
            overwrites=options.on_stale is OnStale.OVERWRITE,
        )
        reader = connection.reader
        maybe_new = new_types | open_objects(store)
        portal = _read_portal(reader, objects, maybe_new, plan.portal_id)
        settle_earlier(store, journal, reader, portal)
        refuse_now(plan, _budget_now(plan, reader, portal, looks_again_at, options.calls_afterwards), limits)
        writer = connection.writer.asking(journal.assert_held)
        connections = Connections(reader, writer, portal, claim.sleep, options.tell, _index_s(options))
        return carry_out(
            plan,
            start,
            moved,
            store=store,
            journal=journal,
            batch_executor=BatchExecutor(connections, looks_again_at, options.on_stale),
            options=options,
            read_portal=lambda: _read_portal(reader.seeing_changes(), objects, maybe_new, plan.portal_id),
        )


def _index_s(options: ApplyOptions) -> float:
    """Return the seconds to wait for HubSpot's search index between two searches."""
    return holders.INDEX_S if options.index_s is None else options.index_s


def _read_portal(
    reader: PortalReader, objects: Collection[str], maybe_new: Collection[str], portal_id: int
) -> PortalSchema:
    """Read the portal; types in ``maybe_new`` may be missing, because a run creates them.

    Raises:
        ManifestError: the portal lacks a type in ``objects`` that is not in ``maybe_new``.
    """
    portal = read_portal(reader, {*objects, *maybe_new}, portal_id, made_later=maybe_new)
    return with_new_types(portal, maybe_new)


def with_new_types(portal: PortalSchema, names: Iterable[str]) -> PortalSchema:
    """Return ``portal`` with all custom types in ``names``; types that it lacks are added without properties.

    HubSpot's paths accept the qualified name of a type, which is known before its number.
    """
    missing = {name: new_type(portal.account.portal_id, name) for name in names if name not in portal.objects}
    return replace(portal, objects={**portal.objects, **missing}) if missing else portal


def new_type(portal_id: int, name: str) -> ObjectSchema:
    """Return the schema of a custom type that the portal does not have yet, without properties."""
    return ObjectSchema(name, f"p{portal_id}_{name}", {})


def _budget_now(
    plan: Plan,
    reader: PortalReader,
    portal: PortalSchema,
    looks_again_at: frozenset[Verb],
    calls_afterwards: int,
) -> Budget:
    """Count the calls that apply needs, as the plan counted them.

    The calls with which apply has already read the definitions are part of this number, so they are not
    subtracted from the remaining calls of the day.
    """
    made = reader.calls
    remaining = None if reader.daily_remaining is None else reader.daily_remaining + made
    return budget_of(
        plan.changes,
        plan.stages,
        portal.objects,
        Spent(made, remaining, reader.least_seconds),
        looks_again_at=looks_again_at,
        opening_calls=made + calls_afterwards,
    )


def settle_earlier_runs(connection: Connection, store: Store, claim: LockRequest, portal_id: int) -> None:
    """Find out the outcomes that earlier runs did not store, if there are any, without applying a plan.

    Raises:
        UsageError: the access token belongs to another portal.
        Locked: another run is applying.
        HubSpotError: the portal cannot be read.
        StateError: state or lock was lost during the run.
    """
    if not is_anything_open(store):
        return
    with claim.acquire(store) as journal:
        portal = _read_portal(connection.reader, (), open_objects(store), portal_id)
        settle_earlier(store, journal, connection.reader, portal)


def _start_of(plan: Plan, claim: LockRequest) -> RunStart:
    return RunStart(
        environment=plan.environment,
        plan_digest=digest_of(plan),
        tool_version=__version__,
        actor=claim.actor,
        planned=Counter(spooled(plan.changes).verbs()),
        masked_properties=plan.masked_properties,
        commit=plan.manifests.git,
        rolls_back=plan.rolls_back,
        project=claim.project,
        names=plan.names,
    )


def open_objects(store: Store) -> set[str]:
    """Return the object types of changes of earlier runs whose outcome is unknown."""
    return set().union(*(batch.objects for batch in store.unfinished()))
