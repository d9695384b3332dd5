"""Definitions of the portal as things with values: live ones from HubSpot, desired ones from manifests."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.addresses import DefinitionAddress, RecordId, Section
from reconciler.model.definition_attributes import Form, list_of, list_text
from reconciler.model.object_types import type_number
from reconciler.source import Place

_ASSOCIATED = "associatedObjects"


def definition_id(section: Section, *ids: str) -> RecordId:
    """Return the identity of a definition within its object type: ``properties/tier``, ``schema``.

    It consists of the section and HubSpot's own id: the name of a property or group, the id of a pipeline or
    stage, the two type ids of a label (from the end that declares it, and from the other end).
    """
    return RecordId("/".join((section, *ids)))


def is_within(inner: DefinitionAddress, outer: DefinitionAddress) -> bool:
    """Return whether archiving ``outer`` also removes ``inner``.

    A pipeline is archived with its stages, a custom object type with all of its definitions.
    """
    if inner == outer:
        return False
    if outer.section is Section.SCHEMA:
        return outer.object in inner.objects
    is_stage = outer.section is Section.PIPELINES and inner.section is Section.STAGES
    return is_stage and inner.object == outer.object and inner.names[0] == outer.name


@dataclass(frozen=True, slots=True)
class LiveDefinition:
    """One definition as HubSpot returned it in this run."""

    address: DefinitionAddress  # with its present label as name if HubSpot identifies it by an id
    id: RecordId  # see ``definition_id``
    values: Mapping[str, str | None]  # canonical texts by path; see ``definition_attributes``
    parent_id: str | None = None  # HubSpot's id of the pipeline of a stage
    is_hubspot_defined: bool = False
    can_change: bool = True
    can_change_options: bool = True
    can_archive: bool = True
    # True: a property that is archived in HubSpot. If somebody creates it again, its old values come back.
    is_archived: bool = False
    created_at: str | None = field(default=None, compare=False)
    updated_at: str | None = field(default=None, compare=False)  # None for groups and labels
    updated_by: str | None = field(default=None, compare=False)  # HubSpot's id of a user; only for properties


@dataclass(frozen=True, slots=True)
class DefinitionDirectives:
    """The ``$`` keys of a definition, or of an option; most have none."""

    is_absent: bool = False  # the definition must not exist
    protect: bool | None = None  # whether to protect the definition from archiving; None: no change
    renamed_from: str | None = None  # previous label of the definition; of an option: previous value
    moves_to: str | None = None  # for an absent definition: the value that its records get instead
    id: str | None = None  # HubSpot's id of a pipeline or stage that has another label there


NO_DEFINITION_DIRECTIVES = DefinitionDirectives()


@dataclass(frozen=True, slots=True)
class DesiredOption:
    """One named option of a property; its attributes are among the values of the property's definition."""

    name: str
    place: Place
    special: DefinitionDirectives = NO_DEFINITION_DIRECTIVES


@dataclass(frozen=True, slots=True)
class DesiredDefinition:
    """One definition as the manifests declare it: only the named attributes are managed."""

    address: DefinitionAddress
    paths: tuple[str, ...]  # of the managed values, sorted
    values: tuple[str | None, ...]  # canonical texts, one for each path; None clears
    places: tuple[Place, ...]  # one for each path
    place: Place  # of the definition itself
    special: DefinitionDirectives = NO_DEFINITION_DIRECTIVES
    # for a property: the options in the manifest, in order, including the options with ``$absent``
    options: tuple[DesiredOption, ...] = ()
    # True: the manifest lists all options (``options:``); False: it lists only some (``options_include:``),
    # or does not mention options
    has_all_options: bool = False

    @property
    def moves_records(self) -> bool:
        """Whether records get another value because the definition or an option is removed or renamed."""
        return self.special.moves_to is not None or any(
            option.special.moves_to or option.special.renamed_from for option in self.options
        )

    def value(self, path: str) -> str | None:
        """Return the desired value at ``path``; None if the value is cleared or not managed."""
        return self.values[self.paths.index(path)] if path in self.paths else None

    def place_of(self, path: str) -> Place:
        """Return the place of the value at ``path``; if that is not managed, the place of the definition."""
        return self.places[self.paths.index(path)] if path in self.paths else self.place

    @property
    def objects(self) -> tuple[str, ...]:
        """The object types that the definition needs: its own first, then custom types that it names."""
        named = (each for each in list_of(self.value(_ASSOCIATED)) if type_number(each) is None)
        return tuple(dict.fromkeys((*self.address.objects, *named)))

    def renamed(self, names: Mapping[str, str]) -> "DesiredDefinition":
        """Return the definition with object types replaced by their ``names`` in the portal."""
        definition = replace(self, address=self.address.renamed(names))
        if self.address.section is not Section.SCHEMA or self.value(_ASSOCIATED) is None:
            return definition
        others = list_text((names.get(each, each) for each in list_of(self.value(_ASSOCIATED))), Form.SET)
        values = (others if path == _ASSOCIATED else self.value(path) for path in self.paths)
        return replace(definition, values=tuple(values))
