"""Reading the documents of a manifest file, and reporting everything that is not allowed."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from reconciler.errors import Problem
from reconciler.manifest.definitions.declared import DeclaredDefinition
from reconciler.manifest.definitions.read import SECTIONS, read_definitions
from reconciler.manifest.definitions.refusals import refusal
from reconciler.manifest.property_names import PROPERTY_NAME, name_fault
from reconciler.manifest.records import RecordReader
from reconciler.manifest.tables.row_reader import Shared
from reconciler.manifest.tables.source_settings import read_source
from reconciler.manifest.tables.sources import Source
from reconciler.manifest.validation_errors import plain, tell
from reconciler.manifest.yaml.anchors import MAX_DEPTH
from reconciler.manifest.yaml.nodes import NO_ENTRIES, Blank, DocumentNode, MappingNode, SequenceNode
from reconciler.manifest.yaml.parser import read_nodes
from reconciler.model.addresses import RECORD_ID
from reconciler.model.desired import ListedRecords
from reconciler.model.desired_records import DesiredRecord, Document, Ownership, Prune, Write
from reconciler.model.object_types import object_name
from reconciler.source import Place, SourceFiles

if TYPE_CHECKING:
    from reconciler.manifest.tables.table import Table

_RECORD_NAMES_DEPTH: Final = 2  # depth of the mapping whose names are the keys of records


class _Head(BaseModel):
    """The top-level keys of a document. The description of a field is the advice for a wrong value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str = Field(
        pattern="^[A-Za-z0-9][A-Za-z0-9_-]*$",
        description="write the object type: its name (companies), its number (0-2) or a custom object's name",
    )
    key: str = Field(
        "",
        pattern=f"^{PROPERTY_NAME}$",
        description="write the unique property that tells records apart, or record_id for HubSpot's own id",
    )
    write: Write = Field(Write.AUTO, description="write auto, upsert or update")
    prune: Prune = Field(Prune.OFF, description="write true, all or false")
    ownership: dict[str, Ownership] = Field(
        {}, description="write `property: enforce`, `property: initial` or `property: observe`"
    )
    environments: list[str] = Field(
        [], min_length=1, description='write a list of names or globs, such as ["prod*"], or remove the line'
    )
    all: InstanceOf[MappingNode] = Field(
        NO_ENTRIES, description="write `property: value` lines, or remove the line"
    )
    records: InstanceOf[MappingNode] = Field(
        NO_ENTRIES,
        description="write a mapping from each key to its properties, or {} where there are no records",
    )
    source: InstanceOf[MappingNode] = Field(
        NO_ENTRIES, description="write the file that rows come from, such as {csv: companies.csv}"
    )
    groups: InstanceOf[MappingNode] = Field(NO_ENTRIES, description=SECTIONS["groups"])
    properties: InstanceOf[MappingNode] = Field(NO_ENTRIES, description=SECTIONS["properties"])
    pipelines: InstanceOf[MappingNode] = Field(NO_ENTRIES, description=SECTIONS["pipelines"])
    # ``schema_``, because pydantic's models have a function called ``schema``
    schema_: InstanceOf[MappingNode] = Field(NO_ENTRIES, alias="schema", description=SECTIONS["schema"])
    association_labels: InstanceOf[MappingNode] = Field(
        NO_ENTRIES, description=SECTIONS["association_labels"]
    )


