"""Preparing plans, drift and runs for a report.

An entry is masked, and gets its display names, when it is accessed. The other parts of a report are small,
and are masked in advance. Entries are counted before they are masked.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from reconciler.errors import Problem
from reconciler.model.drift import (
    DriftedValue,
    DriftFound,
    DriftSummary,
    MissingOwnedRecord,
    RemovedAssociation,
)
from reconciler.model.runs import RunDetail, RunRow
from reconciler.plan.change import Change
from reconciler.plan.plan import Held, Plan, ReviewDifference
from reconciler.plan.summary import PlanSummary
from reconciler.report.entries import Entries, as_it_is
from reconciler.report.mask import Masking, mask_of, mask_of_plan, mask_of_run
from reconciler.report.masker import Masker
from reconciler.report.named import named_change, named_drifted, named_held, named_row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan prepared for a report."""

    about: Plan  # the masked plan without its entries, which are in the fields below
    summary: PlanSummary  # counts of all entries of the plan
    changes: Entries[Change]
    held: Entries[Held]
    problems: Entries[Problem]
    differences: Entries[ReviewDifference]
    is_masked: bool  # whether properties are masked, even if the plan has no values of them


@dataclass(frozen=True, slots=True)
class ShownDrift:
    """Drift prepared for a report."""

    about: DriftFound  # the drift without its entries, which are in the fields below
    summary: DriftSummary
    values: Entries[DriftedValue]
    lost: Entries[MissingOwnedRecord]
    pairs: Entries[RemovedAssociation]
    is_masked: bool  # whether any of its values are masked

    @property
    def is_empty(self) -> bool:
        """Whether there is no drift."""
        return self.summary.is_empty


def shown_plan(plan: Plan, masking: Masking) -> ShownPlan:
    """Prepare a plan for a report."""
    mask = mask_of_plan(masking, plan)
    about = replace(
        plan, changes=(), held=(), problems=(), review=plan.review and replace(plan.review, differences=())
    )
    return ShownPlan(
        mask.about(about) if mask else about,
        plan.summary,
        Entries(plan.changes, then(mask.change if mask else None, partial(named_change, plan.names))),
        Entries(plan.held, then(mask.held if mask else None, partial(named_held, plan.names))),
        Entries(plan.problems, mask.problem if mask else as_it_is),
        Entries(plan.review.differences if plan.review else (), mask.difference if mask else as_it_is),
        mask is not None and bool(plan.masked_properties),
    )


def shown_drift(found: DriftFound, masking: Masking) -> ShownDrift:
    """Prepare drift for a report."""
    mask = mask_of(masking, found.masked_properties, found.names)
    values = Entries(found.values, then(mask.drifted if mask else None, partial(named_drifted, found.names)))
    lost = Entries(found.lost, mask.lost if mask else as_it_is)
    pairs = Entries(found.pairs, mask.lost_pair if mask else as_it_is)
    is_masked = mask is not None and _has_masked(found, mask)
    about = replace(found, values=(), lost=(), pairs=(), names=mask.names() if mask else found.names)
    return ShownDrift(about, found.summary, values, lost, pairs, is_masked)


def shown_rows(detail: RunDetail, masking: Masking) -> Entries[RunRow]:
    """Prepare the rows of a run for a report."""
    mask = mask_of_run(masking, detail.header)
    return Entries(detail.rows, then(mask.row if mask else None, partial(named_row, detail.header.names)))


def then(mask: Callable[[T], T] | None, name: Callable[[T], T]) -> Callable[[T], T]:
    """Return a function that masks an entry (unless ``mask`` is None), then replaces values by names."""
    return name if mask is None else lambda entry: name(mask(entry))


def _has_masked(found: DriftFound, mask: Masker) -> bool:
    """Return whether the mask changes anything in the drift."""
    return (
        any(mask.drifted(value) != value for value in found.values)
        or any(mask.lost(record) != record for record in found.lost)
        or any(mask.lost_pair(pair) != pair for pair in found.pairs)
    )
