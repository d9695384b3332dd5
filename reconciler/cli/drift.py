"""``reconciler drift``."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar, assert_never

import click

from reconciler.cli.accept import accept, show_acceptance
from reconciler.cli.exits import ExitCode
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import common_options
from reconciler.cli.output import Form, color, masking_for, tell_github, width
from reconciler.cli.output_options import OutputOptions, file_options
from reconciler.cli.plan_options import glob_option
from reconciler.cli.progress import progress
from reconciler.errors import UsageError
from reconciler.model.drift import DriftFound
from reconciler.model.selection import EVERYTHING, Glob, Selection, glob_of
from reconciler.project.files import write_private
from reconciler.project.session import Session, open_session
from reconciler.reconcile.drift import find_drift
from reconciler.report.drift import drift_headline
from reconciler.report.json_report import drift_as_json
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.mask import Masking
from reconciler.report.terminal import render_drift

_Function = TypeVar("_Function", bound=Callable[..., Any])

_FILES = {
    "--markdown": "Write the text of an issue too, which always fits into one.",
    "--html": "Write a page too, which searches and filters without network.",
    "--json-into": "Write the JSON for machines too; it is masked.",
}


def _view_options(function: _Function) -> _Function:
    return file_options(OutputOptions, _FILES, function)


@click.command()
@glob_option("--target", "Look at these addresses only (companies/a*, companies/acme#phone).")
@glob_option("--exclude", "Look at everything but these addresses.")
@click.option(
    "--accept",
    "accepted",
    type=glob_of,
    multiple=True,
    metavar="ADDRESS...",
    help="Let the manifests say what people changed (companies/acme#phone, companies/acme, companies/*).",
)
@click.argument("more", type=glob_of, nargs=-1, metavar="")
@_view_options
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    to: OutputOptions,
    target: tuple[Glob, ...],
    exclude: tuple[Glob, ...],
    accepted: tuple[Glob, ...],
    more: tuple[Glob, ...],
) -> int:
    """Show what people changed in HubSpot since the last apply, and who they were."""
    session = open_session(ctx)
    if not accepted:
        if more:
            raise UsageError(f"{more[0].text}: an address is for --accept, which writes to the manifests")
        found = look_for_drift(session, Selection(target, exclude))
        _keep(session, found, to)
        _show(session, found, to)
        return ExitCode.OK if found.is_empty else ExitCode.CHANGES
    _refuse_to_tell_of_what_ends(to, target or exclude)
    desired = session.load_manifests()
    found = look_for_drift(session)
    done = accept(session, desired, found, (*accepted, *more), shows_sensitive=to.values == "show")
    return show_acceptance(session, done, full=to.full, values=to.values)


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


def _show(session: Session, found: DriftFound, to: OutputOptions) -> None:
    form = Form.JSON if session.said.as_json else to.form
    masking = masking_for(to.values, as_json=form is not Form.TERMINAL)
    say = show_text if form is Form.TERMINAL else document
    say(_rendered(session, found, form, masking, full=to.full))


def _keep(session: Session, found: DriftFound, to: OutputOptions) -> None:
    """Write what was found for others: to files, and in GitHub Actions to summary and outputs of the job."""
    masking = masking_for(to.values, as_json=True)
    for form, path in to.files.items():
        write_private(path, _rendered(session, found, form, masking, full=to.full))
    tell_github(
        "GITHUB_STEP_SUMMARY", lambda: _rendered(session, found, Form.MARKDOWN, masking, full=to.full)
    )
    is_some = str(not found.is_empty).lower()
    tell_github("GITHUB_OUTPUT", lambda: f"drift={is_some}\nsummary={drift_headline(found)}\n")


def _rendered(session: Session, found: DriftFound, form: Form, masking: Masking, *, full: bool) -> str:
    match form:
        case Form.TERMINAL:
            return render_drift(found, color=color(session.said), width=width(), full=full, masking=masking)
        case Form.MARKDOWN:
            return render_drift_markdown(found, masking=masking, full=full)
        case Form.JSON:
            return drift_as_json(found, masking)
        case Form.HTML:
            from reconciler.report.html.page import render_drift_page  # noqa: PLC0415 - Jinja2 costs 0.1 s

            return render_drift_page(found, masking=masking)
        case _:
            assert_never(form)


def look_for_drift(session: Session, selection: Selection = EVERYTHING) -> DriftFound:
    """Compare the chosen environment with its state; writes nothing anywhere.

    Raises:
        UsageError: there is no state: nobody could tell what people changed.
    """
    environment = session.environment
    if session.settings.state_url is None:
        raise UsageError(
            "`state: none` remembers nothing: what people changed cannot be told from what we never set\n"
            "    give reconciler.yaml a `state:`"
        )
    with (
        session.state(to_write=False) as store,
        session.reader() as reader,
        progress("reading", quiet=session.said.quiet) as report,
    ):
        return find_drift(
            reader,
            store,
            environment=environment.name,
            portal_id=environment.portal_id,
            selection=selection,
            masks=session.settings.masks,
            now=datetime.now(UTC),
            progress=report,
        )
