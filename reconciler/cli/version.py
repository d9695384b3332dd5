"""``reconciler version``."""

import json

import click

from reconciler import __version__
from reconciler.cli.options import Common, common_options


@click.command()
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the version."""
    said = ctx.find_object(Common) or Common()
    click.echo(json.dumps({"version": __version__}) if said.as_json else __version__)
