"""The keys of marks, the short codes that replace masked values in reports.

With the same key, equal values get equal marks. All commands of one commit use the same key.
"""

from typing import NamedTuple

from reconciler.cli.invocation import Invocation
from reconciler.model.acceptance import Acceptance
from reconciler.model.drift import DriftFound
from reconciler.model.explanation import Explanation
from reconciler.model.runs import RunHeader
from reconciler.plan.plan import Plan
from reconciler.project.mark_key import mark_key
from reconciler.report.mask import is_of_commit


class Marks(NamedTuple):
    """The lineage of the state and the commit from which the marks in a report are computed.

    A mark is a short code that replaces a masked value. The key for computing marks is derived from the
    commit and a secret: RECONCILER_PLAN_KEY, or the lineage if this variable is not set. Without a secret,
    the key is random, so the same value has a different mark in each report.
    """

    lineage: str | None = None
    commit: str | None = None
    says_manifests: bool = False  # whether the manifests of the report are exactly those of ``commit``

    @property
    def key(self) -> bytes:
        """The key with which the marks are computed."""
        return mark_key(self.lineage, self.commit)


NO_MARKS = Marks()


def marks_of_plan(plan: Plan) -> Marks:
    """Return the lineage and commit from which the marks of masked values in a plan are computed."""
    return Marks(plan.state.lineage, plan.manifests.git, is_of_commit(plan))


def marks_of_run(header: RunHeader) -> Marks:
    """Return the lineage and commit from which the marks of masked values in a run's report are computed.

    A run does not record whether its manifests were committed, so ``says_manifests`` is false.
    """
    return Marks(header.state.lineage if header.state else None, header.commit)


def marks_of_drift(invocation: Invocation, found: DriftFound) -> Marks:
    """Return the lineage and commit from which the marks of masked values in drift are computed."""
    return Marks(found.state.lineage, invocation.environment.commit)


def marks_of_acceptance(invocation: Invocation, acceptance: Acceptance) -> Marks:
    """Return the lineage and commit from which the marks of masked values in accepted drift are computed.

    A value has the same mark here as in the report of the drift.
    """
    return Marks(acceptance.lineage, invocation.environment.commit)


def marks_of_explanation(explained: Explanation) -> Marks:
    """Return the lineage and commit from which the marks of masked values in an explanation are computed."""
    return Marks(explained.lineage, explained.commit, explained.is_of_commit)