@dataclass(frozen=True, slots=True)
class ManifestDocument:
    """One document, with ``all`` merged into its records."""

    document: Document
    write: Write | None  # ``write:`` of the document; None without one
    ownership: Mapping[str, Ownership]  # the rule of each property under ``ownership:``
    environments: tuple[str, ...]  # globs; empty means everywhere
    environment_places: tuple[Place, ...]  # the place of each glob
    key_place: Place
    prune: Prune | None  # ``prune:`` of the document; None without one
    records: tuple[DesiredRecord, ...]  # sorted by key
    shared: frozenset[str]  # the properties of ``all``
    unmanaged: Mapping[str, Mapping[str, Place]]  # key -> properties in $unmanaged, with their places
    associated: Mapping[str, Collection[str]]  # key -> object types in $associations
    source: Source | None  # the file with the rows of a table
    filled: Shared  # the values from ``all``
    definitions: tuple[DeclaredDefinition, ...]  # in the order of the file
    has_records: bool  # False: a document with definitions only, which has no key
    table: "Table | None" = None  # the rows, once the file has been opened

    def renamed(self, names: Mapping[str, str]) -> "ManifestDocument":
        """Return the document with all object types (also in associations) replaced by their ``names``."""
        return replace(
            self,
            document=self.document.renamed(names),
            records=tuple(ListedRecords(self.records).renamed(names)),
            associated={
                key: {names.get(name, name) for name in listed} for key, listed in self.associated.items()
            },
            table=self.table.renamed(names) if self.table else None,
            definitions=tuple(definition.renamed(names) for definition in self.definitions),
        )

    @property
    def keys(self) -> Iterator[tuple[str, Place]]:
        """The keys of all records of the document, sorted, with their places."""
        if self.table is not None:
            return self.table.keys()
        return ((record.key, record.place) for record in self.records)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One file: its documents, as far as they can be read, and all problems with them."""

    documents: tuple[ManifestDocument, ...]
    problems: tuple[Problem, ...]


def read_manifest(data: bytes, files: SourceFiles, number: int) -> Manifest:
    """Read ``data``, the content of the file that has ``number`` in ``files``.

    If there are problems, the file is read again, more slowly, to find the places of property names.
    """
    manifest = _read(data, files, number, _RECORD_NAMES_DEPTH)
    return _read(data, files, number, MAX_DEPTH) if manifest.problems else manifest


def _read(data: bytes, files: SourceFiles, number: int, name_depth: int) -> Manifest:
    reading = read_nodes(data, files, number, name_depth=name_depth, whole=SECTIONS)
    problems = list(reading.problems)
    documents = [
        _read_document(document, files, problems)
        for document in reading.documents
        if document.node is not Blank.EMPTY
        and document.node is not Blank.REFUSED  # EMPTY: only comments; REFUSED: reported already
    ]
    return Manifest(tuple(document for document in documents if document), tuple(problems))


def _read_document(
    document: DocumentNode, files: SourceFiles, problems: list[Problem]
) -> ManifestDocument | None:
    node, place = document
    if not isinstance(node, MappingNode):
        advice = "write `object:`, `key:` and `records:`"
        problems.append(Problem("a manifest must be a mapping", advice, files.ref(place)))
        return None
    head = _read_head(node, place, files, problems)
    # Records are checked even if nobody knows their type or key, so that all problems are reported at once.
    said = head or _Head.model_construct(object=_text(node, "object"), key=_text(node, "key"))
    common = Document(
        object=object_name(said.object),
        key=said.key,
        write=said.write,
        ownership={name: owner for name, owner in said.ownership.items() if owner is not Ownership.ENFORCE},
        place=place,
        prune=said.prune,
        key_place=node.place_of("key") if "key" in node.names else None,
    )
    shared = node.mapping("all")
    reader = RecordReader(common, shared, files)
    records = reader.read(node.mapping("records"))
    problems.extend(reader.problems)
    problems.extend(_contradictions(said, node, place, files))
    definitions, wrong = read_definitions(node, common.object, files)
    problems.extend(wrong)
    if head is None:
        return None
    globs = node.get("environments")
    return ManifestDocument(
        document=common,
        write=head.write if "write" in head.model_fields_set else None,
        ownership=head.ownership,
        environments=tuple(head.environments),
        environment_places=globs.places if isinstance(globs, SequenceNode) else (),
        key_place=node.place_of("key") if "key" in node.names else place,
        prune=head.prune if "prune" in head.model_fields_set else None,
        records=records,
        shared=frozenset(shared.names),
        unmanaged=reader.unmanaged,
        associated={key: frozenset(said.types) for key, said in reader.associations.items()},
        source=read_source(node, files, problems),
        filled=reader.filled,
        definitions=definitions,
        has_records="records" in node.names or "source" in node.names,
    )


def _read_head(node: MappingNode, place: Place, files: SourceFiles, problems: list[Problem]) -> _Head | None:
    """Return the correct top-level keys, and report the wrong ones.

    Return None if a key in ``_DECISIVE`` is wrong, or if a document with records has no ``key``.
    """
    refused = {name: found for name in node.names if (found := refusal(name))}
    for name, found in refused.items():
        source = files.ref(node.name_place(node.names.index(name)))
        problems.append(Problem(f'"{name}": {found.message}', found.advice, source))
    said = plain(node, kept={"all", "records", "source", *SECTIONS})
    said = {name: value for name, value in said.items() if name not in refused}
    try:
        return _Head.model_validate(said)
    except ValidationError as error:
        complaints = error.errors(include_url=False, include_context=False)
    descriptions = {field.alias or name: field.description for name, field in _Head.model_fields.items()}
    problems.extend(tell(complaints, descriptions, node, place, files))
    wrong = {str(complaint["loc"][0]) for complaint in complaints}
    has_no_key = "key" not in said and not {"records", "source"}.isdisjoint(said)
    if wrong & _DECISIVE or has_no_key:
        return None
    return _Head.model_validate({name: value for name, value in said.items() if name not in wrong})


def _contradictions(said: _Head, node: MappingNode, place: Place, files: SourceFiles) -> Iterator[Problem]:
    """Report keys that are missing, or valid alone but contradict each other."""
    if said.key == "hs_object_id":
        source = files.ref(node.place_of("key"))
        yield Problem("hs_object_id is not a unique property", "write `key: record_id`", source)
    if said.key == RECORD_ID and said.prune is not Prune.OFF:
        source = files.ref(node.place_of("prune"))
        yield Problem("records named by record id are never pruned", "remove the line", source)
    if said.key == RECORD_ID and said.write is Write.UPSERT:
        source = files.ref(node.place_of("write"))
        yield Problem(
            "HubSpot cannot upsert by record id", "write `write: update`, or remove the line", source
        )
    has_records = "records" in node.names or "source" in node.names
    if not has_records and (_ABOUT_RECORDS.intersection(node.names) or not _defines(node)):
        yield Problem('"records" is missing', _Head.model_fields["records"].description, files.ref(place))
    if "key" not in node.names and (has_records or not _defines(node)):
        yield Problem('"key" is missing', _Head.model_fields["key"].description, files.ref(place))
    if "records" in node.names and "source" in node.names:
        source = files.ref(node.place_of("source"))
        yield Problem(
            "`source` and `records` cannot be in one document",
            "write two documents, or remove one of these keys",
            source,
        )
    ownership = node.mapping("ownership")
    for index, name in enumerate(ownership.names):
        if fault := name_fault(name):
            yield fault.at(files.ref(ownership.name_place(index)))


_DECISIVE: Final = frozenset({"object", "key", "environments"})
"""If one of these keys is wrong, nobody knows which records the document means, or in which environments."""

_ABOUT_RECORDS: Final = frozenset({"key", "write", "prune", "ownership", "all"})
"""The keys of a document that have no meaning without records."""


def _defines(node: MappingNode) -> bool:
    """Return whether the document declares definitions."""
    return any(name in node.names for name in SECTIONS)


def _text(node: MappingNode, name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
