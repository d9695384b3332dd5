"""Drift as an HTML page: lost records, changed values (by source of the change), removed associations."""

from collections.abc import Sequence
from datetime import UTC

from reconciler.invisible_characters import visible
from reconciler.model.addresses import RecordId
from reconciler.model.drift import DriftedValue, DriftFound, MissingOwnedRecord, RemovedAssociation
from reconciler.model.names import Names
from reconciler.model.property_history import ChangeSource, ValueVersion
from reconciler.report.definition_lists import change_of_list, list_shown
from reconciler.report.drift import (
    DRIFT_SIGN,
    LOST_SIGN,
    NOT_DEFINED,
    WHY_DRIFT,
    drift_notes,
    drifted_sections,
    pair_sections,
    target_title,
    things_looked_at,
    why_lost,
)
from reconciler.report.entries import Entries
from reconciler.report.fact_sentences import facts_text
from reconciler.report.html.page import Page, page_text
from reconciler.report.html.table import Json, Remark, RowKind, Table, Titles
from reconciler.report.named import property_title
from reconciler.report.provenance import trail_text
from reconciler.report.shown import ShownDrift, shown_drift
from reconciler.report.text.grouping import Section
from reconciler.report.text.layout import Subject
from reconciler.report.view import View

_UNKNOWN = "unknown"
_CHANGED = {
    str(ChangeSource.PERSON): "changed by people",
    str(ChangeSource.WORKFLOW): "changed by workflows",
    str(ChangeSource.INTEGRATION): "changed by integrations",
    str(ChangeSource.API): "changed by the API",
    str(ChangeSource.IMPORT): "changed by imports",
    str(ChangeSource.FORM): "changed by forms",
    str(ChangeSource.CALCULATION): "changed by calculations",
    str(ChangeSource.MERGE): "changed by merges",
}


def render_drift_page(found: DriftFound, view: View) -> str:
    """Render the drift as an HTML document."""
    shown = shown_drift(found, view.masking)
    when = f"{found.created_at:%Y-%m-%d %H:%M} UTC by reconciler {visible(found.tool_version)}"
    page = Page(
        subject="Drift",
        environment=visible(found.environment),
        portal=f"portal {found.portal_id}",
        command="reconciler drift --full",
        headline=shown.summary.headline,
        facts=[("Read", things_looked_at(shown)), ("Looked at", when)],
        notes=drift_notes(shown),
    )
    return page_text(page, drift_table(shown))


def drift_table(shown: ShownDrift) -> Json:
    """Return the table of lost records, changed values and removed associations."""
    table = Table(Titles(action="Kind", reason="Changed by", aside="Last change"))
    for lost in shown.lost.grouped(lambda record: (record.key.object, record.reason)):
        _add_lost(table, lost)
    for changed in shown.values.grouped(lambda value: (value.key.object, _via(value))):
        for section in drifted_sections(changed):
            _add_changed(table, section, shown.about.names)
    for pairs in pair_sections(shown.pairs):
        _add_pairs(table, pairs)
    return table.as_document()


def _add_lost(table: Table, lost: Entries[MissingOwnedRecord]) -> None:
    first = lost[0]
    what = f"lost ({first.reason})"
    table.add_kind(RowKind("lost", first.key.object, first.reason, what, why_lost(lost), LOST_SIGN))
    for record in lost:
        table.add_group()
        notes = [facts_text(record.facts, record.key)]
        table.add_row(Subject(record.key, None, record.display_name), record.record_id, notes=notes)


def _add_changed(table: Table, section: Section[DriftedValue], names: Names) -> None:
    via = _via(section.entries[0])
    page = names.link(section.entries[0].key, RecordId("")) or ""
    what = _CHANGED.get(via, "changed")
    table.add_kind(RowKind("drift", section.object, via, what, WHY_DRIFT, DRIFT_SIGN, page=page))
    for group in section.alike():
        table.add_group()
        for record in group:
            values = [
                table.value(
                    property_title(names, value.key, value.name),
                    list_shown(value.key, value.name, value.last_applied),
                    list_shown(value.key, value.name, value.live),
                    Remark(_note(value)),
                )
                for value in record
            ]
            subject = section.style.subject(record[0])
            table.add_row(subject, record[0].record_id, values=values, aside=_last_change(record))


def _add_pairs(table: Table, section: Section[RemovedAssociation]) -> None:
    what = "with removed associations"
    table.add_kind(RowKind("drift", section.object, "association", what, WHY_DRIFT, DRIFT_SIGN))
    for group in section.alike():
        table.add_group()
        for record in group:
            values = [table.value(target_title(pair), pair.last_applied, pair.live) for pair in record]
            table.add_row(section.style.subject(record[0]), record[0].record_id, values=values)


def _note(value: DriftedValue) -> str:
    news = change_of_list(value.key, value.name, value.last_applied, value.live)
    who = trail_text(value.trail) if value.is_defined else NOT_DEFINED
    return "; ".join(filter(None, (news, who)))


def _via(value: DriftedValue) -> str:
    """Return the source of the last change of a value."""
    return str(value.trail.versions[-1].via) if value.trail.versions else _UNKNOWN


def _last_change(record: Sequence[DriftedValue]) -> str:
    """Return who changed a record last, and on which day in UTC; empty if HubSpot does not say."""
    versions = [version for value in record for version in value.trail.versions]
    if not versions:
        return ""
    last: ValueVersion = max(versions, key=lambda version: version.at)
    return f"{str(last).partition(' <')[0]}, {last.at.astimezone(UTC):%Y-%m-%d}"
