"""Showing the result of an apply to a person, and to the CI job in which the command runs."""

from dataclasses import replace

from reconciler.cli.errors import format_error
from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.invocation import Invocation
from reconciler.cli.marks import marks_of_run
from reconciler.cli.messages import say, talk
from reconciler.cli.output import (
    MARKDOWN,
    ViewOptions,
    print_report,
    printed_view,
    tell_github,
    written_view,
)
from reconciler.cli.planning import whose_values
from reconciler.plan.plan import Plan
from reconciler.project.notices import Notice
from reconciler.project.results import ApplyResult
from reconciler.project.run_reports import fault_as_notice
from reconciler.report.mask import is_of_commit


def show_result(invocation: Invocation, plan: Plan, result: ApplyResult, options: ViewOptions) -> None:
    """Print the result of the run of ``plan``; in GitHub Actions, write it to the summary of the job, too."""
    run = result.run
    if run is None:
        return
    talk().run = run.header.id
    marks = marks_of_run(run.header)._replace(says_manifests=is_of_commit(plan))
    view = replace(printed_view(options, invocation, marks), full=False)
    text = options.form.run(run, view)
    print_report("\n" + text if options.form.is_for_terminals else text, options.form)
    if result.stopped_by is not None:
        say(format_error(result.stopped_by))
    if result.is_interrupted:
        say("interrupted: `reconciler apply` continues")
    with fault_as_notice(run.header.id, _say):
        tell_github("GITHUB_OUTPUT", lambda: whose_values(invocation))
    with fault_as_notice(run.header.id, _say):
        summary_view = replace(written_view(options, invocation, marks), full=False)
        tell_github("GITHUB_STEP_SUMMARY", lambda: MARKDOWN.run(run, summary_view))


def _say(notice: Notice) -> None:
    say(notice.text)


def exit_of_result(result: ApplyResult) -> ExitCode:
    """Return the exit code for ``result``."""
    counts = result.accounting()
    return most_severe(
        ExitCode.INTERRUPTED if result.is_interrupted else ExitCode.OK,
        exit_of(result.stopped_by) if result.stopped_by else ExitCode.OK,
        ExitCode.OK if counts["applied"] == counts["planned"] else ExitCode.NOT_APPLIED,
    )
