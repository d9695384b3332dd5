"""``reconciler completion``."""

from pathlib import Path

import click

from reconciler.cli.messages import document
from reconciler.cli.options import common_options

_SCRIPTS = Path(__file__).with_name("completion_scripts")


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
def command(shell: str) -> None:
    """Print the script that completes commands, options and addresses in SHELL."""
    document((_SCRIPTS / f"{shell}.sh").read_text(encoding="utf-8"))
