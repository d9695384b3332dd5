"""The keys of marks: equal values have equal marks in all commands of one commit."""

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
    """The state and the commit that a report is about; without both, marks are only valid in one report."""

    lineage: str | None = None
    commit: str | None = None
    says_manifests: bool = False  # the report shows values of the manifests of this very commit

    @property
    def key(self) -> bytes:
        """The key of the marks."""
        return mark_key(self.lineage, self.commit)


NO_MARKS = Marks()


def marks_of_plan(plan: Plan) -> Marks:
    """Return the key of the marks of a plan."""
    return Marks(plan.state.lineage, plan.manifests.git, is_of_commit(plan))


def marks_of_run(header: RunHeader) -> Marks:
    """Return the key of the marks of a run: it does not know whether its manifests were committed."""
    return Marks(header.state.lineage if header.state else None, header.commit)


def marks_of_drift(invocation: Invocation, found: DriftFound) -> Marks:
    """Return the key of the marks of drift; it reads no manifests."""
    return Marks(found.state.lineage, invocation.environment.commit)


def marks_of_acceptance(invocation: Invocation, acceptance: Acceptance) -> Marks:
    """Return the key of the marks of accepted drift: the key of the drift."""
    return Marks(acceptance.lineage, invocation.environment.commit)


def marks_of_explanation(explained: Explanation) -> Marks:
    """Return the key of the marks of an explanation."""
    return Marks(explained.lineage, explained.commit, explained.is_of_commit)
