"""Sections of records: equal entries are grouped, and only the first groups are shown."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, NamedTuple, TypeVar

from reconciler.invisible_characters import visible
from reconciler.model.addresses import ThingAddress
from reconciler.model.facts import Fact
from reconciler.model.object_references import ObjectProperty
from reconciler.report.entries import Entries
from reconciler.report.text.layout import Layout, Subject, more
from reconciler.report.text.styled_lines import BLANK, Line, Piece, Style, line

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)

_MOST_ALIKE = 3
"""Maximum number of records that are named in a group of equal changes."""

_MOST_STACKS = 20
"""Maximum number of entries or groups of equal entries that one section shows."""


class EntryStyle(NamedTuple, Generic[T]):
    """Functions for showing the entries of one kind; entries of one record are shown together."""

    sign: Piece
    subject: Callable[[T], Subject]
    likeness: Callable[[Sequence[T]], Hashable]
    """Gets the unmasked entries of one record; records with equal results are shown as one group."""
    body: Callable[[Sequence[Entries[T]], Layout], list[Line]]  # formats a group of equal records
    records: Callable[[Entries[T]], Iterable[Entries[T]]]  # splits entries by record


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """Entries under one heading, usually with the same object type, action and reason."""

    object: str  # object type; empty if there may be several
    word: str  # the action on the entries: ``update``, ``held``
    what: str  # the action in a heading: ``to update``
    remark: str  # the reason: a sentence without full stop; may be empty
    style: EntryStyle[T]
    entries: Entries[T]  # never empty

    def heading(self, layout: Layout) -> list[Line]:
        """Format the heading: the number of entries, the action and the reason."""
        start = f"{visible(self.object)}: " if self.object else ""
        return layout.heading(f"{start}{len(self.entries):,} {self.what}", self.remark)

    def lines(self, layout: Layout, most: int | None = None) -> list[Line]:
        """Format the entries, or the first ``most`` of them, without the heading."""
        entries = self.entries if most is None else self.entries.first(most)
        return render_entries(self.style, self.style.records(entries), layout)

    def alike(self) -> Iterator[list[list[T]]]:
        """Group the records that look the same; a group lists records, each as a list of its entries."""
        groups: dict[Hashable, list[Entries[T]]] = {}
        for record in self.style.records(self.entries):
            groups.setdefault(record.unmasked(self.style.likeness), []).append(record)
        for group in groups.values():
            yield [list(record) for record in group]

    def lines_with_heading(self, layout: Layout) -> list[Line]:
        """Format heading and entries."""
        return [*self.heading(layout), BLANK, *self.lines(layout)]


def render_entries(style: EntryStyle[T], records: Iterable[Entries[T]], layout: Layout) -> list[Line]:
    """Format the records of one section: equal ones grouped, and only the first groups."""
    stacks: dict[Hashable, list[Entries[T]]] = {}
    hidden = 0
    for record in records:
        likeness = record.unmasked(style.likeness)
        if likeness in stacks or len(stacks) < _MOST_STACKS or layout.full:
            stacks.setdefault(likeness, []).append(record)
        else:
            hidden += 1  # not shown, so it is only counted: there may be very many
    lines: list[Line] = []
    is_apart = True
    for stack in stacks.values():
        body = style.body(stack, layout)
        lines += [BLANK] if lines and (body or is_apart) else []
        is_apart = bool(body)
        lines += _stack(style, stack, body, layout)
    return [*lines, BLANK, more(hidden, layout, indent=2)] if hidden else lines


def _stack(style: EntryStyle[T], stack: Sequence[Entries[T]], body: list[Line], layout: Layout) -> list[Line]:
    most = len(stack) if layout.full else _MOST_ALIKE
    named = [style.subject(record[0]) for record in stack[:most]]
    if len(stack) == 1 or not body:
        records = [layout.record(subject, style.sign) for subject in named]
        lines = [*chain(*records), *body]
    else:
        count = f"{len(stack):,} {visible(named[0].key.plural)}"
        records = [layout.record(subject) for subject in named]
        lines = [line(style.sign, " ", Piece(count, Style.STRONG), indent=2), *body, *chain(*records)]
    hidden = len(stack) - len(named)
    return [*lines, more(hidden, layout, indent=2 if not body else 6)] if hidden else lines


def group_by(entries: Iterable[T], key_of: Callable[[T], H]) -> dict[H, list[T]]:
    """Group the entries by key, in order of first appearance."""
    groups: dict[H, list[T]] = {}
    for entry in entries:
        groups.setdefault(key_of(entry), []).append(entry)
    return groups


def key_properties(*of: ThingAddress | Fact | None) -> tuple[ObjectProperty, ...]:
    """Return the key properties of addresses and facts.

    Entries of one group must have the same key properties, because these decide what is masked.
    """
    keys = (each.key if isinstance(each, Fact) else each for each in of)
    return tuple(key.key_property for key in keys if key)
