"""What the manifests want and what the portal holds.

A desired record keeps one tuple of names (shared between records of one shape), one of values and
one of places: at a hundred thousand records an object per property would cost a gigabyte.
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
from reconciler.model.addresses import RecordId, RecordKey
from reconciler.source import Place, SourceFiles, SourceRef

Record: TypeAlias = tuple[str, RecordId]
"""A record by its object type and id, whatever its key."""

ManifestValue: TypeAlias = str | tuple[str, ...] | None
"""A property value as the manifest writes it: text, a list of texts, or None for a plain ``null``."""


class Ownership(StrEnum):
    """Who decides about a property."""

    ENFORCE = "enforce"  # git does
    INITIAL = "initial"  # git when the record is created, people from then on
    OBSERVE = "observe"  # people do; a difference is reported


class Write(StrEnum):
    """By which of HubSpot's calls a document wants its records written."""

    AUTO = "auto"  # creates by batch/upsert, existing records by batch/update and record id
    UPSERT = "upsert"  # creates and updates together by batch/upsert
    UPDATE = "update"  # batch/update; never creates


class Prune(StrEnum):
    """What becomes of owned records that no manifest names any more."""

    OFF = "false"  # nothing
    OURS = "true"  # those we created are archived, those we adopted are released
    ALL = "all"  # all of them are archived


class Drift(StrEnum):
    """What is done about values that people changed since we last applied them."""

    REVERT = "revert"  # git is right: write back
    HOLD = "hold"  # leave them, and say so


@dataclass(frozen=True, slots=True, order=True)
class PruneRule:
    """What is done with owned records of one object type and key property once nobody names them."""

    object: str
    by: str
    prune: Prune


@dataclass(frozen=True, slots=True)
class Document:
    """What one manifest document says about all of its records; shared by them."""

    object: str  # canonical where the type is a standard one, else as written
    key: str  # the unique property, or RECORD_ID
    write: Write
    ownership: Mapping[str, Ownership]  # properties that are not ENFORCE
    place: Place  # where the document begins
    prune: Prune = Prune.OFF
    columns: Mapping[str, Place] = field(default_factory=dict)
    """Where its rows come from a table, the properties that are columns, and where they are named."""
    key_place: Place | None = None  # where it says ``key``; None where that is not known

    def ownership_of(self, name: str) -> Ownership:
        """Who decides about property ``name``."""
        return self.ownership.get(name, Ownership.ENFORCE)

    def renamed(self, names: Mapping[str, str]) -> "Document":
        """The same with its object type called by ``names``."""
        return replace(self, object=names.get(self.object, self.object))


@dataclass(frozen=True, slots=True)
class RecordDirectives:
    """What a record says besides its properties; most say nothing."""

    is_absent: bool = False  # it must not exist
    protect: bool | None = None  # whether it may be archived; None leaves that as it is
    renamed_from: str | None = None  # the key it had before
    is_partial: bool = False  # some of its properties are looked at, and the record itself is let be


NO_DIRECTIVES = RecordDirectives()
"""Of records that say nothing special; shared by them all."""


@dataclass(frozen=True, slots=True)
class DesiredAssociation:
    """Another record that a record is to be associated with."""

    object: str  # of the other record: canonical where the type is a standard one, else as written
    by: str | None  # the property that ``value`` is one of; None: the key of that type in the manifests
    value: str
    label: str | None  # as written; None: the plain association
    place: Place

    @property
    def address(self) -> str:
        """Of the other record, whatever its key property turns out to be."""
        return RecordKey(self.object, self.by or "", self.value).address


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """One record as the manifests want it, before the portal's definitions have typed its values."""

    key: str  # the key's value
    names: tuple[str, ...]  # managed properties, sorted; the key property is not among them
    values: tuple[ManifestValue, ...]  # as long as names
    places: tuple[Place, ...]  # of the values, as long as names
    place: Place  # of the record's own line
    document: Document
    special: RecordDirectives = NO_DIRECTIVES
    associations: tuple[DesiredAssociation, ...] = ()  # sorted by object, else as written

    @property
    def record_key(self) -> RecordKey:
        """The record's key with its object type."""
        return RecordKey(self.document.object, self.document.key, self.key)

    def without(self, names: Collection[str]) -> "DesiredRecord":
        """The same record, not managing those of its properties that are among ``names``."""
        return self.limited_to(frozenset(self.names).difference(names))

    def limited_to(self, names: Container[str]) -> "DesiredRecord":
        """The same record, managing only those of its properties that are among ``names``."""
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

    They may be read from a file, anew each time they are gone through: whoever wants them flowing keeps
    a few of them at a time.
    """

    def __len__(self) -> int:
        """How many there are."""

    def __iter__(self) -> Iterator[DesiredRecord]:
        """All of them in order."""

    def find(self, key: str) -> DesiredRecord | None:
        """The one of that key, spelled exactly so."""

    def associating(self) -> Iterable[DesiredRecord]:
        """Those that name associations, in order."""

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same with object types, their own and those of associations, called by ``names``."""


