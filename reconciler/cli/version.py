"""``reconciler version``."""

import json

import click

from reconciler import __version__
from reconciler.cli.options import common_options, said


@click.command()
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the version."""
    click.echo(json.dumps({"version": __version__}) if said(ctx).as_json else __version__)
