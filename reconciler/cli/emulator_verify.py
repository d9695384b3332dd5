"""``reconciler emulator verify``: comparing the emulator with a test account of HubSpot."""

import json
import sys
from pathlib import Path

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import document, say, show_text
from reconciler.cli.options import common_options, said
from reconciler.cli.output import color, width
from reconciler.cli.progress import progress
from reconciler.errors import UsageError
from reconciler.report.mask import SHOW
from reconciler.report.view import View


@click.command()
@click.option(
    "--portal-id",
    type=click.IntRange(min=1),
    metavar="ID",
    help=(
        "The ID of the test account, instead of typing it. The probes create and remove records and "
        "definitions in this account."
    ),
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default="observations.json",
    show_default=True,
    help="Write the observations to this file; it contains no data of the portal.",
)
@common_options
@click.pass_context
def verify(ctx: click.Context, portal_id: int | None, out: Path) -> int:
    """Check in a test account where HubSpot differs from the assumptions of the emulator.

    The probes make records, properties and a pipeline whose names begin with reconciler_probe. At the end
    they remove all of them, also those that an interrupted run left. The command accepts only developer
    test accounts and sandboxes.
    """
    from reconciler.project.observations_file import observations_document  # noqa: PLC0415 - only needed here
    from reconciler.report.verification import render_verification  # noqa: PLC0415

    invocation = open_environment(ctx)
    common = said(ctx)
    confirmed = _typed_portal_id(invocation.environment.name) if portal_id is None else portal_id
    with progress("asking", quiet=common.quiet) as report:
        verification = invocation.environment.verify_emulator(confirmed, observations=out, progress=report)
    if common.as_json:
        document(json.dumps(observations_document(verification), ensure_ascii=False), nl=True)
    else:
        view = View(SHOW, where=invocation.where, color=color(common), width=width())
        show_text(render_verification(verification, view))
    say(f"written to {out}")
    return ExitCode.CHANGES if verification.differs else ExitCode.OK


def _typed_portal_id(environment: str) -> int:
    if not sys.stdin.isatty():
        raise UsageError(
            "without a terminal, nobody can type the ID of the portal\n"
            "    use --portal-id ID: the probes create and remove records and definitions in this portal"
        )
    question = (
        f"The probes make records, properties and a pipeline in environment {environment}, and remove them.\n"
        "Type the ID of its portal to go on"
    )
    return int(click.prompt(question, type=int, err=True))
