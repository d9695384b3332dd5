"""The desired records, from the manifests.

A desired record has one tuple of names (shared by records of one shape), one of values and one of places:
with a hundred thousand records, an object for each property would need a gigabyte.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Protocol, Self, TypeAlias

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RecordAddress, ThingAddress
from reconciler.model.object_references import GroupKey, ObjectProperty
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.model.tables import TableForm
from reconciler.source import Place, SourceFiles, SourceRef, in_same_file

ManifestValue: TypeAlias = str | tuple[str, ...] | None
"""A property value as in the manifest: text, a list of texts, or None for a plain ``null``."""


class Ownership(StrEnum):
    """The party that decides about a property."""

    ENFORCE = "enforce"  # the manifest
    INITIAL = "initial"  # the manifest when the record is created, people afterwards
    OBSERVE = "observe"  # people; a difference is reported


class Write(StrEnum):
    """The call that a document uses to write records."""

    AUTO = "auto"  # creates by batch/upsert, existing records by batch/update with record id
    UPSERT = "upsert"  # creates and updates together by batch/upsert
    UPDATE = "update"  # batch/update; never creates


class Prune(StrEnum):
    """Choices for owned records that no manifest names any more."""

    OFF = "false"  # nothing
    OURS = "true"  # archive those that we created, release those that we adopted
    ALL = "all"  # archive all of them


class Drift(StrEnum):
    """Choices for values that people changed since we last applied them."""

    REVERT = "revert"  # write back the manifest value
    HOLD = "hold"  # leave them alone and report them


@dataclass(frozen=True, slots=True, order=True)
class PruneRule:
    """The prune setting for one object type and key property."""

    object: str
    by: str
    prune: Prune

    @property
    def group(self) -> GroupKey:
        """The group that it is about."""
        return GroupKey(self.object, self.by)


@dataclass(frozen=True, slots=True)
class Document:
    """The settings of one manifest document, shared by all of its records."""

    object: str  # canonical for a standard type, otherwise as written
    key: str  # the unique property, or RECORD_ID
    write: Write
    ownership: Mapping[str, Ownership]  # properties that are not ENFORCE
    place: Place  # beginning of the document
    prune: Prune = Prune.OFF
    columns: Mapping[str, Place] = field(default_factory=dict)
    """Properties that are columns of its table, with the places that name them."""
    key_place: Place | None = None  # place of ``key``; None if unknown
    table: TableForm | None = None  # how the cells of its table are written; None: it has no table

    def is_cell(self, place: Place) -> bool:
        """Return whether a value of one of its records is in a cell of its table, not under ``all:``."""
        return self.table is not None and not in_same_file(place, self.place)

    def ownership_of(self, name: str) -> Ownership:
        """Return who decides about property ``name``."""
        return self.ownership.get(name, Ownership.ENFORCE)

    @property
    def group(self) -> GroupKey:
        """The group of its records."""
        return GroupKey(self.object, self.key)

    def renamed(self, names: Mapping[str, str]) -> "Document":
        """Return the document with its object type replaced by its name in ``names``."""
        return replace(self, object=names.get(self.object, self.object))


@dataclass(frozen=True, slots=True)
class RecordDirectives:
    """The ``$`` keys of a record; most records have none."""

    is_absent: bool = False  # the record must not exist
    protect: bool | None = None  # whether it is protected from archiving; None changes nothing
    renamed_from: str | None = None  # its previous key
    is_partial: bool = False  # only some of its properties are planned, and not the record itself


NO_DIRECTIVES = RecordDirectives()
"""The directives of records without ``$`` keys, shared by all of them."""


@dataclass(frozen=True, slots=True)
class DesiredAssociation:
    """A desired association with another record."""

    object: str  # object type of the other record: canonical for a standard type, otherwise as written
    by: str | None  # the property of ``value``; None: the key of that type in the manifests
    value: str
    label: str | None  # as written; None: the unlabelled association
    place: Place

    @property
    def address(self) -> str:
        """Address of the other record, for any key property."""
        return RecordAddress(self.object, self.by or "", self.value).text


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """One desired record, before the portal's definitions give its values a type."""

    key: str  # value of the key
    names: tuple[str, ...]  # managed properties without the key property, sorted
    values: tuple[ManifestValue, ...]  # one for each name
    places: tuple[Place, ...]  # places of the values, one for each name
    place: Place  # line of the record itself
    document: Document
    special: RecordDirectives = NO_DIRECTIVES
    # sorted by object type, otherwise in the order of the manifest
    associations: tuple[DesiredAssociation, ...] = ()

    @property
    def address(self) -> RecordAddress:
        """The record's key with its object type."""
        return RecordAddress(self.document.object, self.document.key, self.key)

    def without(self, names: Collection[str]) -> "DesiredRecord":
        """Return the record without the managed properties ``names``."""
        return self.limited_to(frozenset(self.names).difference(names))

    def limited_to(self, names: Container[str]) -> "DesiredRecord":
        """Return the record with only the managed properties ``names``."""
        kept = [index for index, name in enumerate(self.names) if name in names]
        if len(kept) == len(self.names):
            return self
        return replace(
            self,
            names=tuple(self.names[index] for index in kept),
            values=tuple(self.values[index] for index in kept),
            places=tuple(self.places[index] for index in kept),
        )


