"""What a flag means: globs over addresses, and the records and properties that they select.

A glob of records (``companies/a*``) means whole records, one with a ``#`` (``companies/acme#phone``,
``*#phone``) means single properties. ``*`` matches anything, ``/`` included; a ``#`` is matched only by
a ``#``, so that no glob of records ever means a property by accident.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import unquote

from reconciler.invisible_characters import escaped_where_hidden
from reconciler.model.addresses import RecordKey, escaped, percent
from reconciler.model.desired import DesiredRecord, RecordDirectives
from reconciler.model.object_types import object_name

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|%")


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern over addresses."""

    text: str  # as it was typed, spelled as addresses are
    record: str  # pattern of addresses of records
    name: str | None  # pattern of names of properties; None means whole records

    def means(self, key: RecordKey, name: str | None = None) -> bool:
        """Whether it means the record, or, with ``name``, that property of it."""
        if self.name is not None and (name is None or not fnmatchcase(name, self.name)):
            return False
        return fnmatchcase(key.address, self.record)

    def is_exactly(self, key: RecordKey, name: str) -> bool:
        """Whether it is no pattern, but the address of this very property."""
        return (self.record, self.name) == (key.address, name)

    def touches(self, key: RecordKey, names: Iterable[str]) -> bool:
        """Whether it means the record or one of its properties ``names``."""
        return self.means(key) or any(self.means(key, name) for name in names)


def glob_of(text: str) -> Glob:
    """The glob that somebody typed: types by name or number, percent-encoded as addresses are, or more."""
    text = escaped_where_hidden(_ENCODED.sub(_as_in_addresses, text), percent)
    record, mark, name = text.partition("#")
    object_part, slash, key_part = record.partition("/")
    return Glob(text, object_name(object_part) + slash + key_part, name if mark else None)


def is_pattern(text: str) -> bool:
    """Whether ``text`` is more than the address of one thing: addresses encode these characters."""
    return any(character in text for character in "*?[")


def means(globs: Iterable[Glob], key: RecordKey, name: str | None = None) -> bool:
    """Whether one of ``globs`` means the record, or, with ``name``, that property of it."""
    return any(glob.means(key, name) for glob in globs)


def renamed(globs: Iterable[Glob], names: Mapping[str, str]) -> tuple[Glob, ...]:
    """The same with object types called by ``names``, where a portal knows them under another."""
    parted = ((glob, *glob.record.partition("/")) for glob in globs)
    return tuple(replace(glob, record=names.get(of, of) + slash + key) for glob, of, slash, key in parted)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a plan is about: everything, or what is targeted and not excluded."""

    target: tuple[Glob, ...] = ()  # none means everything
    exclude: tuple[Glob, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether something may be left out."""
        return bool(self.target or self.exclude)

    def may_have(self, object_name: str) -> bool:
        """Whether records of a type may be selected, as far as the globs alone can tell."""
        parts = [glob.record.partition("/") for glob in self.target]
        return not parts or any(fnmatchcase(object_name, of) or not slash for of, slash, _ in parts)

    def has_record(self, key: RecordKey) -> bool:
        """Whether the record itself is selected: what creates, renames, archives or releases it."""
        is_targeted = not self.target or means(self.target, key)
        return is_targeted and not means(self.exclude, key)

    def has(self, key: RecordKey, name: str) -> bool:
        """Whether a property, or the association with the record at address ``name``, is selected."""
        is_targeted = not self.target or means(self.target, key, name)
        return is_targeted and not means(self.exclude, key) and not means(self.exclude, key, name)

    def narrowed(self, record: DesiredRecord) -> DesiredRecord | None:
        """The record with what is selected of it; None where nothing is."""
        key, special = record.record_key, record.special
        if means(self.exclude, key):
            return None
        if self.target and not means(self.target, key):
            special = RecordDirectives(renamed_from=special.renamed_from, is_partial=True)
            if record.special.is_absent:
                return None
        kept = frozenset(name for name in record.names if self.has(key, name))
        associations = tuple(wanted for wanted in record.associations if self.has(key, wanted.address))
        if special.is_partial and not kept and not associations:
            return None
        is_whole = len(kept) == len(record.names) and len(associations) == len(record.associations)
        if is_whole and special is record.special:
            return record
        return replace(record.limited_to(kept), special=special, associations=associations)

    def renamed(self, names: Mapping[str, str]) -> "Selection":
        """The same with object types called by ``names``, where a portal knows them under another."""
        return Selection(renamed(self.target, names), renamed(self.exclude, names))


EVERYTHING = Selection()


def _as_in_addresses(found: re.Match[str]) -> str:
    """Encoded characters as addresses spell them: encoded where they have to be, else plain."""
    text = unquote(found[0])
    if found.start() and found.string[found.start() - 1] == "/":
        return escaped(text)
    return escaped(f" {text}")[1:]
