"""Selections: globs over addresses, and the records and properties that they match.

A glob of records (``companies/a*``) matches whole records, one with a ``#`` (``companies/acme#phone``,
``*#phone``) matches single properties. ``*`` matches anything, also ``/``, but only ``#`` matches ``#``, so
that a glob of records never matches a property by accident.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import unquote

from reconciler.invisible_characters import escaped_where_hidden
from reconciler.model.addresses import RecordAddress, escaped, percent
from reconciler.model.desired import DesiredRecord, RecordDirectives
from reconciler.model.object_types import object_name

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|%")


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern over addresses."""

    text: str  # as it was typed, in the spelling of addresses
    record: str  # pattern for addresses of records
    name: str | None  # pattern for names of properties; None means whole records

    def means(self, key: RecordAddress, name: str | None = None) -> bool:
        """Return whether it matches the record or, with ``name``, that property of it."""
        if self.name is not None and (name is None or not fnmatchcase(name, self.name)):
            return False
        return fnmatchcase(key.text, self.record)

    def is_exactly(self, key: RecordAddress, name: str) -> bool:
        """Return whether it is the exact address of this property, without wildcards."""
        return (self.record, self.name) == (key.text, name)

    def touches(self, key: RecordAddress, names: Iterable[str]) -> bool:
        """Return whether it matches the record or one of its properties ``names``."""
        return self.means(key) or any(self.means(key, name) for name in names)


def glob_of(text: str) -> Glob:
    """Build a glob from user input: types by name or number, percent-encoded like addresses or more."""
    text = escaped_where_hidden(_ENCODED.sub(_as_in_addresses, text), percent)
    record, mark, name = text.partition("#")
    object_part, slash, key_part = record.partition("/")
    return Glob(text, object_name(object_part) + slash + key_part, name if mark else None)


def is_pattern(text: str) -> bool:
    """Return whether ``text`` has wildcards; addresses percent-encode these characters."""
    return any(character in text for character in "*?[")


def means(globs: Iterable[Glob], key: RecordAddress, name: str | None = None) -> bool:
    """Return whether one of ``globs`` matches the record or, with ``name``, that property of it."""
    return any(glob.means(key, name) for glob in globs)


def renamed(globs: Iterable[Glob], names: Mapping[str, str]) -> tuple[Glob, ...]:
    """Return the selection with object types replaced by their ``names`` in the portal."""
    parted = ((glob, *glob.record.partition("/")) for glob in globs)
    return tuple(replace(glob, record=names.get(of, of) + slash + key) for glob, of, slash, key in parted)


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected part of a plan: everything, or what is targeted and not excluded."""

    target: tuple[Glob, ...] = ()  # empty means everything
    exclude: tuple[Glob, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether something may be left out."""
        return bool(self.target or self.exclude)

    def may_have(self, object_name: str) -> bool:
        """Return whether records of a type may be selected, judging by the globs alone."""
        parts = [glob.record.partition("/") for glob in self.target]
        return not parts or any(fnmatchcase(object_name, of) or not slash for of, slash, _ in parts)

    def has_record(self, key: RecordAddress) -> bool:
        """Return whether the record itself is selected, for creating, renaming, archiving or releasing it."""
        is_targeted = not self.target or means(self.target, key)
        return is_targeted and not means(self.exclude, key)

    def has(self, key: RecordAddress, name: str) -> bool:
        """Return whether a property, or the association with the record at address ``name``, is selected."""
        is_targeted = not self.target or means(self.target, key, name)
        return is_targeted and not means(self.exclude, key) and not means(self.exclude, key, name)

    def narrowed(self, record: DesiredRecord) -> DesiredRecord | None:
        """Return the record with its selected parts; None without any."""
        key, special = record.address, record.special
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
        """Return the selection with object types replaced by their ``names`` in the portal."""
        return Selection(renamed(self.target, names), renamed(self.exclude, names))


EVERYTHING = Selection()


def _as_in_addresses(found: re.Match[str]) -> str:
    """Normalise encoded characters: encoded only if addresses require it."""
    text = unquote(found[0])
    if found.start() and found.string[found.start() - 1] == "/":
        return escaped(text)
    return escaped(f" {text}")[1:]
