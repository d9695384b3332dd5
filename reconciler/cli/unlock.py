"""``reconciler unlock``."""

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import tell_done
from reconciler.cli.options import common_options


@click.command()
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Remove a lock that nobody holds any more. A run that still holds it stops at its next call."""
    holder = open_environment(ctx).environment.state.unlock()
    sentence = f"unlocked: the lock was held by {holder}" if holder else "there was no lock"
    tell_done(ctx, sentence, {"unlocked": holder is not None, "holder": holder})
