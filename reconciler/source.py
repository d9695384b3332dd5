"""Places in source files: file, line and column, for messages.

A manifest of a hundred thousand records has a million places. Therefore a place is stored as one small
integer, and converted to a ``SourceRef`` only when it is shown.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NewType

Place = NewType("Place", int)

_COLUMN_BITS = 20
_LINE_BITS = 24
_MAX_COLUMN = (1 << _COLUMN_BITS) - 1
_MAX_LINE = (1 << _LINE_BITS) - 1


@dataclass(frozen=True, slots=True, order=True)
class SourceRef:
    """A line and column of a file. Both count from 1."""

    file: str  # relative to the project folder, with forward slashes
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


def place_of(file_number: int, line: int, column: int) -> Place:
    """Pack a position; ``line`` and ``column`` count from 1 and are limited to 16 million and 1 million."""
    packed_line = min(line, _MAX_LINE) << _COLUMN_BITS
    return Place(file_number << (_LINE_BITS + _COLUMN_BITS) | packed_line | min(column, _MAX_COLUMN))


def column_of(place: Place) -> int:
    """Return the column of a place, from 1."""
    return place & _MAX_COLUMN


def at_column(place: Place, column: int) -> Place:
    """Return the place at another ``column`` of the same line."""
    return Place(place - column_of(place) + min(column, _MAX_COLUMN))


def in_same_file(place: Place, other: Place) -> bool:
    """Return whether two places are in the same file."""
    return place >> (_LINE_BITS + _COLUMN_BITS) == other >> (_LINE_BITS + _COLUMN_BITS)


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The names of files; a ``Place`` contains the index of its file in ``names``."""

    names: tuple[str, ...]

    def ref(self, place: Place) -> SourceRef:
        """Convert ``place`` to file name, line and column."""
        return SourceRef(
            file=self.names[place >> (_LINE_BITS + _COLUMN_BITS)],
            line=(place >> _COLUMN_BITS) & _MAX_LINE,
            column=place & _MAX_COLUMN,
        )

    def with_more(self, names: Iterable[str]) -> "SourceFiles":
        """Return these files, followed by those of ``names`` that are not among them, sorted."""
        return SourceFiles((*self.names, *sorted(set(names).difference(self.names))))
