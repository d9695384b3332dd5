"""The findings of planning, before they become a plan.

The planners of records, associations and definitions add their changes, held differences and problems. The
module ``assemble`` makes one plan of all these findings.
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
"""A plan may create up to this number of records of one type without a further check.

If a plan creates more, and HubSpot has none of the records that the manifests name, planning reads from
HubSpot whether any record of the type exists.
"""


@dataclass(slots=True)
class Findings:
    """Changes, held differences and problems, in the order in which they were found."""

    keeps_state: bool = True  # whether there is a state that can store adoptions
    workspace: Workspace = IN_MEMORY  # where changes are kept and sorted
    held: list[Held] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    # changes of records with problems: not in the plan, but their unique values are checked
    faulty: list[Change] = field(default_factory=list)
    # owned records that HubSpot does not return any more; why not (archived, merged ...) is not known yet
    gone: list[tuple[Held, OwnedRecord]] = field(default_factory=list)
    no_op: int = 0  # number of records that need no change
    missing_calls: int = 0  # calls that found out what happened to ``gone`` records
    populations: dict[str, Population] = field(default_factory=dict)  # by object type
    changes: SpooledChanges = field(init=False)

    def __post_init__(self) -> None:
        self.changes = SpooledChanges(self.workspace.lines())

    def add(self, found: Iterable[Change | Held]) -> None:
        """Add changes and held differences; without a state, drop changes that would only update state."""
        for each in found:
            if isinstance(each, Held):
                self.held.append(each)
            elif self.keeps_state or each.is_remote:
                self.changes.append(each)

    def replace(self, decide: Callable[[Change], Change | None]) -> None:
        """Replace each change by the result of ``decide``: the same, another one, or None to drop it."""
        self.changes = self.changes.kept(self.workspace, decide)

    def population(self, object_name: str) -> Population:
        """Return the counts of one object type, from which guards compute percentages."""
        return self.populations.setdefault(object_name, Population())

    def doubtful_types(self, fewest: int = FEWEST_NEW) -> list[str]:
        """Return the types with many records to create, if the portal has none of the named records.

        "Many" means more than ``fewest``.
        """
        new = Counter(change.object_type for change in self.changes.of(Verb.CREATE))
        return sorted(name for name in new if new[name] > fewest and not self.population(name).found)
