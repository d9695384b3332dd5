"""What a YAML text says, before anybody asks what it means.

A node is text, a plain ``null``, one of the other ways to write nothing, a sequence or a mapping.
Named tuples, because a file of a hundred thousand records has as many mappings.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeAlias

from reconciler.source import Place


class Blank(Enum):
    """The ways to write nothing that are neither text nor the plain ``null`` that clears."""

    EMPTY = ""  # nothing after the colon
    TILDE = "~"
    NULL_TITLE = "Null"
    NULL_UPPER = "NULL"
    QUOTED = '""'  # an empty text, in whatever style
    REFUSED = "*"  # an alias that stands for nothing usable; its problem has been told


class SequenceNode(NamedTuple):
    """A list, in the order written."""

    items: tuple["Node", ...]
    places: tuple[Place, ...]  # of the items


class MappingNode(NamedTuple):
    """Names and their values, sorted by name (by code point) so that the order in a file never matters."""

    names: tuple[str, ...]  # distinct; one tuple is shared by all mappings of a file that have these names
    values: tuple["Node", ...]  # as long as names
    places: tuple[Place, ...]  # of the values
    name_places: tuple[Place, ...]  # of the names; empty below the depth that was asked for

    def name_place(self, index: int) -> Place:
        """Where name number ``index`` stands, or at least its value."""
        return (self.name_places or self.places)[index]

    def get(self, name: str) -> "Node":
        """The value of ``name``, which is ``Blank.EMPTY`` where it is not there."""
        return self.values[self.names.index(name)] if name in self.names else Blank.EMPTY

    def mapping(self, name: str) -> "MappingNode":
        """The mapping called ``name``, which is empty where there is none."""
        value = self.get(name)
        return value if isinstance(value, MappingNode) else NO_ENTRIES

    def place_of(self, name: str) -> Place:
        """Where the value of ``name``, which is there, stands."""
        return self.places[self.names.index(name)]


NO_ENTRIES: Final = MappingNode((), (), (), ())
Node: TypeAlias = str | Blank | SequenceNode | MappingNode | None


class DocumentNode(NamedTuple):
    """One document of a file."""

    node: Node
    place: Place


def picker(indexes: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """A function that takes the items at ``indexes`` out of a sequence.

    >>> picker((2, 0))("abc"), picker((1,))("abc"), picker(())("abc")
    (('c', 'a'), ('b',), ())
    """
    if len(indexes) > 1:
        return itemgetter(*indexes)  # which answers with a bare item where there is only one
    return lambda items: tuple(items[index] for index in indexes)
