"""``reconciler show``."""

from itertools import chain
from pathlib import Path

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.options import common_options
from reconciler.cli.output import ViewOptions, gathered_view_options
from reconciler.cli.planning import show_plan
from reconciler.cli.runs import show_run
from reconciler.errors import UsageError
from reconciler.project.files import decoded, decrypted_pieces
from reconciler.project.plan_files import plan_in
from reconciler.report.renderers import RENDERERS, cannot_show
from reconciler.report.run_report_reader import is_run, run_from_text


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@gathered_view_options(RENDERERS)
@common_options
@click.pass_context
def command(ctx: click.Context, plan: Path, options: ViewOptions) -> None:
    """Show a saved plan, or the report of a run."""
    pieces = decrypted_pieces(plan, "plan")
    beginning = next(pieces, b"")
    if is_run(beginning):
        if options.form.run is cannot_show:
            nouns = " or as ".join(other.noun for other in RENDERERS if other.run is not cannot_show)
            raise UsageError(f"a run cannot be shown as {options.form.noun}: it is shown as {nouns}")
        run = run_from_text(decoded(beginning + b"".join(pieces), plan, "report"))
        invocation = open_environment(ctx, offline=True, made_for=run.header.environment)
        show_run(invocation, run, options)
        return
    saved = plan_in(chain([beginning], pieces))
    invocation = open_environment(ctx, offline=True, made_for=saved.environment)
    show_plan(invocation, saved, options)
