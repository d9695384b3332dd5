"""Addresses: the names of things in flags, plans and reports, and how they are parsed.

A thing is a record, an association of two records, or a definition of the portal.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import total_ordering
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


@total_ordering
@dataclass(frozen=True, slots=True)
class ThingAddress:
    """The address of a record or a definition: of anything that has values and that the state stores by id.

    Addresses of both kinds have one order: by object type, then definitions before records.
    """

    object: str
    by: str  # of a record: its key property, or RECORD_ID; of a definition: ":" and its section
    value: str  # of a record: the value of its key; of a definition: its names

    def __lt__(self, other: "ThingAddress") -> bool:
        return self.sort_parts < other.sort_parts

    def __str__(self) -> str:
        return self.text

    @property
    def plural(self) -> str:
        """The noun after a number in messages: the object type, as in 3 companies."""
        return self.object

    @property
    def text(self) -> str:
        """The address in flags, plans and reports."""
        raise NotImplementedError

    @property
    def thing(self) -> "ThingAddress":
        """This address; for the address of an association, ``thing`` is the record that names it."""
        return self

    @property
    def objects(self) -> tuple[str, ...]:
        """The object types of the address."""
        return (self.object,)

    @property
    def group(self) -> GroupKey:
        """The object type and key property; the state stores all things of the same group together."""
        return GroupKey(self.object, self.by)

    @property
    def object_of_values(self) -> str:
        """The object type to whose properties the values belong; empty for a definition."""
        return self.object

    @property
    def key_property(self) -> ObjectProperty:
        """The key property of a record; for a definition, its section, which is never masked."""
        return ObjectProperty(self.object, self.by)

    @property
    def sort_parts(self) -> "tuple[str, str, str]":
        """The sort key of the address."""
        return (self.object, self.by, self.value)

    @property
    def records(self) -> "tuple[RecordAddress, ...]":
        """The records of the address; a definition has none."""
        raise NotImplementedError

    def property_address(self, name: str) -> str:
        """Return the address of one value of the thing: ``companies/acme#phone``."""
        return f"{self.text}#{name}"

    @property
    def display(self) -> Sentence:
        """The address as a part of a sentence."""
        raise NotImplementedError

    def property_sentence(self, name: str) -> Sentence:
        """Return ``property_address`` as a part of a sentence."""
        return sentence("{thing}#{name}", thing=self.display, name=name)


@dataclass(frozen=True, slots=True)
class RecordAddress(ThingAddress):
    """The address of one record: its object type, and its key, a unique property with its value."""

    @property
    def text(self) -> str:
        """The address in flags, plans and reports: ``companies/acme``, ``companies/=9001``."""
        sign = "=" if self.by == RECORD_ID else ""
        return f"{self.object}/{sign}{escaped(self.value)}"

    @property
    def record(self) -> "RecordAddress":
        """The record itself."""
        return self

    @property
    def records(self) -> tuple["RecordAddress", ...]:
        """The records in the address: for a record, only the record itself."""
        return (self,)

    def with_records(self, change: "Callable[[RecordAddress], RecordAddress]") -> "RecordAddress":
        """Apply the function ``change`` to the record, and return its result."""
        return change(self)

    @property
    def as_value(self) -> Value:
        """``value`` as a part of a sentence."""
        return Value(self.value, self.object, self.by)

    @property
    def display(self) -> Sentence:
        """The address as a part of a sentence."""
        sign = "=" if self.by == RECORD_ID else ""
        key = Value(self.value, self.object, self.by, escaped(self.value))
        return sentence("{object}/{sign}{key}", object=self.object, sign=sign, key=key)


class Section(StrEnum):
    """The sections of a manifest that declare definitions; addresses of definitions contain these words."""

    GROUPS = "groups"  # property groups
    PROPERTIES = "properties"
    PIPELINES = "pipelines"
    STAGES = "stages"  # of a pipeline
    SCHEMA = "schema"  # of a custom object type
    LABELS = "association_labels"
    OPTIONS = "options"  # of a property: a removed option, whose records get another value first


