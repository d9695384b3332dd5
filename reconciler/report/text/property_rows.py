"""The row of one property: sign, name, values, and remarks at the right margin."""

from collections.abc import Iterable, Sequence

from reconciler.invisible_characters import visible
from reconciler.report.text.styled_lines import Line, Piece, Style, beside, line, line_cells
from reconciler.report.text.width import cells

_WIDEST_NAME = 36
"""Maximum common width of property names; a longer name shifts only its own value."""


class PropertyRow:
    """A property: its name, its remarks at the right margin, and the room for its values."""

    def __init__(self, head: Line, remarks: Sequence[str], width: int) -> None:
        self._head = head
        self._remark = line(Piece("  ".join(remarks), Style.FAINT)) if remarks else ()
        self._width = width
        gap = 2 if remarks else 0
        self.room = width - line_cells(head) - 2 - gap - line_cells(self._remark)  # cells

    def lines(self, inline: Line | None, below: Iterable[Line]) -> list[Line]:
        """Format the values in the row itself, or below if they are too long."""
        if inline is not None:
            return beside(line(*self._head, "  ", *inline), self._remark, self._width)
        return [*beside(self._head, self._remark, self._width), *(line(*row, indent=10) for row in below)]


def padded(names: Sequence[str]) -> list[str]:
    """Pad names to equal width, except very long ones, and escape invisible characters."""
    names = [visible(name) for name in names]
    widest = max((cells(name) for name in names if cells(name) <= _WIDEST_NAME), default=0)
    return [name + " " * (widest - cells(name)) for name in names]


def sign_of(before: str | None, after: str | None) -> Piece:
    """Return the sign that shows whether a value is added, changed, removed or unchanged."""
    if before is None:
        return Piece("+", Style.ADDED)
    if before == after:
        return Piece("=", Style.FAINT)
    return Piece("-", Style.REMOVED) if after is None else Piece("~", Style.CHANGED)
