"""What became of an apply: said to the person, and to the CI job that runs the command."""

from reconciler.cli.errors import format_error
from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.invocation import Invocation
from reconciler.cli.messages import document, say, show_text, talk
from reconciler.cli.output import color, masking_for, tell_github, width
from reconciler.cli.planning import whose_values
from reconciler.model.runs import RunDetail
from reconciler.project.notices import Notice
from reconciler.project.plan import Plan
from reconciler.project.results import ApplyResult
from reconciler.project.run_reports import fault_as_notice
from reconciler.report.json_report import run_as_json
from reconciler.report.markdown.escape import code_block
from reconciler.report.mask import Masking
from reconciler.report.terminal import render_run

_SUMMARY_WIDTH = 100
_SUMMARY_CHARACTERS = 64_000


def show_result(invocation: Invocation, result: ApplyResult, plan: Plan, values: str | None) -> None:
    """Say what became of ``plan``, to the person and to the CI job that runs us."""
    run = result.run
    if run is None:
        return
    talk().run = run.header.id
    masking = masking_for(values, as_json=invocation.said.as_json)
    if invocation.said.as_json:
        document(run_as_json(run, masking, plan.masked_properties))
    else:
        text = _rendered(invocation, run, plan, masking, color=color(invocation.said), width=width())
        show_text("\n" + text)
    if result.stopped_by is not None:
        say(format_error(result.stopped_by))
    if result.is_interrupted:
        say("interrupted: `reconciler apply` goes on from here")
    with fault_as_notice(run.header.id, _say):
        tell_github("GITHUB_OUTPUT", lambda: whose_values(invocation))
    with fault_as_notice(run.header.id, _say):
        tell_github("GITHUB_STEP_SUMMARY", lambda: _summary(invocation, run, plan, values))


def _say(notice: Notice) -> None:
    say(notice.text)


def exit_of_result(result: ApplyResult) -> ExitCode:
    """What the command says of ``result`` as it leaves."""
    counts = result.accounting()
    return most_severe(
        ExitCode.INTERRUPTED if result.is_interrupted else ExitCode.OK,
        exit_of(result.stopped_by) if result.stopped_by else ExitCode.OK,
        ExitCode.OK if counts["applied"] == counts["planned"] else ExitCode.NOT_APPLIED,
    )


def _summary(invocation: Invocation, run: RunDetail, plan: Plan, values: str | None) -> str:
    """The run for the summary of a job, which takes a million bytes; the report has all of it."""
    masking = masking_for(values, as_json=True)
    text = _rendered(invocation, run, plan, masking, color=False, width=_SUMMARY_WIDTH)
    return code_block(
        text if len(text) <= _SUMMARY_CHARACTERS else f"…\n{text[-_SUMMARY_CHARACTERS:]}", "text"
    )


def _rendered(
    invocation: Invocation, run: RunDetail, plan: Plan, masking: Masking, *, color: bool, width: int
) -> str:
    return render_run(
        run,
        color=color,
        width=width,
        masking=masking,
        personal=plan.masked_properties,
        where=invocation.where,
    )
