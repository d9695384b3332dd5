"""A rehearsal: the result of a plan on a throw-away copy of its portal."""

from dataclasses import dataclass

from reconciler.errors import Problem, ReconcilerError, Severity
from reconciler.model.runs import RunDetail
from reconciler.plan.change import Change


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The result of applying a plan to a copy, and of a second plan that was made for the copy afterwards."""

    # lists only changes that were not applied; None: the plan has no changes, or the user stopped the copying
    run: RunDetail | None
    # unique values that the plan writes but another record has; a warning if that record is archived
    findings: tuple[Problem, ...]
    left: tuple[Change, ...]  # writes in the second plan; empty if the first plan did everything
    unplanned: str  # why there was no second plan; empty if there was one
    untold: tuple[str, ...]  # parts that the copy does not imitate, as sentences without full stops
    calls: int  # calls that read the portal
    seconds: float  # time of the whole rehearsal
    stopped_by: ReconcilerError | None = None  # the error that stopped the run on the copy
    is_interrupted: bool = False  # the user stopped the rehearsal

    @property
    def is_complete(self) -> bool:
        """Whether every change was applied, no finding is an error, and the second plan writes nothing."""
        return (
            self.is_applied
            and not self.is_interrupted
            and not self.left
            and all(finding.severity is not Severity.ERROR for finding in self.findings)
        )

    @property
    def is_applied(self) -> bool:
        """Whether every change was applied."""
        counts = self.run.accounting() if self.run else {}
        return self.stopped_by is None and counts.get("applied", 0) == counts.get("planned", 0)
