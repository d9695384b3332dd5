"""The table of the output formats of reports: a new format needs a module that renders it, and one row here.

The command line takes its options from this table: the choices of ``--format``, and the options that write a
format to a file. A format can show only those kinds of results (plan, drift, run ...) for which its row has a
function.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple, TypeAlias, TypeVar

from reconciler.errors import Problem, UsageError
from reconciler.model.acceptance import Acceptance
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation
from reconciler.model.runs import RunDetail
from reconciler.plan.plan import Plan
from reconciler.report.view import View

T = TypeVar("T")
Render: TypeAlias = Callable[[T, View], str]


def _loaded(module: str, function: str) -> Render[Any]:
    """Return a function that imports the renderer from a module of ``reconciler.report`` on first use.

    So a plan on a terminal does not spend time on importing the modules for pages, comments and tables.
    """

    def render(subject: object, view: View) -> str:
        text: str = getattr(import_module(f"reconciler.report.{module}"), function)(subject, view)
        return text

    return render


def cannot_show(_subject: object, _view: View) -> str:
    """Raise UsageError; the default function for a kind of result that an output format cannot show.

    A command does not offer formats that have this function for its kind of result.
    """
    raise UsageError("the format that --format names cannot show this result: omit --format")


class FileOption(NamedTuple):
    """An option of the command line that writes one output format to a file, besides the printed output."""

    name: str  # "--html"
    plan_help: str
    drift_help: str


@dataclass(frozen=True, slots=True)
class Renderer:
    """One output format of reports: a function for each kind of result that it can show."""

    name: str  # the choice of ``--format``
    noun: str  # its name in messages
    plan: Render[Plan]
    drift: Render[DriftFound] = cannot_show
    run: Render[RunDetail] = cannot_show
    acceptance: Render[Acceptance] = cannot_show
    explanation: Render[Explanation] = cannot_show
    problems: Render[Sequence[Problem]] = cannot_show
    file_option: FileOption | None = None
    is_for_terminals: bool = False  # whether it is read on a terminal; other formats are documents


RENDERERS = (
    Renderer(
        "terminal",
        "text",
        plan=_loaded("terminal", "render_plan"),
        drift=_loaded("terminal", "render_drift"),
        run=_loaded("terminal", "render_run"),
        acceptance=_loaded("terminal", "render_acceptance"),
        explanation=_loaded("terminal", "render_explanation"),
        problems=_loaded("terminal", "render_problems"),
        is_for_terminals=True,
    ),
    Renderer(
        "markdown",
        "a comment for a pull request",
        plan=_loaded("markdown.plan", "render_markdown"),
        drift=_loaded("markdown.drift", "render_drift_markdown"),
        run=_loaded("markdown.run", "render_run_markdown"),
        file_option=FileOption(
            "--markdown",
            "Also write a comment for a pull request, shortened if it is too long for GitHub.",
            "Also write the text of an issue, shortened if it is too long for GitHub.",
        ),
    ),
    Renderer(
        "json",
        "JSON",
        plan=_loaded("json_report", "plan_as_json"),
        drift=_loaded("json_report", "drift_as_json"),
        run=_loaded("json_report", "run_as_json"),
        acceptance=_loaded("json_report", "acceptance_as_json"),
        explanation=_loaded("json_report", "explanation_as_json"),
        problems=_loaded("json_report", "problems_as_json"),
        file_option=FileOption(
            "--json-into",
            "Also write masked JSON for programs; it cannot be applied.",
            "Also write masked JSON for programs.",
        ),
    ),
    Renderer(
        "html",
        "a page",
        plan=_loaded("html.plan", "render_plan_page"),
        drift=_loaded("html.drift", "render_drift_page"),
        run=_loaded("html.run", "render_run_page"),
        file_option=FileOption(
            "--html",
            "Also write an HTML page with search and filters that needs no network.",
            "Also write an HTML page with search and filters that needs no network.",
        ),
    ),
    Renderer(
        "csv",
        "CSV for spreadsheets",
        plan=_loaded("csv_report", "plan_as_csv"),
        drift=_loaded("csv_report", "drift_as_csv"),
        run=_loaded("csv_report", "run_as_csv"),
        file_option=FileOption(
            "--csv",
            "Also write CSV for spreadsheets, one value per row.",
            "Also write CSV for spreadsheets, one value per row.",
        ),
    ),
)
"""All output formats, in the order in which ``--format`` lists them."""
