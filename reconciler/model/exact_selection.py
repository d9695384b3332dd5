"""The selection of exactly some things, however many they are."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from reconciler.model.addresses import SECTION_MARK, Section, ThingAddress, definition_address
from reconciler.model.selection import Glob, Selection


@dataclass(frozen=True, slots=True)
class ExactGlob(Glob):
    """A glob that matches some things of one object type as a whole, and never complains."""

    things: frozenset[ThingAddress] = frozenset()

    def means(self, key: ThingAddress, name: str | None = None) -> bool:
        """Return whether the thing is one of them; then all of its values are."""
        del name
        return key in self.things

    def is_exactly(self, key: ThingAddress, name: str) -> bool:
        """Return False: it names no single property."""
        del key, name
        return False

    def touches(self, key: ThingAddress, names: Iterable[str]) -> bool:
        """Return True: that it matches nothing is no mistake."""
        del key, names
        return True


def exactly(things: Collection[ThingAddress]) -> Selection:
    """Select exactly ``things``, which must not be empty; of options, their property as well."""
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
