"""Everything that the manifests declare: all desired records, in groups, and the desired definitions."""

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Protocol, Self

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import ThingAddress
from reconciler.model.desired_records import DesiredRecord, Document, Prune, PruneRule
from reconciler.model.object_references import GroupKey, ObjectProperty
from reconciler.model.portal_definitions import DesiredDefinition
from reconciler.source import SourceFiles, SourceRef


class Records(Protocol):
    """Desired records of one group, sorted by key, by code point; keys are distinct.

    Each iteration may read the records from a file again: a caller that needs constant memory keeps only a
    few of them at a time.
    """

    def __len__(self) -> int:
        """Count the records."""

    def __iter__(self) -> Iterator[DesiredRecord]:
        """Iterate over all records in order."""

    def find(self, key: str) -> DesiredRecord | None:
        """Return the record with exactly this key."""

    def associating(self) -> Iterable[DesiredRecord]:
        """Return the records with associations, in order."""

    def rekeyed(self) -> Iterable[DesiredRecord]:
        """Return the records with a previous key (``$renamed_from``), in order."""

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

    def rekeyed(self) -> Iterable[DesiredRecord]:
        """Return the records with a previous key (``$renamed_from``), in order."""
        return (record for record in self.records if record.special.renamed_from)

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

    def rekeyed(self) -> Iterable[DesiredRecord]:
        """Return the records with a previous key (``$renamed_from``), in order."""
        return merge(*(part.rekeyed() for part in self.parts), key=attrgetter("key"))

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
    """Everything that the manifests declare for one environment."""

    groups: tuple[DesiredGroup, ...]  # sorted by object type, then key property
    files: SourceFiles
    digest: str  # "sha256:…" over names and contents of the manifests that were read
    other_environments: frozenset[tuple[str, str, str]] = frozenset()
    """Object type, key property and key of records that manifests name for other environments only."""
    # problems of the manifests themselves; only warnings if a plan may be made
    problems: tuple[Problem, ...] = ()
    rejoin: (
        Callable[[Mapping[str, str]], tuple[tuple[DesiredGroup, ...], tuple[DesiredDefinition, ...]]] | None
    ) = field(default=None, compare=False, repr=False)
    """Rebuilds groups and definitions if several names mean one object type; None: each type has one name."""
    definitions: tuple[DesiredDefinition, ...] = ()  # definitions of the portal, sorted by address
    groups_elsewhere: frozenset[GroupKey] = field(init=False, compare=False, repr=False)
    """The groups of ``other_environments``."""
    _elsewhere: frozenset[tuple[str, str, str]] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        others = self.other_environments
        object.__setattr__(self, "groups_elsewhere", frozenset(GroupKey(*each[:2]) for each in others))
        caseless = frozenset((name, by, key.casefold()) for name, by, key in others)
        object.__setattr__(self, "_elsewhere", caseless)

    @property
    def is_sound(self) -> bool:
        """Whether the manifests have no errors; if they have, no plan may be made from this value."""
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
        """Return whether the manifests name all records of a type by the same key property."""
        return sum(group.object == object_name for group in self.groups) == 1

    def is_for_other_environment(self, key: ThingAddress) -> bool:
        """Return whether the manifests name this record only for other environments, in any letter case."""
        if (key.object, key.by, key.value) in self.other_environments:
            return True
        is_spelled_otherwise = (key.object, key.by, key.value.casefold()) in self._elsewhere
        return is_spelled_otherwise and self.records_of(key.object, key.by).find(key.value) is None

    def first_mentions(self) -> Mapping[str, SourceRef]:
        """Return, for each object type, a place in the manifests that names it.

        That is the first document with its records; else the first definition; else an association with it.
        """
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
        """The object types of records, of their associated records, and of definitions."""
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

        If documents use several names for one type, their records are merged into one group.

        Raises:
            ManifestError: merging finds a record or definition that is declared twice, or two different key
                properties or prune rules for one type.
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
