"""``reconciler rehearse``, and ``plan --rehearse``."""

from pathlib import Path

import click

from reconciler.apply.options import OnStale
from reconciler.cli.errors import format_error
from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.invocation import Invocation, open_environment
from reconciler.cli.messages import say
from reconciler.cli.options import common_options
from reconciler.cli.plan_options import on_stale_option, plan_options, refuse_plan_options
from reconciler.cli.plan_output import PlanOutput, destination_options, write_outputs
from reconciler.cli.progress import progress
from reconciler.cli.signals import stop_requests
from reconciler.errors import ReconcilerError
from reconciler.plan.rehearsal import Rehearsal
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest
from reconciler.project.project import Project


@click.command()
@click.argument("plan", type=click.Path(path_type=Path), required=False)
@on_stale_option
@plan_options
@destination_options
@common_options
@click.pass_context
def command(
    ctx: click.Context, *, plan: Path | None, on_stale: str, request: PlanRequest, to: PlanOutput
) -> int:
    """Apply PLAN, or a new plan, to a throw-away copy of the portal; the portal is only read."""
    if plan is not None:
        refuse_plan_options(request, "rehearsed")
        chosen = Project.read_plan(plan)
        invocation = open_environment(ctx, made_for=chosen.header.environment)
    else:
        invocation = open_environment(ctx)
        with progress("reading", quiet=invocation.said.quiet) as report:
            chosen = invocation.environment.plan_for(request, progress=report)
    with chosen:
        rehearsed = rehearse_if_appliable(invocation, chosen, OnStale(on_stale))
        return most_severe(write_outputs(invocation, chosen, to), rehearsed)


def rehearse_if_appliable(invocation: Invocation, plan: Plan, on_stale: OnStale = OnStale.SKIP) -> ExitCode:
    """Rehearse ``plan`` and store the result in it; do nothing if apply would refuse the plan anyway."""
    if not plan.is_appliable:
        return ExitCode.OK  # the exit code of the plan itself says why
    try:
        with (
            progress("rehearsing", quiet=invocation.said.quiet) as report,
            stop_requests() as should_stop,
        ):
            rehearsal = invocation.environment.rehearse(
                plan, on_stale=on_stale, reading=report, progress=report, should_stop=should_stop
            )
    except ReconcilerError as error:  # print it only, so that the plan is still shown and saved
        say(format_error(error))
        return exit_of(error)
    left_out = ExitCode.NOT_APPLIED if plan.summary.problems.left_out else ExitCode.OK
    return most_severe(exit_of_rehearsal(rehearsal), left_out)


def exit_of_rehearsal(rehearsal: Rehearsal) -> ExitCode:
    """Return the exit code with which ``apply`` would end."""
    return most_severe(
        exit_of(rehearsal.stopped_by) if rehearsal.stopped_by else ExitCode.OK,
        ExitCode.INTERRUPTED if rehearsal.is_interrupted else ExitCode.OK,
        ExitCode.OK if rehearsal.is_complete else ExitCode.NOT_APPLIED,
    )
