"""Pairs of an object type and something else: a key property, a property, or a second object type."""

from typing import NamedTuple


class GroupKey(NamedTuple):
    """The records of one object type that are recognised by one key property."""

    object: str
    by: str


class ObjectProperty(NamedTuple):
    """A property of an object type."""

    object: str
    name: str


class Direction(NamedTuple):
    """Two object types, first that of the records that name the associations."""

    object: str
    to_object: str

    @property
    def back(self) -> "Direction":
        """The same two types, seen from the other end."""
        return Direction(self.to_object, self.object)
