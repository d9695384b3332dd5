"""``reconciler validate``."""

import json

import click

from reconciler.cli.options import common_options
from reconciler.cli.session import open_session


@click.command()
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Check the manifests, without a portal. ``plan`` checks them against one."""
    session = open_session(ctx)
    desired = session.load_manifests()
    counts = {"environment": session.environment.name, "files": len(desired.files.names)}
    counts |= {"records": desired.record_count}
    if session.said.as_json:
        click.echo(json.dumps(counts | {"problems": []}))
    else:
        click.echo(f"{desired.record_count} records in {len(desired.files.names)} files: no problems")
