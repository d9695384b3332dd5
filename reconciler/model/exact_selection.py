"""Selecting an exact set of records and definitions, also a large one, by lookup instead of pattern."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from reconciler.model.addresses import SECTION_MARK, Section, ThingAddress, definition_address
from reconciler.model.selection import Glob, Selection


@dataclass(frozen=True, slots=True)
class ExactGlob(Glob):
    """A glob that matches exactly the given things of one object type, with all of their values."""

    things: frozenset[ThingAddress] = frozenset()

    def means(self, key: ThingAddress, name: str | None = None) -> bool:
        """Return whether ``key`` is one of the selected things.

        ``name`` is ignored, because a thing is selected with all of its values.
        """
        del name
        return key in self.things

    def is_exactly(self, key: ThingAddress, name: str) -> bool:
        """Return False: this glob never names a single property."""
        del key, name
        return False

    def touches(self, key: ThingAddress, names: Iterable[str]) -> bool:
        """Return True, so that nobody reports this glob as a user's typing error that matches nothing."""
        del key, names
        return True


def exactly(things: Collection[ThingAddress]) -> Selection:
    """Select exactly ``things``, which must not be empty; for an option, also select its property."""
    by_pattern: dict[str, set[ThingAddress]] = {}
    for thing in things:
        mark = SECTION_MARK if thing.by.startswith(SECTION_MARK) else "/"
        chosen = by_pattern.setdefault(f"{thing.object}{mark}*", set())
        chosen.add(thing)
        if thing.by == f"{SECTION_MARK}{Section.OPTIONS}":
            name = unquote(thing.value.partition("/")[0])
            chosen.add(definition_address(thing.object, Section.PROPERTIES, name))
    return Selection(
        tuple(ExactGlob(pattern, pattern, None, frozenset(of)) for pattern, of in sorted(by_pattern.items()))
    )
