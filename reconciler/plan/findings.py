"""The findings of planning so far.

The planner of each kind adds to it, and ``assemble`` makes the plan of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from reconciler.errors import Problem
from reconciler.model.owned import OwnedRecord
from reconciler.plan.change import Change
from reconciler.plan.file.sequences import IN_MEMORY, SpooledChanges, Workspace
from reconciler.plan.guards import Population
from reconciler.plan.kinds import Verb
from reconciler.plan.plan import Held

FEWEST_NEW = 10
"""If all named records of a type are new and there are more of them, check whether the portal has others."""


@dataclass(slots=True)
class Findings:
    """Changes, held differences and problems, in the order in which they were found."""

    keeps_state: bool = True  # there is a state for adoptions
    workspace: Workspace = IN_MEMORY  # where changes are kept and sorted
    held: list[Held] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    gone: list[tuple[Held, OwnedRecord]] = field(default_factory=list)  # not explained yet
    no_op: int = 0  # number of records in step
    missing_calls: int = 0  # calls to find out what happened to gone records
    populations: dict[str, Population] = field(default_factory=dict)  # by object type
    changes: SpooledChanges = field(init=False)

    def __post_init__(self) -> None:
        self.changes = SpooledChanges(self.workspace.lines())

    def add(self, found: Iterable[Change | Held]) -> None:
        """Add changes and held differences; without a state, nothing is adopted."""
        for each in found:
            if isinstance(each, Held):
                self.held.append(each)
            elif self.keeps_state or each.is_remote:
                self.changes.append(each)

    def replace(self, decide: Callable[[Change], Change | None]) -> None:
        """Decide about each change: it stays, is replaced, or is left out."""
        self.changes = self.changes.kept(self.workspace, decide)

    def population(self, object_name: str) -> Population:
        """Return the counts for percentages of one object type."""
        return self.populations.setdefault(object_name, Population())

    def doubtful_types(self, fewest: int = FEWEST_NEW) -> list[str]:
        """Return the types whose named records, more than ``fewest``, are all new: there may be others."""
        new = Counter(change.object_type for change in self.changes.of(Verb.CREATE))
        return sorted(name for name in new if new[name] > fewest and not self.population(name).found)
