"""``reconciler version``."""

import json

import click

from reconciler import __version__
from reconciler.cli.messages import answer, document
from reconciler.cli.options import common_options, said


@click.command()
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the version."""
    if said(ctx).as_json:
        document(json.dumps({"version": __version__}), nl=True)
    else:
        answer(__version__)
