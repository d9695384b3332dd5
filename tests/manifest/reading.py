"""Short functions that read texts in tests."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from reconciler.errors import ManifestError, Problem
from reconciler.manifest.documents import Manifest, read_manifest
from reconciler.manifest.load import load_manifests
from reconciler.manifest.yaml.nodes import MappingNode, Node, SequenceNode
from reconciler.manifest.yaml.parser import Reading, read_nodes
from reconciler.model.desired import Desired
from reconciler.model.desired_records import DesiredRecord, ManifestValue
from reconciler.source import SourceFiles

FILES = SourceFiles(("a.yaml",))
HEAD = "object: companies\nkey: external_id\n"


def read(text: str | bytes) -> Reading:
    return read_nodes(text.encode() if isinstance(text, str) else text, FILES, 0)


def only(text: str | bytes) -> Any:
    """Return the only document of a text without problems, as plain lists and dicts."""
    reading = read(text)
    assert reading.problems == ()
    (document,) = reading.documents
    return plain(document.node)


def plain(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return {name: plain(value) for name, value in zip(node.names, node.values, strict=True)}
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node.items]
    return node


def manifest(text: str | bytes) -> Manifest:
    return read_manifest(text.encode() if isinstance(text, str) else text, FILES, 0)


def reported(problems: Iterable[Problem]) -> list[str]:
    """Return the place and the message of each problem."""
    return [f"{problem.source}: {problem.message!s}" for problem in problems]


def properties(record: DesiredRecord) -> dict[str, ManifestValue]:
    return dict(zip(record.names, record.values, strict=True))


def project(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def load(
    folder: Path,
    folders: Sequence[str] = (".",),
    environment: str = "local",
    environments: Sequence[str] = ("local", "prod-eu", "prod-us"),
) -> Desired:
    return load_manifests(folder, folders, environment, environments)


def refused(folder: Path, folders: Sequence[str] = (".",), environment: str = "local") -> tuple[Problem, ...]:
    with pytest.raises(ManifestError) as caught:
        load(folder, folders, environment)
    return caught.value.problems


def wanted(desired: Desired) -> dict[str, dict[str, ManifestValue]]:
    """Return the desired values by address and property."""
    return {record.address.text: properties(record) for group in desired.groups for record in group.records}
