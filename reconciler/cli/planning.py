"""What ``plan``, ``show`` and ``apply`` share: making a plan, showing it, and keeping it for others."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from reconciler.cli.errors import annotate
from reconciler.cli.messages import document, show_text
from reconciler.cli.output import Form, color, masking_for, tell_github, width
from reconciler.cli.plan_options import PlanRequest
from reconciler.cli.progress import progress
from reconciler.errors import ManifestError, PlanRefused, Problem, ReconcilerError, Refusal
from reconciler.manifest.load import in_order
from reconciler.model.desired import Desired
from reconciler.model.selection import Selection
from reconciler.plan.budget import ALWAYS_LOOKED_AT
from reconciler.plan.change import Action
from reconciler.plan.file.format import digests_of, plan_from_text
from reconciler.plan.guards import Guards, limits_from
from reconciler.plan.plan import Guard, Plan
from reconciler.plan.records.compare import Policy
from reconciler.project.files import read_encrypted, write_private
from reconciler.project.git_checkout import divergence_from, read_checkout
from reconciler.project.session import Session
from reconciler.project.settings import Environment
from reconciler.report.json_report import plan_as_json
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.mask import Masking, masked_plan, masked_problems
from reconciler.report.plan.guard_refusals import refusal_text
from reconciler.report.plan.headline import headline
from reconciler.report.terminal import render_plan

if TYPE_CHECKING:
    from reconciler.hubspot.client import PortalReader
    from reconciler.reconcile.plan import PlanContext


def make_plan(
    session: Session,
    wishes: PlanRequest,
    looks_again_at: Collection[Action] = ALWAYS_LOOKED_AT,
    *,
    verifies: bool = False,
) -> Plan:
    """Plan the chosen environment; writes nothing anywhere.

    ``looks_again_at`` are the changes whose records apply will read again; where apply ``verifies``, it plans
    again afterwards.

    Raises:
        ManifestError: the manifests are wrong, with places as the person sees them.
        PlanRefused: the reviewed plan is of another environment, or was altered.
        UsageError: the reviewed plan is none.
    """
    from reconciler.hubspot.portal.read_portal import begin_portal  # noqa: PLC0415 - httpx costs 0.1 s

    reviewed = None
    if wishes.reviewed is not None:
        reviewed = read_plan(wishes.reviewed)
        check_environment(reviewed, session.environment, "the reviewed plan")
    desired = session.load_manifests(keeps_going=True)
    selection = Selection(wishes.target, wishes.exclude)
    objects = {group.object for group in desired.groups if selection.may_have(group.object)}
    try:
        with session.reader() as reader:
            begin_portal(reader, objects | desired.associated_with(objects))
            plan = _plan(
                session, wishes, desired, reader, reviewed, looks_again_at=looks_again_at, verifies=verifies
            )
    except ReconcilerError:
        if desired.is_sound:
            raise
        raise ManifestError(session.seen(desired.problems)) from None
    if not desired.is_sound:
        raise ManifestError(session.seen(_all_problems(session, desired, plan)))
    return plan


def _all_problems(session: Session, desired: Desired, plan: Plan) -> Sequence[Problem]:
    """What is wrong with manifests of which a part could not be read, also as the portal sees the rest.

    Only what it says of types, columns and single values: other records, and other values of a record, may
    stand in what could not be read.
    """
    known = set(desired.problems)
    others = tuple(
        problem for problem in plan.problems if problem not in known and _is_of_one_value(problem.address)
    )
    masking = masking_for(None, as_json=session.said.as_json)
    return in_order((*desired.problems, *masked_plan(replace(plan, problems=others), masking).problems))


def _is_of_one_value(address: str | None) -> bool:
    record, _, name = (address or "").partition("#")
    return not record or bool(name and "/" not in name)


def _plan(
    session: Session,
    wishes: PlanRequest,
    desired: Desired,
    reader: "PortalReader",
    reviewed: Plan | None,
    *,
    looks_again_at: Collection[Action],
    verifies: bool,
) -> Plan:
    # SQLAlchemy takes 0.2 s to import, as long as the answers that have been asked for are on their way.
    from reconciler.reconcile.plan import plan_changes  # noqa: PLC0415

    here = replace(plan_context(session, wishes, reviewed), looks_again_at=looks_again_at, verifies=verifies)
    with (
        session.state(to_write=False) as store,
        progress("reading", quiet=session.said.quiet) as report,
    ):
        if here.commit is not None:
            divergence = divergence_from(session.settings.project, here.commit, store.last_commit())
            here = replace(here, guards=replace(here.guards, divergence=divergence))
        try:
            return plan_changes(desired, reader, store, here, report)
        except ManifestError as error:
            raise ManifestError(session.seen(error.problems)) from None


def plan_context(session: Session, wishes: PlanRequest, reviewed: Plan | None = None) -> "PlanContext":
    """What planning needs to know of the chosen environment, and of what the person said."""
    from reconciler.reconcile.plan import PlanContext  # noqa: PLC0415 - as above

    environment, checkout = session.environment, read_checkout(session.settings.project)
    selection = Selection(wishes.target, wishes.exclude)
    return PlanContext(
        environment=environment.name,
        portal_id=environment.portal_id,
        host=environment.host,
        policy=Policy(
            environment.drift, wishes.take, wishes.recreate, forgets_unmanaged=not selection.is_partial
        ),
        selection=selection,
        guards=Guards(limits_from(session.settings.guards), dict(wishes.allow)),
        masks=session.settings.masks,
        stand_ins=environment.owners,
        commit=checkout.commit if checkout else None,
        has_uncommitted=checkout is not None and checkout.has_uncommitted,
        created_at=datetime.now(UTC),
        remembers=session.settings.state_url is not None,
        reviewed=reviewed,
        skips_invalid=wishes.skip_invalid,
        project=session.settings.name,
    )


def read_plan(path: Path, *, to_apply: bool = False) -> Plan:
    """A plan that ``plan --out`` wrote; where plans are encrypted, ``to_apply`` takes no other.

    Raises:
        UsageError: it is no plan, of a version we do not know, or cannot be opened.
        PlanRefused: it was altered, or is not encrypted and has to be.
    """
    return plan_from_text(read_encrypted(path, "plan", insists=to_apply))


def check_environment(plan: Plan, here: Environment, what: str = "the plan") -> None:
    """Insist that ``plan`` was made for the environment that we are in.

    Raises:
        PlanRefused: it was not.
    """
    if (plan.environment, plan.portal_id) != (here.name, here.portal_id):
        raise PlanRefused(
            Refusal.FOREIGN,
            f"{what} was made for environment {plan.environment} (portal {plan.portal_id}), "
            f"and this is {here.name} (portal {here.portal_id})",
        )


def refused_by_guards(plan: Plan) -> PlanRefused | None:
    """What ``apply`` says to a plan that ran into guards; None where it did not."""
    if not plan.refusals:
        return None
    has_diverged = any(refusal.guard is Guard.DIVERGED for refusal in plan.refusals)
    return PlanRefused(
        Refusal.DIVERGED if has_diverged else Refusal.GUARD, refusal_text(plan.refusals, plan.undoes)
    )


def show_plan(
    session: Session, plan: Plan, *, full: bool, values: str | None, form: Form = Form.TERMINAL
) -> None:
    """Print ``plan`` for a person in ``form``, or as JSON where that was asked for."""
    annotate(masked_problems(session.seen(plan.problems), masking_for("mask", as_json=False), plan.personal))
    chosen = Form.JSON if session.said.as_json else form
    masking = masking_for(values, as_json=chosen is not Form.TERMINAL)
    say = show_text if chosen is Form.TERMINAL else document
    say(_rendered(session, plan, chosen, masking, full=full))


def keep_plan(
    session: Session, plan: Plan, files: Mapping[Form, Path], *, full: bool, values: str | None
) -> None:
    """Write ``plan`` to ``files``, and tell GitHub Actions of it; equal values get equal marks everywhere."""
    masking = masking_for(values, as_json=True)
    for form, path in files.items():
        write_private(path, _rendered(session, plan, form, masking, full=full))
    tell_github("GITHUB_STEP_SUMMARY", lambda: _rendered(session, plan, Form.MARKDOWN, masking, full=full))
    tell_github("GITHUB_OUTPUT", lambda: _outputs(plan) + whose_values(session))


def _outputs(plan: Plan) -> str:
    """What later steps of a job may ask for; no line holds a value."""
    digests = digests_of(plan)
    return (
        f"changes={str(plan.writes).lower()}\nempty={str(plan.is_empty).lower()}\n"
        f"appliable={str(plan.is_appliable).lower()}\n"
        f"content={digests.content}\ndigest={digests.digest}\nsummary={headline(plan)}\n"
    )


def whose_values(session: Session) -> str:
    """The output that tells whether plans and reports hold real values, or those of an emulator."""
    return f"emulator={str(session.environment.is_emulator).lower()}\n"


def _rendered(session: Session, plan: Plan, form: Form, masking: Masking, *, full: bool) -> str:
    match form:
        case Form.TERMINAL:
            return render_plan(
                plan,
                color=color(session.said),
                width=width(),
                full=full,
                masking=masking,
                where=session.where,
            )
        case Form.MARKDOWN:
            return render_markdown(plan, masking=masking, where=session.where, full=full)
        case Form.JSON:
            return plan_as_json(plan, masking)
        case Form.HTML:
            from reconciler.report.html.page import render_page  # noqa: PLC0415 - Jinja2 costs 0.1 s

            return render_page(plan, masking=masking)
        case _:
            assert_never(form)
