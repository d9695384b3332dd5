"""``reconciler drift``."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from reconciler.cli.accept import show_acceptance
from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation, open_environment
from reconciler.cli.marks import marks_of_drift
from reconciler.cli.options import common_options
from reconciler.cli.output import MARKDOWN, print_report, printed_view, tell_github, written_view
from reconciler.cli.output_options import OutputOptions, output_options, write_forms
from reconciler.cli.plan_options import glob_option
from reconciler.cli.progress import progress
from reconciler.errors import UsageError
from reconciler.model.drift import DriftFound
from reconciler.report.renderers import RENDERERS, cannot_show

_Function = TypeVar("_Function", bound=Callable[..., Any])

_HELP = {
    form: form.file_option.drift_help if form.file_option else ""
    for form in RENDERERS
    if form.drift is not cannot_show
}


def _view_options(function: _Function) -> _Function:
    return output_options(OutputOptions, _HELP, function)


@click.command()
@glob_option("--target", "Check only these addresses (companies/a*, companies/acme#phone).")
@glob_option("--exclude", "Check everything except these addresses.")
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="ADDRESS...",
    help="Write changes by people into the manifests (companies/acme#phone, companies/acme, companies/*).",
)
@click.argument("more", nargs=-1, metavar="")
@_view_options
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    to: OutputOptions,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    accepted: tuple[str, ...],
    more: tuple[str, ...],
) -> int:
    """Show what people changed in HubSpot since the last apply, and who changed it."""
    invocation = open_environment(ctx)
    if not accepted:
        if more:
            raise UsageError(f"{more[0]}: write an address after --accept")
        with progress("reading", quiet=invocation.said.quiet) as report:
            found = invocation.environment.drift(target=target, exclude=exclude, progress=report)
        _keep(invocation, found, to)
        _show(invocation, found, to)
        return ExitCode.OK if found.is_empty else ExitCode.CHANGES
    _refuse_to_tell_of_what_ends(to, target or exclude)
    with progress("reading", quiet=invocation.said.quiet) as report:
        done = invocation.environment.accept_drift(
            (*accepted, *more), shows_sensitive=to.values == "show", progress=report
        )
    return show_acceptance(invocation, done, to)


def _refuse_to_tell_of_what_ends(to: OutputOptions, is_selected: object) -> None:
    """Refuse ``--accept`` together with flags that report or select drift.

    Accepted values are no longer drift, so a report would be empty; and ``--accept`` itself selects drift.

    Raises:
        UsageError: there are such flags.
    """
    reports = [form.file_option.name for form in to.files if form.file_option]
    reports += [f"--format {to.form.name}"] if to.form.acceptance is cannot_show else []
    if reports:
        raise UsageError(
            f"{reports[0]} reports drift, but --accept writes it into manifests: use only one of them"
        )
    if is_selected:
        raise UsageError("--accept already has the addresses: leave out --target and --exclude")


def _show(invocation: Invocation, found: DriftFound, to: OutputOptions) -> None:
    view = printed_view(to, invocation, marks_of_drift(invocation, found))
    print_report(to.form.drift(found, view), to.form)


def _keep(invocation: Invocation, found: DriftFound, to: OutputOptions) -> None:
    """Write the drift to files and, in GitHub Actions, to the summary and the outputs of the job."""
    view = written_view(to, invocation, marks_of_drift(invocation, found))
    write_forms(to, view, lambda form, view: form.drift(found, view))
    tell_github("GITHUB_STEP_SUMMARY", lambda: MARKDOWN.drift(found, view))
    is_some = str(not found.is_empty).lower()
    tell_github("GITHUB_OUTPUT", lambda: f"drift={is_some}\nsummary={found.summary.headline}\n")
