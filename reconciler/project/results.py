"""Results of an environment's methods that have no class elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import Problem, ReconcilerError
from reconciler.model.object_references import ObjectProperty
from reconciler.model.outcomes import OUTCOME_WORDS
from reconciler.model.runs import RunDetail


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The result of applying a plan."""

    run: RunDetail | None  # None: there was nothing to do; without the applied rows unless requested
    # the error that stopped it before the last change; None without one
    stopped_by: ReconcilerError | None = None
    is_interrupted: bool = False  # ``should_stop`` returned True; the next apply continues from there

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
    """The result of checking the manifests."""

    records: int
    definitions: int
    files: int
    problems: tuple[Problem, ...]  # by file and line, relative to the working directory; warnings, too
    portal_id: int | None = None  # the portal that they were checked against; None without one
    masked_properties: tuple[ObjectProperty, ...] = ()  # properties whose values should be masked in output
    is_sound: bool = True  # a plan is possible
