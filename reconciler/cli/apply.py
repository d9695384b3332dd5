"""``reconciler apply``."""

import sys
from collections.abc import Collection
from pathlib import Path

import click

from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.cli.durations import Duration
from reconciler.cli.exits import ExitCode, most_severe
from reconciler.cli.options import common_options
from reconciler.cli.output import values_option
from reconciler.cli.plan_options import PlanRequest, plan_options
from reconciler.cli.planning import (
    check_environment,
    make_plan,
    read_plan,
    refused_by_guards,
    show_plan,
)
from reconciler.cli.streams import stdout_fault
from reconciler.cli.verify import refuse_unverifiable, verify_applied
from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.plan.budget import looked_at_again
from reconciler.plan.change import Action
from reconciler.plan.plan import Plan
from reconciler.project.files import check_writable
from reconciler.project.session import Session, open_session


@click.command()
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option(
    "--on-stale",
    type=click.Choice([str(choice) for choice in OnStale]),
    default=str(OnStale.SKIP),
    show_default=True,
    help="Records that changed in HubSpot since the plan was made.",
)
@plan_options
@click.option("--fail-fast", is_flag=True, help="Stop at the first record that HubSpot rejects.")
@click.option("--verify", is_flag=True, help="Plan again afterwards, and show what is still to be written.")
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE", help="Write the report here too.")
@click.option("--full", is_flag=True, help="Show every change and every value in full.")
@values_option
@click.option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    envvar="RECONCILER_PARALLELISM",
    help="Calls in flight at the most.",
)
@click.option(
    "--lock-timeout",
    type=Duration(),
    default="0s",
    show_default=True,
    metavar="TIME",
    help="How long to wait for another run to end: 60s, 2m or plain seconds.",
)
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    plan: Path | None,
    auto_approve: bool,
    on_stale: str,
    wishes: PlanRequest,
    fail_fast: bool,
    verify: bool,
    report: Path | None,
    full: bool,
    values: str | None,
    parallelism: int,
    lock_timeout: float,
) -> int:
    """Carry out PLAN, or plan, show, ask and carry out."""
    if report is not None:
        check_writable(report)
    if plan is not None:
        _refuse_wishes(wishes)
        chosen = read_plan(plan, to_apply=True)
        session = open_session(ctx, made_for=chosen.environment)
        check_environment(chosen, session.environment)
        _refuse_unappliable(chosen)
    else:
        session = open_session(ctx)
        overwrites = on_stale == OnStale.OVERWRITE
        looks_again_at = looked_at_again(had_time=not auto_approve, overwrites=overwrites)
        chosen = _new_plan(session, wishes, looks_again_at, verifies=verify, full=full, values=values)
        if not chosen.is_empty and not auto_approve:
            _ask(chosen, session.environment.name)
    from reconciler.cli.apply_run import (  # noqa: PLC0415 - SQLAlchemy, not to be waited for before the plan
        carry_out,
        exit_of_result,
        settle,
        show_result,
    )

    if chosen.is_empty:
        settle(session, lock_timeout)
        if plan is not None and session.said.as_json:
            show_plan(session, chosen, full=full, values=values)
        return _left_out(chosen)
    if verify:
        refuse_unverifiable(session, chosen)
    manner = ApplyOptions(
        parallelism=parallelism,
        rereads_before_write=plan is not None or not auto_approve,
        on_stale=OnStale(on_stale),
        fail_fast=fail_fast,
        calls_afterwards=chosen.budget.read_calls if verify else 0,
    )
    result = carry_out(session, chosen, manner, lock_timeout, report)
    show_result(session, result, chosen, values)
    verified = verify_applied(session, chosen, wishes, values=values) if verify else ExitCode.OK
    return most_severe(exit_of_result(result), _left_out(chosen), verified)


def _refuse_wishes(wishes: PlanRequest) -> None:
    if wishes != PlanRequest():
        raise UsageError(
            "a saved plan is applied as it is: nothing can be added to it or taken from it here\n"
            "    give these options to `reconciler plan --out FILE`"
        )


def _new_plan(
    session: Session,
    wishes: PlanRequest,
    looks_again_at: Collection[Action],
    *,
    verifies: bool,
    full: bool,
    values: str | None,
) -> Plan:
    """A plan made now, and shown.

    Raises:
        PlanRefused: the environment takes saved plans only, or something departs from the reviewed plan.
        UsageError: it has problems.
    """
    if session.environment.is_protected:
        by = session.environment.protected_by
        like = "" if by == session.environment.name else f", like {by}, which is the same portal"
        raise PlanRefused(
            Refusal.PROTECTED,
            f"environment {session.environment.name} is protected{like}: it takes a saved plan only\n"
            "    reconciler plan --out FILE, have it reviewed, then reconciler apply FILE",
        )
    plan = make_plan(session, wishes, looks_again_at, verifies=verifies)
    has_more = plan.review is not None and plan.review.unreviewed > 0
    if not (session.said.as_json and not plan.is_empty and plan.is_appliable and not has_more):
        show_plan(session, plan, full=full, values=values)
    if has_more:
        raise PlanRefused(
            Refusal.UNREVIEWED,
            "not everything that would be applied is as it was reviewed: nothing was applied\n"
            "    have it reviewed as it is now, or save what was reviewed alone:\n"
            "    reconciler plan --reviewed PLAN --out FILE",
        )
    _refuse_unappliable(plan)
    return plan


def _refuse_unappliable(plan: Plan) -> None:
    """Insist that nothing stands in the way of ``plan``.

    Raises:
        UsageError: it has problems.
        PlanRefused: it ran into guards.
    """
    if not plan.is_sound:
        raise UsageError("the plan has problems and was not applied: correct them and plan again")
    refused = refused_by_guards(plan)
    if refused is not None:
        raise refused


def _left_out(plan: Plan) -> ExitCode:
    """Records that were skipped as invalid are changes that were not applied."""
    return ExitCode.NOT_APPLIED if plan.leaves_out else ExitCode.OK


def _ask(plan: Plan, environment: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to approve the plan\n    say --auto-approve, or apply a saved plan")
    fault = stdout_fault()
    if fault is not None and not isinstance(
        fault, BrokenPipeError
    ):  # who leaves a pager early has seen enough
        raise UsageError(f"the plan could not be shown ({fault.strerror}): nothing was applied")
    question = f"\nApply this to {environment} (portal {plan.portal_id})?"
    if not click.confirm(question, default=False, err=True):
        raise UsageError("declined: nothing was applied")
