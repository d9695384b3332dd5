"""``reconciler plan``."""

from pathlib import Path

import click

from reconciler.cli.exits import Exit
from reconciler.cli.files import write_private
from reconciler.cli.options import common_options
from reconciler.cli.planning import make_plan, show_plan
from reconciler.cli.session import open_session
from reconciler.cli.wishes import Wishes, plan_options
from reconciler.plan.file import plan_to_text


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan for `apply FILE`; it holds the values themselves (mode 0600).",
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if `apply` would write to the portal.")
@plan_options
@click.option("--full", is_flag=True, help="Show every change and every value in full.")
@click.option(
    "--values",
    type=click.Choice(["show", "mask"]),
    help="Personal values; by default shown on a terminal, masked elsewhere.",
)
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    out: Path | None,
    detailed_exitcode: bool,
    wishes: Wishes,
    full: bool,
    values: str | None,
) -> int:
    """Show what apply would change, and why. Changes nothing anywhere."""
    session = open_session(ctx)
    plan = make_plan(session, wishes)
    if out is not None:
        write_private(out, plan_to_text(plan))
    show_plan(session, plan, full=full, values=values)
    if not plan.is_sound:
        return Exit.ERROR
    if plan.refusals:
        return Exit.GUARDED
    return Exit.CHANGES if detailed_exitcode and plan.writes else Exit.OK
