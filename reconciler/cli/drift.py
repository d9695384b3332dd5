"""``reconciler drift``."""

from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.cli.accepting import accept, show_acceptance
from reconciler.cli.exits import Exit
from reconciler.cli.files import write_private
from reconciler.cli.options import common_options
from reconciler.cli.output import color, masking_for, tell_github, width
from reconciler.cli.progress import progress
from reconciler.cli.session import Session, open_session
from reconciler.errors import UsageError
from reconciler.model.drift import DriftFound
from reconciler.model.selection import Glob, glob_of
from reconciler.reconcile import find_drift
from reconciler.report.drift_markdown import render_drift_markdown
from reconciler.report.machine import drift_as_json
from reconciler.report.terminal import render_drift


@click.command()
@click.option(
    "--markdown",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the text of an issue too, which always fits into one.",
)
@click.option("--full", is_flag=True, help="Show every change and every value in full.")
@click.option(
    "--values",
    type=click.Choice(["show", "mask"]),
    help="Personal values; by default shown on a terminal, masked elsewhere.",
)
@click.option(
    "--accept",
    "accepted",
    type=glob_of,
    multiple=True,
    metavar="ADDRESS...",
    help="Let the manifests say what people changed (companies/acme#phone, companies/acme, companies/*).",
)
@click.argument("more", type=glob_of, nargs=-1, metavar="")
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    markdown: Path | None,
    full: bool,
    values: str | None,
    accepted: tuple[Glob, ...],
    more: tuple[Glob, ...],
) -> int:
    """Show what people changed in HubSpot since the last apply, and who they were."""
    session = open_session(ctx)
    if accepted and markdown:
        raise UsageError("--markdown tells of drift, which --accept ends: say one of them")
    if accepted:
        desired = session.load_manifests()
        found = look_for_drift(session)
        wanted = (*accepted, *more)
        done = accept(session, desired, found, wanted, shows_sensitive=values == "show")
        return show_acceptance(session, done, full=full, values=values)
    if more:
        raise UsageError(f"{more[0].text}: an address is for --accept, which writes to the manifests")
    found = look_for_drift(session)
    masking = masking_for(values, as_json=session.said.as_json)
    if session.said.as_json:
        text = drift_as_json(found, masking)
    else:
        text = render_drift(found, color=color(session.said), width=width(), full=full, masking=masking)
    keep_drift(found, markdown, full=full, values=values)
    click.echo(text, nl=False, color=True)
    return Exit.OK if found.is_empty else Exit.CHANGES


def keep_drift(found: DriftFound, markdown: Path | None, *, full: bool, values: str | None) -> None:
    """Write what was found for others: to a file, and in GitHub Actions to the job's summary."""
    masking = masking_for(values, as_json=True)
    if markdown is not None:
        write_private(markdown, render_drift_markdown(found, masking=masking, full=full))
    tell_github("GITHUB_STEP_SUMMARY", lambda: render_drift_markdown(found, masking=masking, full=full))


def look_for_drift(session: Session) -> DriftFound:
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
            masks=session.settings.masks,
            now=datetime.now(UTC),
            progress=report,
        )
