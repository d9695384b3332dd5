"""``reconciler keys``: properties with unique values, by which records can be recognised."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import answer, document, say
from reconciler.cli.names import names_in
from reconciler.cli.options import Group, common_options
from reconciler.cli.plan_options import allow_option
from reconciler.cli.plan_output import PlanOutput, destination_options, write_outputs
from reconciler.cli.progress import progress
from reconciler.model.keys import KeyCandidate, KeysFound
from reconciler.plan.plan import Guard
from reconciler.report.new_key import new_key_lines


@click.group(cls=Group)
@common_options
def command() -> None:
    """Find or create the property by which records are recognised."""


@command.command("list")
@click.argument("object_type", metavar="OBJECT")
@click.option(
    "--properties", metavar="a,b", default="", help="Count these properties too, even if they are not unique."
)
@common_options
@click.pass_context
def list_(ctx: click.Context, object_type: str, properties: str) -> int:
    """List the unique properties of OBJECT (companies, 0-2), and how many records have a value in each."""
    invocation = open_environment(ctx)
    with progress("reading", quiet=invocation.said.quiet) as report:
        found = invocation.environment.find_keys(
            object_type, properties=names_in(properties), progress=report
        )
    if invocation.said.as_json:
        document(json.dumps(asdict(found)), nl=True)
        return ExitCode.OK
    for line in _lines(found):
        answer(line)
    if not any(candidate.is_usable for candidate in found.candidates):
        say(f"{object_type} has no property that can be a key: a key must be created as unique in HubSpot")
    elif found.others and not properties:
        say(f"to count other properties, name them: --properties {','.join(found.others[:3])}")
    return ExitCode.OK


@command.command("create")
@click.argument("object_type", metavar="OBJECT")
@click.argument("name", metavar="PROPERTY")
@click.option(
    "--from",
    "sources",
    metavar="SOURCE",
    multiple=True,
    required=True,
    help="Where values come from: a property, record_id, uuid or a template such as '{domain}-{country}'. "
    "May be given several times: each record takes the first source whose value no other record has.",
)
@click.option("--restart", is_flag=True, help="Read all records again after an interrupted run.")
@allow_option
@destination_options
@common_options
@click.pass_context
def create(
    ctx: click.Context,
    *,
    object_type: str,
    name: str,
    sources: tuple[str, ...],
    restart: bool,
    allow: tuple[tuple[Guard, int], ...],
    to: PlanOutput,
) -> int:
    """Plan a new unique PROPERTY of OBJECT (companies, 0-2), and fill it.

    `apply` carries out the plan. Every record that can get a value gets one. This value alone does not
    make reconciler the owner of the record.
    """
    invocation = open_environment(ctx)
    with progress("reading", quiet=invocation.said.quiet) as report:
        plan, result = invocation.environment.create_key(
            object_type,
            name,
            sources=sources,
            allow={str(guard): count for guard, count in allow},
            restart=restart,
            progress=report,
        )
    with plan:
        for line in new_key_lines(result):
            say(line)
        return write_outputs(invocation, plan, to)


def _lines(found: KeysFound) -> Iterator[str]:
    yield f"{found.object}: {found.records:,} records"
    if not found.candidates:
        return
    rows: list[tuple[str, ...]] = [("property", "filled", "empty", "repeated", "")]
    rows += map(_row, found.candidates)
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    yield ""
    for name, *numbers, remark in rows:
        cells = (number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True))
        yield f"  {name.ljust(widths[0])}  {'  '.join(cells)}  {remark}".rstrip()


def _row(candidate: KeyCandidate) -> tuple[str, ...]:
    remark = candidate.why_not or ("recognises every record" if candidate.is_complete else "can be a key")
    counts = (f"{count:,}" for count in (candidate.filled, candidate.empty, candidate.repeated))
    return (candidate.name, *counts, remark)
