"""Reports for terminals: plans, runs and problems as text of a given width.

Signs and words contain all information; colour only repeats it. Every text ends with one newline.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from reconciler.errors import Problem
from reconciler.model.acceptance import Acceptance
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation
from reconciler.model.names import NO_NAMES, Names
from reconciler.model.runs import RunDetail, RunSummary
from reconciler.plan.plan import Plan
from reconciler.plan.summary import count_problems
from reconciler.report.acceptance import acceptance_closing, acceptance_sections
from reconciler.report.drift import (
    drift_closing,
    drift_opening,
    drifted_sections,
    lost_sections,
    pair_sections,
)
from reconciler.report.explanation import explanation_sections
from reconciler.report.mask import masked_acceptance, masked_explanation, masked_problems
from reconciler.report.named import named_explanation
from reconciler.report.outcomes import applied_sections, outcome_sections
from reconciler.report.plan.change_sections import change_sections, held_sections
from reconciler.report.plan.guard_refusals import refusal_lines
from reconciler.report.plan.review_differences import difference_sections
from reconciler.report.plan.summary import closing, opening
from reconciler.report.problem_list import how_many, problem_lines
from reconciler.report.rehearsal import rehearsal_sections
from reconciler.report.run_summary import accounting_section, run_entries, run_opening
from reconciler.report.shown import shown_drift, shown_plan, shown_rows
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import BLANK, Line, line, painted
from reconciler.report.view import View

NARROWEST = 40
"""The minimum width of lines, also for narrower terminals."""


def render_plan(plan: Plan, view: View) -> str:
    """Render a plan; the riskiest changes come first."""
    layout = _layout(view, plan.names)
    shown = shown_plan(plan, view.masking)
    sections = chain(
        [opening(shown, layout)],
        (section.lines_with_heading(layout) for section in change_sections(shown.changes)),
        (section.lines_with_heading(layout) for section in held_sections(shown.held)),
        [problem_lines(shown.problems, layout)],
        [refusal_lines(shown.about.refusals, layout, shown.about.rolls_back)],
        (section.lines_with_heading(layout) for section in difference_sections(shown.differences)),
        rehearsal_sections(shown.about.rehearsal, layout) if shown.about.rehearsal else (),
        [closing(shown, layout)],
    )
    return painted(_parted(sections), color=view.color)


def render_drift(found: DriftFound, view: View) -> str:
    """Render drift: lost records, changed values with their authors, and removed associations."""
    layout = _layout(view, found.names)
    shown = shown_drift(found, view.masking)
    sections = chain(
        [drift_opening(shown, layout)],
        (section.lines_with_heading(layout) for section in lost_sections(shown.lost)),
        (section.lines_with_heading(layout) for section in drifted_sections(shown.values)),
        (section.lines_with_heading(layout) for section in pair_sections(shown.pairs)),
        [drift_closing(shown, layout)],
    )
    return painted(_parted(sections), color=view.color)


def render_acceptance(acceptance: Acceptance, view: View) -> str:
    """Render accepted drift: values written into manifests, and values that a person must write."""
    layout = _layout(view, acceptance.names)
    shown = masked_acceptance(acceptance, view.masking)
    sections = chain(
        acceptance_sections(shown, layout),
        [problem_lines(shown.problems, layout)],
        [acceptance_closing(shown, layout)],
    )
    return painted(_parted(sections), color=view.color)


def render_explanation(explained: Explanation, view: View) -> str:
    """Render everything about one record or property."""
    layout = _layout(view, explained.names)
    shown = named_explanation(masked_explanation(explained, view.masking))
    sections = chain(explanation_sections(shown, layout), [problem_lines(shown.problems, layout)])
    return painted(_parted(sections), color=view.color)


def render_problems(problems: Iterable[Problem], view: View) -> str:
    """Render problems with places and advice, and their number."""
    layout = replace(_layout(view), full=True)
    shown = masked_problems(problems, view.masking)
    count = [line(f"{how_many(count_problems(shown)) or 'No problems'}.")]
    return painted(_parted([problem_lines(shown, layout), count]), color=view.color)


def render_run(detail: RunDetail, view: View) -> str:
    """Render a run: changes that were not applied, with HubSpot's messages, and counts of all outcomes.

    Applied changes come first, if ``view`` shows them.
    """
    layout = _layout(view, detail.header.names)
    rows = shown_rows(detail, view.masking)
    sections = chain(
        [run_opening(detail.header, layout)],
        (section.lines_with_heading(layout) for section in applied_sections(rows))
        if view.shows_applied
        else (),
        (section.lines_with_heading(layout) for section in outcome_sections(rows, detail.header)),
        [accounting_section(detail, layout)],
    )
    return painted(_parted(sections), color=view.color)


def render_runs(runs: Iterable[RunSummary], *, color: bool, width: int) -> str:
    """Render past runs, in the given order."""
    layout = Layout(max(width, NARROWEST), full=False, where=str)
    return painted(_parted(run_entries(runs, layout)), color=color)


def _layout(view: View, names: Names = NO_NAMES) -> Layout:
    return Layout(max(view.width, NARROWEST), view.full, view.where, names)


def _parted(sections: Iterable[list[Line]]) -> Iterator[Line]:
    """Join the lines of all sections that are not empty, with an empty line between sections."""
    parts = (section for section in sections if section)
    for index, section in enumerate(parts):
        yield from [BLANK, *section] if index else section
