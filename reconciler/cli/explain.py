"""``reconciler explain``."""

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import common_options
from reconciler.cli.output import color, masking_for, values_option, width
from reconciler.cli.plan_options import PlanRequest
from reconciler.cli.planning import plan_context
from reconciler.model.explanation import Explanation
from reconciler.plan.explain.target import parse_explain_address
from reconciler.project.session import Session, open_session
from reconciler.reconcile.explain import explain_record
from reconciler.report.json_report import explanation_as_json
from reconciler.report.terminal import render_explanation


@click.command()
@click.argument("address")
@click.option("--full", is_flag=True, help="Show every value and every change of it in full.")
@values_option
@common_options
@click.pass_context
def command(ctx: click.Context, address: str, full: bool, values: str | None) -> int:
    """Say all there is to know of the record or property at ADDRESS."""
    session = open_session(ctx)
    explained = look_up(session, address)
    masking = masking_for(values, as_json=session.said.as_json)
    if session.said.as_json:
        document(explanation_as_json(explained, masking))
    else:
        text = render_explanation(
            explained,
            color=color(session.said),
            width=width(),
            full=full,
            masking=masking,
            where=session.where,
        )
        show_text(text)
    return ExitCode.OK


def look_up(session: Session, address: str) -> Explanation:
    """What manifests, state and portal say of it; writes nothing anywhere.

    Raises:
        UsageError: there is nothing at that address.
    """
    asked = parse_explain_address(address)
    desired = session.load_manifests()
    with session.reader() as reader, session.state(to_write=False) as store:
        here = plan_context(session, PlanRequest())
        return explain_record(asked, desired, reader, store, here=here, trace=session.trace_record)
