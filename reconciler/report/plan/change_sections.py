"""The changes of a plan as people read them: what risks most first, what is alike once."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

from reconciler.invisible_characters import visible
from reconciler.model.property_history import ValueVersion
from reconciler.plan.associations.changes import is_association_change
from reconciler.plan.change import Action, Change, Reason, ValueChange
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import Held
from reconciler.report.fact_sentences import note_of
from reconciler.report.plan.association_values import display_values
from reconciler.report.provenance import edit_text
from reconciler.report.text.grouping import EntryStyle, group_by, render_entries
from reconciler.report.text.layout import Layout
from reconciler.report.text.property_rows import Row, padded, sign_of
from reconciler.report.text.styled_lines import Line, Piece, Style, line, line_cells
from reconciler.report.text.values import (
    EMPTY,
    alone,
    around_difference,
    one_below_the_other,
    shown,
    side_by_side,
)
from reconciler.report.text.width import chopped
from reconciler.source import SourceRef

_RISKS: tuple[tuple[Verb, Reason | None], ...] = (
    (Verb.ARCHIVE, None),
    (Verb.DISSOCIATE, None),
    (Verb.UPDATE, Reason.CONFLICT),
    (Verb.UPDATE, Reason.DRIFT),
    (Verb.UPDATE, Reason.ADOPT),
    (Verb.UPDATE, None),
    (Verb.CREATE, None),
    (Verb.ASSOCIATE, Reason.DRIFT),
    (Verb.ASSOCIATE, None),
    (Verb.RELEASE, None),
    (Verb.ADOPT, None),
)
"""What may do most harm first; None stands for any other reason."""

SIGNS = {
    Verb.ARCHIVE: Piece("-", Style.REMOVED),
    Verb.UPDATE: Piece("~", Style.CHANGED),
    Verb.CREATE: Piece("+", Style.ADDED),
    Verb.ASSOCIATE: Piece("+", Style.ADDED),
    Verb.DISSOCIATE: Piece("-", Style.REMOVED),
    Verb.RELEASE: Piece("=", Style.FAINT),
    Verb.ADOPT: Piece("=", Style.FAINT),
}
_HELD_SIGN = Piece("!", Style.CHANGED)

_WHY: dict[tuple[Verb, Reason], str] = {
    (Verb.UPDATE, Reason.CONFLICT): "conflict: the manifests changed, and people changed HubSpot too",
    (Verb.UPDATE, Reason.DRIFT): "drift: people changed HubSpot since the last apply; this writes it back",
    (Verb.UPDATE, Reason.ADOPT): "adopt: there before us; what HubSpot holds is overwritten",
    (Verb.UPDATE, Reason.RENAMED): "renamed: the manifests give these records another key",
    (Verb.UPDATE, Reason.CHANGED): "changed: the manifests changed since the last apply",
    (Verb.CREATE, Reason.MISSING): "missing: HubSpot has no such record",
    (Verb.CREATE, Reason.RECREATED): "recreated: HubSpot no longer has them, and --recreate asks for them",
    (Verb.ARCHIVE, Reason.ABSENT): "absent: the manifests say that they must not exist",
    (Verb.ARCHIVE, Reason.PRUNED): "pruned: no manifest names them any more",
    (Verb.ASSOCIATE, Reason.MISSING): "missing: HubSpot does not have them associated so",
    (Verb.ASSOCIATE, Reason.DRIFT): "drift: people took them apart since the last apply; made again",
    (Verb.DISSOCIATE, Reason.PRUNED): "pruned: made by us, and no manifest names them any more",
    (Verb.RELEASE, Reason.GONE): "gone: HubSpot no longer has them under these keys; state forgets them",
    (Verb.RELEASE, Reason.ABSENT): "absent: HubSpot has them no longer; state forgets them",
    (Verb.RELEASE, Reason.PRUNED): "pruned: no manifest names them any more; there before us, so they stay",
    (Verb.UPDATE, Reason.UNDONE): "undone: back to what it was before that run",
    (Verb.ARCHIVE, Reason.UNDONE): "undone: that run created them",
    (Verb.RELEASE, Reason.UNDONE): "undone: that run adopted them; HubSpot keeps them",
    (Verb.ADOPT, Reason.UNDONE): "undone: that run released them; ours again",
    (Verb.RELEASE, Reason.NARROWED): "narrowed: named for other environments only; HubSpot keeps them",
    (Verb.ADOPT, Reason.ADOPT): "adopt: HubSpot holds these values already; nothing is written",
    (Verb.ADOPT, Reason.IN_STEP): "in step: ours already; state learns what HubSpot holds",
    (Verb.ADOPT, Reason.RENAMED): "renamed: ours already, and named by another key; nothing is written",
    (Verb.ADOPT, Reason.UNMANAGED): "unmanaged: some properties are enforced no longer; state forgets them",
}
_WHY_HELD: dict[Reason, str] = {
    Reason.CONFLICT: "conflict: the manifests changed, and people changed HubSpot too",
    Reason.DRIFT: "drift: people changed HubSpot since the last apply",
    Reason.CONTESTED: "contested: an automation overwrites it after every apply; it is left alone",
    Reason.ADOPT: "adopt: there before us, and different",
    Reason.GONE: "gone: HubSpot no longer has what we made or adopted",
    Reason.OBSERVED: "observed: compared and never written",
    Reason.PRUNED: "pruned: no manifest names them any more, and they are protected",
    Reason.SUPERSEDED: "superseded: changed again since that run, and left as it is now",
    Reason.FINAL: "final: nothing takes this back",
    Reason.MISSING: "missing: HubSpot has no such record, and single properties were targeted",
    Reason.RENAMED: "renamed: still under its old key, and single properties were targeted",
}


def change_sections(changes: Iterable[Change], layout: Layout) -> Iterator[list[Line]]:
    """One section for each risk, object, action and reason."""
    for (_, object_name, verb, reason), group in sorted(group_by(changes, _rank).items()):
        title = f"{visible(object_name)}: {len(group):,} to {verb}"
        records = group_by(group, lambda change: change.record).values()  # associations of one stand together
        kind: EntryStyle[list[Change]] = EntryStyle(
            SIGNS[verb], lambda record: (record[0].record, record[0].source), _likeness, _value_lines
        )
        yield layout.heading(title, why_changed(verb, reason)) + render_entries(kind, records, layout)


def held_sections(held: Iterable[Held], layout: Layout) -> Iterator[list[Line]]:
    """One section for each reason and object; the properties of a record stand together."""
    records = group_by(held, lambda entry: (entry.reason, entry.key)).values()
    for (_, reason, object_name), group in sorted(group_by(records, _rank_of_held).items()):
        title = f"{visible(object_name)}: {sum(map(len, group)):,} held"
        kind: EntryStyle[list[Held]] = EntryStyle(
            _HELD_SIGN, lambda record: (record[0].key, record[0].source), _likeness_of_held, _held_lines
        )
        yield layout.heading(title, held_reason_text(reason)) + render_entries(kind, group, layout)


def why_changed(verb: Verb, reason: Reason) -> str:
    """The reason of a change in words, its own word first."""
    return _WHY.get((verb, reason), str(reason))


def held_reason_text(reason: Reason) -> str:
    """The reason why something is left in words, its own word first."""
    return _WHY_HELD.get(reason, str(reason))


def other_side_label(reason: Reason) -> str:
    """What the other side is called that a held value is shown beside."""
    return "before" if reason in {Reason.SUPERSEDED, Reason.FINAL} else "manifest"


def _value_lines(alike: Sequence[Sequence[Change]], layout: Layout) -> list[Line]:
    """The values that are written; places and reasons only where they are not the record's own."""
    record = alike[0]
    told = [(change, value) for change in record for value in display_values(change)]
    names = padded([value.name for _, value in told])
    lines: list[Line] = []
    for index, (name, (change, value)) in enumerate(zip(names, told, strict=True)):
        remarks = [str(value.reason)] if value.reason is not change.reason else []
        if len(alike) == 1:
            remarks += _own_place(value.source, record[0].source, layout)
        row = Row(line(sign_of(value.before, value.after), f" {name}", indent=6), remarks, layout.width)
        if change.action is Action.CREATE or is_association_change(change):
            inline = alone(value.after or value.before, row.room, full=layout.full)
        else:
            inline = side_by_side(value.before, value.after, row.room)
        below = one_below_the_other(value.before, value.after, layout.width - 10, full=layout.full)
        lines += row.lines(inline, below)
        lines += _edited([values[index].changed for values in map(_told, alike)], layout)
    return lines


