"""The request for an import, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.addresses import RecordId, Section
from reconciler.model.object_references import ObjectProperty


class Choice(StrEnum):
    """The choices of properties to import."""

    NAMED = "named"  # properties that are named one by one
    USED = "used"  # properties that have a value in at least one of the imported records
    CUSTOM = "custom"  # properties that were made in this portal


class ImportTarget(StrEnum):
    """How an import writes its file."""

    NEW = "new"  # the file must not exist yet
    ADD = "add"  # adds to the existing file the records that are in no manifest yet
    REPLACE = "replace"  # the file is written anew; a copy of the old file is kept


@dataclass(frozen=True, slots=True)
class Scope:
    """The live records to import."""

    object: str  # the object type, as the user wrote it
    filters: tuple[str, ...] = ()  # PROPERTY=VALUE, PROPERTY!=VALUE, PROPERTY, !PROPERTY; all must hold
    list: str | None = None  # name or id of a list in HubSpot
    ids: tuple[str, ...] | None = None  # record ids
    limit: int | None = None  # maximum number of records


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The flags of an import."""

    scope: Scope
    key: str | None = None  # None: the only property that can be the key
    choice: Choice = Choice.USED
    properties: tuple[str, ...] = ()  # the properties to import; empty unless choice is NAMED
    takes_personal: bool = False
    enforce: tuple[str, ...] = ()  # properties to enforce although people often change them
    associations: tuple[str, ...] = ()  # object types; associations with their records are imported
    factors: bool = False  # whether a value that every record has is written once, under ``all:``
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class LeftOutProperties:
    """Properties that an import left out, by reason."""

    read_only: tuple[str, ...] = ()  # read-only or calculated: only HubSpot writes them
    empty: tuple[str, ...] = ()  # empty in every record
    personal: tuple[str, ...] = ()  # with personal data that the user did not ask for
    unowned: tuple[str, ...] = ()  # often changed by people, and not under ``ownership:`` of the document
    owners: tuple[str, ...] = ()  # values are owners, and the token may not read owners


@dataclass(frozen=True, slots=True)
class LeftOutRecords:
    """Counts of records that could not be imported: without a key, with a repeated key, or not found."""

    without_key: int = 0
    repeated: int = 0  # number of records that have the same key as another record
    not_found: int = 0  # number of requested ids that no record has
    file: str | None = None  # CSV with a row for each left out record; None: no record was left out

    @property
    def unrecognised(self) -> int:
        """The number of records that have no key, or the same key as another record."""
        return self.without_key + self.repeated

    def __bool__(self) -> bool:
        return bool(self.unrecognised or self.not_found)


@dataclass(frozen=True, slots=True)
class Proof:
    """The comparison of the manifests with the portal after an import."""

    # number of things that the next apply only adopts, without a write; if no plan was made: number of
    # records that agree with the portal
    to_take_over: int
    differing: int  # number of things that differ from the portal, and of problems
    first: str | None = None  # the address of the first difference
    is_planned: bool = True  # False: the file was compared with what had been read, without new calls
    fault: str | None = None  # why nothing could be compared

    @property
    def holds(self) -> bool:
        """Whether the manifests agree with the portal."""
        return self.fault is None and not self.differing


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The written and the omitted records and properties of an import."""

    object: str
    key: str
    records: int  # number of written records
    named_already: int  # number of records that other lines of the manifests name already
    files: tuple[str, ...]  # written files, relative to the working directory
    copies: tuple[str, ...]  # paths of the copies of replaced files
    properties: tuple[str, ...]  # imported properties
    observed: tuple[str, ...]  # properties written with ``observe``: people decide about them
    shared: tuple[str, ...]  # properties written under ``all:``
    left_out: LeftOutProperties
    left_out_records: LeftOutRecords
    associations: Mapping[str, int] = field(default_factory=dict)  # number of written entries, by object type
    unnamed_targets: Mapping[str, int] = field(default_factory=dict)  # associations whose target has no key
    proof: Proof | None = None  # None: nothing was written
    masked_properties: tuple[ObjectProperty, ...] = ()  # pairs of type and property whose values are personal

    @property
    def is_complete(self) -> bool:
        """Whether every record was imported, and the proof, if there is one, found no difference."""
        return not self.left_out_records and (self.proof is None or self.proof.holds)


@dataclass(frozen=True, slots=True)
class PersonalKeys:
    """Keys with personal data that an import is about to write, shown to the person who confirms it."""

    object: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class UnnamedRecord:
    """A live record that no manifest names."""

    id: RecordId
    key: str | None  # the record's value of the key property; None: empty
    name: str  # display name of the record; may be empty
    link: str  # address of the record's page in HubSpot
    created_at: str | None  # text from HubSpot
    created_by: str | None  # a person, or a kind of source, as far as HubSpot says


@dataclass(frozen=True, slots=True)
class UnnamedRecords:
    """The live records of a type that no manifest names."""

    object: str
    key: str
    live: int  # number of records that were read
    unnamed: int  # number of them that no manifest names
    without_key: int  # number of unnamed records without a key, which manifests cannot name
    records: tuple[UnnamedRecord, ...]  # the newest unnamed records; all of them unless there is a limit
    masked_properties: tuple[ObjectProperty, ...] = ()  # pairs of type and property whose values are personal
    key_label: str = ""  # the label of the key property
    display: tuple[str, ...] = ()  # properties whose values form the display names


@dataclass(frozen=True, slots=True)
class DefinitionsRequest:
    """The definitions of one object type that the user wants to import."""

    object: str  # the object type, as the user wrote it
    sections: tuple[Section, ...]
    properties: tuple[str, ...] = ()  # only these, also HubSpot's own; empty: all that this portal added
    associations: tuple[str, ...] = ()  # further object types; labels of associations with them are imported


@dataclass(frozen=True, slots=True)
class LeftOutDefinition:
    """A definition that an import did not write."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class DefinitionsImported:
    """The written and the omitted definitions of an import."""

    object: str
    written: Mapping[Section, int]  # number of definitions, by section
    named_already: int  # number of definitions that other lines of the manifests declare already
    of_hubspot: int  # number of HubSpot's own definitions, which the user did not ask for
    left_out: tuple[LeftOutDefinition, ...]  # sorted by address
    files: tuple[str, ...] = ()  # written files, relative to the working directory
    copies: tuple[str, ...] = ()  # the copies of replaced files
    proof: Proof | None = None  # None: nothing was written

    @property
    def is_complete(self) -> bool:
        """Whether every requested definition was written, and the next plan would write nothing."""
        return not self.left_out and (self.proof is None or self.proof.holds)
