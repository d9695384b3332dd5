"""Finding the live definition of each desired one.

HubSpot identifies groups and properties by a name that never changes, and everything else by an id. The live
definition is found by the id in state, else by ``$id``, else by its label (or name), else by the label in
``$renamed_from``. Labels that differ only in case and outer blanks are equal in HubSpot.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.errors import UnplacedProblem
from reconciler.model.addresses import DefinitionAddress, RecordId, Section, definition_address
from reconciler.model.owned import OwnedDefinition
from reconciler.model.portal_definitions import DesiredDefinition, LiveDefinition, definition_id

NAMED = frozenset({Section.GROUPS, Section.PROPERTIES, Section.SCHEMA})
"""Sections whose definitions HubSpot identifies by a name that never changes."""


@dataclass(frozen=True, slots=True)
class DefinitionSides:
    """A desired definition, with its live and owned versions."""

    wanted: DesiredDefinition
    live: LiveDefinition | None = None
    owned: OwnedDefinition | None = None  # entry of the definition in state, perhaps under another address
    pipeline: "DefinitionSides | None" = None  # for a stage: the sides of its pipeline
    problem: UnplacedProblem | None = None  # set if it is unclear which live definition is meant

    @property
    def address(self) -> DefinitionAddress:
        """The address of the desired definition."""
        return self.wanted.address

    @property
    def found(self) -> LiveDefinition | None:
        """The live definition, unless it is archived."""
        return None if self.live is None or self.live.is_archived else self.live

    @property
    def is_as_wanted(self) -> bool:
        """Whether the live definition exists if it is wanted, and does not exist if it should be absent."""
        return (self.found is None) is self.wanted.special.is_absent

    @property
    def former(self) -> DefinitionAddress | None:
        """The address of the definition in state; None if it is ``address``, or state does not have it."""
        return self.owned.key if self.owned and self.owned.key != self.address else None


def labels_equal(one: str | None, other: str | None) -> bool:
    """Return whether two labels are equal in HubSpot, which ignores case and outer blanks."""
    return one is not None and other is not None and plain_label(one) == plain_label(other)


def plain_label(label: str) -> str:
    """Return the form in which HubSpot compares labels."""
    return label.strip().casefold()


def match_definitions(
    desired: Iterable[DesiredDefinition],
    live: Iterable[LiveDefinition],
    owned: Iterable[OwnedDefinition],
) -> tuple[DefinitionSides, ...]:
    """Find the live definition and the entry in state for each desired definition of one type, in order."""
    wanted = tuple(desired)
    matching = _Matching(tuple(live), tuple(owned))
    found: dict[DefinitionAddress, DefinitionSides] = {}
    for stages in (False, True):  # stages after their pipelines
        own = [each for each in wanted if (each.address.section is Section.STAGES) is stages]
        matching.claim(own)
        found |= {each.address: matching.sides_of(each) for each in own}
    return tuple(found[each.address] for each in wanted)


@dataclass(slots=True)
class _Matching:
    """Matches one desired definition after the other; each live one is used only once."""

    live: Sequence[LiveDefinition]
    owned: Sequence[OwnedDefinition]
    taken: dict[RecordId, DefinitionSides] = field(default_factory=dict)
    pipelines: dict[str, DefinitionSides] = field(default_factory=dict)  # by name in the manifests
    claimed: dict[RecordId, DefinitionAddress] = field(default_factory=dict)  # the wanted address, by live id
    passed_on: set[DefinitionAddress] = field(default_factory=set)  # old addresses of renamed definitions
    _by_id: Mapping[RecordId, LiveDefinition] = field(init=False)
    _in_state: Mapping[DefinitionAddress, OwnedDefinition] = field(init=False)
    _state_by_id: Mapping[RecordId, OwnedDefinition] = field(init=False)

    def __post_init__(self) -> None:
        self._by_id = {each.id: each for each in self.live}
        self._in_state = {each.key: each for each in self.owned}
        self._state_by_id = {each.record_id: each for each in self.owned}

    def claim(self, wanted: Sequence[DesiredDefinition]) -> None:
        """Reserve the live definitions that the state or ``$id`` identifies.

        A reserved live definition is never matched by its label to another desired definition.
        """
        for each in wanted:
            old = each.special.renamed_from
            if old and each.address not in self._in_state and each.address.section not in NAMED:
                self.passed_on |= set(self._addresses(each, old))
        for each in wanted:
            known = self._known(each) if each.address.section not in NAMED else None
            if known:
                self.claimed.setdefault(known.record_id, each.address)
            if each.special.id is not None:
                self.claimed.setdefault(definition_id(each.address.section, each.special.id), each.address)

    def sides_of(self, wanted: DesiredDefinition) -> DefinitionSides:
        """Return what manifests, state and portal say about one definition.

        Call it for a pipeline before its stages.
        """
        address = wanted.address
        pipeline = self.pipelines.get(address.names[0]) if address.section is Section.STAGES else None
        problem: UnplacedProblem | None = None
        if address.section in NAMED:
            live = self._by_id.get(definition_id(address.section, *address.names))
            owned = self._in_state.get(address)
        else:
            live, owned, problem = self._by_label(wanted, pipeline)
        sides = DefinitionSides(wanted, live, owned, pipeline, problem)
        if live is not None and not wanted.special.is_absent:
            first = self.taken.setdefault(live.id, sides)
            if first is not sides:
                message = f"{first.address.text} and {address.text} are the same definition in the portal"
                sides = DefinitionSides(
                    wanted, live, owned, pipeline, UnplacedProblem(message, "remove one of the two")
                )
        if address.section is Section.PIPELINES:
            self.pipelines[address.name] = sides
        return sides

    def _by_label(
        self, wanted: DesiredDefinition, pipeline: DefinitionSides | None
    ) -> tuple[LiveDefinition | None, OwnedDefinition | None, UnplacedProblem | None]:
        known = self._known(wanted)
        live = self._by_id.get(known.record_id) if known else None
        if live is not None:
            return live, known, None
        section, names = wanted.address.section, wanted.address.names
        if wanted.special.id is not None:
            live = self._by_id.get(definition_id(section, wanted.special.id))
            if live is None and known is None:
                message = f"the portal has no {WORDS[section]} with the id {wanted.special.id}"
                advice = f"correct `$id`, or remove `$id` to have a new {WORDS[section]} created"
                return None, None, UnplacedProblem(message, advice)
            return live, self._entry(live, known), None
        candidates = [each for each in self.live if self._may_be(each, wanted, pipeline)]
        label = wanted.value("label") or names[-1]
        alike = [each for each in candidates if labels_equal(each.values.get("label"), label)] or [
            each for each in candidates if names[-1] in {each.values.get("name"), each.address.name}
        ]
        old = wanted.special.renamed_from
        before = [each for each in candidates if old and labels_equal(each.values.get("label"), old)]
        if len(alike) > 1:
            message = f"the portal has {len(alike)} {WORDS[section]}s that are called {label}"
            return None, known, UnplacedProblem(message, "write `$id:` with the id of one of them")
        if alike and before and alike[0].id != before[0].id:
            message = f"`$renamed_from` is wrong: the portal has two {WORDS[section]}s, {old} and {label}"
            advice = "remove `$renamed_from`, or remove one of the two with `$absent`"
            return None, known, UnplacedProblem(message, advice)
        live = next(iter([*alike, *before]), None)
        return live, self._entry(live, known), None

    def _known(self, wanted: DesiredDefinition) -> OwnedDefinition | None:
        """Return the entry in state under the address of ``wanted``, or under its address before a rename."""
        own = [each for each in self._addresses(wanted, wanted.address.name) if each not in self.passed_on]
        old = wanted.special.renamed_from
        addresses = [*own, *(self._addresses(wanted, old) if old else ())]
        return next((self._in_state[each] for each in addresses if each in self._in_state), None)

    def _addresses(self, wanted: DesiredDefinition, name: str) -> list[DefinitionAddress]:
        """Return the addresses under which the state may have ``wanted`` if its name there is ``name``.

        A stage may also be in state under the former name of its pipeline.
        """
        address = wanted.address
        parents: list[tuple[str, ...]] = [address.names[:-1]]
        pipeline = self.pipelines.get(parents[0][0]) if address.section is Section.STAGES else None
        if pipeline is not None and pipeline.owned is not None:
            parents.append(pipeline.owned.key.names)
        return [definition_address(address.object, address.section, *parent, name) for parent in parents]

    def _entry(self, live: LiveDefinition | None, known: OwnedDefinition | None) -> OwnedDefinition | None:
        """Return the entry in state with the id of ``live``.

        Return ``known`` if ``live`` is None, or if state has no entry with this id.
        """
        return self._state_by_id.get(live.id, known) if live else known

    def _may_be(
        self, live: LiveDefinition, wanted: DesiredDefinition, pipeline: DefinitionSides | None
    ) -> bool:
        address = wanted.address
        if live.address.section is not address.section or live.is_archived:
            return False
        if self.claimed.get(live.id, address) != address:
            return False
        if address.section is Section.STAGES:
            found = pipeline.found if pipeline else None
            return found is not None and definition_id(Section.PIPELINES, live.parent_id or "") == found.id
        if address.section is Section.LABELS:
            return live.address.names[0] == address.names[0]
        return True


WORDS: Mapping[Section, str] = {
    Section.GROUPS: "property group",
    Section.PROPERTIES: "property",
    Section.PIPELINES: "pipeline",
    Section.STAGES: "stage",
    Section.SCHEMA: "object type",
    Section.LABELS: "association label",
    Section.OPTIONS: "option",
}
"""The word for a definition of each section."""


def an(section: Section) -> str:
    """Return the word for a definition of a section, with its article: ``an association label``."""
    word = WORDS[section]
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