def _held_lines(alike: Sequence[Sequence[Held]], layout: Layout) -> list[Line]:
    """What HubSpot holds, what it is held against, and what to know about it."""
    record = alike[0]
    other = other_side_label(record[0].reason)
    names = padded([held.what or "" for held in record])
    lines: list[Line] = []
    for index, (name, held) in enumerate(zip(names, record, strict=True)):
        if held.what:
            remarks = _own_place(held.source, record[0].source, layout) if len(alike) == 1 else []
            row = Row(line(name, indent=8), remarks, layout.width)
            live, desired = (EMPTY if text is None else shown(text) for text in (held.live, held.desired))
            pair = line(Piece("HubSpot ", Style.FAINT), live, Piece(f"   {other} ", Style.FAINT), desired)
            below = _labelled(other, live, desired, layout)
            lines += row.lines(pair if line_cells(pair) <= row.room else None, below)
        lines += _edited([entries[index].changed for entries in alike], layout)
        lines += (
            layout.paragraph(note_of(held), indent=10 if held.what else 8, style=Style.FAINT)
            if held.facts
            else ()
        )
    return lines


def _edited(hands: Sequence[ValueVersion | None], layout: Layout) -> Iterator[Line]:
    known = [hand for hand in hands if hand is not None]
    if known:
        yield from layout.paragraph(edit_text(known), indent=10, style=Style.FAINT)


