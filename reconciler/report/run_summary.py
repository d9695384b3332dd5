"""A run in a few lines: its header, and the accounting of its changes."""

from collections.abc import Iterable, Iterator
from datetime import UTC

from reconciler.invisible_characters import visible
from reconciler.model.outcomes import Applied, Rejected, Skipped, Stale, Unknown
from reconciler.model.runs import RunDetail, RunHeader, RunSummary
from reconciler.plan.summary import action_words
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Style
from reconciler.sentences import counted

_COMMIT_DIGITS = 12

_NEXT = {
    Rejected.word: "correct the changes that HubSpot rejected, and plan again.",
    Unknown.word: "plan again: the next run finds out the results of the calls without an answer.",
    Stale.word: "plan again: records that changed in the meantime are compared again.",
    Skipped.word: "plan again: changes that were not attempted are planned again.",
}
"""The next step after a run, by outcome, the most urgent first. The first outcome that occurred decides."""


def run_opening(header: RunHeader, layout: Layout) -> list[Line]:
    """Format the run's id, status, environment, portal, times and actor."""
    title = f"Run {header.id}, {header.status}: {header.environment}, portal {header.portal_id}"
    details = [
        period(header),
        *(f"{name} {text}" for name, text in sorted(header.actor.items())),
        *([f"commit {header.commit}"] if header.commit else []),
    ]
    return [
        *layout.paragraph(title, style=Style.STRONG),
        *layout.paragraph(", ".join(details), style=Style.FAINT),
        *(
            layout.paragraph(f"rolls back run {header.rolls_back}", style=Style.FAINT)
            if header.rolls_back
            else []
        ),
    ]


def accounting_section(detail: RunDetail, layout: Layout) -> list[Line]:
    """Format ``11 planned = 10 applied + 1 rejected + …``, below a note about changes never attempted."""
    planned, *outcomes = (f"{count} {word}" for word, count in detail.accounting_so_far().items())
    never = 0 if detail.header.is_under_way else detail.never_attempted
    never_text = f"Never attempted, and counted as skipped: {counted(never, 'change')}."
    return [
        *(layout.paragraph(never_text, style=Style.FAINT) if never else []),
        *layout.paragraph(f"{planned} = {' + '.join(outcomes)}", style=Style.STRONG),
    ]


def run_entries(runs: Iterable[RunSummary], layout: Layout) -> Iterator[list[Line]]:
    """Format each run on a few lines: time and actor, planned changes, and outcomes."""
    for run in runs:
        header = run.header
        planned = ", ".join(
            f"{count:,} {action_words(count, word)}" for word, count in header.planned.items() if count
        )
        _, *outcomes = run.accounting_so_far().items()
        became = ", ".join(f"{count:,} {word}" for word, count in outcomes if count)
        whose = f"{header.actor.get('user', 'unknown')} on {header.actor.get('host', 'unknown')}"
        when = f"{header.started_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        parts = [
            f"{planned}: {became}" if planned else "nothing to do",
            f"rolls back run {header.rolls_back}" if header.rolls_back else "",
            f"commit {header.commit[:_COMMIT_DIGITS]}" if header.commit else "",
            header.actor.get("run_url", ""),
        ]
        first, *others = (text for text in parts if text)
        yield [
            *layout.paragraph(f"{header.id}  {header.status}  {when}  {whose}", style=Style.STRONG),
            *layout.paragraph(first, indent=2),
            *(row for text in others for row in layout.paragraph(text, indent=2, style=Style.FAINT)),
        ]


def accounting_text(detail: RunDetail) -> str:
    """Return ``11 planned = 10 applied + 1 rejected + …``, without outcomes that did not occur."""
    counts = detail.accounting_so_far()
    happened = [f"{count:,} {word}" for word, count in counts.items() if count and word != "planned"]
    return f"{counts['planned']:,} planned = {' + '.join(happened)}" if happened else "Nothing was planned"


def unapplied_text(detail: RunDetail) -> str:
    """Return how many changes were not applied; empty if all were, or if the run is still under way."""
    if detail.header.is_under_way:
        return ""
    counts = detail.accounting()
    left = {word: count for word, count in counts.items() if count and word not in {"planned", Applied.word}}
    if not left:
        return ""
    number = sum(left.values())
    which = ", ".join(f"{count:,} {word}" for word, count in left.items())
    verb = "was" if number == 1 else "were"
    return f"{counted(number, 'change')} {verb} not applied: {which}."


def next_step(detail: RunDetail) -> str:
    """Return a sentence about the next step after the run."""
    if detail.header.is_under_way:
        return "the run goes on; look again when it has ended."
    counts = detail.accounting()
    return next((text for word, text in _NEXT.items() if counts.get(word)), "nothing to do.")


def period(header: RunHeader) -> str:
    """Return when a run began and ended, in UTC."""
    start = header.started_at.astimezone(UTC)
    if header.finished_at is None:
        return f"{start:%Y-%m-%d %H:%M:%S} UTC"
    end = header.finished_at.astimezone(UTC)
    day = "" if end.date() == start.date() else f"{end:%Y-%m-%d} "
    return f"{start:%Y-%m-%d %H:%M:%S} to {day}{end:%H:%M:%S} UTC"


def words_of(action: str) -> str:
    """Return an action as words: ``update``, ``create definition``."""
    return visible(action).replace("_", " ")
