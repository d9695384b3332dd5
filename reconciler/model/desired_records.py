"""Desired records: the values that one document gives one record, and the settings of that document.

A desired record has one tuple of names (shared by records of one shape), one of values and one of places:
with a hundred thousand records, an object for each property would need a gigabyte.
"""

from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

from reconciler.model.addresses import RecordAddress
from reconciler.model.object_references import GroupKey
from reconciler.model.tables import TableForm
from reconciler.source import Place, in_same_file

ManifestValue: TypeAlias = str | tuple[str, ...] | None
"""A property value as in the manifest: text, a list of texts, or None for a plain ``null``."""


class Ownership(StrEnum):
    """Rules for who decides about the value of a property."""

    ENFORCE = "enforce"  # the manifest decides
    INITIAL = "initial"  # the manifest decides when the record is created, and people decide afterwards
    OBSERVE = "observe"  # people decide; a difference from the manifest is only reported


class Write(StrEnum):
    """HubSpot's calls for writing the records of a document."""

    AUTO = "auto"  # creates records by batch/upsert, updates records by batch/update with record ids
    UPSERT = "upsert"  # creates and updates together by batch/upsert
    UPDATE = "update"  # batch/update; never creates


class Prune(StrEnum):
    """The choices for owned records that no manifest names any more."""

    OFF = "false"  # leave the records as they are
    OURS = "true"  # archive records that reconciler created, release records that it adopted
    ALL = "all"  # archive the records that reconciler created or adopted


class Drift(StrEnum):
    """The choices for values that people changed since reconciler last applied them."""

    REVERT = "revert"  # write back the manifest value
    HOLD = "hold"  # report the value that people wrote, and do not overwrite it


@dataclass(frozen=True, slots=True, order=True)
class PruneRule:
    """The prune setting for one object type and key property."""

    object: str
    by: str
    prune: Prune

    @property
    def group(self) -> GroupKey:
        """The group of records to which the rule applies."""
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
    table: TableForm | None = None  # format of the document's table; None: the document has no table

    def is_cell(self, place: Place) -> bool:
        """Return whether a value at ``place`` is in a cell of the document's table, not under ``all:``."""
        return self.table is not None and not in_same_file(place, self.place)

    def ownership_of(self, name: str) -> Ownership:
        """Return who decides about property ``name``."""
        return self.ownership.get(name, Ownership.ENFORCE)

    @property
    def group(self) -> GroupKey:
        """The object type and key property of the document's records."""
        return GroupKey(self.object, self.key)

    def renamed(self, names: Mapping[str, str]) -> "Document":
        """Return the document with its object type replaced by its name in ``names``."""
        return replace(self, object=names.get(self.object, self.object))


@dataclass(frozen=True, slots=True)
class RecordDirectives:
    """The ``$`` keys of a record; most records have none."""

    is_absent: bool = False  # the record must not exist
    protect: bool | None = None  # whether to protect the record from archiving; None: no change
    renamed_from: str | None = None  # previous key of the record
    is_partial: bool = False  # plan only some properties of the record; do not create or archive it


NO_DIRECTIVES = RecordDirectives()
"""The directives of records without ``$`` keys, shared by all of them."""


@dataclass(frozen=True, slots=True)
class DesiredAssociation:
    """A desired association with another record."""

    object: str  # object type of the other record: canonical for a standard type, otherwise as written
    by: str | None  # the property that has ``value``; None: the type's key in the manifests
    value: str
    label: str | None  # as written; None: the unlabelled association
    place: Place

    @property
    def address(self) -> str:
        """Address of the other record, as a text without the name of the key property."""
        return RecordAddress(self.object, self.by or "", self.value).text


@dataclass(frozen=True, slots=True)
class DesiredRecord:
    """One desired record, with its values as text: the portal's definitions give them types later."""

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
