"""Making a plan of an environment from manifests, portal and state; nothing is written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.errors import ManifestError, Problem, ReconcilerError
from reconciler.manifest.load import in_order
from reconciler.model.desired import Desired
from reconciler.model.progress import Progress, ignore_progress
from reconciler.plan.guards import Guards, limits_from
from reconciler.plan.plan import Plan
from reconciler.plan.records.policy import Policy
from reconciler.project.git_checkout import are_tracked, divergence_from, read_checkout
from reconciler.project.plan_files import ON_DISK, read_plan
from reconciler.project.plan_request import PlanRequest, globs_of
from reconciler.project.refusals import check_environment
from reconciler.project.session import Session

if TYPE_CHECKING:
    from reconciler.hubspot.answers import PortalAnswers
    from reconciler.hubspot.reader import PortalReader
    from reconciler.plan.context import PlanContext


def make_plan(
    session: Session,
    request: PlanRequest,
    progress: Progress = ignore_progress,
    answers: "PortalAnswers | None" = None,
) -> Plan:
    """Plan the environment; nothing is changed anywhere.

    Args:
        session: session of the environment.
        request: which parts to plan, and options.
        progress: called with two numbers: records compared so far, and all records to compare.
        answers: stores account and definitions as they are read, for applying the plan right after.

    Raises:
        ManifestError: the manifests are wrong, with places relative to the working directory.
        PlanRefused: the reviewed plan is for another environment, or was altered.
        UsageError: the reviewed plan is not a plan, or a glob of ``request`` matches nothing.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    from reconciler.hubspot.portal.read_portal import begin_portal  # noqa: PLC0415 - httpx costs 0.1 s

    reviewed = None
    if request.reviewed is not None:
        reviewed = read_plan(request.reviewed)
        check_environment(reviewed, session.environment, "the reviewed plan")
    desired = session.load_manifests(keeps_going=True)
    selection = request.selection
    objects = {group.object for group in desired.groups if selection.may_have(group.object)}
    try:
        with session.reader(answers) as reader:
            begin_portal(reader, objects | desired.associated_with(objects))
            plan = _plan(session, request, desired, reader, reviewed=reviewed, progress=progress)
    except ReconcilerError:
        if desired.is_sound:
            raise
        raise ManifestError(session.seen(desired.problems)) from None
    if not desired.is_sound:
        problems = session.seen(_all_problems(desired, plan))
        raise ManifestError(problems, masked_properties=plan.masked_properties)
    return plan


def plan_context(session: Session, request: PlanRequest, reviewed: Plan | None = None) -> "PlanContext":
    """Collect the facts about environment and request that planning needs."""
    # This import loads SQLAlchemy, which takes 0.2 s. It is here, and not at the top of the module,
    # because the first calls to HubSpot have been sent by now: their answers arrive during the import.
    from reconciler.plan.context import PlanContext  # noqa: PLC0415 - as above

    environment = session.environment
    checkout = read_checkout(session.settings.project, session.notify)
    selection = request.selection
    return PlanContext(
        environment=environment.name,
        portal_id=environment.portal_id,
        host=environment.host,
        policy=Policy(
            environment.drift,
            globs_of(request.take),
            globs_of(request.recreate),
            forgets_unmanaged=not selection.is_partial,
        ),
        selection=selection,
        guards=Guards(limits_from(session.settings.guards), dict(request.allow)),
        masks=session.settings.masks,
        stand_ins=environment.owners,
        commit=checkout.commit if checkout else None,
        has_uncommitted=checkout is not None and checkout.has_uncommitted,
        created_at=datetime.now(UTC),
        keeps_state=session.settings.state_url is not None,
        reviewed=reviewed,
        skips_invalid=request.skip_invalid,
        project=session.settings.name,
        looks_again_at=request.rereads,
        opens_portal=request.had_time,
        verifies=request.verifies,
        has_pages=environment.has_pages,
        workspace=ON_DISK,
    )


def _plan(
    session: Session,
    request: PlanRequest,
    desired: Desired,
    reader: "PortalReader",
    *,
    reviewed: Plan | None,
    progress: Progress,
) -> Plan:
    from reconciler.reconcile.plan import plan_changes  # noqa: PLC0415 - SQLAlchemy, as above

    here = plan_context(session, request, reviewed)
    # an ignored manifest is not committed, but git does not list ignored files as uncommitted
    if here.commit is not None and not here.has_uncommitted:
        is_whole = are_tracked(session.settings.project, desired.files.names)
        here = replace(here, has_uncommitted=not is_whole)
    with session.state(to_write=False) as store:
        if here.commit is not None:
            divergence = divergence_from(session.settings.project, here.commit, store.last_commit())
            here = replace(here, guards=replace(here.guards, divergence=divergence))
        try:
            return plan_changes(desired, reader, store, here, progress)
        except ManifestError as error:
            raise ManifestError(session.seen(error.problems)) from None


def _all_problems(desired: Desired, plan: Plan) -> Sequence[Problem]:
    """Join the problems of manifests that are partly unreadable with those that the portal shows.

    Only problems that one line has by itself are added: other problems may exist only because a part of the
    manifests could not be read.
    """
    others = filter(_stands_alone, plan.problems)
    # a wrong value under ``all:`` is a problem of each of its records, and is reported once
    told = {(problem.source, str(problem.message)): problem for problem in (*others, *desired.problems)}
    return in_order(told.values())


def _stands_alone(problem: Problem) -> bool:
    """Return whether ``problem`` is an error whatever the other lines of the manifests contain.

    Such problems are about a type, a column or a value, or are marked with ``stands_alone``.
    """
    record, _, name = (problem.address or "").partition("#")
    return problem.stands_alone or not record or bool(name and "/" not in name)
