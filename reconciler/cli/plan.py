"""``reconciler plan``."""

import click

from reconciler.cli.exits import ExitCode, most_severe
from reconciler.cli.options import common_options
from reconciler.cli.plan_options import PlanRequest, plan_options
from reconciler.cli.plan_output import PlanOutput, destination_options, write_outputs
from reconciler.cli.planning import make_plan
from reconciler.project.session import open_session


@click.command()
@plan_options
@destination_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if `apply` would write to the portal.")
@common_options
@click.pass_context
def command(ctx: click.Context, *, detailed_exitcode: bool, wishes: PlanRequest, to: PlanOutput) -> int:
    """Show what apply would change, and why. Changes nothing anywhere."""
    session = open_session(ctx)
    plan = make_plan(session, wishes)
    stands = write_outputs(session, plan, to)
    may_write = plan.writes or plan.leaves_out
    return most_severe(stands, ExitCode.CHANGES if detailed_exitcode and may_write else ExitCode.OK)
