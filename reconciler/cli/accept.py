"""``drift --accept``: printing the result of accepting drift."""

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation
from reconciler.cli.marks import marks_of_acceptance
from reconciler.cli.messages import talk
from reconciler.cli.output import ViewOptions, print_report, printed_view
from reconciler.model.acceptance import Acceptance


def show_acceptance(invocation: Invocation, acceptance: Acceptance, options: ViewOptions) -> ExitCode:
    """Print the result of accepting drift; return ERROR if some drift could not be accepted."""
    talk().has_changed = bool(acceptance.edits)
    view = printed_view(options, invocation, marks_of_acceptance(invocation, acceptance))
    print_report(options.form.acceptance(acceptance, view), options.form)
    return ExitCode.ERROR if acceptance.problems else ExitCode.OK
