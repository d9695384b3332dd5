"""How a plan that was made again departs from the reviewed one: what was left out of it, and why."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from reconciler.invisible_characters import visible
from reconciler.plan.plan import DifferenceKind, Review, ReviewDifference
from reconciler.report.fact_sentences import what_departs
from reconciler.report.text.grouping import EntryStyle, group_by, render_entries
from reconciler.report.text.layout import Layout, counted
from reconciler.report.text.styled_lines import Line, Piece, Style

_SIGNS = {
    DifferenceKind.NOT_REVIEWED: Piece("!", Style.CHANGED),
    DifferenceKind.CHANGED: Piece("!", Style.CHANGED),
    DifferenceKind.NO_LONGER_PLANNED: Piece(".", Style.FAINT),
}
_REMARKS = {
    DifferenceKind.NOT_REVIEWED: "left out: the reviewed plan does not have them",
    DifferenceKind.CHANGED: "left out: the reviewed plan would have done something else",
    DifferenceKind.NO_LONGER_PLANNED: "reviewed, and done already or no longer asked for",
}


def departure_sections(departures: Iterable[ReviewDifference], layout: Layout) -> Iterator[list[Line]]:
    """One section for each way to differ, object and action."""
    groups = group_by(departures, lambda entry: (_rank(entry.how), entry.how, entry.key.object, entry.verb))
    for (_, how, object_name, action), group in sorted(groups.items()):
        title = f"{visible(object_name)}: {len(group):,} to {action}, {how}"
        kind = EntryStyle(_SIGNS[how], lambda entry: (entry.key, entry.source), _likeness, _notes)
        yield layout.heading(title, _REMARKS[how]) + render_entries(kind, group, layout)


def review_lines(review: Review, layout: Layout) -> list[Line]:
    """What a plan was held against, and what that comes to."""
    style = Style.ALARM if review.unreviewed else Style.FAINT
    return [row for sentence in _sentences(review) for row in layout.paragraph(sentence, style=style)]


def left_out(unreviewed: int, against: str = "the reviewed plan") -> str:
    """How much of the plan nobody has reviewed, as a sentence in our own words."""
    verb = "is" if unreviewed == 1 else "are"
    return f"{counted(unreviewed, 'change')} {verb} left out: {against} has nothing like this."


def _sentences(review: Review) -> Iterator[str]:
    against = f"the reviewed plan of commit {review.git[:12]}" if review.git else "the reviewed plan"
    for rule in review.unreviewed_rules:
        yield f"`prune: {rule.prune}` of {rule.object} by {rule.by} was not reviewed."
    yield (
        left_out(review.unreviewed, against)
        if review.unreviewed
        else f"Held against {against}: nothing is left out."
    )


def _rank(how: DifferenceKind) -> int:
    return list(DifferenceKind).index(how)


def _likeness(departure: ReviewDifference) -> Hashable:
    return what_departs(departure)


def _notes(alike: Sequence[ReviewDifference], layout: Layout) -> list[Line]:
    what = what_departs(alike[0])
    return list(layout.paragraph(what, indent=8, style=Style.FAINT)) if what else []
