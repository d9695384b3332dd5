"""Definitions as one document declares them, before folders are merged and missing labels are added."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from reconciler.model.addresses import DefinitionAddress
from reconciler.model.portal_definitions import NO_DEFINITION_DIRECTIVES, DefinitionDirectives
from reconciler.source import Place

Statement: TypeAlias = tuple[str | None, Place]
"""The canonical text of a value, or None to clear it, with its place."""


@dataclass(frozen=True, slots=True)
class DeclaredOption:
    """One option of a property in one document."""

    name: str
    place: Place
    values: Mapping[str, Statement]  # by attribute
    special: DefinitionDirectives = NO_DEFINITION_DIRECTIVES


@dataclass(frozen=True, slots=True)
class DeclaredDefinition:
    """One definition in one document."""

    address: DefinitionAddress
    place: Place
    values: Mapping[str, Statement]  # by path, without options and stages
    special: DefinitionDirectives = NO_DEFINITION_DIRECTIVES
    options: tuple[DeclaredOption, ...] = ()  # options of a property, in the order of the file
    # True: the document lists all options (``options:``); False: it lists only some (``options_include:``),
    # or does not mention options
    has_all_options: bool = False
    stages: tuple[str, ...] = ()  # names of the stages of a pipeline, in the order of the file
    inner_place: Place | None = field(default=None)  # place of the options or stages; None without any

    def renamed(self, names: Mapping[str, str]) -> "DeclaredDefinition":
        """Return the definition with object types replaced by their ``names`` in the portal."""
        return replace(self, address=self.address.renamed(names))
