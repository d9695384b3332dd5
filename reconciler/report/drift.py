"""The drift report on terminals: lost records first, equal changes grouped."""

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import TypeVar

from reconciler.model.drift import DriftedValue, MissingOwnedRecord, RemovedAssociation
from reconciler.report.definition_lists import change_of_list, list_shown
from reconciler.report.entries import Entries
from reconciler.report.fact_sentences import facts_text
from reconciler.report.named import property_title, record_title
from reconciler.report.provenance import trail_lines
from reconciler.report.shown import ShownDrift
from reconciler.report.text.grouping import EntryStyle, Section, T, key_properties
from reconciler.report.text.layout import Layout, Subject
from reconciler.report.text.property_rows import PropertyRow, padded, sign_of
from reconciler.report.text.styled_lines import Line, Piece, Style, line
from reconciler.report.text.values import alone, one_below_the_other, side_by_side
from reconciler.sentences import counted

LOST_SIGN = Piece("-", Style.REMOVED)
DRIFT_SIGN = Piece("!", Style.CHANGED)
_RECORDS_LOST = "lost: HubSpot no longer finds these owned records by their keys"
_DEFINITIONS_LOST = "lost: HubSpot no longer has these owned definitions"
WHY_DRIFT = "drift: changed in HubSpot since the last apply"
NOT_DEFINED = "the portal no longer has this property"


def drift_opening(shown: ShownDrift, layout: Layout) -> list[Line]:
    """Format environment, portal and number of checked things; without drift, the headline comes first."""
    about = f"{shown.about.environment}, {drift_about(shown)}"
    if shown.is_empty:
        start = Piece(f"{shown.summary.headline}.", Style.STRONG)
        return [line(start), *layout.paragraph(about, style=Style.FAINT)]
    return list(layout.paragraph(about, style=Style.STRONG))


def drift_closing(shown: ShownDrift, layout: Layout) -> list[Line]:
    """Format the notes; if there is drift, end with its counts, in a fixed form that scripts can find."""
    lines = [row for note in drift_notes(shown) for row in layout.paragraph(note, style=Style.FAINT)]
    return lines if shown.is_empty else [*lines, line(f"Drift: {shown.summary.headline}.")]


def drift_about(shown: ShownDrift) -> str:
    """Format the portal and the number of checked records and definitions."""
    return f"portal {shown.about.portal_id}: {things_looked_at(shown)} checked"


def things_looked_at(shown: ShownDrift) -> str:
    """Format ``12 owned records and 3 owned definitions``: what was checked."""
    records, definitions = shown.about.looked_at, shown.about.looked_at_definitions
    things = [counted(records, "owned record")] if records or not definitions else []
    things += [counted(definitions, "owned definition")] if definitions else []
    return " and ".join(things)


def drift_notes(shown: ShownDrift) -> list[str]:
    """Return a note with the number of calls; if values are masked, first return a note about masks."""
    masked = "Personal values are masked; equal masks mean equal values."
    return [*([masked] if shown.is_masked else []), f"Calls: {shown.about.read_calls:,} to read."]


def lost_sections(lost: Entries[MissingOwnedRecord]) -> list[Section[MissingOwnedRecord]]:
    """Make a section for the lost records, and one for the lost definitions, of each object type."""
    style: EntryStyle[MissingOwnedRecord] = EntryStyle(
        LOST_SIGN, _subject, _what_became_of, _lost_lines, lambda of: of.alone()
    )
    return [
        Section(group[0].key.object, "lost", _what_is_lost(group), why_lost(group), style, group)
        for group in lost.grouped(lambda record: (record.key.object, record.is_definition))
    ]


def why_lost(lost: Entries[MissingOwnedRecord]) -> str:
    """Return the remark that explains how records or definitions were lost."""
    return _DEFINITIONS_LOST if lost[0].is_definition else _RECORDS_LOST


def _what_is_lost(lost: Entries[MissingOwnedRecord]) -> str:
    if not lost[0].is_definition:
        return "lost"
    return "definition lost" if len(lost) == 1 else "definitions lost"


def drifted_sections(values: Entries[DriftedValue]) -> list[Section[DriftedValue]]:
    """Make one section for each object type; the properties of a record are listed together."""
    style: EntryStyle[DriftedValue] = EntryStyle(DRIFT_SIGN, _subject, _likeness, _value_lines, _by_record)
    return [
        Section(group[0].key.object, "drift", f"{_noun(group, 'value')} changed", WHY_DRIFT, style, group)
        for group in values.grouped(lambda value: value.key.object)
    ]


