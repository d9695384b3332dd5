"""The drift report for people: lost records first, equal changes grouped."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from reconciler.invisible_characters import visible
from reconciler.model.drift import DriftedValue, DriftFound, MissingOwnedRecord, RemovedAssociation
from reconciler.report.fact_sentences import facts_text
from reconciler.report.provenance import trail_lines
from reconciler.report.text.grouping import EntryStyle, group_by, render_entries
from reconciler.report.text.layout import Layout, counted
from reconciler.report.text.property_rows import Row, padded, sign_of
from reconciler.report.text.styled_lines import Line, Piece, Style, line
from reconciler.report.text.values import alone, one_below_the_other, side_by_side

LOST_SIGN = Piece("-", Style.REMOVED)
DRIFT_SIGN = Piece("!", Style.CHANGED)
WHY_LOST = "lost: their keys no longer lead to the records that we made or adopted"
WHY_DRIFT = "drift: changed in HubSpot since the last apply"
NOT_DEFINED = "the portal no longer has this property"


def drift_opening(found: DriftFound, layout: Layout) -> list[Line]:
    """Format portal and number of checked records; if there is no drift, that comes first."""
    about = f"{found.environment}, {drift_about(found)}"
    if found.is_empty:
        start = Piece(f"{drift_headline(found)}.", Style.STRONG)
        return [line(start), *layout.paragraph(about, style=Style.FAINT)]
    return list(layout.paragraph(about, style=Style.STRONG))


def drift_closing(found: DriftFound, layout: Layout, *, is_masked: bool) -> list[Line]:
    """Format notes and counts; scripts look for the last line."""
    notes = drift_notes(found, is_masked=is_masked)
    lines = [row for note in notes for row in layout.paragraph(note, style=Style.FAINT)]
    return lines if found.is_empty else [*lines, line(f"Drift: {drift_headline(found)}.")]


def drift_about(found: DriftFound) -> str:
    """Name the portal and the number of checked records."""
    return f"portal {found.portal_id}: {counted(found.looked_at, 'owned record')} looked at"


def drift_notes(found: DriftFound, *, is_masked: bool) -> list[str]:
    """Format notes about the report."""
    notes = ["Personal values are masked; equal marks stand for equal values."] if is_masked else []
    return [*notes, f"Calls: {found.read_calls:,} to read."]


def drift_headline(found: DriftFound) -> str:
    """Format ``3 values of 2 records, 1 record lost`` or ``No drift``."""
    records = len({value.key for value in found.values})
    counts = [f"{counted(len(found.values), 'value')} of {counted(records, 'record')}"] if records else []
    counts += [f"{counted(len(found.pairs), 'association')} removed"] if found.pairs else []
    counts += [f"{counted(len(found.lost), 'record')} lost"] if found.lost else []
    return ", ".join(counts) or "No drift"


def lost_sections(lost: Iterable[MissingOwnedRecord], layout: Layout) -> Iterator[list[Line]]:
    """Format one section for each object type with lost records."""
    kind: EntryStyle[MissingOwnedRecord] = EntryStyle(
        LOST_SIGN, lambda record: (record.key, None), _what_became, _lost_lines
    )
    for object_name, group in group_by(lost, lambda record: record.key.object).items():
        title = f"{visible(object_name)}: {len(group):,} lost"
        yield layout.heading(title, WHY_LOST) + render_entries(kind, group, layout)


def drifted_sections(values: Iterable[DriftedValue], layout: Layout) -> Iterator[list[Line]]:
    """Format one section for each object type; the properties of a record stay together."""
    kind: EntryStyle[list[DriftedValue]] = EntryStyle(
        DRIFT_SIGN, lambda record: (record[0].key, None), _likeness, _value_lines
    )
    for object_name, group in group_by(values, lambda value: value.key.object).items():
        title = f"{visible(object_name)}: {counted(len(group), 'value')} changed"
        records = group_by(group, lambda value: value.key).values()
        yield layout.heading(title, WHY_DRIFT) + render_entries(kind, records, layout)


def pair_sections(pairs: Iterable[RemovedAssociation], layout: Layout) -> Iterator[list[Line]]:
    """Format one section for each object type; the associations of a record stay together."""
    kind: EntryStyle[list[RemovedAssociation]] = EntryStyle(
        DRIFT_SIGN,
        lambda record: (record[0].key, None),
        lambda record: tuple((pair.target, pair.last_applied, pair.live) for pair in record),
        _pair_lines,
    )
    for object_name, group in group_by(pairs, lambda pair: pair.key.object).items():
        title = f"{visible(object_name)}: {counted(len(group), 'association')} removed"
        records = group_by(group, lambda pair: pair.key).values()
        yield layout.heading(title, WHY_DRIFT) + render_entries(kind, records, layout)


def _pair_lines(alike: Sequence[Sequence[RemovedAssociation]], layout: Layout) -> list[Line]:
    record = alike[0]
    lines: list[Line] = []
    for name, pair in zip(padded([pair.target.address for pair in record]), record, strict=True):
        row = Row(line(sign_of(pair.last_applied, pair.live), f" {name}", indent=6), [], layout.width)
        told = (pair.last_applied, pair.live)
        inline = side_by_side(*told, row.room) if pair.live else alone(told[0], row.room, full=layout.full)
        lines += row.lines(inline, one_below_the_other(*told, layout.width - 10, full=layout.full))
    return lines


def _what_became(record: MissingOwnedRecord) -> str:
    return facts_text(record.facts, record.key)


def _lost_lines(alike: Sequence[MissingOwnedRecord], layout: Layout) -> list[Line]:
    return list(layout.paragraph(_what_became(alike[0]), indent=6))


def _value_lines(alike: Sequence[Sequence[DriftedValue]], layout: Layout) -> list[Line]:
    record = alike[0]
    names = padded([value.name for value in record])
    lines: list[Line] = []
    for index, (name, value) in enumerate(zip(names, record, strict=True)):
        before, after = value.last_applied, value.live
        row = Row(line(sign_of(before, after), f" {name}", indent=6), [], layout.width)
        below = one_below_the_other(before, after, layout.width - 10, full=layout.full)
        lines += row.lines(side_by_side(before, after, row.room), below)
        if value.is_defined:
            lines += trail_lines([other[index].trail for other in alike], layout)
        else:
            lines += layout.paragraph(NOT_DEFINED, indent=10, style=Style.FAINT)
    return lines


def _likeness(record: Sequence[DriftedValue]) -> Hashable:
    """Return a key that is equal for records with the same changes by the same authors, at any time."""
    return tuple(
        (
            value.name,
            value.last_applied,
            value.live,
            value.is_defined,
            value.trail.since,
            tuple((hand.via, hand.by, hand.value) for hand in value.trail.hands),
        )
        for value in record
    )
