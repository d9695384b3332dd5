"""Nodes: the content of a YAML text, before it is interpreted.

A node is a text, a plain ``null``, another way to write nothing, a sequence or a mapping. Nodes are named
tuples, which are small: a file of a hundred thousand records has as many mappings.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from reconciler.source import Place


class Blank(Enum):
    """Values without content, except the plain ``null``, which clears a property."""

    EMPTY = ""  # nothing after the colon
    TILDE = "~"
    NULL_TITLE = "Null"
    NULL_UPPER = "NULL"
    QUOTED = '""'  # an empty text, in any style
    REFUSED = "*"  # a refused alias, already reported


class SequenceNode(NamedTuple):
    """A list, in the order of the file."""

    items: tuple["Node", ...]
    places: tuple[Place, ...]  # places of the items


class EntryNode(NamedTuple):
    """One name of a mapping and its value."""

    name: str
    value: "Node"
    place: Place  # of the value
    name_place: Place  # of the name if known, else of the value


class MappingNode(NamedTuple):
    """Names and their values, sorted by name (by code point), so that the order in a file does not matter."""

    names: tuple[str, ...]  # distinct; shared by all mappings of the file with these names
    values: tuple["Node", ...]  # one for each name
    places: tuple[Place, ...]  # places of the values
    name_places: tuple[Place, ...]  # places of the names; empty if not kept at this depth

    def name_place(self, index: int) -> Place:
        """Return the place of name number ``index`` if it is known, else the place of its value."""
        return (self.name_places or self.places)[index]

    def get(self, name: str) -> "Node":
        """Return the value of ``name``, or ``Blank.EMPTY`` if it is missing."""
        return self.values[self.names.index(name)] if name in self.names else Blank.EMPTY

    def mapping(self, name: str) -> "MappingNode":
        """Return the mapping called ``name``, or an empty one if it is missing."""
        value = self.get(name)
        return value if isinstance(value, MappingNode) else NO_ENTRIES

    def in_order(self) -> "tuple[EntryNode, ...]":
        """Return the entries in the order of the file."""
        entries = (
            EntryNode(name, self.values[index], self.places[index], self.name_place(index))
            for index, name in enumerate(self.names)
        )
        return tuple(sorted(entries, key=lambda entry: entry.place))

    def place_of(self, name: str) -> Place:
        """Return the place of the value of an existing ``name``."""
        return self.places[self.names.index(name)]


NO_ENTRIES: Final = MappingNode((), (), (), ())
Node: TypeAlias = str | Blank | SequenceNode | MappingNode | None


class DocumentNode(NamedTuple):
    """One document of a file."""

    node: Node
    place: Place


def picker(indexes: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return a function that picks the items at ``indexes`` from a sequence.

    >>> picker((2, 0))("abc"), picker((1,))("abc"), picker(())("abc")
    (('c', 'a'), ('b',), ())
    """
    if len(indexes) > 1:
        return itemgetter(*indexes)  # for one index, it would return a bare item
    return lambda items: tuple(items[index] for index in indexes)
