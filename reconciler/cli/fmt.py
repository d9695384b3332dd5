"""``reconciler fmt``."""

import json
from pathlib import Path

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.logs import start_logging
from reconciler.cli.messages import answer, document, say, show_text, talk
from reconciler.cli.options import common_options, said
from reconciler.model.format_result import FormatResult
from reconciler.project.project import Project
from reconciler.report.text.file_diff import file_diff
from reconciler.sentences import counted


@click.command()
@click.argument("paths", metavar="[PATHS]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; list the files that fmt would change, and exit with 2 if there are any.",
)
@click.option("--diff", is_flag=True, help="Write nothing; print the changes as a unified diff.")
@common_options
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Format manifests and reconciler.yaml in one standard way; their meaning stays the same.

    PATHS are files or folders; without PATHS, the command takes all files of the project. The command
    lists the files that are not in the standard layout. If one of the files cannot be read, nothing is
    written.
    """
    common = said(ctx)
    start_logging(common.log_format)
    result = Project.format(*paths, folder=common.directory, write=not (check or diff), said_by="-C DIR")
    talk().has_changed = result.is_written and bool(result.changed)
    if common.as_json:
        document(json.dumps(_as_json(result, diff=diff), ensure_ascii=False), nl=True)
    else:
        for file in result.changed:
            show_text(file_diff(file)) if diff else answer(file.name)
        if not common.quiet:
            say(_sentence(result))
    return ExitCode.CHANGES if check and result.changed else ExitCode.OK


def _sentence(result: FormatResult) -> str:
    changed, count = len(result.changed), counted(len(result.files), "file")
    if not changed:
        return f"{count}: nothing to change"
    verb = "formatted" if result.is_written else "not formatted: run `reconciler fmt`"
    return f"{count}, {changed} {verb}"


def _as_json(result: FormatResult, *, diff: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "files": len(result.files),
        "changed": [file.name for file in result.changed],
        "written": result.is_written,
    }
    if diff:
        facts["diffs"] = {file.name: file_diff(file) for file in result.changed}
    return facts
