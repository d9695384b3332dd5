"""``reconciler emulator``: the embedded portal."""

from pathlib import Path

import click

from reconciler.cli.emulator_copy import copy
from reconciler.cli.emulator_verify import verify
from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import say, tell_done
from reconciler.cli.options import Group, common_options
from reconciler.errors import UsageError


@click.group(cls=Group)
@common_options
def command() -> None:
    """Serve, seed, copy, edit or reset the emulator, or compare it with HubSpot."""


command.add_command(copy)
command.add_command(verify)


@command.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free one."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND[:NAME=VALUE,…]",
    help="Inject a fault: latency:ms=200, drop_after:path=/crm/*,count=1 (see docs/emulator.md).",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Another host name that clients may use; IP addresses and localhost always work.",
)
@click.option(
    "--observations",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Use this file of observations (see `emulator verify`), not the environment's file.",
)
@common_options
@click.pass_context
def serve(
    ctx: click.Context,
    *,
    host: str,
    port: int,
    faults: tuple[str, ...],
    names: tuple[str, ...],
    observations: Path | None,
) -> None:
    """Serve the portal over HTTP until interrupted, for any client of HubSpot's API."""
    from reconciler.emulator.faults import parse  # noqa: PLC0415 - only this command needs a server
    from reconciler.emulator.serve import serve as serve_forever  # noqa: PLC0415

    invocation = open_environment(ctx)
    portal_id = invocation.environment.portal_id
    with invocation.environment.emulator.open(observations) as emulator:
        token = emulator.token(portal_id)
        for fault in faults:
            emulator.add_fault(parse(fault))

        def ready(url: str) -> None:
            sentence = f"url:    {url}\nportal: {portal_id}\ntoken:  {token}"
            tell_done(ctx, sentence, {"url": url, "portal": portal_id, "token": token})
            say("serving; Ctrl-C stops")

        try:
            serve_forever(emulator, host, port, ready, names)
        except OSError as error:
            raise UsageError(f"cannot listen on {host}:{port} ({error.strerror})") from error


@command.command()
@common_options
@click.pass_context
def seed(ctx: click.Context) -> None:
    """Create the portal from its seed, unless it exists."""
    invocation = open_environment(ctx)
    invocation.environment.emulator.seed()
    portal_id = invocation.environment.portal_id
    tell_done(ctx, f"portal {portal_id} is there", {"portal": portal_id})


@command.command()
@common_options
@click.pass_context
def reset(ctx: click.Context) -> None:
    """Reset the portal to its seed, and delete its state."""
    environment = open_environment(ctx).environment
    count = environment.emulator.reset()
    dropped = (
        "" if count is None else f"; the state of the environment, with {count} owned records, is deleted"
    )
    portal_id = environment.portal_id
    sentence = f"portal {portal_id} has the contents of its seed again{dropped}"
    tell_done(ctx, sentence, {"portal": portal_id, "dropped": count or 0})


@command.command()
@click.argument("address")
@click.argument("values", nargs=-1, metavar="[NAME=VALUE]...")
@click.option(
    "--as", "person", metavar="NAME", help="Who edits: e-mail or name of an owner, or any other name."
)
@click.option("--archive", is_flag=True, help="Archive the record.")
@common_options
@click.pass_context
def edit(
    ctx: click.Context, address: str, values: tuple[str, ...], person: str | None, archive: bool
) -> None:
    """Edit the record at ADDRESS as a person does in HubSpot; NAME= clears a property."""
    if archive == bool(values):
        raise UsageError("give a change, such as phone=123, or --archive")
    properties = dict(map(_assigned, values))
    environment = open_environment(ctx).environment
    portal_id = environment.portal_id
    record_id = environment.emulator.edit(address, properties, person=person, archives=archive)
    done = "archived" if archive else f"{', '.join(properties)} changed"
    tell_done(ctx, f"{address}: {done}", {"portal": portal_id, "record_id": record_id})


def _assigned(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"{text!r} is no NAME=VALUE, such as phone=123")
    return name, value
