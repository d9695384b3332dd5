"""Addresses: the names of records and associations in flags, plans and reports, and how they are parsed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NewType, TypeAlias
from urllib.parse import quote, unquote

from reconciler.invisible_characters import escaped_where_hidden
from reconciler.model.labels import Label
from reconciler.model.object_references import Direction, GroupKey, ObjectProperty
from reconciler.model.object_types import object_name
from reconciler.sentences import Sentence, Value, sentence

RECORD_ID = "record_id"
"""Key property of records that are recognised by HubSpot's own id instead of a unique property."""


SortParts: TypeAlias = tuple[str | int, ...]
"""Texts, sorted by code point, and numbers that are not negative."""


@dataclass(frozen=True, slots=True, order=True)
class RecordAddress:
    """The address of one record: its object type, and its key, a unique property with its value."""

    object: str
    by: str  # the unique property, or RECORD_ID if ``value`` is HubSpot's own id
    value: str

    @property
    def text(self) -> str:
        """The address in flags, plans and reports: ``companies/acme``, ``companies/=9001``."""
        sign = "=" if self.by == RECORD_ID else ""
        return f"{self.object}/{sign}{escaped(self.value)}"

    def __str__(self) -> str:
        return self.text

    @property
    def record(self) -> "RecordAddress":
        """The record itself."""
        return self

    @property
    def records(self) -> tuple["RecordAddress", ...]:
        """All records of the address: only this one."""
        return (self,)

    @property
    def group(self) -> GroupKey:
        """The group of the record: object type and key property."""
        return GroupKey(self.object, self.by)

    @property
    def key_property(self) -> ObjectProperty:
        """The property whose value is the key."""
        return ObjectProperty(self.object, self.by)

    @property
    def sort_parts(self) -> SortParts:
        """The parts that sort addresses of one kind."""
        return (self.object, self.by, self.value)

    def with_records(self, change: "Callable[[RecordAddress], RecordAddress]") -> "RecordAddress":
        """Return the same address with every record replaced by ``change``."""
        return change(self)

    def property_address(self, name: str) -> str:
        """Return the address of one property of this record: ``companies/acme#phone``."""
        return f"{self.text}#{name}"

    @property
    def as_value(self) -> Value:
        """``value`` as a part of a sentence."""
        return Value(self.value, self.object, self.by)

    @property
    def display(self) -> Sentence:
        """``text`` as a part of a sentence."""
        sign = "=" if self.by == RECORD_ID else ""
        key = Value(self.value, self.object, self.by, escaped(self.value))
        return sentence("{object}/{sign}{key}", object=self.object, sign=sign, key=key)

    def property_sentence(self, name: str) -> Sentence:
        """Return ``property_address`` as a part of a sentence."""
        return sentence("{record}#{name}", record=self.display, name=name)


@dataclass(frozen=True, slots=True)
class AssociationAddress:
    """An association of two records, or one label of it, seen from the record that names it."""

    record: RecordAddress
    target: RecordAddress
    label: Label | None = None  # None: the unlabelled association

    def __str__(self) -> str:
        return self.record.property_address(self.target.text)

    @property
    def records(self) -> tuple[RecordAddress, ...]:
        """Both records, first the one that names the association."""
        return (self.record, self.target)

    @property
    def direction(self) -> Direction:
        """The object types of both records."""
        return Direction(self.record.object, self.target.object)

    def with_records(self, change: Callable[[RecordAddress], RecordAddress]) -> "AssociationAddress":
        """Return the same address with every record replaced by ``change``."""
        return AssociationAddress(change(self.record), change(self.target), self.label)

    @property
    def sort_parts(self) -> SortParts:
        """The parts that sort addresses of one kind."""
        return (*self.record.sort_parts, *self.target.sort_parts, *(self.label.type if self.label else ()))


Address: TypeAlias = RecordAddress | AssociationAddress
"""The subject of a change."""


def escaped(value: str) -> str:
    """Escape a key's value for an address."""
    text = "".join(_PERCENT.get(character, character) for character in value)
    text = escaped_where_hidden(text, percent)  # this adds no invisible characters
    return "%3D" + text[1:] if text.startswith("=") else text


_PERCENT = {character: quote(character, safe="") for character in "/#*?[%"} | {
    chr(code): quote(chr(code), safe="") for code in (*range(32), 127)
}


def percent(character: str) -> str:
    """Percent-encode ``character`` for an address."""
    return quote(character, safe="", errors="surrogatepass")


def split_address(address: str) -> tuple[str, bool, str, str | None]:
    """Split an address into object type, whether it names a record id, key value, and property or None.

    Raises:
        ValueError: there is no ``/``.
    """
    object_part, slash, rest = address.partition("/")
    if not slash or not object_part or not rest:
        raise ValueError(f"{address!r} is not an address such as companies/acme")
    key, _, name = rest.partition("#")
    by_record_id = key.startswith("=")
    return object_name(object_part), by_record_id, unquote(key[1:] if by_record_id else key), name or None


RecordId = NewType("RecordId", str)
"""HubSpot's own id of a record: digits, kept as text."""
