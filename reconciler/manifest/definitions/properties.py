"""Reading ``groups:`` and ``properties:``: property groups, and properties with their options."""

from collections.abc import Iterator
from typing import Final

from reconciler.manifest.definitions.attributes import read_attributes
from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.declared import DeclaredDefinition, DeclaredOption, Statement
from reconciler.manifest.definitions.directives import is_directive, read_directives
from reconciler.manifest.property_names import name_fault
from reconciler.manifest.yaml.nodes import Blank, EntryNode, MappingNode
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definition_attributes import ATTRIBUTES, OPTION_ATTRIBUTES
from reconciler.model.portal_definitions import NO_DEFINITION_DIRECTIVES, DefinitionDirectives

_ALL: Final = "options"
_SOME: Final = "options_include"
_OPTIONS_ADVICE: Final = "write `value: Label` lines, in the order of display"


def read_groups(section: MappingNode, about: About) -> Iterator[DeclaredDefinition]:
    """Read ``groups:``; the names of groups are free texts."""
    for entry in section.in_order():
        address = definition_address(about.object, Section.GROUPS, entry.name)
        advice = "write it as `erp: {label: ERP}`"
        node = about.mapping(entry.value, entry.place, f'the group "{entry.name}"', advice, address)
        if is_blank_name(entry, about, address) or node is None:
            continue
        lines = [line for line in node.in_order() if not is_directive(line.name)]
        values = read_attributes(lines, ATTRIBUTES[Section.GROUPS], about, address)
        special = read_directives(node, Section.GROUPS, entry.name, about, address)
        yield DeclaredDefinition(address, entry.name_place, values, special)


def read_properties(section: MappingNode, about: About) -> Iterator[DeclaredDefinition]:
    """Read ``properties:``."""
    for entry in section.in_order():
        if fault := name_fault(entry.name):
            about.report(fault.message, fault.advice, entry.name_place)
            continue
        address = definition_address(about.object, Section.PROPERTIES, entry.name)
        advice = "write its members, such as `{label: Tier, type: string, fieldType: text, groupName: erp}`"
        node = about.mapping(entry.value, entry.place, f'the property "{entry.name}"', advice, address)
        if node is not None:
            yield _read_property(entry, node, about, address)


def _read_property(
    entry: EntryNode, node: MappingNode, about: About, address: DefinitionAddress
) -> DeclaredDefinition:
    lines = [
        line for line in node.in_order() if line.name not in {_ALL, _SOME} and not is_directive(line.name)
    ]
    if _ALL in node.names and _SOME in node.names:
        message = f"`{_ALL}` is the whole list of options and `{_SOME}` a part of it"
        about.report(message, "write one of the two", node.place_of(_SOME), address)
    listed = next((name for name in (_ALL, _SOME) if name in node.names), None)
    return DeclaredDefinition(
        address,
        entry.name_place,
        read_attributes(lines, ATTRIBUTES[Section.PROPERTIES], about, address),
        read_directives(node, Section.PROPERTIES, entry.name, about, address),
        options=tuple(_read_options(listed, node, about, address)) if listed else (),
        has_all_options=listed == _ALL,
        inner_place=node.place_of(listed) if listed else None,
    )


def _read_options(
    listed: str, node: MappingNode, about: About, address: DefinitionAddress
) -> Iterator[DeclaredOption]:
    value, place = node.get(listed), node.place_of(listed)
    options = about.mapping(value, place, f'"{listed}"', _OPTIONS_ADVICE, address)
    if options is not None and not options.names and listed == _SOME:
        about.report(f'"{listed}" is empty', _OPTIONS_ADVICE, place, address)
    for entry in options.in_order() if options else ():
        if is_blank_name(entry, about, address):
            continue
        if isinstance(entry.value, str):
            values: dict[str, Statement] = {"label": (entry.value, entry.place)}
            yield DeclaredOption(entry.name, entry.name_place, values)
            continue
        short = f"`{entry.name}: Label`"
        advice = f"write {short}, or `{entry.name}: {{}}` if the label is the same as the value"
        option = about.mapping(entry.value, entry.place, f'the option "{entry.name}"', advice, address)
        if option is not None:
            yield DeclaredOption(entry.name, entry.name_place, *_read_option(entry, option, about, address))


def _read_option(
    entry: EntryNode, node: MappingNode, about: About, address: DefinitionAddress
) -> tuple[dict[str, Statement], DefinitionDirectives]:
    lines = [line for line in node.in_order() if not is_directive(line.name)]
    values = read_attributes(lines, OPTION_ATTRIBUTES, about, address)
    if len(lines) == len(node.names):
        return values, NO_DEFINITION_DIRECTIVES
    return values, read_directives(node, Section.OPTIONS, entry.name, about, address)


def is_blank_name(entry: EntryNode, about: About, address: DefinitionAddress | None) -> bool:
    """Return whether a name consists of blanks, and report it; an empty name is refused by the parser."""
    if entry.name.strip() or entry.value is Blank.REFUSED:
        return False
    about.report("a name cannot be empty", "write the name before the colon", entry.name_place, address)
    return True
