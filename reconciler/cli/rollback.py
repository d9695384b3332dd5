"""``reconciler rollback``."""

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.options import common_options
from reconciler.cli.plan_options import allow_option, exclude_option, target_option
from reconciler.cli.plan_output import PlanOutput, destination_options, write_outputs
from reconciler.cli.progress import progress
from reconciler.plan.plan import Guard


@click.command()
@click.argument("run", metavar="RUN")
@target_option
@exclude_option
@allow_option
@destination_options
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    run: str,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    allow: tuple[tuple[Guard, int], ...],
    to: PlanOutput,
) -> int:
    """Make a plan that rolls back run RUN; `apply` carries it out."""
    invocation = open_environment(ctx)
    with progress("reading", quiet=invocation.said.quiet) as report:
        plan = invocation.environment.rollback(
            run, target=target, exclude=exclude, allow=dict(allow), progress=report
        )
    with plan:
        return write_outputs(invocation, plan, to)
