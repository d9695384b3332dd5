"""Reading ``pipelines:`` with their stages."""

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.manifest.definitions.attributes import read_attributes
from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.declared import DeclaredDefinition
from reconciler.manifest.definitions.directives import is_directive, read_directives
from reconciler.manifest.definitions.properties import is_blank_name
from reconciler.manifest.yaml.nodes import EntryNode, MappingNode
from reconciler.model.addresses import DefinitionAddress, Section, definition_address
from reconciler.model.definition_attributes import ATTRIBUTES, Attribute
from reconciler.model.object_types import object_type

_STAGES: Final = "stages"
_PLACE: Final = "displayOrder"
"""HubSpot's attribute for the order of stages. Manifests do not have it: the order of the lines counts."""


def read_pipelines(section: MappingNode, about: About) -> Iterator[DeclaredDefinition]:
    """Read ``pipelines:``: each pipeline, followed by its stages; their names are free texts."""
    for entry in section.in_order():
        address = definition_address(about.object, Section.PIPELINES, entry.name)
        advice = "write it as `Renewals: {stages: {Open: {probability: 0.2}}}`"
        node = about.mapping(entry.value, entry.place, f'the pipeline "{entry.name}"', advice, address)
        if is_blank_name(entry, about, address) or node is None:
            continue
        stages = tuple(_read_stages(entry.name, node, about, address))
        lines = [line for line in node.in_order() if line.name != _STAGES and not is_directive(line.name)]
        yield DeclaredDefinition(
            address,
            entry.name_place,
            read_attributes(lines, ATTRIBUTES[Section.PIPELINES], about, address),
            read_directives(node, Section.PIPELINES, entry.name, about, address),
            stages=tuple(stage.address.name for stage in stages),
            inner_place=node.place_of(_STAGES) if _STAGES in node.names else None,
        )
        yield from stages


def _read_stages(
    pipeline: str, node: MappingNode, about: About, address: DefinitionAddress
) -> Iterator[DeclaredDefinition]:
    if _STAGES not in node.names:
        return
    advice = "write lines such as `Open: {probability: 0.2}`, in the order of display"
    place = node.place_of(_STAGES)
    stages = about.mapping(node.get(_STAGES), place, f'"{_STAGES}"', advice, address)
    if stages is not None and not stages.names:
        about.report(f'"{_STAGES}" is empty', "write at least one stage, or remove the line", place, address)
    for entry in stages.in_order() if stages else ():
        stage = definition_address(about.object, Section.STAGES, pipeline, entry.name)
        inner = _stage_node(entry, about, stage)
        if is_blank_name(entry, about, address) or inner is None:
            continue
        lines = [line for line in inner.in_order() if not is_directive(line.name)]
        values = read_attributes(lines, _stage_attributes(about.object), about, stage)
        special = read_directives(inner, Section.STAGES, entry.name, about, stage)
        yield DeclaredDefinition(stage, entry.name_place, values, special)


def _stage_attributes(object_name: str) -> Mapping[str, Attribute]:
    """Return the attributes of stages of one object type; HubSpot ignores those of other types."""
    own = object_type(object_name).stage_member
    return {
        name: attribute
        for name, attribute in ATTRIBUTES[Section.STAGES].items()
        if name != _PLACE and (not attribute.is_metadata or name == own)
    }


def _stage_node(entry: EntryNode, about: About, address: DefinitionAddress) -> MappingNode | None:
    advice = f"write `{entry.name}: {{}}` for a stage without settings"
    return about.mapping(entry.value, entry.place, f'the stage "{entry.name}"', advice, address)
