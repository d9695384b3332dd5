"""``reconciler state``: inspecting and correcting the state of owned records."""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import starmap
from pathlib import Path

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation, open_environment, tell_nothing
from reconciler.cli.messages import answer, document, say, tell_done
from reconciler.cli.options import Group, common_options
from reconciler.cli.output import masking_for, values_option
from reconciler.errors import UsageError
from reconciler.model.addresses import split_address
from reconciler.model.associations import OwnedPair
from reconciler.model.owned import OwnedRecord
from reconciler.model.selection import glob_of, is_pattern
from reconciler.project.erase_in_reports import forget_in_reports
from reconciler.project.files import decoded, opened
from reconciler.project.run_reports import report_folder
from reconciler.project.session import backup_text
from reconciler.project.state_masking import StateMasking
from reconciler.report.mask import masked_key, masked_owned
from reconciler.state.export_format import parse_export
from reconciler.state.export_stream import export_by_line
from reconciler.state.store import Store

_CHUNK = 1000


@click.group(cls=Group)
@common_options
def command() -> None:
    """Inspect and correct the state of owned records."""


@command.command("list")
@values_option
@common_options
@click.pass_context
def list_(ctx: click.Context, values: str | None) -> None:
    """List owned records: address, record id, and whether we created or adopted them."""
    invocation = open_environment(ctx)
    masking = masking_for(values, as_json=invocation.said.as_json)
    with invocation.session.state(to_write=False) as store:
        groups = ((object_name, by) for object_name, by, _ in store.owned_groups())
        personal = StateMasking(store, invocation.session.settings.masks).keys(groups)
        records = (replace(record, key=masked_key(record.key, masking, personal)) for record in _all(store))
        if invocation.said.as_json:
            document(json.dumps([_summary(record) for record in records]), nl=True)
            return
        for record in records:
            answer(f"{record.key.address}  {record.record_id}  {record.origin}")
        if not store.count():
            tell_nothing(invocation, "nothing is owned in")


@command.command()
@click.argument("address")
@values_option
@common_options
@click.pass_context
def show(ctx: click.Context, address: str, values: str | None) -> int:
    """Show the values last applied to the record at ADDRESS, such as companies/acme."""
    invocation = open_environment(ctx)
    masking = masking_for(values, as_json=invocation.said.as_json)
    with invocation.session.state(to_write=False) as store:
        remembered = StateMasking(store, invocation.session.settings.masks)
        found = []
        for record in _find(store, _record_at(address)):
            pairs = store.pairs_of(record)
            personal = remembered.values(record, (pair.target for pair in pairs))
            found.append(masked_owned(record, pairs, masking, personal))
    if not found:
        raise UsageError(f"{address} is not owned: `reconciler state list` shows what is")
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
    """Stop owning the records at ADDRESS; the portal and the journal keep them.

    An address may be a glob: 'companies/a*'.
    """
    invocation = open_environment(ctx)
    _insist_on_state(invocation)
    with (
        invocation.session.state(to_write=True) as store,
        invocation.session.claim().acquire(store) as writer,
    ):
        found = {address: _meant(store, address) for address in dict.fromkeys(addresses)}
        missing = [address for address, owned in found.items() if not owned]
        if missing:
            raise UsageError(
                f"{', '.join(missing)}: not owned, and nothing was removed\n"
                "    `reconciler state list` shows what is owned"
            )
        backup = writer.remove(dict.fromkeys(record.key for owned in found.values() for record in owned))
    removed = {address: len(owned) for address, owned in found.items()}
    tell_done(ctx, "\n".join(starmap(_removed, removed.items())), {"removed": removed})
    say(backup_text(backup))


@command.command()
@click.argument("address")
@common_options
@click.pass_context
def forget(ctx: click.Context, address: str) -> int:
    """Erase the record at ADDRESS from state, journal and reports."""
    invocation = open_environment(ctx)
    _insist_on_state(invocation)
    object_name, by_record_id, value = _record_at(address)
    with (
        invocation.session.state(to_write=True) as store,
        invocation.session.claim().acquire(store) as writer,
    ):
        names = store.names_of(object_name, by_record_id=by_record_id, value=value)
        count = writer.forget(object_name, by_record_id=by_record_id, value=value)
        backups = store.backups()
        portal_id = invocation.environment.portal_id
        reports = forget_in_reports(report_folder(invocation.session), store, portal_id, names)
    if not count + reports.rewritten + reports.removed:
        raise UsageError(f"{address} is named nowhere in state and journal")
    sentence = f"{address} was erased from {count} entries of state and journal"
    tell_done(ctx, sentence, {"erased": address, "entries": count})
    told = (
        f"{reports.rewritten} reports were written anew without it, {reports.removed} were removed\n"
        "copies of reports, plan files and manifests are files of yours: erase it there, too; and reports on "
        "other machines: run this there"
    )
    say(told)
    for report in reports.unopened:
        say(f"a report that cannot be opened may hold it still: {os.path.relpath(report)}")
    for backup in backups:
        say(f"a backup may hold it still: {os.path.relpath(backup)}")
    return ExitCode.OK


