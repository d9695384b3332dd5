"""``drift --accept``: says what became of the drift that the person wants to keep."""

from reconciler.cli.exits import ExitCode
from reconciler.cli.invocation import Invocation
from reconciler.cli.messages import document, show_text
from reconciler.cli.output import color, masking_for, width
from reconciler.model.acceptance import Acceptance
from reconciler.report.json_report import acceptance_as_json
from reconciler.report.terminal import render_acceptance


def show_acceptance(
    invocation: Invocation, acceptance: Acceptance, *, full: bool, values: str | None
) -> ExitCode:
    """Print what became of the drift that the person wants to keep; an error where some of it is left."""
    masking = masking_for(values, as_json=invocation.said.as_json)
    if invocation.said.as_json:
        document(acceptance_as_json(acceptance, masking))
    else:
        text = render_acceptance(
            acceptance,
            color=color(invocation.said),
            width=width(),
            full=full,
            masking=masking,
            where=invocation.where,
        )
        show_text(text)
    return ExitCode.ERROR if acceptance.problems else ExitCode.OK
