"""The report of a run: what was not applied, in HubSpot's own words, and an accounting that adds up."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import UTC

from reconciler.model.outcomes import Rejected, Skipped, Stale, Unknown
from reconciler.model.runs import RunDetail, RunHeader, RunRow
from reconciler.report.cells import cells, visible
from reconciler.report.layout import Layout
from reconciler.report.lines import Line, Piece, Style, line
from reconciler.report.stacks import Kind, entries, grouped

_SECTIONS = {
    Rejected.word: (Piece("x", Style.REMOVED), "HubSpot said no; these records are as they were"),
    Unknown.word: (
        Piece("?", Style.REMOVED),
        "sent, and no answer came; the next run reads these records and settles them",
    ),
    Stale.word: (Piece("!", Style.CHANGED), "somebody changed HubSpot since the plan; nothing was sent"),
    Skipped.word: (Piece(".", Style.FAINT), "not attempted"),
}
"""What was not applied, in the order in which it wants to be looked at."""

_INDENT = 6
_TICKETS = {"category": "category", "correlation_id": "correlationId"}


def run_opening(header: RunHeader, layout: Layout) -> list[Line]:
    """Which run, where, when and whose."""
    title = f"Run {header.id}, {header.status}: {header.environment}, portal {header.portal_id}"
    details = [
        _period(header),
        *(f"{name} {text}" for name, text in sorted(header.actor.items())),
        *([f"commit {header.commit}"] if header.commit else []),
    ]
    return [
        *layout.paragraph(title, style=Style.STRONG),
        *layout.paragraph(", ".join(details), style=Style.FAINT),
        *(layout.paragraph(f"takes back run {header.undoes}", style=Style.FAINT) if header.undoes else []),
    ]


def outcome_sections(rows: Iterable[RunRow], layout: Layout) -> Iterator[list[Line]]:
    """One section for each outcome but ``applied``."""
    by_outcome = grouped(rows, lambda row: row.outcome or Unknown.word)
    for outcome, (sign, remark) in _SECTIONS.items():
        found = by_outcome.get(outcome)
        if found:
            kind = Kind(sign, lambda row: (row.key, row.source), _likeness, _row_lines)
            yield layout.heading(f"{len(found):,} {outcome}", remark) + entries(kind, found, layout)


def accounting_section(detail: RunDetail, layout: Layout) -> list[Line]:
    """``11 planned = 10 applied + 1 rejected + …``."""
    planned, *outcomes = (f"{count} {word}" for word, count in detail.accounting().items())
    return list(layout.paragraph(f"{planned} = {' + '.join(outcomes)}", style=Style.STRONG))


def _likeness(row: RunRow) -> Hashable:
    return row.key.object, row.action, row.target, row.label, tuple(sorted(row.detail.items()))


def _row_lines(alike: Sequence[RunRow], layout: Layout) -> list[Line]:
    row = alike[0]
    told = row.detail.get("message") or "nothing is known of it"
    label = f" ({row.label})" if row.label else ""
    action = f"{row.action} {row.target.address}{label}" if row.target else row.action
    lines = list(layout.paragraph(f"{action}: {told}", indent=_INDENT))
    tickets = [f"{label} {row.detail[name]}" for name, label in _TICKETS.items() if row.detail.get(name)]
    together = "   ".join(tickets)
    if cells(visible(together)) <= layout.width - _INDENT:
        tickets = [together] if together else []
    return lines + [line(Piece(visible(ticket), Style.FAINT), indent=_INDENT) for ticket in tickets]


def _period(header: RunHeader) -> str:
    start = header.started_at.astimezone(UTC)
    if header.finished_at is None:
        return f"{start:%Y-%m-%d %H:%M:%S} UTC"
    end = header.finished_at.astimezone(UTC)
    day = "" if end.date() == start.date() else f"{end:%Y-%m-%d} "
    return f"{start:%Y-%m-%d %H:%M:%S} to {day}{end:%H:%M:%S} UTC"
