"""``reconciler completion``."""

import json
from pathlib import Path

import click

from reconciler.cli.messages import document
from reconciler.cli.options import common_options, said

_SCRIPTS = Path(__file__).with_name("completion_scripts")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print a script for SHELL that completes commands, options and addresses."""
    script = (_SCRIPTS / f"{shell}.sh").read_text(encoding="utf-8")
    if said(ctx).as_json:
        document(json.dumps({"script": script, "shell": shell}), nl=True)
    else:
        document(script)
