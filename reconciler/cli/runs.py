"""``reconciler runs``: what past runs did."""

import click

from reconciler.cli.invocation import Invocation, open_environment, tell_nothing
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import Group, common_options
from reconciler.cli.output import color, masking_for, values_option, width
from reconciler.model.runs import RunDetail
from reconciler.report.json_report import run_as_json, runs_as_json
from reconciler.report.terminal import render_run, render_runs


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
    show_run(invocation, invocation.environment.run(run), full=full, values=values)


def show_run(invocation: Invocation, detail: RunDetail, *, full: bool, values: str | None) -> None:
    """Print a run row by row, or as JSON where that was asked for."""
    masking = masking_for(values, as_json=invocation.said.as_json)
    shown = {(row.key.object, name) for row in detail.rows for name in (row.key.by, *row.before, *row.after)}
    personal = invocation.session.settings.masks.named(shown).union(detail.header.personal)
    if invocation.said.as_json:
        document(run_as_json(detail, masking, personal))
        return
    text = render_run(
        detail,
        color=color(invocation.said),
        width=width(),
        full=full,
        masking=masking,
        personal=personal,
        where=invocation.where,
        shows_applied=True,
    )
    show_text(text)
