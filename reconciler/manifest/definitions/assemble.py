"""Declared definitions become desired ones: labels that were left out are filled in, values get paths."""

from collections.abc import Iterable, Mapping
from operator import attrgetter

from reconciler.manifest.definitions.declared import DeclaredDefinition, Statement
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definition_attributes import OPTIONS, STAGE_NAMES, list_text, option_path
from reconciler.model.portal_definitions import DesiredDefinition, DesiredOption

_NAMED_BY_LABEL = frozenset({Section.PIPELINES, Section.STAGES})
"""Sections in which a definition's name is its label unless it says otherwise."""


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
    """Return the names of the stages that a pipeline keeps, in order; nothing for other definitions."""
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
    """Return the names of the options that a property keeps, in order, and their members."""
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
