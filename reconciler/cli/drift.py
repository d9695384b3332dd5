"""``reconciler drift``."""

from collections.abc import Callable
from typing import Any, TypeVar, assert_never

import click

from reconciler.cli.accept import show_acceptance
from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation, open_environment
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import common_options
from reconciler.cli.output import Form, color, masking_for, tell_github, width
from reconciler.cli.output_options import OutputOptions, file_options
from reconciler.cli.plan_options import glob_option
from reconciler.cli.progress import progress
from reconciler.errors import UsageError
from reconciler.model.drift import DriftFound
from reconciler.project.files import write_private
from reconciler.report.drift import drift_headline
from reconciler.report.json_report import drift_as_json
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.mask import Masking
from reconciler.report.terminal import render_drift

_Function = TypeVar("_Function", bound=Callable[..., Any])

_FILES = {
    "--markdown": "Also write the text of an issue, which always fits.",
    "--html": "Also write an HTML page that searches and filters without network.",
    "--json-into": "Also write masked JSON for programs.",
}


def _view_options(function: _Function) -> _Function:
    return file_options(OutputOptions, _FILES, function)


@click.command()
@glob_option("--target", "Check only these addresses (companies/a*, companies/acme#phone).")
@glob_option("--exclude", "Check everything except these addresses.")
@click.option(
    "--accept",
    "accepted",
    multiple=True,
    metavar="ADDRESS...",
    help="Write what people changed into the manifests (companies/acme#phone, companies/acme, companies/*).",
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
    """Show what people changed in HubSpot since the last apply, and who did it."""
    invocation = open_environment(ctx)
    if not accepted:
        if more:
            raise UsageError(f"{more[0]}: an address is for --accept, which writes to the manifests")
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
    return show_acceptance(invocation, done, full=to.full, values=to.values)


def _refuse_to_tell_of_what_ends(to: OutputOptions, is_selected: object) -> None:
    """What is accepted is no drift any more, and ``--accept`` names what it is about.

    Raises:
        UsageError: flags say otherwise.
    """
    flags = {Form.MARKDOWN: "--markdown", Form.HTML: "--html", Form.JSON: "--json-into"}
    told = [flags[form] for form in to.files]
    told += [f"--format {to.form}"] if to.form not in {Form.TERMINAL, Form.JSON} else []
    if told:
        raise UsageError(f"{told[0]} tells of drift, which --accept ends: say one of them")
    if is_selected:
        raise UsageError("--accept names what it is about: --target and --exclude have no say in it")


def _show(invocation: Invocation, found: DriftFound, to: OutputOptions) -> None:
    form = Form.JSON if invocation.said.as_json else to.form
    masking = masking_for(to.values, as_json=form is not Form.TERMINAL)
    say = show_text if form is Form.TERMINAL else document
    say(_rendered(invocation, found, form, masking, full=to.full))


def _keep(invocation: Invocation, found: DriftFound, to: OutputOptions) -> None:
    """Write what was found for others: to files, and in GitHub Actions to summary and outputs of the job."""
    masking = masking_for(to.values, as_json=True)
    for form, path in to.files.items():
        write_private(path, _rendered(invocation, found, form, masking, full=to.full))
    tell_github(
        "GITHUB_STEP_SUMMARY", lambda: _rendered(invocation, found, Form.MARKDOWN, masking, full=to.full)
    )
    is_some = str(not found.is_empty).lower()
    tell_github("GITHUB_OUTPUT", lambda: f"drift={is_some}\nsummary={drift_headline(found)}\n")


def _rendered(invocation: Invocation, found: DriftFound, form: Form, masking: Masking, *, full: bool) -> str:
    match form:
        case Form.TERMINAL:
            return render_drift(
                found, color=color(invocation.said), width=width(), full=full, masking=masking
            )
        case Form.MARKDOWN:
            return render_drift_markdown(found, masking=masking, full=full)
        case Form.JSON:
            return drift_as_json(found, masking)
        case Form.HTML:
            from reconciler.report.html.page import render_drift_page  # noqa: PLC0415 - Jinja2 costs 0.1 s

            return render_drift_page(found, masking=masking)
        case _:
            assert_never(form)
