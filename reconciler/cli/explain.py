"""``reconciler explain``."""

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import open_environment
from reconciler.cli.messages import document, show_text
from reconciler.cli.options import common_options
from reconciler.cli.output import color, masking_for, values_option, width
from reconciler.report.json_report import explanation_as_json
from reconciler.report.terminal import render_explanation


@click.command()
@click.argument("address")
@click.option("--full", is_flag=True, help="Show every value and every change of it in full.")
@values_option
@common_options
@click.pass_context
def command(ctx: click.Context, address: str, full: bool, values: str | None) -> int:
    """Explain the record or property at ADDRESS."""
    invocation = open_environment(ctx)
    explained = invocation.environment.explain(address)
    masking = masking_for(values, as_json=invocation.said.as_json)
    if invocation.said.as_json:
        document(explanation_as_json(explained, masking))
    else:
        text = render_explanation(
            explained,
            color=color(invocation.said),
            width=width(),
            full=full,
            masking=masking,
            where=invocation.where,
        )
        show_text(text)
    return ExitCode.OK
