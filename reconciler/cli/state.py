"""``reconciler state``: inspecting and correcting the state of owned records."""

import json
import os
from collections.abc import Iterable
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation, open_environment, tell_nothing
from reconciler.cli.marks import Marks
from reconciler.cli.messages import answer, document, say, tell_done
from reconciler.cli.options import Group, common_options
from reconciler.cli.output import masking_for, values_option
from reconciler.errors import UsageError
from reconciler.model.addresses import is_definition_address
from reconciler.model.associations import OwnedAssociation
from reconciler.model.owned import OwnedThing
from reconciler.model.selection import is_pattern
from reconciler.project.session import backup_text
from reconciler.report.mask import Masking, masked_owned
from reconciler.sentences import counted

if TYPE_CHECKING:
    from reconciler.project.owned_records import OwnedRecords


@click.group(cls=Group)
@common_options
def command() -> None:
    """Inspect and correct the state of owned records and definitions."""


@command.command("list")
@values_option
@common_options
@click.pass_context
def list_(ctx: click.Context, values: str | None) -> None:
    """List what reconciler owns: address, id, and whether it was created or adopted."""
    invocation = open_environment(ctx)
    with invocation.environment.state.owned() as owned:
        masking = _masking(invocation, owned, values)
        masked = owned.masked_keys()
        records = (masked_owned(record, (), masking, masked)[0] for record in owned)
        if invocation.said.as_json:
            document(json.dumps([_summary(record) for record in records]), nl=True)
            return
        for record in records:
            answer(f"{record.key.text}  {record.record_id}  {record.origin}")
        if not len(owned):
            tell_nothing(invocation, "nothing is owned in")


def _masking(invocation: Invocation, owned: "OwnedRecords", values: str | None) -> Masking:
    """Return how values of owned things are masked: a value has the same mark as in plans and drift."""
    marks = Marks(owned.lineage, invocation.environment.commit)
    return masking_for(values, as_json=invocation.said.as_json, marks=marks)


@command.command()
@click.argument("address")
@values_option
@common_options
@click.pass_context
def show(ctx: click.Context, address: str, values: str | None) -> int:
    """Show the values last applied at ADDRESS: companies/acme, or companies:properties/tier."""
    invocation = open_environment(ctx)
    with invocation.environment.state.owned() as owned:
        masking = _masking(invocation, owned, values)
        found = [
            masked_owned(detail.record, detail.pairs, masking, detail.masked_properties)
            for detail in owned.at(address)
        ]
    if not found:
        raise UsageError(f"{address} is not owned: `reconciler state list` shows everything that is owned")
    if invocation.said.as_json:
        document(json.dumps([_detail(record, pairs) for record, pairs in found]), nl=True)
        return ExitCode.OK
    for record, pairs in found:
        _print(record, pairs)
    return ExitCode.OK


@command.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@common_options
@click.pass_context
def rm(ctx: click.Context, addresses: tuple[str, ...]) -> None:
    """Remove the records and definitions at ADDRESS from the state; portal and journal keep them.

    An address may be a glob: 'companies/a*', 'companies:properties/*'.
    """
    removed, backup, previous = open_environment(ctx).environment.state.remove(addresses)
    tell_done(ctx, "\n".join(starmap(_removed, removed.items())), {"removed": removed})
    say(backup_text(backup, previous))


@command.command()
@click.argument("address")
@common_options
@click.pass_context
def forget(ctx: click.Context, address: str) -> int:
    """Erase the record or definition at ADDRESS from state, journal and reports."""
    opened = open_environment(ctx).environment
    entries, reports, backups = opened.state.erase(address)
    noun = "entry" if entries == 1 else "entries"
    sentence = f"{address} was erased from {entries} {noun} of state and journal"
    tell_done(ctx, sentence, {"erased": address, "entries": entries})
    say(
        f"{counted(reports.rewritten, 'report')} rewritten without the erased values, "
        f"{reports.removed} removed\n"
        "your own copies of reports, plan files and manifests may still contain the erased values: erase the "
        "values there, too\nif other machines have reports, run the same command on these machines"
    )
    for report in reports.unopened:
        say(f"a report that cannot be opened may still contain the erased values: {os.path.relpath(report)}")
    if opened.state.is_in_git:
        say(
            "git hosts keep replaced commits, which still contain the erased values: put a new key before "
            "the old key in RECONCILER_PLAN_KEY, run `reconciler state rekey`, and destroy the old key"
        )
    for backup in backups:
        say(f"a backup may still contain the erased values: {os.path.relpath(backup)}")
    return ExitCode.OK


