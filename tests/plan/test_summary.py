"""The summary counts everything in a plan once, and agrees with the plan."""

from dataclasses import replace

import pytest
from hypothesis import given

from reconciler.errors import Problem, Severity
from reconciler.plan.plan import Plan
from reconciler.plan.summary import ProblemCounts, count_problems
from tests.support.example_plan import ADOPTING, CONVERGED, EVERYTHING
from tests.support.plans import plans


@given(plans)
def test_a_summary_says_of_a_plan_what_the_plan_says_itself(plan: Plan) -> None:
    summary = plan.summary

    assert (summary.is_sound, summary.is_appliable) == (plan.is_sound, plan.is_appliable)
    assert (summary.writes, summary.is_empty) == (plan.writes, plan.is_empty)
    left_out = [problem for problem in plan.problems if problem.severity is Severity.LEFT_OUT]
    assert summary.problems.left_out == len(left_out)
    assert sum(summary.actions.values()) == len(plan.changes)
    assert summary.problems.total == len(plan.problems)


def test_problems_are_counted_by_severity() -> None:
    severities = (Severity.WARNING, Severity.ERROR, Severity.WARNING, Severity.LEFT_OUT)
    problems = [Problem("odd", severity=severity) for severity in severities]

    assert count_problems(problems) == ProblemCounts(errors=1, left_out=1, warnings=2)
    assert count_problems(problems).total == 4


@pytest.mark.parametrize(
    ("plan", "headline"),
    [
        (ADOPTING, "Nothing to write. 12 records will be taken over (state only). 1 held, 97 in step"),
        (replace(CONVERGED, no_op=0), "No changes"),
        (replace(CONVERGED, problems=(Problem("odd"),)), "Plan: 0 to create, 0 to update, 0 to archive"),
        (EVERYTHING, EVERYTHING.summary.last_line),
    ],
    ids=["adopting", "nothing", "unsound", "everything"],
)
def test_the_headline_says_no_changes_where_nothing_is_to_be_written(plan: Plan, headline: str) -> None:
    assert plan.summary.headline == headline
