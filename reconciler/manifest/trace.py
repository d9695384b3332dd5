"""Tracing one record: the manifest lines that set its values, and the lines that they override.

Loading does not keep overridden lines, because only an explanation needs them. So the manifests are read a
second time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reconciler.manifest.definitions.read import SECTIONS
from reconciler.manifest.documents import ManifestDocument, read_manifest
from reconciler.manifest.environments import holds_in
from reconciler.manifest.files import find_files
from reconciler.manifest.tables.sources import Source
from reconciler.manifest.yaml.nodes import MappingNode, Node, SequenceNode
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.model.desired_records import ManifestValue
from reconciler.model.explanation import ManifestLine, RecordTrace
from reconciler.source import SourceFiles, SourceRef


def trace_record(
    project: Path,
    folders: Sequence[str],
    environment: str,
    *,
    objects: Collection[str],
    by: str,
    key: str,
) -> RecordTrace:
    """Find all manifest lines about one record in ``environment``; the manifests must have no errors.

    Args:
        project: the project folder; the paths in ``folders`` are relative to it.
        folders: later ones override earlier ones.
        environment: the selected environment.
        objects: names of the record's object type in the manifests.
        by: the record's key property.
        key: the value of its key.
    """
    found, _ = find_files(project, folders)
    tracer = _Tracer(SourceFiles(tuple(file.name for file in found)), by, key)
    for number, file in sorted(enumerate(found), key=lambda item: item[1].folder):
        data = file.path.read_bytes()
        nodes = {
            document.place: document.node
            for document in read_nodes(data, tracer.files, number, whole=SECTIONS).documents
        }
        for document in read_manifest(data, tracer.files, number).documents:
            about, node = document.document, nodes[document.document.place]
            is_meant = about.object in objects and about.key == by and holds_in(document, environment)
            if is_meant and document.source is not None:
                tracer.add_row(project, document, document.source)
            elif is_meant and isinstance(node, MappingNode):
                tracer.add(document, node)
    return tracer.trace()


@dataclass(slots=True)
class _Tracer:
    """Collects the lines about one record; documents are added in the order in which they override."""

    files: SourceFiles
    by: str
    key: str
    declared: list[SourceRef] = field(default_factory=list)
    statements: dict[str, tuple[ManifestLine, ...]] = field(default_factory=dict)
    unmanaged: dict[str, SourceRef] = field(default_factory=dict)

    def add(self, document: ManifestDocument, node: MappingNode) -> None:
        """Add a document, if it names the record."""
        records = node.mapping("records")
        record = records.mapping(self.key)
        if self.key not in records.names:
            return
        self.declared.append(self.files.ref(records.name_place(records.names.index(self.key))))
        taken_out = document.unmanaged.get(self.key, {})
        for name, place in taken_out.items():
            self.statements.pop(name, None)
            self.unmanaged[name] = self.files.ref(place)
        self._state(node.mapping("all"), taken_out, is_shared=True)
        self._state(record, (), is_shared=False)

    def add_row(self, project: Path, document: ManifestDocument, source: Source) -> None:
        """Look for the record in the table of ``document``; if a row has it, add the lines of this row."""
        files = self.files.with_more([source.path])
        from reconciler.manifest.tables.table import open_table  # noqa: PLC0415 - only where there is a table

        record = open_table(project, source, document.document, document.filled, files).find(self.key)
        if record is None:
            return
        self.declared.append(files.ref(record.place))
        for name, value, place in zip(record.names, record.values, record.places, strict=True):
            ref = files.ref(place)
            self.statements[name] = (ManifestLine(value, ref, is_shared=ref.file != source.path),)

    def trace(self) -> RecordTrace:
        """Return everything that was collected about the record."""
        return RecordTrace(tuple(self.declared), self.statements, self.unmanaged)

    def _state(self, mapping: MappingNode, left_out: Collection[str], *, is_shared: bool) -> None:
        for name, value, place in zip(mapping.names, mapping.values, mapping.places, strict=True):
            if name != self.by and not name.startswith("$") and name not in left_out:
                said = ManifestLine(_written(value), self.files.ref(place), is_shared)
                self.statements[name] = (*self.statements.get(name, ()), said)
                self.unmanaged.pop(name, None)


def _written(node: Node) -> ManifestValue:
    if isinstance(node, SequenceNode):
        return tuple(item for item in node.items if isinstance(item, str))
    return node if isinstance(node, str) else None
