"""The table of forms of reports. A new form is one module that renders it, and one row here.

The command line takes its options from this table: the choices of ``--format``, and the options that write
a form to a file. A form cannot show the subjects that its row leaves out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

from reconciler.errors import Problem, UsageError
from reconciler.model.acceptance import Acceptance
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation
from reconciler.model.runs import RunDetail
from reconciler.plan.plan import Plan
from reconciler.report.csv_report import drift_as_csv, plan_as_csv, run_as_csv
from reconciler.report.html.drift import render_drift_page
from reconciler.report.html.plan import render_plan_page
from reconciler.report.html.run import render_run_page
from reconciler.report.json_report import (
    acceptance_as_json,
    drift_as_json,
    explanation_as_json,
    plan_as_json,
    problems_as_json,
    run_as_json,
)
from reconciler.report.markdown.drift import render_drift_markdown
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.markdown.run import render_run_markdown
from reconciler.report.terminal import (
    render_acceptance,
    render_drift,
    render_explanation,
    render_plan,
    render_problems,
    render_run,
)
from reconciler.report.view import View

T = TypeVar("T")
Render: TypeAlias = Callable[[T, View], str]


def cannot_show(_subject: object, _view: View) -> str:
    """Refuse to render a subject: the default of a row. Commands check for it and explain it better."""
    raise UsageError("this cannot be shown in that form: omit --format")


class FileOption(NamedTuple):
    """An option of the command line that writes one form to a file, besides what is printed."""

    name: str  # "--html"
    plan_help: str
    drift_help: str


@dataclass(frozen=True, slots=True)
class Renderer:
    """One form of report: a function for each subject that it can show."""

    name: str  # as ``--format`` calls it
    noun: str  # what it is, for people
    plan: Render[Plan]
    drift: Render[DriftFound] = cannot_show
    run: Render[RunDetail] = cannot_show
    acceptance: Render[Acceptance] = cannot_show
    explanation: Render[Explanation] = cannot_show
    problems: Render[Sequence[Problem]] = cannot_show
    file_option: FileOption | None = None
    is_for_terminals: bool = False  # people read it where it is printed; the other forms are documents


RENDERERS = (
    Renderer(
        "terminal",
        "text",
        plan=render_plan,
        drift=render_drift,
        run=render_run,
        acceptance=render_acceptance,
        explanation=render_explanation,
        problems=render_problems,
        is_for_terminals=True,
    ),
    Renderer(
        "markdown",
        "a comment for a pull request",
        plan=render_markdown,
        drift=render_drift_markdown,
        run=render_run_markdown,
        file_option=FileOption(
            "--markdown",
            "Also write a comment for a pull request, which always fits.",
            "Also write the text of an issue, which always fits.",
        ),
    ),
    Renderer(
        "json",
        "JSON",
        plan=plan_as_json,
        drift=drift_as_json,
        run=run_as_json,
        acceptance=acceptance_as_json,
        explanation=explanation_as_json,
        problems=problems_as_json,
        file_option=FileOption(
            "--json-into",
            "Also write masked JSON for programs; it cannot be applied.",
            "Also write masked JSON for programs.",
        ),
    ),
    Renderer(
        "html",
        "a page",
        plan=render_plan_page,
        drift=render_drift_page,
        run=render_run_page,
        file_option=FileOption(
            "--html",
            "Also write an HTML page that searches and filters without network.",
            "Also write an HTML page that searches and filters without network.",
        ),
    ),
    Renderer(
        "csv",
        "CSV for spreadsheets",
        plan=plan_as_csv,
        drift=drift_as_csv,
        run=run_as_csv,
        file_option=FileOption(
            "--csv",
            "Also write CSV for spreadsheets, one value a row.",
            "Also write CSV for spreadsheets, one value a row.",
        ),
    ),
)
"""All forms, in the order in which ``--format`` lists them."""
