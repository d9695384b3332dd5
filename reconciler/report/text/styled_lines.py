"""Lines of styled pieces: widths are computed from plain text, and colours are added at the end."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from reconciler.report.text.width import cells


class Style(StrEnum):
    """Style of a piece on a terminal with colour; without colour, words and signs have the same information.

    The values are parameters of the SGR control sequence (ECMA-48, 8.3.117).
    """

    PLAIN = ""
    STRONG = "1"
    FAINT = "2"
    ADDED = "32"
    CHANGED = "33"
    REMOVED = "31"
    ALARM = "1;31"


class Piece(NamedTuple):
    """Some text in one style; invisible characters must be escaped already."""

    text: str
    style: Style = Style.PLAIN


Line: TypeAlias = tuple[Piece, ...]

BLANK: Line = ()


def line(*pieces: Piece | str, indent: int = 0) -> Line:
    """Build a line from pieces or plain text."""
    margin = (Piece(" " * indent),) if indent else ()
    return margin + tuple(Piece(piece) if isinstance(piece, str) else piece for piece in pieces)


def line_cells(pieces: Line) -> int:
    """Count the columns of a line."""
    return sum(cells(piece.text) for piece in pieces)


def beside(left: Line, right: Line, width: int) -> list[Line]:
    """Put ``right`` at the right margin of the line ``left``, or below if it does not fit."""
    if not right:
        return [left]
    gap = width - line_cells(left) - line_cells(right)
    if gap >= 2:  # noqa: PLR2004 - two spaces part columns
        return [(*left, Piece(" " * gap), *right)]
    return [left, (Piece(" " * max(0, width - line_cells(right))), *right)]


def painted(lines: Iterable[Line], *, color: bool) -> str:
    """Return ``lines`` as text, each ending with a newline and without trailing spaces."""
    return "".join(f"{_painted(pieces, color=color)}\n" for pieces in lines)


def _painted(pieces: Line, *, color: bool) -> str:
    if not color:
        return "".join(piece.text for piece in pieces).rstrip(" ")
    return "".join(
        f"\x1b[{piece.style}m{piece.text}\x1b[0m" if piece.style and piece.text else piece.text
        for piece in pieces
    )
