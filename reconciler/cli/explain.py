"""``reconciler explain``."""

import click

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import open_environment
from reconciler.cli.marks import marks_of_explanation
from reconciler.cli.options import common_options
from reconciler.cli.output import ViewOptions, form_for, print_report, printed_view, values_option


@click.command()
@click.argument("address")
@click.option("--full", is_flag=True, help="Show every value and every change of it in full.")
@values_option
@common_options
@click.pass_context
def command(ctx: click.Context, address: str, full: bool, values: str | None) -> int:
    """Explain the record, definition or value at ADDRESS."""
    invocation = open_environment(ctx)
    explained = invocation.environment.explain(address)
    options = ViewOptions(form_for(invocation.said), full, values)
    view = printed_view(options, invocation, marks_of_explanation(explained))
    print_report(options.form.explanation(explained, view), options.form)
    return ExitCode.OK
