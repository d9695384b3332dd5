"""The row of one property: its sign and name, its values, and remarks at the right margin."""

from collections.abc import Iterable, Sequence

from reconciler.invisible_characters import visible
from reconciler.report.text.styled_lines import Line, Piece, Style, beside, line, line_cells
from reconciler.report.text.width import cells

_WIDEST_NAME = 24
"""Columns that the names of properties share; a longer one moves only its own value."""


class Row:
    """A property: its name, remarks at the right margin, and between them room for its values."""

    def __init__(self, head: Line, remarks: Sequence[str], width: int) -> None:
        self._head = head
        self._remark = line(Piece("  ".join(remarks), Style.FAINT)) if remarks else ()
        self._width = width
        gap = 2 if remarks else 0
        self.room = width - line_cells(head) - 2 - gap - line_cells(self._remark)  # cells

    def lines(self, inline: Line | None, below: Iterable[Line]) -> list[Line]:
        """The values in the row itself, or below where they are too long for it."""
        if inline is not None:
            return beside(line(*self._head, "  ", *inline), self._remark, self._width)
        return [*beside(self._head, self._remark, self._width), *(line(*row, indent=10) for row in below)]


def padded(names: Sequence[str]) -> list[str]:
    """Names that can be seen and are equally wide, but for those that are very long."""
    names = [visible(name) for name in names]
    widest = max((cells(name) for name in names if cells(name) <= _WIDEST_NAME), default=0)
    return [name + " " * (widest - cells(name)) for name in names]


def sign_of(before: str | None, after: str | None) -> Piece:
    """Whether a value is new, changed, gone, or as it was."""
    if before is None:
        return Piece("+", Style.ADDED)
    if before == after:
        return Piece("=", Style.FAINT)
    return Piece("-", Style.REMOVED) if after is None else Piece("~", Style.CHANGED)
