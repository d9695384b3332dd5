"""``reconciler show``."""

from pathlib import Path

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.options import common_options
from reconciler.cli.output import Form, view_options
from reconciler.cli.planning import show_plan
from reconciler.cli.runs import show_run
from reconciler.errors import UsageError
from reconciler.plan.file.format import plan_from_text
from reconciler.project.files import read_encrypted
from reconciler.report.run_report_reader import is_run, run_from_text


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@view_options
@common_options
@click.pass_context
def command(ctx: click.Context, plan: Path, form: Form, full: bool, values: str | None) -> None:
    """Show a saved plan, or the report of a run."""
    text = read_encrypted(plan, "plan")
    if is_run(text):
        if form not in {Form.TERMINAL, Form.JSON}:
            raise UsageError("a report is shown as text or as JSON: leave --format out, or say json")
        run = run_from_text(text)
        invocation = open_environment(ctx, offline=True, made_for=run.header.environment)
        show_run(invocation, run, full=full, values=values)
        return
    saved = plan_from_text(text)
    invocation = open_environment(ctx, offline=True, made_for=saved.environment)
    show_plan(invocation, saved, full=full, values=values, form=form)
