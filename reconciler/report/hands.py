"""Who changed a value, when and through what, as people read it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from reconciler.model.drift import Since, Trail
from reconciler.model.history import Hand, Via
from reconciler.report.cells import visible
from reconciler.report.layout import Layout
from reconciler.report.lines import Line, Piece, Style, beside, line
from reconciler.report.values import EMPTY, shown

_NAMELESS = {Via.PERSON: "somebody in HubSpot", Via.API: "the API", Via.OTHER: "HubSpot does not say who"}
_NOTES = {
    Since.SEEN: "since it last was as applied; the run that applied it is forgotten",
    Since.CUT: "HubSpot keeps no older changes",
    Since.UNKNOWN: "what was applied is not in HubSpot's history",
}
_INDENT = 10


def called(hand: Hand) -> str:
    """``Ada Lovelace <ada@acme.example>``, ``workflow Fill names (55)``."""
    if not hand.by:
        return _NAMELESS.get(hand.via, f"{_article(hand.via)} {hand.via}")
    return hand.by if hand.via in {Via.PERSON, Via.OTHER} else f"{hand.via} {hand.by}"


def moment(at: datetime) -> str:
    """A time to the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def trail_lines(trails: Sequence[Trail], layout: Layout) -> list[Line]:
    """The hands of values that changed alike, oldest first; of several, also what each made of the value."""
    trail = trails[0]
    lines: list[Line] = []
    for index, hand in enumerate(trail.hands):
        value = [Piece(EMPTY if hand.value is None else shown(hand.value), Style.FAINT)]
        times = [other.hands[index].at for other in trails]
        head = line(Piece(f"{_period(times)}  ", Style.FAINT), visible(called(hand)), indent=_INDENT)
        lines += beside(head, tuple(value) if len(trail.hands) > 1 else (), layout.width)
    note = _NOTES.get(trail.since) if trail.hands else "HubSpot does not say who"
    return lines + list(_noted(note, layout))


def _noted(note: str | None, layout: Layout) -> Iterator[Line]:
    if note:
        yield from layout.paragraph(note, indent=_INDENT, style=Style.FAINT)


def _period(times: Sequence[datetime]) -> str:
    start, end = moment(min(times)), moment(max(times))
    if start == end:
        return start
    day, _, clock = end.partition(" ")
    return f"{start} to {clock if start.startswith(day) else end}"


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
