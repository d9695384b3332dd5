"""``reconciler unlock``."""

import click

from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import tell_done
from reconciler.cli.options import common_options


@click.command()
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """Remove a lock that a dead run has left. If the run is still alive, the run stops at its next call."""
    holder = open_environment(ctx).environment.state.unlock()
    sentence = f"unlocked: the lock was held by {holder}" if holder else "there was no lock"
    tell_done(ctx, sentence, {"unlocked": holder is not None, "holder": holder})
