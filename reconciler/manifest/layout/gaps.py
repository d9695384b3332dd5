"""Gaps: the blanks, blank lines and comments between two tokens."""

from collections.abc import Iterator
from typing import Final, NamedTuple


class Comment(NamedTuple):
    """One comment."""

    text: str  # from the # to the last character that is not blank
    column: int  # column of the comment in the old text, from 0
    is_trailing: bool  # whether the comment is on the line of the previous token
    is_after_blank: bool  # whether a blank line is above the comment


class Gap(NamedTuple):
    """The comments between two tokens, and whether a blank line follows them."""

    comments: tuple[Comment, ...] = ()
    is_after_blank: bool = False

    def followed_by(self, other: "Gap") -> "Gap":
        """Return both gaps as one, because the token between them is not written, or moves."""
        comments = [*self.comments, *other.comments]
        if self.is_after_blank and other.comments:
            first = len(self.comments)
            comments[first] = comments[first]._replace(is_after_blank=True)
        is_after_blank = other.is_after_blank or (self.is_after_blank and not other.comments)
        return Gap(tuple(comments), is_after_blank)


NO_GAP: Final = Gap()


def gap_between(text: str, start: int, end: int, *, is_below: bool = False) -> Gap:
    """Read the gap from ``start`` to ``end``.

    With ``is_below``, ``start`` is the beginning of a line, and the previous token ends above that line.
    """
    between = text[start:end]
    if (not is_below and not between.strip(" \t")) or not between:
        return NO_GAP
    comments = []
    is_after_blank = False
    for number, (at, line) in enumerate(_lines(between)):
        written = line.strip(" \t")
        if written:
            column = start + at + line.index("#") - (text.rfind("\n", 0, start + at) + 1)
            is_trailing = number == 0 and not is_below
            comments.append(Comment(written, column, is_trailing, is_after_blank))
            is_after_blank = False
        else:
            ends_here = at + len(line) == len(between)
            is_after_blank = is_after_blank or ((number > 0 or is_below) and not ends_here)
    return Gap(tuple(comments), is_after_blank)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    at = 0
    for line in text.split("\n"):
        yield at, line
        at += len(line) + 1
