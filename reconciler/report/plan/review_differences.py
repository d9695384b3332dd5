"""Differences from the reviewed plan.

Changes that were not reviewed are left out of the new plan. Reviewed changes may be done already, or may no
longer be needed.
"""

from collections.abc import Hashable, Iterator, Sequence

from reconciler.plan.plan import DifferenceKind, Review, ReviewDifference
from reconciler.plan.summary import action_words
from reconciler.report.entries import Entries
from reconciler.report.fact_sentences import difference_text
from reconciler.report.text.grouping import EntryStyle, Section, key_properties
from reconciler.report.text.layout import Layout, Subject
from reconciler.report.text.styled_lines import Line, Piece, Style
from reconciler.sentences import counted

_SIGNS = {
    DifferenceKind.NOT_REVIEWED: Piece("!", Style.CHANGED),
    DifferenceKind.CHANGED: Piece("!", Style.CHANGED),
    DifferenceKind.NO_LONGER_PLANNED: Piece(".", Style.FAINT),
}
_REMARKS = {
    DifferenceKind.NOT_REVIEWED: "left out: they are not in the reviewed plan",
    DifferenceKind.CHANGED: "left out: the change in the reviewed plan is different",
    DifferenceKind.NO_LONGER_PLANNED: "reviewed, but already done or no longer needed",
}


def difference_sections(differences: Entries[ReviewDifference]) -> list[Section[ReviewDifference]]:
    """Make one section for each kind of difference, object and action; unreviewed changes come first."""
    groups = differences.grouped(_rank)
    return [_section(group) for group in sorted(groups, key=lambda of: _rank(of[0]))]


def _section(group: Entries[ReviewDifference]) -> Section[ReviewDifference]:
    first = group[0]
    style: EntryStyle[ReviewDifference] = EntryStyle(
        _SIGNS[first.how],
        lambda entry: Subject(entry.key, entry.source, entry.display_names.record),
        _likeness,
        _notes,
        lambda of: of.alone(),
    )
    what = f"{action_words(len(group), first.verb)}, {first.how}"
    return Section(first.key.object, str(first.verb), what, _REMARKS[first.how], style, group)


def review_lines(review: Review, unreviewed: int, layout: Layout) -> list[Line]:
    """Format which plan was reviewed, and how many changes are left out because they were not reviewed."""
    style = Style.ALARM if unreviewed else Style.FAINT
    return [
        row for sentence in _sentences(review, unreviewed) for row in layout.paragraph(sentence, style=style)
    ]


def left_out(unreviewed: int, against: str = "the reviewed plan") -> str:
    """Return a sentence about how many changes were not reviewed; it contains no values."""
    verb, them = ("is", "it") if unreviewed == 1 else ("are", "them")
    return f"{counted(unreviewed, 'change')} {verb} left out, because {against} does not contain {them}."


def _sentences(review: Review, unreviewed: int) -> Iterator[str]:
    against = f"the reviewed plan of commit {review.git[:12]}" if review.git else "the reviewed plan"
    for rule in review.unreviewed_rules:
        yield f"`prune: {rule.prune}` for {rule.object} with the key property {rule.by} was not reviewed."
    yield left_out(unreviewed, against) if unreviewed else f"Compared with {against}: nothing is left out."


def _rank(difference: ReviewDifference) -> tuple[int, str, str]:
    return list(DifferenceKind).index(difference.how), difference.key.object, str(difference.verb)


def _likeness(alone: Sequence[ReviewDifference]) -> Hashable:
    (difference,) = alone
    return difference_text(difference), key_properties(difference.key, difference.target, *difference.facts)


def _notes(alike: Sequence[Entries[ReviewDifference]], layout: Layout) -> list[Line]:
    what = difference_text(alike[0][0])
    return list(layout.paragraph(what, indent=8, style=Style.FAINT)) if what else []
