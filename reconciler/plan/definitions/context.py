"""The facts that comparing the definitions of one object type needs, besides the three sides."""

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
    """Records that hold a value of a property, or associations that have a label."""

    object: str
    name: str | None  # None: any record of the type
    value: str | None = None  # None: any value
    label: RecordId | None = None  # identity of a label; then ``name`` is the other object type


@dataclass(frozen=True, slots=True)
class DefinitionContext:
    """Facts beside manifests, portal and state."""

    portal_id: int
    policy: Policy
    files: SourceFiles
    is_whole: Callable[[DefinitionAddress], bool]  # selected as a whole, and not only some of its values
    holders: Mapping[Holding, int] = field(default_factory=dict)  # how many records hold removed values
    recent: Mapping[DefinitionAddress, Change] = field(default_factory=dict)
    """Our own writes of the last minutes: HubSpot may still show the values from before."""
    stage_names: tuple[str, str] | None = None  # the properties for pipeline and stage of a record
    group: str | None = None  # the group of new properties whose manifests name none; None: unknown

    def counting(self, holders: Mapping[Holding, int]) -> "DefinitionContext":
        """Return the context with the numbers of records that hold removed values."""
        return replace(self, holders=holders)

    def ref(self, place: Place) -> SourceRef:
        """Return a place for people."""
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
        """Report something about a definition, or about its value at ``path``."""
        place = wanted.place_of(path) if path else wanted.place
        address = wanted.address.property_address(path) if path else wanted.address.text
        return Problem(message, advice, self.ref(place), address, severity)

    def is_settling(self, address: DefinitionAddress, action: Action) -> bool:
        """Return whether we did this minutes ago, so that HubSpot may not show it yet."""
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
