"""Reading ``schema:`` of a custom object type."""

from collections.abc import Iterator
from typing import Final

from reconciler.manifest.definitions.attributes import read_attributes
from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.declared import DeclaredDefinition, Statement
from reconciler.manifest.definitions.directives import is_directive, read_directives
from reconciler.manifest.yaml.nodes import MappingNode
from reconciler.model.addresses import Section, definition_address
from reconciler.model.definition_attributes import ATTRIBUTES, list_of, list_text
from reconciler.model.object_types import object_name, type_number
from reconciler.source import Place

_LABELS: Final = "labels"
_ASSOCIATED: Final = "associatedObjects"


def read_schema(node: MappingNode, place: Place, about: About) -> Iterator[DeclaredDefinition]:
    """Read ``schema:``, which is at ``place``."""
    address = definition_address(about.object, Section.SCHEMA)
    if type_number(about.object) is not None:
        message = f"{about.object} are in every portal, and HubSpot defines their schema"
        about.report(
            message, "remove `schema`: only the schema of a custom object can be written", place, address
        )
        return
    attributes = ATTRIBUTES[Section.SCHEMA]
    values: dict[str, Statement] = {}
    if _LABELS in node.names:
        advice = "write it as `{singular: Machine, plural: Machines}`"
        where = node.place_of(_LABELS)
        labels = about.mapping(node.get(_LABELS), where, f'"{_LABELS}"', advice, address)
        known = {path: attribute for path, attribute in attributes.items() if path.startswith(_LABELS)}
        if labels is not None:
            values |= read_attributes(labels.in_order(), known, about, address, f"{_LABELS}/")
    lines = []
    for entry in node.in_order():
        if entry.name == "name":
            advice = f"remove the line: `object: {about.object}` gives the name"
            about.report('"name" is not allowed under `schema`', advice, entry.name_place, address)
        elif entry.name != _LABELS and not is_directive(entry.name):
            lines.append(entry)
    values |= read_attributes(lines, attributes, about, address)
    if _ASSOCIATED in values:
        text, where = values[_ASSOCIATED]
        names = map(object_name, list_of(text))
        values[_ASSOCIATED] = list_text(names, attributes[_ASSOCIATED].form), where
    special = read_directives(node, Section.SCHEMA, about.object, about, address)
    yield DeclaredDefinition(address, place, values, special)
