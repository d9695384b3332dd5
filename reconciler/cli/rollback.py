"""``reconciler rollback``."""

import click

from reconciler.cli.options import common_options
from reconciler.cli.plan_options import PlanRequest, allow_option, exclude_option, target_option
from reconciler.cli.plan_output import PlanOutput, destination_options, write_outputs
from reconciler.cli.planning import plan_context
from reconciler.cli.progress import progress
from reconciler.errors import UsageError
from reconciler.model.selection import Glob
from reconciler.plan.plan import Guard, Plan
from reconciler.project.session import Session, open_session
from reconciler.reconcile.rollback import undo_run


@click.command()
@click.argument("run", metavar="RUN")
@target_option
@exclude_option
@allow_option
@destination_options
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    run: str,
    target: tuple[Glob, ...],
    exclude: tuple[Glob, ...],
    allow: tuple[tuple[Guard, int], ...],
    to: PlanOutput,
) -> int:
    """Make a plan that takes back what run RUN did; `apply` carries it out."""
    session = open_session(ctx)
    wishes = PlanRequest(target=target, exclude=exclude, allow=allow)
    return write_outputs(session, _undo(session, run, wishes), to)


def _undo(session: Session, said: str, wishes: PlanRequest) -> Plan:
    """A plan that takes a run back, named by the beginning of its id or ``last``.

    Raises:
        UsageError: there is no state: nobody knows what was before.
    """
    if session.settings.state_url is None:
        raise UsageError("`state: none` remembers nothing: there is no run to take back")
    with (
        session.state(to_write=False) as store,
        session.reader() as reader,
        progress("reading", quiet=session.said.quiet) as report,
    ):
        return undo_run(store.find_run(said), reader, store, plan_context(session, wishes), report)
