"""``reconciler validate``."""

from collections.abc import Sequence

import click

from reconciler.cli.errors import annotate
from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation, open_environment
from reconciler.cli.messages import answer
from reconciler.cli.options import common_options
from reconciler.cli.output import color, form_for, masking_for, print_report, width
from reconciler.cli.progress import progress
from reconciler.errors import Problem
from reconciler.report.mask import SHOW, masked_problems
from reconciler.report.view import View
from reconciler.sentences import counted


@click.command()
@click.option("--online", is_flag=True, help="Also check against the portal, as a plan does.")
@common_options
@click.pass_context
def command(ctx: click.Context, online: bool) -> int:
    """Check the manifests; with --online, check them against the portal, too. Changes nothing anywhere."""
    invocation = open_environment(ctx, offline=not online)
    with progress("reading", quiet=invocation.said.quiet) as report:
        found = invocation.environment.validate(online=online, progress=report)
    masking = masking_for(None, as_json=invocation.said.as_json) if online else SHOW
    problems = masked_problems(found.problems, masking, found.masked_properties)
    what = counted(found.records, "record")
    if found.definitions:
        what += f" and {counted(found.definitions, 'definition')}"
    count = f"{what} in {counted(found.files, 'file')}"
    where = f" in portal {found.portal_id}" if found.portal_id is not None else ""
    _tell(invocation, problems, f"{count}: no problems{where}")
    return ExitCode.OK if found.is_sound else ExitCode.ERROR


def _tell(invocation: Invocation, problems: Sequence[Problem], none: str) -> None:
    """Show problems and warnings; if there are none, print ``none``."""
    annotate(problems)
    form = form_for(invocation.said)
    if problems or not form.is_for_terminals:
        view = View(SHOW, color=color(invocation.said), width=width())
        print_report(form.problems(problems, view), form)
    else:
        answer(none)