SECTION_MARK = ":"
"""First character of ``by`` in the address of a definition. No key property of a record begins with it."""


@dataclass(frozen=True, slots=True)
class DefinitionAddress(ThingAddress):
    """The address of a definition of the portal: ``companies:properties/tier``, ``machines:schema``.

    The names in it depend on the section. A pipeline: its name in the manifest. A stage: the names of its
    pipeline and of itself. A label: the other object type, and its own name. An option: the names of its
    property and of itself. A schema: none.
    """

    @property
    def plural(self) -> str:
        """The noun after a number in messages."""
        return "definitions"

    @property
    def object_of_values(self) -> str:
        """Empty: a definition has no values of properties. Its path ``label`` is not a property ``label``."""
        return ""

    @property
    def section(self) -> Section:
        """The section of a manifest that declares the definition."""
        return Section(self.by.removeprefix(SECTION_MARK))

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the address, from the outermost: of a stage, its pipeline and itself."""
        return tuple(map(unquote, self.value.split("/"))) if self.section is not Section.SCHEMA else ()

    @property
    def name(self) -> str:
        """The definition's own name, the last of ``names``; for a schema, the name of its object type."""
        return self.names[-1] if self.names else self.object

    @property
    def text(self) -> str:
        """The address in flags, plans and reports."""
        match self.section:
            case Section.SCHEMA:
                return f"{self.object}:{Section.SCHEMA}"
            case Section.STAGES:
                pipeline, stage = self.value.split("/")
                return f"{self.object}:{Section.PIPELINES}/{pipeline}/{Section.STAGES}/{stage}"
            case Section.OPTIONS:
                name, option = self.value.split("/")
                return f"{self.object}:{Section.PROPERTIES}/{name}#{Section.OPTIONS}/{option}"
            case section:
                return f"{self.object}:{section}/{self.value}"

    @property
    def records(self) -> tuple[RecordAddress, ...]:
        """All records of the address: none."""
        return ()

    @property
    def objects(self) -> tuple[str, ...]:
        """The object types of the address: two for a label of associations, otherwise one."""
        return (self.object, self.names[0]) if self.section is Section.LABELS else (self.object,)

    def renamed(self, names: Mapping[str, str]) -> "DefinitionAddress":
        """Return the address with object types replaced by their ``names`` in the portal."""
        parts = self.names
        if self.section is Section.LABELS:
            parts = (names.get(parts[0], parts[0]), *parts[1:])
        return definition_address(names.get(self.object, self.object), self.section, *parts)

    def with_records(self, _change: "Callable[[RecordAddress], RecordAddress]") -> "DefinitionAddress":
        """Return the same address: a definition has no records to change."""
        return self

    @property
    def display(self) -> Sentence:
        """The address as a part of a sentence."""
        return sentence("{definition}", definition=self.text)


def definition_address(object_name: str, section: Section, *names: str) -> DefinitionAddress:
    """Build the address of a definition from its names, which are not percent-encoded yet."""
    value = "/".join(map(escaped, names)) if names else str(section)
    return DefinitionAddress(object_name, f"{SECTION_MARK}{section}", value)


def thing_address(object_name: str, by: str, value: str) -> RecordAddress | DefinitionAddress:
    """Build the address of a record or a definition from the three parts that are stored in state.

    Raises:
        ValueError: the section does not exist, or ``value`` has a wrong number of names for it.
    """
    if not by.startswith(SECTION_MARK):
        return RecordAddress(object_name, by, value)
    address = DefinitionAddress(object_name, by, value)
    if value.count("/") != _INNER_NAMES.get(address.section, 0):
        raise ValueError(f"{value!r} has too few or too many names for {address.section}")
    return address


_INNER_NAMES = {Section.STAGES: 1, Section.LABELS: 1, Section.OPTIONS: 1}
"""Number of names before a definition's own name, by section; none in other sections."""


