"""Indenting the lines of a scalar (a YAML text) differently, without changing its meaning."""

import re
from typing import Final, NamedTuple

_HEADER: Final = re.compile(r"([|>][-+0-9]*)[ \t]*(#.*)?")


class Block(NamedTuple):
    """A text that is written as a block of lines."""

    header: str  # | or >, with the indicators behind it
    comment: str  # comment on the line of the header
    lines: tuple[str, ...]
    has_blank_below: bool  # whether blank lines follow that do not belong to the text


def flow_lines(text: str, indent: int) -> tuple[str, ...]:
    """Return the lines of a plain or quoted text; indent every line except the first by ``indent``."""
    first, *others = text.split("\n")
    if not others:
        return (text,)
    *middle, last = others
    inner = (_without_end(line.lstrip(" \t")) for line in middle)
    lines = [*inner, last.lstrip(" \t")]
    return (_without_end(first), *(" " * indent + line if line else "" for line in lines))


def _without_end(line: str) -> str:
    r"""Remove blanks at the end, except a blank after a backslash, which is part of the text."""
    bare = line.rstrip(" \t")
    backslashes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if backslashes % 2 and bare != line else bare


def block(text: str, written_parent: int, parent: int) -> Block:
    """Return a block of lines with its body two columns deeper than ``parent``, or as its header says.

    Args:
        text: from its | or > to its end.
        written_parent: column of the mapping or list around it in the old text.
        parent: column of that mapping or list in the layout.
    """
    head, *body = text.split("\n")
    found = _HEADER.match(head)
    header, comment = (found[1], found[2] or "") if found else (head, "")
    is_open = bool(body) and body[-1] != ""  # whether the file ends inside the block, without a line end
    if not is_open and body:
        body.pop()
    digit = next((int(sign) for sign in header if sign.isdigit()), 0)
    old = max(written_parent, 0) + digit if digit else _detected(body)
    new = parent + (digit or 2)
    count = len(body)
    while "+" not in header and body and not body[-1].strip(" ") and len(body[-1]) <= old:
        body.pop()
    if is_open and count == len(body):
        # the layout adds a line end to the file, and ``-`` keeps this line end out of the text
        header = header.replace("+", "").replace("-", "") + "-"
    lines = (" " * new + line[old:] if len(line) > old else "" for line in body)
    return Block(header, comment.rstrip(" \t"), tuple(lines), len(body) < count)


def _detected(body: list[str]) -> int:
    """Return the indentation of the first line that is not blank."""
    for line in body:
        if line.strip(" "):
            return len(line) - len(line.lstrip(" "))
    return max((len(line) for line in body), default=0)
