"""The sections of a plan's report one by one, for reports that fold, filter or cut them.

What a section says, and which risks most, the report for terminals alone knows. Here it is taken apart.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Generic, TypeAlias, TypeVar

from reconciler.plan.change import Change
from reconciler.plan.kinds import verb_of
from reconciler.plan.plan import Held, ReviewDifference
from reconciler.report.plan.change_sections import change_sections, held_sections
from reconciler.report.plan.review_differences import departure_sections
from reconciler.report.text.grouping import group_by
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import BLANK, Line, Piece, painted

T = TypeVar("T")
Tell: TypeAlias = Callable[[Sequence[T], Layout], Iterator[list[Line]]]
"""How a terminal is told of entries: in sections, each with a heading, an empty line, and the rest."""

_FOR_HEADINGS = Layout(width=200, full=False, where=str)


@dataclass(frozen=True, slots=True)
class Section(Generic[T]):
    """Entries of one object, action and reason."""

    entries: Sequence[T]  # never empty
    tell: Tell[T]

    @property
    def remark(self) -> str:
        """Why these entries are in the plan: a sentence without full stop."""
        (told,) = self.tell(self.entries[:1], _FOR_HEADINGS)
        _, *remark = _heading(told)
        return " ".join(painted(remark, color=False).split())

    @property
    def sign(self) -> Piece:
        """What stands before a record."""
        return next(piece for piece in self.lines(1, _FOR_HEADINGS)[0] if piece.text.strip())

    def lines(self, most: int, layout: Layout) -> list[Line]:
        """What is told of the first ``most`` entries, without the heading."""
        (told,) = self.tell(self.entries[:most], layout)
        return told[told.index(BLANK) + 1 :]


def sections_of_changes(changes: Iterable[Change]) -> list[Section[Change]]:
    """What risks most comes first."""
    groups = group_by(changes, lambda change: (change.object_type, verb_of(change), change.reason))
    return _as_told(groups.values(), change_sections)


def sections_of_held(held: Iterable[Held]) -> list[Section[Held]]:
    """What wants to be looked at most comes first."""
    groups = group_by(held, lambda entry: (entry.reason, entry.key.object))
    return _as_told(groups.values(), held_sections)


def sections_of_departures(departures: Iterable[ReviewDifference]) -> list[Section[ReviewDifference]]:
    """What nobody has reviewed comes first."""
    groups = group_by(departures, lambda entry: (entry.how, entry.key.object, entry.verb))
    return _as_told(groups.values(), departure_sections)


def _as_told(groups: Iterable[Sequence[T]], tell: Tell[T]) -> list[Section[T]]:
    """Sections in the order in which ``tell`` tells them, found by telling one entry of each."""
    told = tell([group[0] for group in groups], _FOR_HEADINGS)
    order = {_heading(lines): index for index, lines in enumerate(told)}

    def rank(group: Sequence[T]) -> int:
        (alone,) = tell(group[:1], _FOR_HEADINGS)
        return order[_heading(alone)]

    return [Section(group, tell) for group in sorted(groups, key=rank)]


def _heading(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(takewhile(lambda row: row != BLANK, lines))
