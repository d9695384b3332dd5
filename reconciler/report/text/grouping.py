"""Sections of records: equal entries are grouped, and only as many are shown as a reader can take in."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import chain
from typing import Generic, NamedTuple, TypeVar

from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordKey
from reconciler.report.text.layout import Layout, more
from reconciler.report.text.styled_lines import BLANK, Line, Piece, Style, line
from reconciler.source import SourceRef

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

_MOST_ALIKE = 3
"""Number of records that are named in a group of equal changes."""

_MOST_STACKS = 20
"""Number of entries, or groups of equal entries, shown in one section."""


class EntryStyle(NamedTuple, Generic[T]):
    """How the entries of one kind are shown."""

    sign: Piece
    # returns the record and the manifest line that asks for it
    record: Callable[[T], tuple[RecordKey, SourceRef | None]]
    likeness: Callable[[T], Hashable]  # equal for entries of one group
    body: Callable[[Sequence[T], Layout], list[Line]]  # formats a group of equal entries


def render_entries(kind: EntryStyle[T], group: Iterable[T], layout: Layout) -> list[Line]:
    """Format the entries of one section: equal ones grouped, and only as many as a reader can take in."""
    stacks = list(group_by(group, kind.likeness).values())
    most = len(stacks) if layout.full else _MOST_STACKS
    lines: list[Line] = []
    is_apart = True
    for stack in stacks[:most]:
        body = kind.body(stack, layout)
        lines += [BLANK] if body or is_apart else []
        is_apart = bool(body)
        lines += _stack(kind, stack, body, layout)
    hidden = sum(map(len, stacks[most:]))
    return [*lines, BLANK, more(hidden, indent=2)] if hidden else lines


def _stack(kind: EntryStyle[T], stack: Sequence[T], body: list[Line], layout: Layout) -> list[Line]:
    most = len(stack) if layout.full else _MOST_ALIKE
    named = [kind.record(entry) for entry in stack[:most]]
    if len(stack) == 1 or not body:
        records = [layout.record(key.address, source, kind.sign) for key, source in named]
        lines = [*chain(*records), *body]
    else:
        count = f"{len(stack):,} {visible(named[0][0].object)}"
        records = [layout.record(key.address, source) for key, source in named]
        lines = [line(kind.sign, " ", Piece(count, Style.STRONG), indent=2), *body, *chain(*records)]
    hidden = len(stack) - len(named)
    return [*lines, more(hidden, indent=2 if not body else 6)] if hidden else lines


def group_by(entries: Iterable[T], key_of: Callable[[T], H]) -> dict[H, list[T]]:
    """Group the entries by key, in order of first appearance."""
    groups: dict[H, list[T]] = {}
    for entry in entries:
        groups.setdefault(key_of(entry), []).append(entry)
    return groups
