"""``reconciler init``."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.messages import document, say, show_text, talk
from reconciler.cli.names import names_in
from reconciler.cli.options import common_options, said
from reconciler.cli.output import color, width
from reconciler.errors import UsageError
from reconciler.project.project import Project
from reconciler.report.mask import SHOW
from reconciler.report.new_project import render_new_project
from reconciler.report.view import View

_OBJECTS = "companies,deals"
_HIGHEST_ID = 10**18


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option("--portal-id", type=click.IntRange(1, _HIGHEST_ID), metavar="N", help="The HubSpot account.")
@click.option(
    "--objects", metavar="a,b", help=f"Object types that the project manages (default: {_OBJECTS})."
)
@click.option("--github", is_flag=True, help="Write workflows for GitHub Actions.")
@click.option("--gitlab", is_flag=True, help="Write a pipeline for GitLab CI.")
@click.option("--example", is_flag=True, help="Write the example project, which needs no HubSpot account.")
@click.option(
    "--agents", is_flag=True, help="Add rules for AI agents to AGENTS.md: which commands they may run."
)
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    folder: Path | None,
    portal_id: int | None,
    objects: str | None,
    github: bool,
    gitlab: bool,
    example: bool,
    agents: bool,
) -> int:
    """Make a project in DIR (default: here), and list the scopes that a service key needs.

    Writes settings and, if asked, workflows. Needs no network. Existing files stay as they are.
    """
    common = said(ctx)
    chosen = folder or common.directory or Path()
    if folder is not None and common.directory is not None:
        raise UsageError("DIR and -C both name the folder\n    use one of them")
    if not example and sys.stdin.isatty() and not common.as_json:
        portal_id = _ask_portal_id() if portal_id is None else portal_id
        objects = _ask_objects() if objects is None else objects
    made = Project.init(
        chosen,
        portal_id=portal_id,
        objects=names_in(objects or _OBJECTS),
        github=github,
        gitlab=gitlab,
        example=example,
        agents=agents,
    )
    talk().has_changed = bool(made.written)
    if common.as_json:
        document(json.dumps(asdict(made)), nl=True)
    else:
        view = View(SHOW, where=str, color=color(common), width=width())
        show_text(render_new_project(made, view))
    return ExitCode.OK


def _ask_portal_id() -> int | None:
    """Ask for the portal id; None if the person enters nothing."""
    question = "Portal id (the number in HubSpot's addresses; if you do not know it, press Enter)"
    while True:
        text = click.prompt(question, default="", show_default=False, err=True).strip()
        if not text:
            return None
        if text.isascii() and text.isdigit() and 0 < int(text) <= _HIGHEST_ID:
            return int(text)
        say("write digits only, such as 7654321")


def _ask_objects() -> str:
    asked: str = click.prompt("Object types, separated by commas", default=_OBJECTS, err=True)
    return asked
