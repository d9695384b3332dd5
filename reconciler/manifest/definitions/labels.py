"""Reading ``association_labels:``: the labels of associations with other object types."""

import re
from collections.abc import Iterator

from reconciler.manifest.definitions.attributes import read_attributes
from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.declared import DeclaredDefinition
from reconciler.manifest.definitions.directives import is_directive, read_directives
from reconciler.manifest.definitions.properties import is_blank_name
from reconciler.manifest.yaml.nodes import EntryNode, MappingNode
from reconciler.model.addresses import Section, definition_address
from reconciler.model.definition_attributes import ATTRIBUTES
from reconciler.model.object_types import object_name

_is_object = re.compile("[A-Za-z0-9][A-Za-z0-9_-]*").fullmatch
_EXAMPLE = "`companies: {billing: {label: Billing contact, inverseLabel: Bills to}}`"


def read_labels(section: MappingNode, about: About) -> Iterator[DeclaredDefinition]:
    """Read ``association_labels:``, which lists labels by name below the other object type."""
    seen: set[str] = set()
    for entry in section.in_order():
        other = object_name(entry.name)
        if not _is_object(entry.name):
            advice = "write the object type: its name (contacts), its number (0-1) or a custom object's name"
            about.report(f'"{entry.name}" is not an object type', advice, entry.name_place)
        elif other in seen:
            about.report(f"{other} are listed twice", "put the labels together", entry.name_place)
        else:
            seen.add(other)
            advice = f"write it as {_EXAMPLE}"
            labels = about.mapping(entry.value, entry.place, f'"{entry.name}"', advice)
            for label in labels.in_order() if labels else ():
                yield from _read_label(label, other, about)


def _read_label(entry: EntryNode, other: str, about: About) -> Iterator[DeclaredDefinition]:
    address = definition_address(about.object, Section.LABELS, other, entry.name)
    if is_directive(entry.name):
        advice = f"write a name for the label: {_EXAMPLE}"
        about.report(f'"{entry.name}" is not allowed here', advice, entry.name_place)
        return
    node = about.mapping(
        entry.value, entry.place, f'the label "{entry.name}"', f"write it as {_EXAMPLE}", address
    )
    if is_blank_name(entry, about, None) or node is None:
        return
    lines = [line for line in node.in_order() if not is_directive(line.name)]
    values = read_attributes(lines, ATTRIBUTES[Section.LABELS], about, address)
    special = read_directives(node, Section.LABELS, entry.name, about, address)
    yield DeclaredDefinition(address, entry.name_place, values, special)
