"""The changes of a run: changes that were not applied, with HubSpot's messages, and applied changes."""

from collections.abc import Hashable, Iterator, Sequence

from reconciler.invisible_characters import visible
from reconciler.model.associations import ASSOCIATED
from reconciler.model.outcomes import Applied, Rejected, Skipped, Stale, Unknown
from reconciler.model.runs import UNDER_WAY, RunHeader, RunRow
from reconciler.plan.kinds import Verb
from reconciler.report.definition_lists import list_shown
from reconciler.report.entries import Entries
from reconciler.report.named import property_title
from reconciler.report.plan.change_sections import SIGNS
from reconciler.report.run_summary import words_of
from reconciler.report.text.grouping import EntryStyle, Section, key_properties
from reconciler.report.text.layout import Layout, Subject
from reconciler.report.text.property_rows import PropertyRow, padded, sign_of
from reconciler.report.text.styled_lines import Line, Piece, Style, line
from reconciler.report.text.values import alone, one_below_the_other, side_by_side
from reconciler.report.text.width import cells

_SECTIONS = {
    Rejected.word: (
        Piece("x", Style.REMOVED),
        "HubSpot rejected the change; these records are unchanged, except where a line says otherwise",
    ),
    Unknown.word: (
        Piece("?", Style.REMOVED),
        "sent, but HubSpot did not answer; the next run reads these records and finds out the result",
    ),
    UNDER_WAY: (Piece(">", Style.CHANGED), "still running; the outcome of these changes is not known yet"),
    Stale.word: (Piece("!", Style.CHANGED), "HubSpot or state changed since the plan; nothing was sent"),
    Skipped.word: (Piece(".", Style.FAINT), "not attempted"),
}
"""Headings for outcomes other than applied, the most urgent first."""

_SIGNS = {str(verb): sign for verb, sign in SIGNS.items()}
"""Signs by the text of an action. The journal of another version may contain actions without a sign here."""

_OF_STATE_ONLY = {str(Verb.ADOPT), str(Verb.RELEASE)}

_INDENT = 6
_TICKETS = {"category": "category", "correlation_id": "correlationId"}


def outcome_sections(rows: Entries[RunRow], header: RunHeader) -> Iterator[Section[RunRow]]:
    """Make one section for each outcome except ``applied``."""
    open_ = UNDER_WAY if header.is_under_way else Unknown.word
    groups = {group[0].outcome or open_: group for group in rows.grouped(lambda row: row.outcome or open_)}
    for outcome, (sign, remark) in _SECTIONS.items():
        if outcome in groups:
            style: EntryStyle[RunRow] = EntryStyle(sign, _subject, _likeness, _row_lines, _alone)
            yield Section("", outcome, outcome, remark, style, groups[outcome].masked())


def applied_sections(rows: Entries[RunRow]) -> Iterator[Section[RunRow]]:
    """Make one section of applied changes for each object type and action."""
    applied = [group for group in rows.grouped(lambda row: row.outcome) if group[0].outcome == Applied.word]
    groups = [of for group in applied for of in group.grouped(_kind)]
    for found in sorted(groups, key=lambda of: _kind(of[0])):
        object_name, action = _kind(found[0])
        sign = _SIGNS.get(action, Piece("=", Style.FAINT))
        style: EntryStyle[RunRow] = EntryStyle(sign, _subject, _likeness_of_applied, _applied_lines, _alone)
        yield Section(object_name, action, done(action, len(found)), "", style, found)


def _kind(row: RunRow) -> tuple[str, str]:
    return row.key.object, row.action


def _subject(row: RunRow) -> Subject:
    return Subject(row.key, row.source, row.display_names.record, row.record_id)


def _alone(rows: Entries[RunRow]) -> list[Entries[RunRow]]:
    return rows.alone()


def _likeness(alone: Sequence[RunRow]) -> Hashable:
    (row,) = alone
    return row.key.object, row.action, row.target, row.label, tuple(sorted(row.detail.items()))


def done(action: str, count: int) -> str:
    """Return the words that follow the number of done actions: ``updated``, ``definitions created``."""
    _, *nouns = words_of(action).split(" ", 1)
    return " ".join([*(noun if count == 1 else f"{noun}s" for noun in nouns), past_of(action)])


def past_of(action: str) -> str:
    """Return the past form of an action in one word: ``updated``, ``created``."""
    verb = words_of(action).split(" ", 1)[0]
    return f"{verb}d" if verb.endswith("e") else f"{verb}ed"


def _likeness_of_applied(alone: Sequence[RunRow]) -> Hashable:
    (row,) = alone
    return tuple(written_values(row)), key_properties(row.target)


def _applied_lines(alike: Sequence[Entries[RunRow]], layout: Layout) -> list[Line]:
    """Format the written values."""
    row = alike[0][0]
    values = list(written_values(row))
    titles = padded([property_title(layout.names, row.key, name) for name, _, _ in values])
    lines: list[Line] = []
    for name, (_, before, after) in zip(titles, values, strict=True):
        of = PropertyRow(line(sign_of(before, after), f" {name}", indent=_INDENT), [], layout.width)
        if before is None or before == after:
            inline = alone(after, of.room, full=layout.full)
        else:
            inline = side_by_side(before, after, of.room)
        lines += of.lines(inline, one_below_the_other(before, after, layout.width - 10, full=layout.full))
    return lines


def written_values(row: RunRow) -> Iterator[tuple[str, str | None, str | None]]:
    """Return name, value before and value after for each value of a row."""
    if row.target is not None:
        yield row.target.text, None, row.label or ASSOCIATED
    if row.action in _OF_STATE_ONLY:
        return  # nothing was written
    if row.action == Verb.ARCHIVE_DEFINITION:
        return  # archived: no values to show
    for name in sorted(row.before.keys() | row.after.keys()):
        before, after = (list_shown(row.key, name, of.get(name)) for of in (row.before, row.after))
        yield name, before, after


def message_of(row: RunRow) -> str:
    """Return why a change was not applied, if that is known."""
    return row.detail.get("message") or "the reason is not known"


def tickets_of(row: RunRow) -> list[str]:
    """Return category and correlation id of an error, for HubSpot's support: ``correlationId 5f0c…``."""
    return [f"{label} {row.detail[name]}" for name, label in _TICKETS.items() if row.detail.get(name)]


def _row_lines(alike: Sequence[Entries[RunRow]], layout: Layout) -> list[Line]:
    row = alike[0][0]
    label = f" ({row.label})" if row.label else ""
    action = f"{row.action} {row.target.text}{label}" if row.target else words_of(row.action)
    lines = list(layout.paragraph(f"{action}: {message_of(row)}", indent=_INDENT))
    tickets = tickets_of(row)
    together = "   ".join(tickets)
    if cells(visible(together)) <= layout.width - _INDENT:
        tickets = [together] if together else []
    return lines + [line(Piece(visible(ticket), Style.FAINT), indent=_INDENT) for ticket in tickets]
