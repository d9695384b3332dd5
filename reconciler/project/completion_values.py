"""Values that a shell can complete, read from the files of the project without portal and state.

Little may be imported and read, because a person is typing. A file that cannot be read gives no values.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final

from reconciler.manifest.yaml.nodes import MappingNode, Node
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.model.addresses import RecordAddress, Section, definition_address
from reconciler.model.object_types import object_name
from reconciler.source import SourceFiles

_SETTINGS: Final = "reconciler.yaml"
_MOST_TEXT: Final = 1_000_000
"""Maximum number of bytes of manifests that are read."""
_SECTIONS: Final = (Section.GROUPS, Section.PROPERTIES, Section.PIPELINES)


def environments(project: Path, _begin: str) -> Iterator[str]:
    """Return the names of the environments."""
    for node in _documents(project / _SETTINGS):
        yield from node.mapping("environments").names


def addresses(project: Path, begin: str) -> Iterator[str]:
    """Yield addresses of records and definitions that manifests name, in the order of the files.

    If ``begin`` has a "#", yield properties of the record before it instead of records. If ``begin`` has
    neither "/" nor ":", yield object types only.
    """
    thing, sign, _ = begin.partition("#")
    if not any(mark in begin for mark in "/:"):
        yield from (f"{name}/" for name in dict.fromkeys(name for name, _ in _manifests(project)))
        return
    for name, document in _manifests(project):
        by, records = document.get("key"), document.mapping("records")
        for key, record in zip(records.names, records.values, strict=True):
            address = RecordAddress(name, str(by), key).text
            if not sign:
                yield address
            elif address == thing:
                yield from (f"{address}#{each}" for each in _properties(document, record))
        for section in _SECTIONS:
            names = document.mapping(section).names
            yield from (definition_address(name, section, each).text for each in names)


def _properties(document: MappingNode, record: Node) -> Iterator[str]:
    said = record.names if isinstance(record, MappingNode) else ()
    names = dict.fromkeys(chain(said, document.mapping("all").names))
    return (name for name in names if not name.startswith("$"))


def _manifests(project: Path) -> Iterator[tuple[str, MappingNode]]:
    """Yield the documents of the manifests, each with its object type."""
    left = _MOST_TEXT
    for folder in folders(project):
        for file in sorted(folder.rglob("*.yaml")):
            if (
                any(part.startswith(".") for part in file.relative_to(project).parts)
                or file.name == _SETTINGS
            ):
                continue
            with suppress(OSError):
                left -= file.stat().st_size
            if left < 0:
                return
            for node in _documents(file):
                written = node.get("object")
                if isinstance(written, str):
                    yield object_name(written), node


def folders(project: Path) -> Iterator[Path]:
    """Yield the folders with manifests, by default ``project``; no folder is inside another one."""
    names: list[Node] = []
    for node in _documents(project / _SETTINGS):
        each = [node, *node.mapping("environments").values]
        names += [item for said in each if isinstance(said, MappingNode) for item in _items(said)]
    named = {project / name for name in names if isinstance(name, str)} or {project}
    return (folder for folder in sorted(named) if not named.intersection(folder.parents))


def _items(said: MappingNode) -> tuple[Node, ...]:
    return getattr(said.get("manifests"), "items", ())


def _documents(path: Path) -> Iterator[MappingNode]:
    with suppress(OSError):
        data = path.read_bytes()
        nodes = (document.node for document in read_nodes(data, SourceFiles((path.name,)), 0).documents)
        yield from (node for node in nodes if isinstance(node, MappingNode))
