"""``reconciler apply``."""

import sys
from dataclasses import replace
from pathlib import Path

import click

from reconciler.apply.options import OnStale
from reconciler.cli.apply_run import exit_of_result, show_result
from reconciler.cli.durations import Duration
from reconciler.cli.exits import ExitCode, most_severe
from reconciler.cli.invocation import Invocation, open_environment
from reconciler.cli.options import common_options
from reconciler.cli.output import ViewOptions, gathered_view_options
from reconciler.cli.plan_options import on_stale_option, plan_options, refuse_plan_options
from reconciler.cli.planning import show_plan
from reconciler.cli.progress import progress
from reconciler.cli.signals import stop_requests
from reconciler.cli.streams import stdout_fault
from reconciler.cli.verify import verify_applied
from reconciler.errors import UsageError
from reconciler.project.environment_apply import ApplyArguments
from reconciler.project.files import check_writable
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest
from reconciler.project.project import Project
from reconciler.project.results import ApplyResult
from reconciler.report.renderers import RENDERERS, cannot_show


@click.command()
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@on_stale_option
@plan_options
@click.option("--fail-fast", is_flag=True, help="Stop at the first record that HubSpot rejects.")
@click.option(
    "--verify", is_flag=True, help=("Plan again afterwards, and show the changes that are still left to do.")
)
@click.option(
    "--report", type=click.Path(path_type=Path), metavar="FILE", help="Also write the report to this file."
)
@gathered_view_options([form for form in RENDERERS if form.run is not cannot_show])
@click.option(
    "--parallelism",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    envvar="RECONCILER_PARALLELISM",
    help="Maximum number of parallel calls.",
)
@click.option(
    "--lock-timeout",
    type=Duration(),
    default="0s",
    show_default=True,
    metavar="TIME",
    help="How long to wait for another run to end: 60s, 2m or a number of seconds.",
)
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    plan: Path | None,
    auto_approve: bool,
    on_stale: str,
    request: PlanRequest,
    fail_fast: bool,
    verify: bool,
    report: Path | None,
    options: ViewOptions,
    parallelism: int,
    lock_timeout: float,
) -> int:
    """Apply PLAN; without it, make a plan, show it, ask, and apply it."""
    if report is not None:
        check_writable(report)
    if plan is not None:
        refuse_plan_options(request, "applied")
        chosen = Project.read_plan(plan)
        invocation = open_environment(ctx, made_for=chosen.header.environment)
        invocation.environment.check_appliable(chosen)
    else:
        invocation = open_environment(ctx)
        overwrites = on_stale == OnStale.OVERWRITE
        request = replace(request, had_time=not auto_approve, overwrites=overwrites, verifies=verify)
        chosen = _new_plan(invocation, request, options)
        if not chosen.is_empty and not auto_approve:
            _ask(chosen, invocation.environment.name)
    how = ApplyArguments(
        on_stale=OnStale(on_stale),
        fail_fast=fail_fast,
        parallelism=parallelism,
        lock_timeout_s=lock_timeout,
        report=report,
        rereads=plan is not None or not auto_approve,
        verifies=verify,
        lists_applied=not options.form.is_for_terminals,  # the form for terminals does not show applied rows
    )
    with chosen:
        result = _carry_out(invocation, chosen, how)
        if result.run is None:
            if plan is not None:  # a plan that was made just now has been shown already
                show_plan(invocation, chosen.value, options)
            return _left_out(chosen)
        show_result(invocation, chosen.value, result, options)
        verified = verify_applied(invocation, chosen, request, options) if verify else ExitCode.OK
        return most_severe(exit_of_result(result), _left_out(chosen), verified)


def _carry_out(invocation: Invocation, plan: Plan, how: ApplyArguments) -> ApplyResult:
    if plan.is_empty:  # no progress to show, and nothing to stop
        return invocation.environment.apply(plan, **how)
    with (
        progress("applying", quiet=invocation.said.quiet) as tell,
        stop_requests() as should_stop,
    ):
        stoppable: ApplyArguments = {**how, "should_stop": should_stop}
        return invocation.environment.apply(plan, progress=tell, **stoppable)


def _new_plan(invocation: Invocation, request: PlanRequest, options: ViewOptions) -> Plan:
    """Make a plan now and show it.

    Raises:
        PlanRefused: the environment takes only saved plans, or the plan differs from the reviewed one.
        UsageError: the plan has problems.
    """
    environment = invocation.environment
    environment.check_takes_new_plans()
    with progress("reading", quiet=invocation.said.quiet) as report:
        plan = environment.plan_for(request, progress=report)
    summary = plan.summary
    is_run_shown_alone = not options.form.is_for_terminals and not summary.is_empty
    if not (is_run_shown_alone and summary.is_appliable and not summary.unreviewed):
        show_plan(invocation, plan.value, options)
    environment.check_appliable(plan)
    return plan


def _left_out(plan: Plan) -> ExitCode:
    """Return NOT_APPLIED if records were skipped as invalid, because they were not applied."""
    return ExitCode.NOT_APPLIED if plan.summary.problems.left_out else ExitCode.OK


def _ask(plan: Plan, environment: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to approve the plan\n    use --auto-approve, or apply a saved plan"
        )
    fault = stdout_fault()
    if fault is not None and not isinstance(fault, BrokenPipeError):  # closing a pager early is not an error
        raise UsageError(f"the plan could not be shown ({fault.strerror}): nothing was applied")
    question = f"\nApply this to {environment} (portal {plan.header.portal_id})?"
    if not click.confirm(question, default=False, err=True):
        raise UsageError("declined: nothing was applied")
