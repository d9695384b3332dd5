"""``reconciler show``."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.marks import marks_of_plan, marks_of_run
from reconciler.cli.options import common_options
from reconciler.cli.output import written_view
from reconciler.cli.output_options import OutputOptions, output_options, write_forms
from reconciler.cli.planning import show_plan
from reconciler.cli.runs import show_run
from reconciler.errors import UsageError
from reconciler.project.files import decoded, decrypted_pieces
from reconciler.project.plan_files import plan_in
from reconciler.report.renderers import RENDERERS, cannot_show
from reconciler.report.run_report_reader import is_run, run_from_text

_HELP = {form: form.file_option.plan_help if form.file_option else "" for form in RENDERERS}
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _output_options(function: _Function) -> _Function:
    return output_options(OutputOptions, _HELP, function)


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@_output_options
@common_options
@click.pass_context
def command(ctx: click.Context, plan: Path, to: OutputOptions) -> None:
    """Show a saved plan, or the report of a run."""
    pieces = decrypted_pieces(plan, "plan")
    beginning = next(pieces, b"")
    if is_run(beginning):
        for form in (to.form, *to.files):
            if form.run is cannot_show:
                nouns = " or as ".join(other.noun for other in RENDERERS if other.run is not cannot_show)
                raise UsageError(f"a run cannot be shown as {form.noun}: it is shown as {nouns}")
        run = run_from_text(decoded(beginning + b"".join(pieces), plan, "report"))
        invocation = open_environment(ctx, offline=True, made_for=run.header.environment)
        shown = invocation.environment.masked_run(run)
        view = replace(written_view(to, invocation, marks_of_run(run.header)), shows_applied=True)
        write_forms(to, view, lambda form, view: form.run(shown, view))
        show_run(invocation, run, to)
        return
    saved = plan_in(chain([beginning], pieces))
    invocation = open_environment(ctx, offline=True, made_for=saved.environment)
    view = written_view(to, invocation, marks_of_plan(saved))
    write_forms(to, view, lambda form, view: form.plan(saved, view))
    show_plan(invocation, saved, to)
