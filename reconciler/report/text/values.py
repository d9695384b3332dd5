"""Formatting values: on one line if they are short, else cut around the difference, or as a small diff.

Two different values never look the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from reconciler.invisible_characters import visible
from reconciler.model.desired_records import ManifestValue
from reconciler.report.text.styled_lines import Line, Piece, Style, line_cells
from reconciler.report.text.width import ELLIPSIS, cells, chopped, clipped

ARROW = "\u2192"
EMPTY = "(empty)"
CLEARED = "(cleared)"

_MOST_LINES = 4
"""Maximum number of removed or added lines that are shown for one difference, without ``--full``."""

_MOST_PLACES = 3
"""Maximum number of differences between two texts that are shown without ``--full``."""

_LEAST_ROOM = 16
"""If fewer cells than this are free beside a property's name, its value is shown below."""

_COMPARED_LINES = 300
"""Maximum number of lines of a differing part that are aligned, because this takes quadratic time.

A longer part is shown as removed and added as a whole.
"""

_SIGN_STYLES = {"-": Style.REMOVED, "+": Style.ADDED, " ": Style.FAINT}


class _Row(NamedTuple):
    """A line of a diff."""

    sign: str
    text: str


def shown(value: str) -> str:
    """Format ``value`` on one line, in quotes if it could be mistaken for another value."""
    is_plain = _is_plain(value) and value == value.strip() and value not in {"", EMPTY, CLEARED}
    return value if is_plain and ARROW not in value else _quoted(value)


def text_of_written(written: ManifestValue) -> str | None:
    """Return a manifest value as one text; a list in brackets."""
    return f"[{', '.join(written)}]" if isinstance(written, tuple) else written


def side_by_side(before: str | None, after: str | None, room: int) -> Line | None:
    """Format both values on one line; None if one has line breaks, or they need more than ``room`` cells."""
    if "\n" in (before or "") or "\n" in (after or ""):
        return None
    start = Piece(shown(before)) if before is not None else Piece(EMPTY, Style.FAINT)
    end = Piece(shown(after)) if after is not None else Piece(CLEARED, Style.FAINT)
    pair = (start, Piece(f" {ARROW} ", Style.FAINT), end)
    return pair if line_cells(pair) <= room else None


def alone(value: str | None, room: int, *, full: bool) -> Line | None:
    """Format one value on one line. Shorten a value that is too long.

    Return None if the value has line breaks. Also return None if the value is too long, and ``full`` forbids
    shortening, or ``room`` is too small for a shortened value.
    """
    if value is None:
        return (Piece(EMPTY, Style.FAINT),)
    text = shown(value)
    if "\n" in value or (cells(text) > room and (full or room < _LEAST_ROOM)):
        return None
    return (Piece(clipped(text, room)),)


def one_below_the_other(before: str | None, after: str | None, room: int, *, full: bool) -> Iterator[Line]:
    """Format ``before`` and ``after`` as removed and added lines, each at most ``room`` columns wide."""
    room -= 2  # room for the sign
    if "\n" in (before or "") or "\n" in (after or ""):
        rows = _diff(_lines(before), _lines(after), room, full=full)
    else:
        rows = _replaced(_whole(before), _whole(after), room, full=full)
    for row in rows:
        pieces = chopped(row.text, room) if full else [clipped(row.text, room)]
        for index, text in enumerate(pieces):
            yield (Piece(f"{' ' if index else row.sign} {text}", _SIGN_STYLES[row.sign]),)


def around_difference(left: str, right: str, room: int) -> tuple[str, str]:
    """Cut both texts to a width of ``room`` columns, from a little before their first difference."""
    if max(cells(left), cells(right)) <= room:
        return left, right
    start = _common(left, right) - room // 3
    near_end = max(len(left), len(right)) + 1 - room
    if 1 < near_end < start and max(cells(left[near_end:]), cells(right[near_end:])) < room:
        start = near_end  # the difference is near the end: show more before it
    if start <= 1:
        return clipped(left, room), clipped(right, room)
    return clipped(ELLIPSIS + left[start:], room), clipped(ELLIPSIS + right[start:], room)


def _diff(before: Sequence[str], after: Sequence[str], room: int, *, full: bool) -> Iterator[_Row]:
    """Return the differences between two texts, with one line of context on each side."""
    top = _common(before, after)
    bottom = _common(before[top:][::-1], after[top:][::-1])
    removed, added = before[top : len(before) - bottom], after[top : len(after) - bottom]
    yield from _context(before[:top], is_first=True)
    places = 0
    for kind, start, end, other_start, other_end in _opcodes(removed, added):
        if kind == "equal":
            yield from _context(removed[start:end])
            continue
        places += 1
        if places > _MOST_PLACES and not full:
            yield _Row(" ", f"{ELLIPSIS} more lines differ")
            return
        yield from _replaced(removed[start:end], added[other_start:other_end], room, full=full)
    yield from _context(before[len(before) - bottom :], is_last=True)


def _opcodes(removed: Sequence[str], added: Sequence[str]) -> Iterable[tuple[str, int, int, int, int]]:
    if max(len(removed), len(added)) > _COMPARED_LINES:
        return [("replace", 0, len(removed), 0, len(added))]
    return SequenceMatcher(None, removed, added, autojunk=False).get_opcodes()


def _context(same: Sequence[str], *, is_first: bool = False, is_last: bool = False) -> Iterator[_Row]:
    """Return the first and the last line of ``same``, which are next to differences.

    The first line is left out if nothing comes before ``same`` (``is_first``), the last line if nothing comes
    after it (``is_last``). An ellipsis stands for all lines that are left out.
    """
    above = [] if is_first else same[:1]
    below = [] if is_last else same[-1:]
    if len(same) <= len(above) + len(below):
        above, gap, below = same, [], []
    else:
        gap = [ELLIPSIS]
    yield from (_Row(" ", text) for text in (*above, *gap, *below))


def _replaced(removed: Sequence[str], added: Sequence[str], room: int, *, full: bool) -> Iterator[_Row]:
    """Return removed lines, then added lines; unless ``full``, only the first ones, shortened."""
    counts = {"-": len(removed), "+": len(added)}
    if not full:
        pairs = list(zip_longest(removed[:_MOST_LINES], added[:_MOST_LINES], fillvalue=""))
        pairs = [around_difference(left, right, room) for left, right in pairs]
        removed = [left for left, _ in pairs][: len(removed)]
        added = [right for _, right in pairs][: len(added)]
    for sign, texts in (("-", removed), ("+", added)):
        yield from (_Row(sign, text) for text in texts)
        if counts[sign] > len(texts):
            yield _Row(" ", f"{ELLIPSIS} {counts[sign] - len(texts):,} more lines")


def _lines(value: str | None) -> list[str]:
    return [] if value is None else [line_shown(text) for text in value.split("\n")]


def _whole(value: str | None) -> list[str]:
    return [] if value is None else [shown(value)]


def line_shown(text: str) -> str:
    """Format one line of a text with several lines."""
    return text if _is_plain(text) and not text.endswith(" ") else _quoted(text)


def _is_plain(value: str) -> bool:
    """Return whether ``value`` can be printed without quotes and cannot be mistaken for another value."""
    return visible(value) == value and not value.startswith('"')


def _quoted(value: str) -> str:
    return '"' + visible(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Count the equal items at the beginning of both sequences."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((index for index, (one, other) in pairs if one != other), min(len(left), len(right)))
