"""A run as one comment or job summary: failed changes come first, and the length is limited."""

from dataclasses import replace
from functools import partial

from reconciler.model.runs import RunDetail, RunRow
from reconciler.report.markdown.blocks import section_blocks
from reconciler.report.markdown.escape import inline_code
from reconciler.report.markdown.summary import (
    BLOCK_WIDTH,
    LEFT_OUT_CHARACTERS,
    MOST_CHARACTERS,
    counts_table,
    mark_of,
)
from reconciler.report.markdown.truncate import fitted, size_of, texts_of
from reconciler.report.outcomes import applied_sections, outcome_sections
from reconciler.report.run_summary import accounting_text, next_step, period, unapplied_text
from reconciler.report.shown import shown_rows
from reconciler.report.text.grouping import Section
from reconciler.report.text.layout import Layout
from reconciler.report.view import View
from reconciler.sentences import counted


def render_run_markdown(detail: RunDetail, view: View) -> str:
    """Render a run in GitHub's Markdown; leave out changes if the text is too long for a comment."""
    link = partial(view.source_link, commit=detail.header.commit)
    layout = Layout(BLOCK_WIDTH, view.full, view.where, detail.header.names, link, "")
    rows = shown_rows(detail, view.masking)
    sections = list(outcome_sections(rows, detail.header))
    if view.shows_applied:
        sections += applied_sections(rows)
    head, foot = _head(detail), f"**Next:** {next_step(detail)}\n"
    head += counts_table(part for section in sections for part in _by_object(section))
    room = MOST_CHARACTERS - LEFT_OUT_CHARACTERS - size_of(head + foot)
    fit = fitted(section_blocks(sections, layout), room)
    return "".join([head, *texts_of(fit.blocks, room - fit.size), _left_out(detail, fit.left_out), foot])


def _by_object(section: Section[RunRow]) -> list[Section[RunRow]]:
    groups = section.entries.grouped(lambda row: row.key.object)
    return [replace(section, object=found[0].key.object, entries=found) for found in groups]


def _head(detail: RunDetail) -> str:
    """Return the marker by which later runs find this comment, and facts about the run."""
    header = detail.header
    unapplied = unapplied_text(detail)
    actor = "".join(f", {inline_code(f'{name} {text}')}" for name, text in sorted(header.actor.items()))
    return (
        f"{mark_of('run', header.environment, header.portal_id)}\n"
        f"### Run: {accounting_text(detail)}\n\n"
        f"{inline_code(header.environment)}, portal {header.portal_id}: run {inline_code(header.id)}, "
        f"{inline_code(header.status)}, {period(header)}{actor}"
        f"{f', commit {inline_code(header.commit)}' if header.commit else ''}"
        f"{f', rolls back run {inline_code(header.rolls_back)}' if header.rolls_back else ''}\n\n"
        f"{f'> [!WARNING]{chr(10)}> {unapplied}{chr(10)}{chr(10)}' if unapplied else ''}"
    )


def _left_out(detail: RunDetail, count: int) -> str:
    if not count:
        return ""
    show = f"{inline_code(f'reconciler runs show {detail.header.id} --full')} prints all changes"
    return f"**Left out, because a comment has no more room: {counted(count, 'change')}.** {show}.\n\n"
