"""The section "Rehearsed" of a plan's report, with the same lines for terminal, Markdown and HTML page."""

from collections.abc import Iterator

from reconciler.plan.rehearsal import Rehearsal
from reconciler.report.entries import Entries, as_it_is
from reconciler.report.outcomes import outcome_sections
from reconciler.report.plan.change_sections import change_sections
from reconciler.report.problem_list import problem_lines
from reconciler.report.run_summary import accounting_section
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import BLANK, Line, Style
from reconciler.sentences import counted

TITLE = "Rehearsed"


def rehearsal_sections(rehearsal: Rehearsal, layout: Layout) -> Iterator[list[Line]]:
    """Format a rehearsal that is masked already: failed changes come first, the counts come last."""
    yield list(layout.paragraph(f"{TITLE}: {headline(rehearsal)}.", style=_style(rehearsal)))
    if rehearsal.run is not None:
        rows = Entries(rehearsal.run.rows, as_it_is)
        for section in outcome_sections(rows, rehearsal.run.header):
            yield section.lines_with_heading(layout)
    yield problem_lines(rehearsal.findings, layout)
    if rehearsal.stopped_by is not None:
        yield list(
            layout.paragraph(f"The run on the copy stopped: {rehearsal.stopped_by}", style=Style.ALARM)
        )
    yield list(layout.paragraph(f"{second_plan(rehearsal)}."))
    for changes in change_sections(Entries(rehearsal.left, as_it_is)):
        yield changes.lines_with_heading(layout)
    notes = [f"Not imitated: {text}." for text in rehearsal.untold]
    notes.append(f"{costs(rehearsal)}.")
    yield [row for note in notes for row in layout.paragraph(note, style=Style.FAINT)]
    if rehearsal.run is not None:
        yield accounting_section(rehearsal.run, layout)


def rehearsal_lines(rehearsal: Rehearsal, layout: Layout) -> list[Line]:
    """Format all sections of a rehearsal, with an empty line between them."""
    lines: list[Line] = []
    for section in filter(None, rehearsal_sections(rehearsal, layout)):
        lines += [BLANK, *section] if lines else section
    return lines


def headline(rehearsal: Rehearsal) -> str:
    """Return one sentence, without full stop, about the result of the plan on the copy."""
    if rehearsal.run is None:
        if rehearsal.is_interrupted:
            return "the rehearsal was interrupted while the portal was read"
        return "there is nothing to apply"
    counts = rehearsal.run.accounting()
    planned, applied = counts["planned"], counts["applied"]
    if rehearsal.is_complete:
        return f"on a copy of the portal, {_all(planned)} could be applied"
    if applied == planned:
        return (
            f"on a copy of the portal, {_all(planned)} could be applied, but something is wrong (see above)"
        )
    return (
        f"on a copy of the portal, {planned - applied:,} of {counted(planned, 'change')} could not be applied"
    )


def _all(planned: int) -> str:
    return "the only change" if planned == 1 else f"all {counted(planned, 'change')}"


def second_plan(rehearsal: Rehearsal) -> str:
    """Return one sentence about the result of the second plan."""
    if rehearsal.unplanned:
        return f"Not planned again: {rehearsal.unplanned}"
    if not rehearsal.left:
        return "Planned again on the copy: nothing is left to write"
    return f"Planned again on the copy: {counted(len(rehearsal.left), 'change')} would still be written"


def costs(rehearsal: Rehearsal) -> str:
    """Return a sentence about the costs of the rehearsal, and that it did not change the portal."""
    return (
        f"Rehearsing took {counted(rehearsal.calls, 'call')} that read the portal, and "
        f"{rehearsal.seconds:.1f} s; nothing was written to portal or state"
    )


def _style(rehearsal: Rehearsal) -> Style:
    return Style.STRONG if rehearsal.is_complete else Style.ALARM
