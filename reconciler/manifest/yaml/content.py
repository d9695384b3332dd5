"""The content of nodes without their places, for comparing two texts."""

from collections.abc import Iterator
from typing import TypeAlias

from reconciler.manifest.yaml.nodes import Blank, MappingNode, Node, SequenceNode
from reconciler.manifest.yaml.parser import Reading

Content: TypeAlias = "str | Blank | tuple[Content, ...] | dict[str, Content] | None"
"""The content of a node, without its place."""


def content_of(reading: Reading) -> Iterator[Content]:
    """Return the content of each document."""
    return (_plain(document.node) for document in reading.documents)


def _plain(node: Node) -> Content:
    if isinstance(node, MappingNode):
        return {name: _plain(value) for name, value in zip(node.names, node.values, strict=True)}
    if isinstance(node, SequenceNode):
        return tuple(_plain(item) for item in node.items)
    return node