@command.command()
@common_options
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Make a backup of the state, then upgrade the state to this version."""
    invocation = open_environment(ctx)
    is_upgraded = invocation.environment.state.upgrade()
    if invocation.said.as_json:
        tell_done(ctx, "", {"upgraded": is_upgraded})
    elif not is_upgraded:
        say("the state already has this version")


@command.command("adopt-project")
@common_options
@click.pass_context
def adopt_project(ctx: click.Context) -> None:
    """Save this project's name in the state, so that no other project can use the state."""
    opened = open_environment(ctx).environment
    before = opened.state.adopt_project()
    name, environment = opened.project_name, opened.name
    now = f"project {name}" if name else "a project without a name"
    was = f", and belonged to project {before} before" if before and before != name else ""
    sentence = f"the state of environment {environment} now belongs to {now}{was}"
    tell_done(ctx, sentence, {"environment": environment, "project": name, "before": before})


@command.command()
@common_options
@click.pass_context
def export(ctx: click.Context) -> None:
    """Print all owned records, associations and definitions, for `reconciler state import`.

    The output is one JSON document. It also contains the prune rules and all values of the state; nothing
    is masked.
    """
    for line in open_environment(ctx).environment.state.export():
        document(line)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@common_options
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Replace all owned records, associations and definitions in the state by those in FILE.

    FILE is the output of `reconciler state export`.
    """
    opened = open_environment(ctx).environment
    owned, backup, previous = opened.state.import_from(file)
    environment = opened.name
    sentence = f"{owned} records are owned in environment {environment}"
    tell_done(ctx, sentence, {"environment": environment, "owned": owned})
    say(backup_text(backup, previous))


@command.command()
@click.option("--to", "to", required=True, metavar="URL", help="Address of the new place, or ${VARIABLE}.")
@common_options
@click.pass_context
def move(ctx: click.Context, to: str) -> None:
    """Copy state and journal to another, empty place, and compare every row.

    URL is written as in reconciler.yaml: a SQLite file, PostgreSQL, or refs of a git repository.
    """
    moved = open_environment(ctx).environment.state.move(to)
    tell_done(
        ctx,
        f"{moved.owned:,} records and the journal were copied: {moved.rows:,} rows, and each row was "
        "compared",
        {"owned": moved.owned, "rows": moved.rows},
    )
    say(
        "write the new address into reconciler.yaml; then remove the old state, so that nobody "
        "uses it any more"
    )


@command.command()
@common_options
@click.pass_context
def rekey(ctx: click.Context) -> None:
    """Encrypt state in git and the reports of this machine with the first key of RECONCILER_PLAN_KEY."""
    reports = open_environment(ctx).environment.state.rekey()
    tell_done(
        ctx,
        f"the state and {reports} reports are encrypted with the first key of RECONCILER_PLAN_KEY",
        {"reports": reports},
    )
    say(
        "hosts keep replaced commits, which can be read with the old key: remove the old key "
        "from RECONCILER_PLAN_KEY everywhere, as soon as no plan and no report needs it"
    )


def _removed(address: str, count: int) -> str:
    if not is_pattern(address):
        return f"{address} is no longer owned"
    noun = "definition" if is_definition_address(address) else "record"
    return f"{address}: {count:,} {noun}{'s are' if count > 1 else ' is'} no longer owned"


def _print(record: OwnedThing, pairs: Iterable[OwnedAssociation]) -> None:
    protected = "  protected" if record.is_protected else ""
    answer(f"{record.key.text}  {record.record_id}  {record.origin}{protected}")
    for name, sent in sorted(record.sent.items()):
        kept = f"  (stored by HubSpot as {_text(record.answered[name])})" if name in record.answered else ""
        answer(f"  {name}: {_text(sent)}{kept}")
    for pair in pairs:
        label = f" {_text(pair.label.text)}" if pair.label else ""
        answer(f"  associated with {pair.target.address.text}{label}  {pair.target.id}  {pair.origin}")


def _text(value: str | None) -> str:
    return "empty" if value is None else json.dumps(value, ensure_ascii=False)


def _summary(record: OwnedThing) -> dict[str, str]:
    return {"address": record.key.text, "record_id": record.record_id, "origin": str(record.origin)}


def _detail(record: OwnedThing, pairs: Iterable[OwnedAssociation]) -> dict[str, object]:
    values = {"sent": dict(record.sent), "answered": dict(record.answered)}
    return {
        "associations": [
            {
                "address": pair.target.address.text,
                "label": pair.label.text if pair.label else None,
                "origin": str(pair.origin),
                "record_id": pair.target.id,
            }
            for pair in pairs
        ],
        **_summary(record),
        "protected": record.is_protected,
        "key": {"property": record.key.by, "value": record.key.value},
        **values,
    }