@command.command()
@common_options
@click.pass_context
def upgrade(ctx: click.Context) -> None:
    """Upgrade a state that an older version made, after a backup."""
    invocation = open_environment(ctx)
    _insist_on_state(invocation)
    with invocation.session.state(to_write=True) as store:
        is_upgraded = store.upgrade is not None
    if invocation.said.as_json:
        tell_done(ctx, "", {"upgraded": is_upgraded})
    elif not is_upgraded:
        say("the state is of this version already")


@command.command("adopt-project")
@common_options
@click.pass_context
def adopt_project(ctx: click.Context) -> None:
    """Give the state to this project, under its name in reconciler.yaml."""
    invocation = open_environment(ctx)
    _insist_on_state(invocation)
    name = invocation.session.settings.name
    with (
        invocation.session.state(to_write=True) as store,
        invocation.session.claim().acquire(store) as writer,
    ):
        if store.version().lineage is None:
            raise UsageError(
                f"nothing was applied in environment {invocation.environment.name} yet: its state is nobody's"
            )
        before = store.project()
        writer.adopt_project(name)
    now = f"project {name}" if name else "a project without a name"
    was = f", and was that of project {before}" if before and before != name else ""
    sentence = f"the state of environment {invocation.environment.name} is that of {now}{was}"
    tell_done(ctx, sentence, {"environment": invocation.environment.name, "project": name, "before": before})


@command.command()
@common_options
@click.pass_context
def export(ctx: click.Context) -> None:
    """Print everything that is owned as one JSON document, for `reconciler state import`.

    It is the state itself with all its values: nothing is masked.
    """
    with open_environment(ctx).session.state(to_write=False) as store:
        for line in store.export():
            document(line)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@common_options
@click.pass_context
def import_(ctx: click.Context, file: Path) -> None:
    """Replace everything that is owned by the exported state in FILE."""
    invocation = open_environment(ctx)
    _insist_on_state(invocation)
    with opened(file, "exported state") as lines:
        export = export_by_line(lines) or parse_export(decoded(lines.read(), file, "exported state"))
        with (
            invocation.session.state(to_write=True) as store,
            invocation.session.claim().acquire(store) as writer,
        ):
            backup = writer.import_state(export)
            count = store.count()
    environment = invocation.environment.name
    sentence = f"{count} records are owned in environment {environment}"
    tell_done(ctx, sentence, {"environment": environment, "owned": count})
    say(backup_text(backup))


def _record_at(address: str) -> tuple[str, bool, str]:
    """Return object type, whether it is a record id, and key value or record id of an address."""
    try:
        object_name, by_record_id, value, property_name = split_address(address)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if property_name is not None:
        raise UsageError(f"{address} names a property: name its record, {address.partition('#')[0]}")
    return object_name, by_record_id, value


def _find(store: Store, record: tuple[str, bool, str]) -> tuple[OwnedRecord, ...]:
    object_name, by_record_id, value = record
    return store.find(object_name, by_record_id=by_record_id, value=value)


def _meant(store: Store, address: str) -> tuple[OwnedRecord, ...]:
    """Find the owned records that an address, or a glob over addresses, matches."""
    if not is_pattern(address):
        return _find(store, _record_at(address))
    glob = glob_of(address)
    if glob.name is not None:
        raise UsageError(f"{address} names properties: name their records, {address.partition('#')[0]}")
    return tuple(record for record in _all(store) if glob.means(record.key))


def _removed(address: str, count: int) -> str:
    if not is_pattern(address):
        return f"{address} is no longer owned"
    return f"{address}: {count:,} record{'s are' if count > 1 else ' is'} no longer owned"


def _insist_on_state(invocation: Invocation) -> None:
    if invocation.session.settings.state_url is None:
        raise UsageError("`state: none` remembers nothing: there is nothing to correct")


def _all(store: Store) -> Iterator[OwnedRecord]:
    for object_name, by, _ in store.owned_groups():
        after: str | None = None
        while chunk := store.owned_in_order(object_name, by, after, _CHUNK):
            yield from chunk
            after = chunk[-1].key.value


def _print(record: OwnedRecord, pairs: Iterable[OwnedPair]) -> None:
    protected = "  protected" if record.is_protected else ""
    answer(f"{record.key.address}  {record.record_id}  {record.origin}{protected}")
    for name, sent in sorted(record.sent.items()):
        kept = f"  (HubSpot keeps {_text(record.answered[name])})" if name in record.answered else ""
        answer(f"  {name}: {_text(sent)}{kept}")
    for pair in pairs:
        label = f" {_text(pair.label.text)}" if pair.label else ""
        answer(f"  associated with {pair.target.address}{label}  {pair.target_id}  {pair.origin}")


def _text(value: str | None) -> str:
    return "empty" if value is None else json.dumps(value, ensure_ascii=False)


def _summary(record: OwnedRecord) -> dict[str, str]:
    return {"address": record.key.address, "record_id": record.record_id, "origin": str(record.origin)}


def _detail(record: OwnedRecord, pairs: Iterable[OwnedPair]) -> dict[str, object]:
    values = {"sent": dict(record.sent), "answered": dict(record.answered)}
    return {
        "associations": [
            {
                "address": pair.target.address,
                "label": pair.label.text if pair.label else None,
                "origin": str(pair.origin),
                "record_id": pair.target_id,
            }
            for pair in pairs
        ],
        **_summary(record),
        "protected": record.is_protected,
        "key": {"property": record.key.by, "value": record.key.value},
        **values,
    }