@dataclass(frozen=True, slots=True)
class AssociationAddress:
    """An association of two records, or one label of it, seen from the record that names it."""

    record: RecordAddress
    target: RecordAddress
    label: Label | None = None  # None: the unlabelled association

    def __str__(self) -> str:
        return self.record.property_address(self.target.text)

    @property
    def thing(self) -> ThingAddress:
        """The thing under which reports show the association: the record that names it."""
        return self.record

    @property
    def objects(self) -> tuple[str, ...]:
        """The object types of both records."""
        return (self.record.object, self.target.object)

    @property
    def records(self) -> tuple[RecordAddress, ...]:
        """Both records, first the record that names the association."""
        return (self.record, self.target)

    @property
    def direction(self) -> Direction:
        """The object types of both records."""
        return Direction(self.record.object, self.target.object)

    def with_records(self, change: Callable[[RecordAddress], RecordAddress]) -> "AssociationAddress":
        """Apply the function ``change`` to both records, and return the new address."""
        return AssociationAddress(change(self.record), change(self.target), self.label)

    @property
    def sort_parts(self) -> SortParts:
        """The sort key of the address."""
        return (*self.record.sort_parts, *self.target.sort_parts, *(self.label.type if self.label else ()))


Address: TypeAlias = RecordAddress | AssociationAddress | DefinitionAddress
"""The address of a thing that a plan can change: a record, an association or a definition."""


def escaped(value: str) -> str:
    """Escape a key's value for an address."""
    text = "".join(_PERCENT.get(character, character) for character in value)
    text = escaped_where_hidden(text, percent)
    if text.startswith(" ") or text.endswith(" "):
        text = _OUTER_BLANKS.sub(lambda blanks: "%20" * len(blanks[0]), text)
    return "%3D" + text[1:] if text.startswith("=") else text


_OUTER_BLANKS = re.compile(r"^ +| +$")
"""Blanks at the beginning or end of a value. People do not see them, and shells drop them."""

_PERCENT = {character: quote(character, safe="") for character in "/#*?[%"} | {
    chr(code): quote(chr(code), safe="") for code in (*range(32), 127)
}


def percent(character: str) -> str:
    """Percent-encode ``character`` for an address."""
    return quote(character, safe="", errors="surrogatepass")


def is_definition_address(text: str) -> bool:
    """Return whether ``text`` is an address of a definition: its object type ends with a ``:``."""
    return SECTION_MARK in text.partition("/")[0].partition("#")[0]


def parse_definition_address(text: str) -> tuple[DefinitionAddress, str | None]:
    """Parse an address such as ``companies:properties/tier#options/gold``: definition, and path or None.

    Raises:
        ValueError: the address has a wrong form; the message says how to write it.
    """
    whole, mark, path = text.partition("#")
    object_part, _, rest = whole.partition(SECTION_MARK)
    section, *names = rest.split("/")
    if section == Section.PIPELINES and len(names) == _STAGE_PARTS and names[1] == Section.STAGES:
        section, names = Section.STAGES, [names[0], names[2]]
    known = {str(each): each for each in Section}.get(section)
    wanted = 0 if known is Section.SCHEMA else 1 + (_INNER_NAMES.get(known, 0) if known else 0)
    if known is None or len(names) != wanted or not all((object_part, *names)) or (mark and not path):
        raise ValueError(
            f"{text!r} is not an address of a definition, such as companies:properties/tier, "
            "deals:pipelines/Renewals/stages/Won or machines:schema"
        )
    address = definition_address(object_name(object_part), known, *map(unquote, names))
    return address, "/".join(escaped(unquote(part)) for part in path.split("/")) or None


_STAGE_PARTS = 3
"""Parts of ``Renewals/stages/Won``."""


def split_address(address: str) -> tuple[str, bool, str, str | None]:
    """Split an address: object type, whether the value is a record id, the value, and property or None.

    Raises:
        ValueError: object type, key or property is missing.
    """
    object_part, _, rest = address.partition("/")
    key, mark, name = rest.partition("#")
    by_record_id = key.startswith("=")
    value = key.removeprefix("=")
    if not object_part or not value or (mark and not name):
        raise ValueError(f"{address!r} is not an address such as companies/acme")
    return object_name(object_part), by_record_id, unquote(value), name or None


RecordId = NewType("RecordId", str)
"""HubSpot's own id of a record: digits, kept as text."""
