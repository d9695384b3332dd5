"""What comparing the definitions of one object type needs besides manifests, portal and state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import DefinitionAddress, RecordId, definition_address
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.plan.change import Action, Change
from reconciler.plan.plan import Held
from reconciler.plan.records.policy import Policy
from reconciler.source import Place, SourceFiles, SourceRef


class Holding(NamedTuple):
    """The records that have a value in a property, or the associations that have a label, to be counted."""

    object: str
    name: str | None  # None: any record of the type
    value: str | None = None  # None: any value
    label: RecordId | None = None  # a label's identity; ``name`` is then the other object type


@dataclass(frozen=True, slots=True)
class DefinitionContext:
    """The settings and facts that comparing definitions needs besides manifests, portal and state."""

    portal_id: int
    policy: Policy
    files: SourceFiles
    is_whole: Callable[[DefinitionAddress], bool]  # whether a definition is selected as a whole
    holders: Mapping[Holding, int] = field(default_factory=dict)  # how many records have each value
    recent: Mapping[DefinitionAddress, Change] = field(default_factory=dict)
    """Changes that reconciler made in the last few minutes: HubSpot may still show the values before them."""
    stage_names: tuple[str, str] | None = None  # properties for pipeline and stage; None: no pipelines
    group: str | None = None  # the default group for new properties; None: unknown

    def counting(self, holders: Mapping[Holding, int]) -> "DefinitionContext":
        """Return the context with the numbers of records that have values to be removed."""
        return replace(self, holders=holders)

    def ref(self, place: Place) -> SourceRef:
        """Return a place with its file name, as messages show it."""
        return self.files.ref(place)

    def problem(
        self,
        wanted: DesiredDefinition,
        message: str,
        advice: str,
        path: str | None = None,
        *,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Build a problem of a definition, or of its value at ``path``."""
        place = wanted.place_of(path) if path else wanted.place
        address = wanted.address.property_address(path) if path else wanted.address.text
        return Problem(message, advice, self.ref(place), address, severity)

    def is_settling(self, address: DefinitionAddress, action: Action) -> bool:
        """Return whether we did ``action`` at ``address`` minutes ago: HubSpot may not show it yet."""
        return address in self.recent and self.recent[address].action is action


class DefinitionDecision(NamedTuple):
    """The result for one definition: changes, held values, problems; all empty means no-op."""

    changes: tuple[Change, ...] = ()
    held: tuple[Held, ...] = ()
    problems: tuple[Problem, ...] = ()


def own_id(record_id: RecordId) -> str:
    """Return HubSpot's own id in the identity of a definition: ``pipelines/123`` gives ``123``."""
    return record_id.partition("/")[2]


def sibling(address: DefinitionAddress, name: str) -> DefinitionAddress:
    """Return the address of the definition called ``name`` beside the definition at ``address``."""
    return definition_address(address.object, address.section, *address.names[:-1], name)