@dataclass(frozen=True, slots=True)
class ListedRecords:
    """Records that are all at hand."""

    records: Sequence[DesiredRecord]  # sorted by key; keys are distinct

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[DesiredRecord]:
        return iter(self.records)

    def find(self, key: str) -> DesiredRecord | None:
        """The one of that key, spelled exactly so."""
        at = bisect_left(self.records, key, key=attrgetter("key"))
        return self.records[at] if at < len(self.records) and self.records[at].key == key else None

    def associating(self) -> Iterable[DesiredRecord]:
        """Those that name associations, in order."""
        return (record for record in self.records if record.associations)

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same with object types, their own and those of associations, called by ``names``."""
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
    """Records from several places, no key in two of them."""

    parts: tuple[Records, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def __iter__(self) -> Iterator[DesiredRecord]:
        return merge(*self.parts, key=attrgetter("key"))

    def find(self, key: str) -> DesiredRecord | None:
        """The one of that key, spelled exactly so."""
        return next((found for part in self.parts if (found := part.find(key))), None)

    def associating(self) -> Iterable[DesiredRecord]:
        """Those that name associations, in order."""
        return merge(*(part.associating() for part in self.parts), key=attrgetter("key"))

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same with object types, their own and those of associations, called by ``names``."""
        return replace(self, parts=tuple(part.renamed(names) for part in self.parts))


@dataclass(frozen=True, slots=True)
class DesiredGroup:
    """All desired records that share object type and key property: what is read and planned together."""

    object: str
    key: str
    records: Records
    documents: tuple[Document, ...]  # those that name them, in the order of the manifests
    prune: Prune = Prune.OFF

    def chunks(self, size: int) -> Iterator[Sequence[DesiredRecord]]:
        """The records in order, ``size`` at a time."""
        records = iter(self.records)
        while chunk := tuple(islice(records, size)):
            yield chunk

    def renamed(self, names: Mapping[str, str]) -> "DesiredGroup":
        """The same records with object types, their own and those of associations, called by ``names``."""
        return replace(
            self,
            object=names.get(self.object, self.object),
            records=self.records.renamed(names),
            documents=tuple(document.renamed(names) for document in self.documents),
        )


@dataclass(frozen=True, slots=True)
class Desired:
    """Everything the manifests want of one environment."""

    groups: tuple[DesiredGroup, ...]  # sorted by object, then key
    files: SourceFiles
    digest: str  # "sha256:…" over names and contents of the manifests that were read
    other_environments: frozenset[tuple[str, str, str]] = frozenset()
    """Object, key property and key of records that are named for other environments only."""
    problems: tuple[Problem, ...] = ()  # of the manifests themselves: warnings, where it may be planned with
    rejoin: Callable[[Mapping[str, str]], tuple[DesiredGroup, ...]] | None = field(
        default=None, compare=False, repr=False
    )
    """Makes the groups anew where several names of object types turn out to mean one; None: they do not."""

    @property
    def is_sound(self) -> bool:
        """Whether everything could be read; else something is missing, and it must not be planned with."""
        return all(problem.severity is Severity.WARNING for problem in self.problems)

    @property
    def record_count(self) -> int:
        """How many records are named."""
        return sum(len(group.records) for group in self.groups)

    @property
    def prune_rules(self) -> tuple[PruneRule, ...]:
        """What the manifests say of pruning, sorted."""
        return tuple(PruneRule(group.object, group.key, group.prune) for group in self.groups)

    def records_of(self, object_name: str, by: str) -> Records:
        """The records of one group; none where the manifests have no such group."""
        found = (group.records for group in self.groups if (group.object, group.key) == (object_name, by))
        return next(found, ListedRecords(()))

    def has_one_key(self, object_name: str) -> bool:
        """Whether all records of a type are named by one key property; else some are by record id."""
        return sum(group.object == object_name for group in self.groups) == 1

    def is_for_other_environment(self, key: RecordKey) -> bool:
        """Whether the manifests name this record, but for other environments only."""
        return (key.object, key.by, key.value) in self.other_environments

    def first_mentions(self) -> Mapping[str, SourceRef]:
        """Where each object type is named first: of its own records, else in an association."""
        places = {
            wanted.object: wanted.place
            for group in reversed(self.groups)
            for record in group.records.associating()
            for wanted in record.associations
        } | {
            group.object: min(document.place for document in group.documents)
            for group in reversed(self.groups)
        }
        return {object_name: self.files.ref(place) for object_name, place in places.items()}

    @property
    def objects(self) -> frozenset[str]:
        """The object types of records and of what they are to be associated with."""
        own = frozenset(group.object for group in self.groups)
        return own | self.associated_with(own)

    def associated_with(self, objects: Container[str]) -> frozenset[str]:
        """The object types that records of these ``objects`` are to be associated with."""
        return frozenset(
            wanted.object
            for group in self.groups
            if group.object in objects
            for record in group.records.associating()
            for wanted in record.associations
        )

    def renamed(self, names: Mapping[str, str]) -> "Desired":
        """The same with object types called by ``names``, where a portal knows them under another.

        Documents that call one type by several names are joined before anything is decided about it.

        Raises:
            ManifestError: they do not go together: a record is declared twice, or keys or pruning disagree.
        """
        if all(names.get(name, name) == name for name in self.objects):
            return self
        written = {group.object for group in self.groups}
        if self.rejoin and len({names.get(name, name) for name in written}) < len(written):
            groups = self.rejoin(names)
        else:
            groups = tuple(group.renamed(names) for group in self.groups)
        ordered = tuple(sorted(groups, key=lambda group: (group.object, group.key)))
        here = replace(self, groups=ordered)
        elsewhere = {(names.get(name, name), by, key) for name, by, key in self.other_environments}
        only = {name for name in elsewhere if here.records_of(name[0], name[1]).find(name[2]) is None}
        return replace(here, other_environments=frozenset(only))