class Records(Protocol):
    """Desired records of one group, sorted by key, by code point; keys are distinct.

    They may be read from a file, again at each iteration: a caller that wants constant memory keeps only a
    few of them.
    """

    def __len__(self) -> int:
        """Count the records."""

    def __iter__(self) -> Iterator[DesiredRecord]:
        """Iterate over all records in order."""

    def find(self, key: str) -> DesiredRecord | None:
        """Return the record with exactly this key."""

    def associating(self) -> Iterable[DesiredRecord]:
        """Return the records with associations, in order."""

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the records with all object types (also in associations) replaced by their ``names``."""


@dataclass(frozen=True, slots=True)
class ListedRecords:
    """Records in memory."""

    records: Sequence[DesiredRecord]  # sorted by key; keys are distinct

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[DesiredRecord]:
        return iter(self.records)

    def find(self, key: str) -> DesiredRecord | None:
        """Return the record with exactly this key."""
        at = bisect_left(self.records, key, key=attrgetter("key"))
        return self.records[at] if at < len(self.records) and self.records[at].key == key else None

    def associating(self) -> Iterable[DesiredRecord]:
        """Return the records with associations, in order."""
        return (record for record in self.records if record.associations)

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the records with all object types (also in associations) replaced by their ``names``."""
        documents = {record.document.place: record.document.renamed(names) for record in self.records}
        return replace(
            self,
            records=tuple(
                replace(
                    record,
                    document=documents[record.document.place],
                    associations=tuple(
                        replace(wanted, object=names.get(wanted.object, wanted.object))
                        for wanted in record.associations
                    ),
                )
                for record in self.records
            ),
        )


