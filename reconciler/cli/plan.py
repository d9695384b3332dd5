"""``reconciler plan``."""

import click

from reconciler.cli.exits import ExitCode, most_severe
from reconciler.cli.invocation import open_environment
from reconciler.cli.options import common_options
from reconciler.cli.plan_options import plan_options
from reconciler.cli.plan_output import PlanOutput, destination_options, write_outputs
from reconciler.cli.progress import progress
from reconciler.cli.rehearse import rehearse_if_appliable
from reconciler.project.plan_request import PlanRequest


@click.command()
@plan_options
@destination_options
@click.option("--rehearse", is_flag=True, help="Also apply the plan to a throw-away copy of the portal.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if `apply` would write to the portal.")
@common_options
@click.pass_context
def command(
    ctx: click.Context, *, rehearse: bool, detailed_exitcode: bool, request: PlanRequest, to: PlanOutput
) -> int:
    """Show the changes that apply would make, and why. Changes nothing anywhere."""
    invocation = open_environment(ctx)
    with progress("reading", quiet=invocation.said.quiet) as report:
        plan = invocation.environment.plan_for(request, progress=report)
    with plan:
        rehearsed = rehearse_if_appliable(invocation, plan) if rehearse else ExitCode.OK
        stands = most_severe(write_outputs(invocation, plan, to), rehearsed)
    may_write = plan.summary.writes or plan.summary.problems.left_out
    return most_severe(stands, ExitCode.CHANGES if detailed_exitcode and may_write else ExitCode.OK)
