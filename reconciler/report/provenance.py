"""Formatting provenance: who changed a value, when, and with which tool."""

from collections.abc import Sequence
from datetime import UTC, datetime

from reconciler.model.drift import DriftHistory, HistoryStart
from reconciler.model.property_history import ValueVersion
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Piece, Style, beside
from reconciler.report.text.values import EMPTY, shown

_NOTES = {
    HistoryStart.SEEN: (
        "changes since HubSpot last had the applied value; "
        "the journal no longer has the run that applied this value"
    ),
    HistoryStart.CUT: "HubSpot keeps no older changes",
    HistoryStart.UNKNOWN: "the applied value is not in HubSpot's history",
    HistoryStart.LATEST: "the latest change of this definition; HubSpot keeps no older changes",
}
_INDENT = 10


def moment(at: datetime) -> str:
    """Format a time to the minute, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def trail_text(trail: DriftHistory) -> str:
    """Format the time and author of each change of a value in one line, oldest first.

    If the value changed several times, each change also shows its value.
    """
    is_one = len(trail.versions) == 1
    texts = [
        f"{moment(version.at)} {version}"
        + ("" if is_one else f": {EMPTY if version.value is None else version.value}")
        for version in trail.versions
    ]
    return "; ".join(filter(None, [*texts, _note(trail)]))


def trail_lines(trail: DriftHistory, times: Sequence[Sequence[datetime]], layout: Layout) -> list[Line]:
    """Format who changed a value and when, oldest first; if it changed several times, also each value.

    Args:
        trail: the changes of one of the values; all of these values changed in the same way.
        times: for each change of ``trail``, the times at which the values were changed.
        layout: the layout of the report.
    """
    lines: list[Line] = []
    for index, version in enumerate(trail.versions):
        text = f"{_period([each[index] for each in times])}  {version}"
        *head, last = layout.paragraph(text, indent=_INDENT)
        value = Piece(EMPTY if version.value is None else shown(version.value), Style.FAINT)
        lines += [*head, *beside(last, (value,) if len(trail.versions) > 1 else (), layout.width)]
    note = _note(trail)
    return lines + (list(layout.paragraph(note, indent=_INDENT, style=Style.FAINT)) if note else [])


def edit_text(version: ValueVersion, times: Sequence[datetime]) -> str:
    """Format the author of an edit, and the period in which the records of a group were edited."""
    return f"by {version}, {_period(times)} UTC"


def _note(trail: DriftHistory) -> str:
    return _NOTES.get(trail.since, "") if trail.versions else "HubSpot does not say who changed the value"


def _period(times: Sequence[datetime]) -> str:
    start, end = moment(min(times)), moment(max(times))
    if start == end:
        return start
    day, _, clock = end.partition(" ")
    return f"{start} to {clock if start.startswith(day) else end}"
