"""Conditions of an environment that a webhook reports: each is good or bad, with some numbers.

A condition contains only counts and names of guards: addresses and values may be personal, and readers of the
notices need not be allowed to read the CRM.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from reconciler.errors import PlanRefused, ReconcilerError, StateError
from reconciler.model.drift import DriftSummary
from reconciler.plan.plan import Budget, Plan
from reconciler.project.results import ApplyResult

Facts: TypeAlias = Mapping[str, str | int | None]

FEW_CALLS: Final = 10_000
"""A notice is sent if fewer calls are left today. The smallest daily limit is 250,000 calls.

Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details.
"""


class Subject(StrEnum):
    """Subjects that a condition can be about."""

    DRIFT = "drift"
    APPLY = "apply"
    PLAN = "plan"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an environment."""

    subject: Subject
    is_bad: bool
    text: str  # one sentence without a full stop, about the new state of the condition
    facts: Facts


def condition_of_drift(summary: DriftSummary) -> Condition:
    """Return what a notice says about drift: that there is none, or how much there is."""
    if summary.is_empty:
        return Condition(Subject.DRIFT, is_bad=False, text="the drift is gone", facts={})
    facts: Facts = {
        "values": summary.values,
        "records": summary.changed_records,
        "lost_records": summary.lost_records,
        "removed_associations": summary.removed_associations,
        "definitions": summary.changed_definitions,
        "lost_definitions": summary.lost_definitions,
    }
    return Condition(Subject.DRIFT, is_bad=True, text=f"there is drift: {summary.headline}", facts=facts)


def conditions_of_plan(plan: Plan) -> tuple[Condition, ...]:
    """Return the conditions about two facts: whether guards refuse the plan, and whether few calls are left.

    The second condition is missing if the number of calls is unknown.

    Return nothing for a partial plan, a reviewed plan or a rollback, which do not describe the whole
    environment.
    """
    if plan.targets or plan.excludes or plan.review is not None or plan.rolls_back is not None:
        return ()
    guards = ", ".join(sorted({str(refusal.guard) for refusal in plan.refusals}))
    refused = (
        Condition(Subject.PLAN, True, f"the plan is refused by its guards: {guards}", {"guards": guards})
        if guards
        else Condition(Subject.PLAN, False, "the plan is not refused any more", {})
    )
    budget = _condition_of_budget(plan.budget)
    return (refused, budget) if budget else (refused,)


def _condition_of_budget(budget: Budget) -> Condition | None:
    left, needed = budget.daily_remaining, budget.apply_calls
    if left is None:
        return None
    facts: Facts = {"calls_left": left, "calls_needed": needed}
    if left < FEW_CALLS or needed * 2 > left:
        text = f"few API calls are left today: {left:,}, and the plan needs {needed:,}"
        return Condition(Subject.BUDGET, True, text, facts)
    return Condition(Subject.BUDGET, False, f"there are enough API calls again: {left:,}", facts)


def condition_of_result(result: ApplyResult) -> Condition:
    """Return the condition about whether an apply was complete."""
    counts = result.accounting()
    run = {"run": result.run.header.id} if result.run is not None else {}
    facts: Facts = {**run, **counts}
    if result.is_complete:
        return Condition(Subject.APPLY, False, "apply is complete again", facts)
    text = f"apply ended incomplete: {counts['applied']:,} of {counts['planned']:,} changes were applied"
    return Condition(Subject.APPLY, True, text, facts)


def condition_of_failure(error: ReconcilerError) -> Condition:
    """Return the condition after an apply that failed with ``error``.

    The text of the error is left out, because it may contain values.
    """
    if isinstance(error, PlanRefused):
        why = "the plan was refused, and nothing was applied"
    elif isinstance(error, StateError):
        why = "the state could not be used"
    else:
        why = "HubSpot could not be used"
    return Condition(Subject.APPLY, True, f"apply ended incomplete: {why}", {})
