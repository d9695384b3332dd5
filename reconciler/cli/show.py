"""``reconciler show``."""

from pathlib import Path

import click

from reconciler.cli.options import common_options
from reconciler.cli.output import Form, view_options
from reconciler.cli.planning import read_plan, show_plan
from reconciler.cli.session import open_session


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@view_options
@common_options
@click.pass_context
def command(ctx: click.Context, plan: Path, form: Form, full: bool, values: str | None) -> None:
    """Show a saved plan."""
    saved = read_plan(plan)
    show_plan(open_session(ctx, offline=True, plan=saved), saved, full=full, values=values, form=form)