def _whose(hand: ValueVersion | None) -> Hashable:
    """What makes edits alike: the same hand, at whatever time."""
    return hand and (hand.via, hand.by)


def _labelled(other: str, live: str, desired: str, layout: Layout) -> Iterator[Line]:
    """Both values below each other, cut to where they differ unless everything is to be shown."""
    room = layout.width - 20
    texts = (live, desired) if layout.full else around_difference(live, desired, room)
    for label, text in zip(("HubSpot", other), texts, strict=True):
        for index, piece in enumerate(chopped(text, room)):
            yield line(Piece(f"{'' if index else label:10}", Style.FAINT), piece)


def _own_place(source: SourceRef | None, of_record: SourceRef | None, layout: Layout) -> list[str]:
    """Where a value stands, if that is not the line of its record: the line alone within one file."""
    if source is None:
        return []
    if of_record is None or source.file != of_record.file:
        return [layout.place(source)]
    return [f":{source.line}"] if source.line != of_record.line else []


def _rank(change: Change) -> tuple[int, str, Verb, Reason]:
    verb, reason = verb_of(change), change.reason
    risk = next(index for index, pair in enumerate(_RISKS) if pair in {(verb, reason), (verb, None)})
    return risk, change.object_type, verb, reason


def _rank_of_held(record: Sequence[Held]) -> tuple[int, Reason, str]:
    reason = record[0].reason
    order = list(_WHY_HELD)
    return order.index(reason) if reason in order else len(order), reason, record[0].key.object


def _likeness(record: Sequence[Change]) -> Hashable:
    return tuple(
        (value.name, value.before, value.after, value.reason, _whose(value.changed))
        for value in _told(record)
    )


def _told(record: Sequence[Change]) -> Sequence[ValueChange]:
    return [value for change in record for value in display_values(change)]


def _likeness_of_held(record: Sequence[Held]) -> Hashable:
    return tuple((held.what, held.live, held.desired, note_of(held), _whose(held.changed)) for held in record)
