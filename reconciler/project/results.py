"""Results of an environment's methods, if no other module defines their class."""

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.errors import Problem, ReconcilerError
from reconciler.model.object_references import ObjectProperty
from reconciler.model.outcomes import OUTCOME_WORDS
from reconciler.model.runs import RunDetail


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The result of applying a plan."""

    # None if there was nothing to do; contains applied changes only if the caller asked for them
    run: RunDetail | None
    # the error that stopped the run before its last change; None without an error
    stopped_by: ReconcilerError | None = None
    is_interrupted: bool = False  # whether ``should_stop`` returned True; the next apply continues

    def accounting(self) -> Mapping[str, int]:
        """Return the number of changes by outcome; ``planned`` is the number of all."""
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
    problems: tuple[Problem, ...]  # problems and warnings; files are relative to the working directory
    portal_id: int | None = None  # the portal that was compared; None if offline
    masked_properties: tuple[ObjectProperty, ...] = ()  # properties whose values should be masked in output
    is_sound: bool = True  # whether a plan is possible
