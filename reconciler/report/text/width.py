"""Widths of texts in cells of a terminal; invisible characters are escaped already."""

from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, combining, east_asian_width

ELLIPSIS = "\u2026"


def cells(text: str) -> int:
    """Count the columns that ``text`` takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(map(_cells_of, text))


def head(text: str, room: int) -> str:
    """Return as much of the beginning of ``text`` as fits into ``room`` cells."""
    if text.isascii():
        return text[:room]
    taken = 0
    for index, character in enumerate(text):
        taken += _cells_of(character)
        if taken > room:
            return text[:index]
    return text


def clipped(text: str, room: int) -> str:
    """Shorten ``text`` with an ellipsis to at most ``room`` cells."""
    return text if cells(text) <= room else head(text, room - 1) + ELLIPSIS


def chopped(text: str, room: int) -> Iterator[str]:
    """Split ``text`` into pieces of at most ``room`` cells, after a space if one is near the end.

    The pieces add up to ``text``; an empty text is one empty piece.
    """
    while cells(text) > room:
        piece = head(text, room)
        space = piece.rfind(" ") + 1
        piece = piece[:space] if space > len(piece) // 2 else piece
        yield piece
        text = text[len(piece) :]
    yield text


def wrapped(text: str, room: int) -> Iterator[str]:
    """Wrap ``text`` into lines of at most ``room`` cells, broken at spaces.

    A longer word gets a line of its own and is not cut, so that it can be copied.
    """
    line, *words = text.split(" ")
    for word in words:
        longer = f"{line} {word}"
        if cells(longer) > room:
            yield line
            longer = word
        line = longer
    yield line


@lru_cache(maxsize=4096)
def _cells_of(character: str) -> int:
    if combining(character) or category(character) in {"Mn", "Me"}:
        return 0
    return 2 if east_asian_width(character) in {"W", "F"} else 1
