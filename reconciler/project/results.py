"""What the verbs of an environment give back, where no other room has the value."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import Problem, ReconcilerError
from reconciler.model.outcomes import OUTCOME_WORDS
from reconciler.model.runs import RunDetail


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """What became of a plan."""

    run: (
        RunDetail | None
    )  # None: there was nothing to do; without the rows that were applied, unless asked for
    stopped_by: ReconcilerError | None = None  # why it ended before the last change; None where it did not
    is_interrupted: bool = False  # ``should_stop`` said so; the next apply goes on from there

    def accounting(self) -> Mapping[str, int]:
        """Count changes by ``planned`` and by outcome; the outcomes add up to ``planned``."""
        if self.run is None:
            return dict.fromkeys(("planned", *OUTCOME_WORDS), 0)
        return self.run.accounting()

    @property
    def is_complete(self) -> bool:
        """Whether every planned change was applied."""
        counts = self.accounting()
        return self.stopped_by is None and not self.is_interrupted and counts["applied"] == counts["planned"]


@dataclass(frozen=True, slots=True)
class Validation:
    """What a check of the manifests has found."""

    records: int
    files: int
    problems: tuple[Problem, ...]  # by file and line, as seen from the working directory; warnings, too
    portal_id: int | None = None  # that they were held against; None: against none
    masked_properties: tuple[tuple[str, str], ...] = ()  # whose values should be masked where they are shown
    is_sound: bool = True  # no problem stands in the way of a plan
