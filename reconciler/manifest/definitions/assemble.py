"""Converting declared definitions to desired definitions.

A missing label is added. Each value is stored under its path in the definition: ``options/gold/label``.
"""

from collections.abc import Iterable, Mapping
from operator import attrgetter

from reconciler.manifest.definitions.declared import DeclaredDefinition, Statement
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_text, option_path
from reconciler.model.portal_definitions import DesiredDefinition, DesiredOption

_NAMED_BY_LABEL = frozenset({Section.PIPELINES, Section.STAGES})
"""Sections in which the name of a definition is also its label, unless ``label:`` is written."""


def assembled(declared: Iterable[DeclaredDefinition]) -> tuple[DesiredDefinition, ...]:
    """Return the desired definitions, sorted by address."""
    every = {each.address: each for each in declared}
    found = (_assembled(each, every) for each in every.values())
    return tuple(sorted(found, key=attrgetter("address")))


def _assembled(
    declared: DeclaredDefinition, every: Mapping[DefinitionAddress, DeclaredDefinition]
) -> DesiredDefinition:
    values: dict[str, Statement] = dict(declared.values)
    if not declared.special.is_absent:
        if declared.address.section in _NAMED_BY_LABEL:
            values.setdefault("label", (declared.address.name, declared.place))
        if declared.inner_place is not None:
            values |= _stage_names(declared, every) or _option_values(declared)
    paths = tuple(sorted(values))
    return DesiredDefinition(
        declared.address,
        paths,
        values=tuple(values[path][0] for path in paths),
        places=tuple(values[path][1] for path in paths),
        place=declared.place,
        special=declared.special,
        options=tuple(DesiredOption(each.name, each.place, each.special) for each in declared.options),
        has_all_options=declared.has_all_options,
    )


def _stage_names(
    declared: DeclaredDefinition, every: Mapping[DefinitionAddress, DeclaredDefinition]
) -> dict[str, Statement]:
    """Return the names of a pipeline's stages, without absent ones, in order; empty for other sections."""
    address, place = declared.address, declared.inner_place
    if address.section is not Section.PIPELINES or place is None:
        return {}
    names = [
        name
        for name in declared.stages
        if not every[definition_address(address.object, Section.STAGES, address.name, name)].special.is_absent
    ]
    return {STAGE_NAMES: (list_text(names), place)}


def _option_values(declared: DeclaredDefinition) -> dict[str, Statement]:
    """Return the list of a property's options, without absent ones, in order, and their attributes."""
    if declared.inner_place is None:
        return {}
    kept = [option for option in declared.options if not option.special.is_absent]
    values: dict[str, Statement] = {
        OPTIONS: (list_text(option.name for option in kept), declared.inner_place)
    }
    for option in kept:
        values[option_path(option.name, "label")] = option.name, option.place
        values |= {option_path(option.name, name): said for name, said in option.values.items()}
    return values
