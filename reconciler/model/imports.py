"""The request for an import, and its result."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.addresses import RecordId, Section
from reconciler.model.object_references import ObjectProperty


class Choice(StrEnum):
    """The properties that an import takes."""

    NAMED = "named"  # properties that are named one by one
    USED = "used"  # properties that have a value in one of the records
    CUSTOM = "custom"  # properties that were made in this portal


class ImportTarget(StrEnum):
    """The ways in which an import writes its file."""

    NEW = "new"  # it must not exist
    ADD = "add"  # records that no manifest names go into it
    REPLACE = "replace"  # it is written anew; a copy is kept


@dataclass(frozen=True, slots=True)
class Scope:
    """The live records that are asked for."""

    object: str  # the object type, as the user wrote it
    filters: tuple[str, ...] = ()  # PROPERTY=VALUE, PROPERTY!=VALUE, PROPERTY, !PROPERTY: all must hold
    list: str | None = None  # name or id of a list in HubSpot
    ids: tuple[str, ...] | None = None  # record ids
    limit: int | None = None  # number of records


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """The flags of an import."""

    scope: Scope
    key: str | None = None  # None: the only property that can be the key
    choice: Choice = Choice.USED
    properties: tuple[str, ...] = ()  # with Choice.NAMED
    takes_personal: bool = False
    enforce: tuple[str, ...] = ()  # properties that people change all day and that are ours all the same
    associations: tuple[str, ...] = ()  # object types
    factors: bool = False  # values that all records share go to ``all:``
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class LeftOutProperties:
    """Properties that were not taken."""

    read_only: tuple[str, ...] = ()  # or calculated: HubSpot alone writes them
    empty: tuple[str, ...] = ()  # in every record
    personal: tuple[str, ...] = ()  # with personal data, which was not asked for
    unowned: tuple[str, ...] = ()  # changed by people all day, and not in the ``ownership:`` of the document
    owners: tuple[str, ...] = ()  # owners of records, whom the token may not read


@dataclass(frozen=True, slots=True)
class LeftOutRecords:
    """Records that could not be taken, because nothing recognises them."""

    without_key: int = 0
    repeated: int = 0  # they share their key with another record
    not_found: int = 0  # ids that were asked for
    file: str | None = None  # CSV with a row for each of them; None: there are none

    def __bool__(self) -> bool:
        return bool(self.without_key or self.repeated or self.not_found)


@dataclass(frozen=True, slots=True)
class Proof:
    """The comparison of the manifests with the portal after an import."""

    to_take_over: int  # records that the next apply will own, or that it would leave as they are
    differing: int  # values of these records that the manifests say otherwise, and problems
    first: str | None = None  # the address of the first of them
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
    records: int  # written
    named_already: int  # records that other lines name
    files: tuple[str, ...]  # written files, relative to the working directory
    copies: tuple[str, ...]  # of replaced files
    properties: tuple[str, ...]  # that were taken
    observed: tuple[str, ...]  # that are left to people
    shared: tuple[str, ...]  # that went to ``all:``
    left_out: LeftOutProperties
    left_out_records: LeftOutRecords
    associations: Mapping[str, int] = field(default_factory=dict)  # entries written, by object type
    unnamed_targets: Mapping[str, int] = field(default_factory=dict)  # associations that no key names
    proof: Proof | None = None  # None: nothing was written
    masked_properties: tuple[ObjectProperty, ...] = ()  # pairs of type and property whose values are personal

    @property
    def is_complete(self) -> bool:
        """Whether every record was taken, and nothing would be written."""
        return not self.left_out_records and (self.proof is None or self.proof.holds)


@dataclass(frozen=True, slots=True)
class PersonalKeys:
    """Keys with personal data that an import is about to write, for the person who decides about it."""

    object: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class UnnamedRecord:
    """A live record that no manifest names."""

    id: RecordId
    key: str | None  # its value of the key; None: it has none
    name: str  # its display name; may be empty
    link: str  # its page in HubSpot
    created_at: str | None  # as HubSpot writes it
    created_by: str | None  # a person, or a kind of source, as far as HubSpot says


@dataclass(frozen=True, slots=True)
class UnnamedRecords:
    """The live records of a type that no manifest names."""

    object: str
    key: str
    live: int  # records that were looked at
    unnamed: int  # of these, records that no manifest names
    without_key: int  # of these, records that manifests cannot name
    records: tuple[UnnamedRecord, ...]  # the newest of them, all unless there is a limit
    masked_properties: tuple[ObjectProperty, ...] = ()  # pairs of type and property whose values are personal
    key_label: str = ""  # the label of the key property
    display: tuple[str, ...] = ()  # properties that make the display names


@dataclass(frozen=True, slots=True)
class DefinitionsRequest:
    """The definitions of one object type that an import is asked for."""

    object: str  # the object type, as the user wrote it
    sections: tuple[Section, ...]
    properties: tuple[str, ...] = ()  # only these, also HubSpot's; empty: those made in this portal
    associations: tuple[str, ...] = ()  # further object types; labels of associations with them are taken


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
    named_already: int  # definitions that other lines name
    of_hubspot: int  # definitions that HubSpot made, and that were not asked for
    left_out: tuple[LeftOutDefinition, ...]  # sorted by address
    files: tuple[str, ...] = ()  # written files, relative to the working directory
    copies: tuple[str, ...] = ()  # of replaced files
    proof: Proof | None = None  # None: nothing was written

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for was written, and the next plan would write nothing."""
        return not self.left_out and (self.proof is None or self.proof.holds)
