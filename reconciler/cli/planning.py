"""Showing a plan, and writing it to files; for ``plan``, ``show``, ``rollback`` and ``apply``."""

from reconciler.cli.errors import annotate
from reconciler.cli.invocation import Invocation
from reconciler.cli.marks import marks_of_plan
from reconciler.cli.output import (
    MARKDOWN,
    ViewOptions,
    masking_for,
    print_report,
    printed_view,
    tell_github,
    written_view,
)
from reconciler.cli.output_options import OutputOptions, write_forms
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Plan
from reconciler.report.mask import masked_problems


def show_plan(invocation: Invocation, plan: Plan, options: ViewOptions) -> None:
    """Print ``plan`` in the chosen output format; in GitHub Actions, also its problems as annotations."""
    seen = invocation.environment.seen(plan.problems)
    marks = marks_of_plan(plan)
    annotate(masked_problems(seen, masking_for("mask", as_json=False, marks=marks), plan.masked_properties))
    view = printed_view(options, invocation, marks)
    print_report(options.form.plan(plan, view), options.form)


def keep_plan(invocation: Invocation, plan: Plan, to: OutputOptions) -> None:
    """Write ``plan`` to files, and to the summary and the outputs of a job in GitHub Actions.

    A masked value has the same mark in the files and in the summary.
    """
    view = written_view(to, invocation, marks_of_plan(plan))
    write_forms(to, view, lambda form, view: form.plan(plan, view))
    tell_github("GITHUB_STEP_SUMMARY", lambda: MARKDOWN.plan(plan, view))
    tell_github("GITHUB_OUTPUT", lambda: _outputs(plan) + whose_values(invocation))


def _outputs(plan: Plan) -> str:
    """Return outputs for later steps of a job, as lines; they contain no values of records."""
    digests, summary = digests_of(plan), plan.summary
    return (
        f"changes={str(summary.writes).lower()}\nempty={str(summary.is_empty).lower()}\n"
        f"appliable={str(summary.is_appliable).lower()}\n"
        f"content={digests.content}\ndigest={digests.digest}\nsummary={summary.headline}\n"
    )


def whose_values(invocation: Invocation) -> str:
    """Return the output line that says whether values come from an emulator or a real portal."""
    return f"emulator={str(invocation.environment.is_emulator).lower()}\n"
