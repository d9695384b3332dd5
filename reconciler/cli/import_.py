"""``reconciler import``: live records become manifests."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation, open_environment
from reconciler.cli.marks import Marks
from reconciler.cli.messages import answer, document, say, talk
from reconciler.cli.names import names_in
from reconciler.cli.options import as_dataclass, common_options
from reconciler.cli.output import masking_for, values_option, width
from reconciler.cli.output_options import file_option
from reconciler.cli.progress import progress
from reconciler.errors import Unavailable, UsageError
from reconciler.model.imports import PersonalKeys
from reconciler.project.files import write_private
from reconciler.report.csv_report import unnamed_as_csv
from reconciler.report.import_definitions import definitions_json, definitions_lines
from reconciler.report.imports import import_json, import_lines, unnamed_json, unnamed_lines
from reconciler.report.view import View

_MOST_SHOWN = 50
"""Maximum number of records that ``--check`` lists without ``--full``."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """The options of ``import`` as they were typed."""

    key: str | None
    properties: str
    definitions: str | None
    used: bool
    custom: bool
    personal: bool
    enforce: str
    filters: tuple[str, ...]
    in_list: str | None
    ids: Path | None
    limit: int | None
    associations: tuple[str, ...]
    factor: bool
    out: Path | None
    add: bool
    replace: bool
    check: bool
    restart: bool
    full: bool
    csv: Path | None
    values: str | None

    def typed(self) -> list[str]:
        """Return the options in use that ``--check`` refuses, because they are about writing manifests."""
        given = {
            "--key": self.key,
            "--properties": self.properties,
            "--used": self.used,
            "--custom": self.custom,
            "--enforce": self.enforce,
            "--limit": self.limit,
            "--associations": self.associations,
            "--factor": self.factor,
            "--out": self.out,
            "--add": self.add,
            "--replace": self.replace,
        }
        return [name for name, value in given.items() if value]

    def about_records(self) -> list[str]:
        """Return the options in use that an import of definitions refuses: they are about records."""
        given = {
            "--key": self.key,
            "--used": self.used,
            "--custom": self.custom,
            "--personal": self.personal,
            "--enforce": self.enforce,
            "--filter": self.filters,
            "--list": self.in_list,
            "--ids": self.ids,
            "--limit": self.limit,
            "--factor": self.factor,
            "--add": self.add,
            "--check": self.check,
            "--restart": self.restart,
        }
        return [name for name, value in given.items() if value]


_OPTIONS = (
    click.option("--key", metavar="PROPERTY", help="The unique property by which records are recognised."),
    click.option("--properties", metavar="a,b", default="", help="Take these properties."),
    click.option(
        "--definitions",
        is_flag=False,
        flag_value="",
        metavar="[=SECTION,...]",
        help=(
            "Write definitions instead of records. SECTION is properties, groups, pipelines, schema or "
            "association_labels."
        ),
    ),
    click.option(
        "--used",
        is_flag=True,
        help=("Take the properties that have a value in at least one record (the default)."),
    ),
    click.option("--custom", is_flag=True, help="Take the custom properties of this portal."),
    click.option(
        "--personal", is_flag=True, help="Import personal properties too, and keys that are personal data."
    ),
    click.option(
        "--enforce",
        metavar="a,b",
        default="",
        help="Let git decide about these properties, although people change them often.",
    ),
    click.option(
        "--filter",
        "filters",
        multiple=True,
        metavar="FILTER",
        help="NAME=VALUE, NAME!=VALUE, NAME (has a value) or !NAME. With several filters, all must match.",
    ),
    click.option("--list", "in_list", metavar="NAME|ID", help="Only members of this list in HubSpot."),
    click.option(
        "--ids",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Only the records whose ids are in this file, one a line.",
    ),
    click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Maximum number of records."),
    click.option(
        "--associations",
        multiple=True,
        metavar="TYPE",
        help="Also import the associations with records of this type.",
    ),
    click.option("--factor", is_flag=True, help="Move values that all records share to `all:`."),
    click.option(
        "--out",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="File to write: .yaml, .csv, .jsonl or .parquet.",
    ),
    click.option("--add", is_flag=True, help="Add to the existing file the records that no manifest names."),
    click.option(
        "--replace", is_flag=True, help=("Write a new file in place of the existing one, and keep a copy.")
    ),
    click.option("--check", is_flag=True, help="Write nothing; list live records that no manifest names."),
    click.option("--restart", is_flag=True, help="Read everything again after an interrupted import."),
    click.option("--full", is_flag=True, help="With --check: list all records."),
    file_option("--csv", "With --check: also write all records as CSV for spreadsheets.", "csv"),
    values_option,
)


def _import_options(function: _Function) -> _Function:
    gathering = as_dataclass("options", ImportOptions, function)
    for option in reversed(_OPTIONS):
        gathering = option(gathering)
    return gathering


@click.command("import")
@click.argument("object_type", metavar="OBJECT")
@_import_options
@common_options
@click.pass_context
def command(ctx: click.Context, object_type: str, options: ImportOptions) -> int:
    """Write records of OBJECT from HubSpot into manifests; portal and state stay as they are."""
    _check(options)
    invocation = open_environment(ctx)
    try:
        return _run(invocation, object_type, options)
    except KeyboardInterrupt:
        say("interrupted: the records read so far are kept; run the same command again to continue")
        return ExitCode.INTERRUPTED
    except Unavailable:
        say("the records read so far are kept: run the same command again to continue")
        raise


def _run(invocation: Invocation, object_type: str, options: ImportOptions) -> ExitCode:
    if options.definitions is not None:
        return _import_definitions(invocation, object_type, options)
    ids = None if options.ids is None else _ids_in(options.ids)
    if options.check:
        return _show_unnamed(invocation, object_type, options, ids)
    with ExitStack() as bar:
        report = bar.enter_context(progress("reading", quiet=invocation.said.quiet))

        def confirm(keys: PersonalKeys) -> bool:
            bar.close()  # otherwise the progress bar would be drawn over the question
            return _confirm(keys)

        is_before_a_person = sys.stdin.isatty() and sys.stderr.isatty()
        result = invocation.environment.import_records(
            object_type,
            key=options.key,
            properties=names_in(options.properties),
            custom=options.custom,
            personal=options.personal,
            enforce=names_in(options.enforce),
            filters=options.filters,
            in_list=options.in_list,
            ids=ids,
            limit=options.limit,
            associations=options.associations,
            factor=options.factor,
            out=options.out,
            target="add" if options.add else "replace" if options.replace else "new",
            restart=options.restart,
            confirm=confirm if is_before_a_person else None,
            progress=report,
        )
    talk().has_changed = True
    as_json = invocation.said.as_json
    masking = masking_for(options.values, as_json=as_json)
    if as_json:
        document(import_json(result, masking), nl=True)
    else:
        for line in import_lines(result, masking, width()):
            answer(line)
    return ExitCode.OK if result.is_complete else ExitCode.NOT_APPLIED


def _import_definitions(invocation: Invocation, object_type: str, options: ImportOptions) -> ExitCode:
    with progress("reading", quiet=invocation.said.quiet):
        result = invocation.environment.import_definitions(
            object_type,
            sections=names_in(options.definitions or ""),
            properties=names_in(options.properties),
            associations=options.associations,
            out=options.out,
            target="replace" if options.replace else "new",
        )
    talk().has_changed = True
    if invocation.said.as_json:
        document(definitions_json(result), nl=True)
    else:
        for line in definitions_lines(result, width()):
            answer(line)
    return ExitCode.OK if result.is_complete else ExitCode.NOT_APPLIED


def _check(options: ImportOptions) -> None:
    if options.definitions is not None and (typed := options.about_records()):
        raise UsageError(f"--definitions writes no records: {typed[0]} cannot be used with it")
    chosen = [
        name
        for name, is_said in (
            ("--properties", options.properties),
            ("--used", options.used),
            ("--custom", options.custom),
        )
        if is_said
    ]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} contradict each other: use only one of them")
    if options.add and options.replace:
        raise UsageError("--add and --replace contradict each other: use only one of them")
    if options.in_list and options.ids:
        raise UsageError("--list and --ids both choose records: use only one of them")
    if options.check and (typed := options.typed()):
        raise UsageError(f"--check writes no manifests: {typed[0]} cannot be used with it")
    if options.csv is not None and not options.check:
        raise UsageError("--csv lists records that no manifest names: give --check, or --out FILE.csv")


def _confirm(keys: PersonalKeys) -> bool:
    """Ask a person whether to write personal keys."""
    say(
        f"{keys.count:,} keys of {keys.object} ({keys.key}) are personal data.\n"
        "They stay in the history of git, even after their lines are removed.\n"
        f"The alternative is a table outside git: --out private/{keys.object}.csv,\n"
        "with private/ in .gitignore."
    )
    return click.confirm("Write them?", default=False, err=True)


def _ids_in(path: Path) -> list[str]:
    """Read record ids from the first cell of each line of a file; the first line may be a header."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path} ({error})") from error
    ids: list[str] = []
    for number, line in enumerate(lines, 1):
        cell = line.split(",")[0].strip().strip('"')
        if cell.isdecimal() and cell.isascii():
            ids.append(cell)
        elif cell and number > 1:
            raise UsageError(f"{path}:{number}: {cell!r} is not a record id\n    write one id a line")
    return list(dict.fromkeys(ids))


def _show_unnamed(
    invocation: Invocation, object_type: str, options: ImportOptions, ids: list[str] | None
) -> ExitCode:
    shows_all = options.full or invocation.said.as_json
    limit = None if shows_all or options.csv is not None else _MOST_SHOWN
    with progress("reading", quiet=invocation.said.quiet) as report:
        found = invocation.environment.unnamed_records(
            object_type,
            filters=options.filters,
            in_list=options.in_list,
            ids=ids,
            limit=limit,
            progress=report,
        )
    marks = Marks(None, invocation.environment.commit)
    if options.csv is not None:
        view = View(masking_for(options.values, as_json=True, marks=marks))
        write_private(options.csv, unnamed_as_csv(found, view))
        found = found if shows_all else replace(found, records=found.records[:_MOST_SHOWN])
    masking = masking_for(options.values, as_json=invocation.said.as_json, marks=marks)
    if invocation.said.as_json:
        document(unnamed_json(found, masking), nl=True)
    else:
        for line in unnamed_lines(found, masking, width()):
            answer(line)
    return ExitCode.CHANGES if found.unnamed else ExitCode.OK