def pair_sections(pairs: Entries[RemovedAssociation]) -> list[Section[RemovedAssociation]]:
    """Make one section for each object type; the associations of a record are listed together."""
    style: EntryStyle[RemovedAssociation] = EntryStyle(
        DRIFT_SIGN,
        _subject,
        lambda record: tuple((pair.target, pair.last_applied, pair.live) for pair in record),
        _pair_lines,
        _by_record,
    )
    return [
        Section(
            group[0].key.object, "drift", f"{_noun(group, 'association')} removed", WHY_DRIFT, style, group
        )
        for group in pairs.grouped(lambda pair: pair.key.object)
    ]


_OfRecord = TypeVar("_OfRecord", DriftedValue, RemovedAssociation)


def _by_record(entries: Entries[_OfRecord]) -> list[Entries[_OfRecord]]:
    return entries.grouped(lambda entry: entry.key)


def _subject(entry: MissingOwnedRecord | DriftedValue | RemovedAssociation) -> Subject:
    name = entry.display_names.record if isinstance(entry, RemovedAssociation) else entry.display_name
    return Subject(entry.key, None, name, entry.record_id)


def _noun(group: Entries[T], noun: str) -> str:
    """Return the noun, singular or plural, without the number, which the heading has already."""
    return noun if len(group) == 1 else f"{noun}s"


def target_title(pair: RemovedAssociation) -> str:
    """Return the other record of an association, with its display name."""
    return record_title(pair.target, pair.display_names.target)


def _pair_lines(alike: Sequence[Entries[RemovedAssociation]], layout: Layout) -> list[Line]:
    record = list(alike[0])
    lines: list[Line] = []
    for name, pair in zip(padded(list(map(target_title, record))), record, strict=True):
        row = PropertyRow(line(sign_of(pair.last_applied, pair.live), f" {name}", indent=6), [], layout.width)
        values = (pair.last_applied, pair.live)
        inline = (
            side_by_side(*values, row.room) if pair.live else alone(values[0], row.room, full=layout.full)
        )
        lines += row.lines(inline, one_below_the_other(*values, layout.width - 10, full=layout.full))
    return lines


def _what_became_of(alone: Sequence[MissingOwnedRecord]) -> Hashable:
    """Return a key that is equal for lost records with the same explanation and the same key properties."""
    (record,) = alone
    return facts_text(record.facts, record.key), key_properties(record.key, *record.facts)


def _lost_lines(alike: Sequence[Entries[MissingOwnedRecord]], layout: Layout) -> list[Line]:
    record = alike[0][0]
    return list(layout.paragraph(facts_text(record.facts, record.key), indent=6))


def _value_lines(alike: Sequence[Entries[DriftedValue]], layout: Layout) -> list[Line]:
    record = list(alike[0])
    names = padded([property_title(layout.names, value.key, value.name) for value in record])
    times = [of.unmasked(_edit_times) for of in alike]
    lines: list[Line] = []
    for index, (name, value) in enumerate(zip(names, record, strict=True)):
        before, after = (list_shown(value.key, value.name, text) for text in (value.last_applied, value.live))
        row = PropertyRow(line(sign_of(before, after), f" {name}", indent=6), [], layout.width)
        below = one_below_the_other(before, after, layout.width - 10, full=layout.full)
        lines += row.lines(side_by_side(before, after, row.room), below)
        news = change_of_list(value.key, value.name, value.last_applied, value.live)
        lines += layout.paragraph(news, indent=10, style=Style.FAINT) if news else ()
        if value.is_defined:
            lines += trail_lines(value.trail, [each[index] for each in times], layout)
        else:
            lines += layout.paragraph(NOT_DEFINED, indent=10, style=Style.FAINT)
    return lines


def _likeness(record: Sequence[DriftedValue]) -> Hashable:
    """Return a key that is equal for records with the same changes by the same authors; times may differ."""
    return tuple(
        (
            value.name,
            value.last_applied,
            value.live,
            value.is_defined,
            value.trail.since,
            tuple((version.via, version.by, version.value) for version in value.trail.versions),
        )
        for value in record
    )


def _edit_times(record: Sequence[DriftedValue]) -> list[list[datetime]]:
    return [[version.at for version in value.trail.versions] for value in record]
