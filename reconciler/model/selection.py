"""Selections: globs over addresses, and the records and properties that they match.

A glob of records (``companies/a*``) matches whole records; a glob with a ``#`` (``companies/acme#phone``,
``*#phone``) matches single properties. ``*`` matches anything, also ``/``, but only ``#`` matches ``#``, so
that a glob of records never matches a property by accident. For the same reason, a glob matches definitions
only if its object type ends with ``:`` (``companies:properties/*``), and then it matches no records. A glob
of a pipeline also matches its stages, and a glob of a property its options.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from urllib.parse import unquote

from reconciler.invisible_characters import escaped_where_hidden
from reconciler.model.addresses import (
    DefinitionAddress,
    Section,
    ThingAddress,
    definition_address,
    escaped,
    is_definition_address,
    percent,
)
from reconciler.model.definition_attributes import OPTIONS
from reconciler.model.desired_records import DesiredRecord, RecordDirectives
from reconciler.model.object_types import object_name
from reconciler.model.portal_definitions import DesiredDefinition

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+|%")
_OBJECT_END = re.compile(r"([:/])")
"""The characters that end the object type in an address."""
_WILDCARD = re.compile(r"[*?[]")


@dataclass(frozen=True, slots=True)
class Glob:
    """One pattern over addresses."""

    text: str  # as typed, but percent-encoded as in addresses
    record: str  # pattern for addresses of records or definitions
    name: str | None  # pattern for names of properties or paths; None: matches whole things

    @property
    def is_of_definitions(self) -> bool:
        """Whether the glob matches definitions; otherwise it matches records."""
        return is_definition_address(self.record)

    def means(self, key: ThingAddress, name: str | None = None) -> bool:
        """Return whether the glob matches the record or definition or, with ``name``, its value ``name``."""
        if isinstance(key, DefinitionAddress):
            return self.is_of_definitions and self._means_definition(key, name)
        if self.is_of_definitions or not self._means_name(name):
            return False
        return fnmatchcase(key.text, self.record)

    def _means_definition(self, key: DefinitionAddress, name: str | None) -> bool:
        if key.section is Section.STAGES and self.name is None:
            pipeline = definition_address(key.object, Section.PIPELINES, key.names[0])
            if fnmatchcase(pipeline.text, self.record):
                return True
        whole, _, option = key.text.partition("#")
        return fnmatchcase(whole, self.record) and self._means_name(option or name)

    def _means_name(self, name: str | None) -> bool:
        if self.name is None:
            return True
        is_part = self.is_of_definitions and name is not None and name.startswith(f"{self.name}/")
        return name is not None and (is_part or fnmatchcase(name, self.name))

    def is_exactly(self, key: ThingAddress, name: str) -> bool:
        """Return whether the glob is exactly the address of this property, without wildcards."""
        return (self.record, self.name) == (key.text, name)

    def touches(self, key: ThingAddress, names: Iterable[str]) -> bool:
        """Return whether the glob matches the record or definition, or one of its values ``names``."""
        return self.means(key) or any(self.means(key, name) for name in names)


def glob_of(text: str) -> Glob:
    """Build a glob from user input, which may name types by number and encode more characters than needed."""
    text = escaped_where_hidden(_ENCODED.sub(_as_in_addresses, text), percent)
    record, mark, name = text.partition("#")
    object_part, slash, key_part = record.partition("/")
    of, colon, section = object_part.partition(":")
    return Glob(text, object_name(of) + colon + section + slash + key_part, name if mark else None)


def is_pattern(text: str) -> bool:
    """Return whether ``text`` has wildcards; addresses percent-encode these characters."""
    return any(character in text for character in "*?[")


def means(globs: Iterable[Glob], key: ThingAddress, name: str | None = None) -> bool:
    """Return whether any glob matches the record or definition or, with ``name``, its value ``name``."""
    return any(glob.means(key, name) for glob in globs)


def renamed(globs: Iterable[Glob], names: Mapping[str, str]) -> tuple[Glob, ...]:
    """Return the globs with object types replaced by their ``names`` in the portal."""
    return tuple(replace(glob, record=_with_object(glob.record, names)) for glob in globs)


def _with_object(record: str, names: Mapping[str, str]) -> str:
    of, *rest = _OBJECT_END.split(record, maxsplit=1)
    return "".join((names.get(of, of), *rest))


@dataclass(frozen=True, slots=True)
class Selection:
    """The selected part of a plan: everything, or the targeted part that is not excluded."""

    target: tuple[Glob, ...] = ()  # empty means everything
    exclude: tuple[Glob, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether targets or exclusions are given; without them, everything is selected."""
        return bool(self.target or self.exclude)

    def may_have(self, object_name: str) -> bool:
        """Return whether the targets may match records of a type; exclusions are not considered."""
        parts = [glob.record.partition("/") for glob in self.target if not glob.is_of_definitions]
        return not self.target or any(_may_begin(object_name, of) or not slash for of, slash, _ in parts)

    def may_define(self, object_name: str) -> bool:
        """Return whether the targets may match definitions of a type; exclusions are not considered."""
        own = [glob.record.partition(":")[0] for glob in self.target if glob.is_of_definitions]
        return not self.target or any(_may_begin(object_name, of) for of in own)

    def has_record(self, key: ThingAddress) -> bool:
        """Return whether the whole thing is selected, for creating, renaming, archiving or releasing it."""
        is_targeted = not self.target or means(self.target, key)
        return is_targeted and not means(self.exclude, key)

    def has(self, key: ThingAddress, name: str) -> bool:
        """Return whether a property, or the association with the record at address ``name``, is selected."""
        is_targeted = not self.target or means(self.target, key, name)
        return is_targeted and not means(self.exclude, key) and not means(self.exclude, key, name)

    def narrowed(self, record: DesiredRecord) -> DesiredRecord | None:
        """Return the record with only its selected parts; None if nothing of it is selected."""
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

    def narrowed_definition(self, wanted: DesiredDefinition) -> DesiredDefinition | None:
        """Return the definition with only its selected values; None if nothing of it is selected."""
        key = wanted.address
        if means(self.exclude, key):
            return None
        is_whole = not self.target or means(self.target, key)
        if not is_whole and wanted.special.is_absent:
            return None
        kept = [index for index, path in enumerate(wanted.paths) if self.has(key, path)]
        options = tuple(
            option for option in wanted.options if self.has(key, f"{OPTIONS}/{escaped(option.name)}")
        )
        if not is_whole and not kept and not options:
            return None
        if len(kept) == len(wanted.paths) and len(options) == len(wanted.options):
            return wanted
        return replace(
            wanted,
            paths=tuple(wanted.paths[index] for index in kept),
            values=tuple(wanted.values[index] for index in kept),
            places=tuple(wanted.places[index] for index in kept),
            options=options,
            has_all_options=wanted.has_all_options and len(options) == len(wanted.options),
        )

    def renamed(self, names: Mapping[str, str]) -> "Selection":
        """Return the selection with object types replaced by their ``names`` in the portal."""
        return Selection(renamed(self.target, names), renamed(self.exclude, names))


EVERYTHING = Selection()


def _may_begin(object_name: str, pattern: str) -> bool:
    """Return whether addresses of an object type may match a glob that begins with ``pattern``.

    ``pattern`` is the part of the glob before ``:`` or ``/``. If ``pattern`` has a wildcard, only the text
    before the wildcard is compared: a wildcard can match the rest of the address, also ``:`` and ``/``.
    """
    before, *wild = _WILDCARD.split(pattern, maxsplit=1)
    return object_name.startswith(before) if wild else object_name == before


def _as_in_addresses(found: re.Match[str]) -> str:
    """Decode percent-encoded characters, except those that must stay encoded in addresses."""
    text = unquote(found[0])
    if found.start() and found.string[found.start() - 1] == "/":
        return escaped(text)
    is_end = found.string[found.end() : found.end() + 1] in {"", "#"}
    inner = text.rstrip(" ") if is_end else text
    return escaped(f"x {inner}x")[2:-1] + "%20" * (len(text) - len(inner))
