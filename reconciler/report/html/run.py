"""A run as an HTML page: first the changes that were not applied, then the applied changes."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordId
from reconciler.model.names import Names
from reconciler.model.runs import RunDetail, RunHeader, RunRow
from reconciler.plan.change import Reason
from reconciler.plan.kinds import Verb
from reconciler.report.entries import Entries
from reconciler.report.html.page import Page, page_text
from reconciler.report.html.table import Json, RowKind, Table, Titles
from reconciler.report.named import property_title
from reconciler.report.outcomes import (
    applied_sections,
    done,
    message_of,
    outcome_sections,
    past_of,
    tickets_of,
    written_values,
)
from reconciler.report.plan.change_sections import why_changed
from reconciler.report.run_summary import accounting_text, next_step, period, unapplied_text, words_of
from reconciler.report.shown import shown_rows
from reconciler.report.text.grouping import Section
from reconciler.report.view import View


def render_run_page(detail: RunDetail, view: View) -> str:
    """Render a run as an HTML document."""
    header = detail.header
    page = Page(
        subject="Run",
        environment=visible(header.environment),
        portal=f"portal {header.portal_id}",
        command=f"reconciler runs show {visible(header.id)} --full",
        headline=accounting_text(detail),
        facts=list(_facts(header)),
        notes=[f"Next: {next_step(detail)}"],
        obstacles=unapplied_text(detail),
    )
    return page_text(page, run_table(shown_rows(detail, view.masking), header, view))


def _facts(header: RunHeader) -> Iterator[tuple[str, str]]:
    """Return the facts about the run for the page's head, each with its label."""
    yield "Run", f"{visible(header.id)}, {visible(header.status)}"
    yield "Applied", f"{period(header)} by reconciler {visible(header.tool_version)}"
    yield from ((visible(name).capitalize(), visible(text)) for name, text in sorted(header.actor.items()))
    if header.commit:
        yield "Commit", visible(header.commit)
    if header.rolls_back:
        yield "Rolls back", visible(header.rolls_back)
    yield "Digest of the plan", visible(header.plan_digest)


def run_table(rows: Entries[RunRow], header: RunHeader, view: View) -> Json:
    """Return the table of rows, grouped by outcome (the most urgent first), object type and action."""
    table = Table(Titles(action="Outcome"), partial(view.source_page, commit=header.commit))
    for section in outcome_sections(rows, header):
        for found in section.entries.grouped(lambda row: (row.key.object, row.action, row.reason)):
            _add(table, replace(section, entries=found), header.names, is_applied=False)
    for section in applied_sections(rows):
        for found in section.entries.grouped(lambda row: row.reason):
            _add(table, replace(section, entries=found), header.names, is_applied=True)
    return table.as_document()


def _add(table: Table, section: Section[RunRow], names: Names, *, is_applied: bool) -> None:
    first = section.entries[0]
    word = done(first.action, 1) if is_applied else section.word
    count = len(section.entries)
    what = done(first.action, count) if is_applied else f"to {words_of(first.action)}: {section.word}"
    why = section.remark or _why(first)
    page = names.link(first.key, RecordId("")) or ""
    past = past_of(first.action)
    short = past if is_applied and past != word else ""
    sign, of = section.style.sign, first.key.object
    kind = RowKind(word, of, first.reason, what, why, sign, page=page, short=short, several=first.key.plural)
    table.add_kind(kind)
    for group in section.alike():
        table.add_group()
        for (row,) in group:
            values = [
                table.value(property_title(names, row.key, name), before, after)
                for name, before, after in written_values(row)
            ]
            notes = [] if is_applied else [message_of(row), *tickets_of(row)]
            table.add_row(section.style.subject(row), row.record_id, values=values, notes=notes)


def _why(row: RunRow) -> str:
    """Return the reason in the words of plan reports; an unknown one as in the journal."""
    try:
        return why_changed(Verb(row.action), Reason(row.reason))
    except ValueError:
        return visible(row.reason)
