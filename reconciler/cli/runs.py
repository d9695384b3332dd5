"""``reconciler runs``: past runs."""

from dataclasses import replace

import click

from reconciler.cli.invocation import Invocation, open_environment, tell_nothing
from reconciler.cli.marks import marks_of_run
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import Group, common_options
from reconciler.cli.output import (
    ViewOptions,
    color,
    form_for,
    print_report,
    printed_view,
    values_option,
    width,
)
from reconciler.model.runs import RunDetail
from reconciler.report.json_report import runs_as_json
from reconciler.report.terminal import render_runs


@click.group(cls=Group)
@common_options
def command() -> None:
    """List past runs, or show one of them."""


@command.command("list")
@common_options
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List past runs, newest first."""
    invocation = open_environment(ctx)
    runs = invocation.environment.runs()
    if invocation.said.as_json:
        document(runs_as_json(runs))
        return
    if runs:
        show_text(render_runs(runs, color=color(invocation.said), width=width()))
    else:
        tell_nothing(invocation, "nothing was applied to")


@command.command()
@click.argument("run")
@click.option("--full", is_flag=True, help="Show every change and every value in full.")
@values_option
@common_options
@click.pass_context
def show(ctx: click.Context, run: str, full: bool, values: str | None) -> None:
    """Show run RUN: the applied changes, and why others were not applied."""
    invocation = open_environment(ctx)
    show_run(
        invocation, invocation.environment.run(run), ViewOptions(form_for(invocation.said), full, values)
    )


def show_run(invocation: Invocation, detail: RunDetail, options: ViewOptions) -> None:
    """Print a run, one change after the other."""
    detail = invocation.environment.masked_run(detail)
    view = replace(printed_view(options, invocation, marks_of_run(detail.header)), shows_applied=True)
    print_report(options.form.run(detail, view), options.form)
