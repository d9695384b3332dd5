"""Reading the definitions of one document."""

from collections.abc import Iterator
from typing import Final

from reconciler.errors import Problem
from reconciler.manifest.definitions.context import About
from reconciler.manifest.definitions.declared import DeclaredDefinition
from reconciler.manifest.definitions.labels import read_labels
from reconciler.manifest.definitions.pipelines import read_pipelines
from reconciler.manifest.definitions.properties import read_groups, read_properties
from reconciler.manifest.definitions.schema import read_schema
from reconciler.manifest.yaml.nodes import MappingNode
from reconciler.source import SourceFiles

SECTIONS: Final = {
    "groups": "write `name: {label: …}` lines",
    "properties": "write `name: {label: …, type: …, fieldType: …, groupName: …}` lines",
    "pipelines": "write `Label: {stages: …}` lines",
    "schema": "write its members, such as `labels: {singular: Machine, plural: Machines}`",
    "association_labels": "write the object type at the other end, and the labels below this line",
}
"""The keys of a document that declare definitions, with advice for the lines below them."""


def read_definitions(
    node: MappingNode, object_name: str, files: SourceFiles
) -> tuple[tuple[DeclaredDefinition, ...], tuple[Problem, ...]]:
    """Read the definitions of a document about ``object_name``, in the order of the file, and their problems.

    A section that is not a mapping is skipped: the check of the document's keys reports it.
    """
    about = About(object_name, files)
    found = tuple(_read(node, about))
    return found, tuple(about.problems)


def _read(node: MappingNode, about: About) -> Iterator[DeclaredDefinition]:
    yield from read_groups(node.mapping("groups"), about)
    yield from read_properties(node.mapping("properties"), about)
    yield from read_pipelines(node.mapping("pipelines"), about)
    if isinstance(node.get("schema"), MappingNode):
        yield from read_schema(node.mapping("schema"), node.place_of("schema"), about)
    yield from read_labels(node.mapping("association_labels"), about)