@dataclass(frozen=True, slots=True)
class MergedRecords:
    """Records from several sources, each key in only one of them."""

    parts: tuple[Records, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[DesiredRecord]:
        return merge(*self.parts, key=attrgetter("key"))

    def find(self, key: str) -> DesiredRecord | None:
        """Return the record with exactly this key."""
        return next((found for part in self.parts if (found := part.find(key))), None)

    def associating(self) -> Iterable[DesiredRecord]:
        """Return the records with associations, in order."""
        return merge(*(part.associating() for part in self.parts), key=attrgetter("key"))

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return the records with all object types (also in associations) replaced by their ``names``."""
        return replace(self, parts=tuple(part.renamed(names) for part in self.parts))


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """All desired records with one object type and key property: they are read and planned together."""

    object: str
    key: str
    records: Records
    documents: tuple[Document, ...]  # their documents, in the order of the manifests
    prune: Prune = Prune.OFF

    @property
    def group(self) -> GroupKey:
        """Object type and key property."""
        return GroupKey(self.object, self.key)

    @property
    def key_property(self) -> ObjectProperty:
        """The property whose values are the keys."""
        return ObjectProperty(self.object, self.key)

    def chunks(self, size: int) -> Iterator[Sequence[DesiredRecord]]:
        """Return the records in order, in chunks of ``size``."""
        records = iter(self.records)
        while chunk := tuple(islice(records, size)):
            yield chunk

    def renamed(self, names: Mapping[str, str]) -> "DesiredGroup":
        """Return the group with all object types (also in associations) replaced by their ``names``."""
        return replace(
            self,
            object=names.get(self.object, self.object),
            records=self.records.renamed(names),
            documents=tuple(document.renamed(names) for document in self.documents),
        )


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything that the manifests want in one environment."""

    groups: tuple[DesiredGroup, ...]  # sorted by object type, then key
    files: SourceFiles
    digest: str  # "sha256:…" over names and contents of the manifests that were read
    other_environments: frozenset[tuple[str, str, str]] = frozenset()
    """Object type, key property and key of records that are named for other environments only."""
    # problems of the manifests themselves; only warnings if a plan may be made
    problems: tuple[Problem, ...] = ()
    rejoin: (
        Callable[[Mapping[str, str]], tuple[tuple[DesiredGroup, ...], tuple[DesiredDefinition, ...]]] | None
    ) = field(default=None, compare=False, repr=False)
    """Builds groups and definitions again if several names mean one object type; None: they do not."""
    definitions: tuple[DesiredDefinition, ...] = ()  # definitions of the portal, sorted by address

    @property
    def is_sound(self) -> bool:
        """Whether everything could be read; otherwise do not plan with it."""
        return all(problem.severity is Severity.WARNING for problem in self.problems)

    @property
    def record_count(self) -> int:
        """Number of named records."""
        return sum(len(group.records) for group in self.groups)

    @property
    def prune_rules(self) -> tuple[PruneRule, ...]:
        """The prune rules of the manifests, sorted."""
        return tuple(PruneRule(group.object, group.key, group.prune) for group in self.groups)

    def records_of(self, object_name: str, by: str) -> Records:
        """Return the records of one group; none if the manifests have no such group."""
        found = (group.records for group in self.groups if group.group == (object_name, by))
        return next(found, ListedRecords(()))

    def has_one_key(self, object_name: str) -> bool:
        """Return whether one key property names all records of a type, apart from record ids."""
        return sum(group.object == object_name for group in self.groups) == 1

    def is_for_other_environment(self, key: ThingAddress) -> bool:
        """Return whether the manifests name this record only for other environments."""
        return (key.object, key.by, key.value) in self.other_environments

    def first_mentions(self) -> Mapping[str, SourceRef]:
        """Return the first place that names each object type: its records, a definition, an association."""
        places = {
            wanted.object: wanted.place
            for group in reversed(self.groups)
            for record in group.records.associating()
            for wanted in record.associations
        }
        last_first = sorted(self.definitions, key=attrgetter("place"), reverse=True)
        places |= {name: each.place for each in last_first for name in each.objects[1:]}
        places |= {each.address.object: each.place for each in last_first}
        places |= {
            group.object: min(document.place for document in group.documents)
            for group in reversed(self.groups)
        }
        return {object_name: self.files.ref(place) for object_name, place in places.items()}

    @property
    def objects(self) -> frozenset[str]:
        """The object types of records and of their associated records."""
        own = frozenset(group.object for group in self.groups)
        defined = {name for definition in self.definitions for name in definition.objects}
        return own | self.associated_with(own) | defined

    def associated_with(self, objects: Container[str]) -> frozenset[str]:
        """Return the object types with which records of these ``objects`` are associated."""
        return frozenset(
            wanted.object
            for group in self.groups
            if group.object in objects
            for record in group.records.associating()
            for wanted in record.associations
        )

    def renamed(self, names: Mapping[str, str]) -> "Desired":
        """Replace object types by their ``names`` in the portal.

        Documents that use several names for one type are merged before anything is decided.

        Raises:
            ManifestError: a record or a definition is declared twice, or keys or prune rules of one type
                differ.
        """
        if all(names.get(name, name) == name for name in self.objects):
            return self
        written = {group.object for group in self.groups}
        written |= {name for definition in self.definitions for name in definition.objects}
        if self.rejoin and len({names.get(name, name) for name in written}) < len(written):
            groups, definitions = self.rejoin(names)
        else:
            groups = tuple(group.renamed(names) for group in self.groups)
            definitions = tuple(definition.renamed(names) for definition in self.definitions)
        here = replace(
            self,
            groups=tuple(sorted(groups, key=attrgetter("group"))),
            definitions=tuple(sorted(definitions, key=attrgetter("address"))),
        )
        elsewhere = {(names.get(name, name), by, key) for name, by, key in self.other_environments}
        only = {each for each in elsewhere if here.records_of(*each[:2]).find(each[2]) is None}
        return replace(here, other_environments=frozenset(only))
