"""``reconciler state``: look at what is remembered of owned records."""

import json
from collections.abc import Iterator

import click

from reconciler.cli.exits import Exit
from reconciler.cli.options import common_options
from reconciler.cli.session import open_session
from reconciler.errors import UsageError
from reconciler.model.objects import split_address
from reconciler.model.owned import OwnedRecord
from reconciler.state.store import Store

_CHUNK = 1000


@click.group()
@common_options
def command() -> None:
    """Look at what is remembered of owned records."""


@command.command("list")
@common_options
@click.pass_context
def list_(ctx: click.Context) -> None:
    """List owned records: address, record id, and whether we created or adopted them."""
    session = open_session(ctx)
    with session.state(to_write=False) as store:
        if session.said.as_json:
            click.echo(json.dumps([_summary(record) for record in _all(store)]))
            return
        for record in _all(store):
            click.echo(f"{record.key.address}  {record.record_id}  {record.origin}")
        if not store.count():
            click.echo(f"nothing is owned in environment {session.environment.name} yet", err=True)


@command.command()
@click.argument("address")
@common_options
@click.pass_context
def show(ctx: click.Context, address: str) -> int:
    """Show what was last applied to the record at ADDRESS, such as companies/acme."""
    session = open_session(ctx)
    try:
        object_name, by_record_id, value, _ = split_address(address)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with session.state(to_write=False) as store:
        found = store.find(object_name, by_record_id=by_record_id, value=value)
    if not found:
        click.echo(f"{address} is not owned: `reconciler state list` shows what is", err=True)
        return Exit.ERROR
    if session.said.as_json:
        click.echo(json.dumps([_detail(record) for record in found]))
        return Exit.OK
    for record in found:
        _print(record)
    return Exit.OK


def _all(store: Store) -> Iterator[OwnedRecord]:
    for object_name, by, _ in store.owned_groups():
        after: str | None = None
        while chunk := store.owned_in_order(object_name, by, after, _CHUNK):
            yield from chunk
            after = chunk[-1].key.value


def _print(record: OwnedRecord) -> None:
    protected = "  protected" if record.is_protected else ""
    click.echo(f"{record.key.address}  {record.record_id}  {record.origin}{protected}")
    for name, sent in sorted(record.sent.items()):
        kept = f"  (HubSpot keeps {_text(record.answered[name])})" if name in record.answered else ""
        click.echo(f"  {name}: {_text(sent)}{kept}")


def _text(value: str | None) -> str:
    return "empty" if value is None else json.dumps(value, ensure_ascii=False)


def _summary(record: OwnedRecord) -> dict[str, str]:
    return {"address": record.key.address, "record_id": record.record_id, "origin": str(record.origin)}


def _detail(record: OwnedRecord) -> dict[str, object]:
    values = {"sent": dict(record.sent), "answered": dict(record.answered)}
    return {**_summary(record), "protected": record.is_protected, "key": {"property": record.key.by, "value": record.key.value}, **values}
