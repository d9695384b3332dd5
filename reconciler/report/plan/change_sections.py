"""The sections of a plan's changes: riskiest first, equal changes grouped."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime

from reconciler.model.property_history import ValueVersion
from reconciler.plan.change import Action, Change, Reason, ValueChange
from reconciler.plan.kinds import Verb, takes_over, verb_of
from reconciler.plan.plan import Held
from reconciler.plan.summary import action_words
from reconciler.report.definition_lists import list_shown
from reconciler.report.entries import Entries
from reconciler.report.fact_sentences import note_of
from reconciler.report.plan.kinds import display_values, held_title, notes_below, shown_kind, value_title
from reconciler.report.provenance import edit_text
from reconciler.report.text.grouping import EntryStyle, Section, key_properties
from reconciler.report.text.layout import Layout, Subject
from reconciler.report.text.property_rows import PropertyRow, padded, sign_of
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
    (Verb.ARCHIVE_DEFINITION, None),
    (Verb.ARCHIVE, None),
    (Verb.DISSOCIATE, None),
    (Verb.UPDATE_DEFINITION, Reason.CONFLICT),
    (Verb.UPDATE_DEFINITION, Reason.DRIFT),
    (Verb.UPDATE_DEFINITION, None),
    (Verb.CREATE_DEFINITION, None),
    (Verb.UPDATE_DEFINITION, Reason.MISSING),
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
"""Verbs and reasons by risk, most harmful first; None stands for all other reasons."""

SIGNS = {
    Verb.ARCHIVE: Piece("-", Style.REMOVED),
    Verb.UPDATE: Piece("~", Style.CHANGED),
    Verb.CREATE: Piece("+", Style.ADDED),
    Verb.ASSOCIATE: Piece("+", Style.ADDED),
    Verb.DISSOCIATE: Piece("-", Style.REMOVED),
    Verb.RELEASE: Piece("=", Style.FAINT),
    Verb.ADOPT: Piece("=", Style.FAINT),
    Verb.CREATE_DEFINITION: Piece("+", Style.ADDED),
    Verb.UPDATE_DEFINITION: Piece("~", Style.CHANGED),
    Verb.ARCHIVE_DEFINITION: Piece("-", Style.REMOVED),
}
_HELD_SIGN = Piece("!", Style.CHANGED)

_WHY: dict[tuple[Verb, Reason], str] = {
    (Verb.CREATE_DEFINITION, Reason.MISSING): "missing: HubSpot has no such definition",
    (
        Verb.UPDATE_DEFINITION,
        Reason.MISSING,
    ): "missing: these values need definitions that this plan creates first",
    (
        Verb.CREATE_DEFINITION,
        Reason.RECREATED,
    ): "recreated: HubSpot no longer has them; --recreate asks for them",
    (Verb.ARCHIVE_DEFINITION, Reason.CHANGED): "changed: these options are no longer in the manifests",
    (
        Verb.ARCHIVE_DEFINITION,
        Reason.DRIFT,
    ): "drift: people added these options, which are not in the list of the manifests",
    (
        Verb.ARCHIVE_DEFINITION,
        Reason.ADOPT,
    ): "adopt: not managed by reconciler before, and the manifests do not list these options",
    (
        Verb.RELEASE,
        Reason.UNMANAGED,
    ): "unmanaged: no manifest names these definitions any more; HubSpot keeps them",
    (Verb.UPDATE_DEFINITION, Reason.CHANGED): "changed: the manifests changed since the last apply",
    (Verb.UPDATE_DEFINITION, Reason.CONFLICT): "conflict: the manifests changed, and HubSpot changed too",
    (
        Verb.UPDATE_DEFINITION,
        Reason.DRIFT,
    ): "drift: people changed HubSpot; the value of the manifest is written back",
    (
        Verb.UPDATE_DEFINITION,
        Reason.ADOPT,
    ): "adopt: not managed by reconciler before; the values in HubSpot are overwritten",
    (Verb.UPDATE_DEFINITION, Reason.RENAMED): "renamed: only the label changes; no record is touched",
    (Verb.ARCHIVE_DEFINITION, Reason.ABSENT): "absent: the manifests say that they must not exist",
    (Verb.ARCHIVE_DEFINITION, Reason.MIGRATED): "migrated: removed after their records have moved",
    (Verb.UPDATE, Reason.FILLED): "filled: the key property gets a value; the records do not become owned",
    (Verb.UPDATE, Reason.MIGRATED): "migrated: moved to another value, because the old value is removed",
    (Verb.UPDATE, Reason.CONFLICT): "conflict: the manifests changed, and people changed HubSpot too",
    (
        Verb.UPDATE,
        Reason.DRIFT,
    ): "drift: people changed HubSpot since the last apply; the values are written back",
    (
        Verb.UPDATE,
        Reason.ADOPT,
    ): "adopt: not managed by reconciler before; the values in HubSpot are overwritten",
    (Verb.UPDATE, Reason.RENAMED): "renamed: the manifests give these records another key",
    (Verb.UPDATE, Reason.CHANGED): "changed: the manifests changed since the last apply",
    (Verb.CREATE, Reason.MISSING): "missing: HubSpot has no such record",
    (Verb.CREATE, Reason.RECREATED): "recreated: HubSpot no longer has them, and --recreate asks for them",
    (Verb.ARCHIVE, Reason.ABSENT): "absent: the manifests say that they must not exist",
    (Verb.ARCHIVE, Reason.PRUNED): "pruned: no manifest names them any more",
    (Verb.ASSOCIATE, Reason.MISSING): "missing: HubSpot does not have these associations",
    (
        Verb.ASSOCIATE,
        Reason.DRIFT,
    ): "drift: people removed the association since the last apply; it is created again",
    (
        Verb.DISSOCIATE,
        Reason.PRUNED,
    ): "pruned: reconciler created them, and no manifest names them any more",
    (Verb.RELEASE, Reason.GONE): (
        "gone: HubSpot has no records with these keys any more; they are removed from state"
    ),
    (Verb.RELEASE, Reason.ABSENT): "absent: HubSpot no longer has them; they are removed from state",
    (
        Verb.RELEASE,
        Reason.PRUNED,
    ): "pruned: no manifest names them any more; HubSpot keeps them, because reconciler did not create them",
    (Verb.UPDATE, Reason.ROLLED_BACK): "rolled back: the values from before the run come back",
    (Verb.ARCHIVE, Reason.ROLLED_BACK): "rolled back: the run created these records",
    (
        Verb.CREATE_DEFINITION,
        Reason.ROLLED_BACK,
    ): "rolled back: the run archived these definitions; their old values come back",
    (Verb.UPDATE_DEFINITION, Reason.ROLLED_BACK): "rolled back: the values from before the run come back",
    (
        Verb.ARCHIVE_DEFINITION,
        Reason.ROLLED_BACK,
    ): "rolled back: the run created these definitions, and nothing uses them",
    (
        Verb.RELEASE,
        Reason.ROLLED_BACK,
    ): "rolled back: the run adopted them; they are no longer owned; HubSpot keeps them",
    (Verb.ADOPT, Reason.ROLLED_BACK): "rolled back: the run released them; they are owned again",
    (
        Verb.RELEASE,
        Reason.NARROWED,
    ): "narrowed: manifests name them for other environments only; HubSpot keeps them",
    (Verb.ADOPT, Reason.ADOPT): "adopt: HubSpot holds these values already; nothing is written",
    (Verb.ADOPT, Reason.IN_STEP): "in step: owned already; HubSpot's values are stored in state",
    (Verb.ADOPT, Reason.RENAMED): "renamed: owned already, now under another key; nothing is written",
    (Verb.ADOPT, Reason.UNMANAGED): (
        "unmanaged: some properties are no longer enforced; their values are removed from state"
    ),
}
_WHY_HELD: dict[Reason, str] = {
    Reason.CONFLICT: "conflict: the manifests changed, and people changed HubSpot too",
    Reason.DRIFT: "drift: people changed HubSpot since the last apply",
    Reason.CONTESTED: "contested: an automation overwrites the value after every apply; it is left alone",
    Reason.ADOPT: "adopt: not managed by reconciler before, and differs from the manifest",
    Reason.GONE: "gone: reconciler created or adopted these, and HubSpot no longer has them",
    Reason.OBSERVED: "observed: compared and never written",
    Reason.SETTLING: "settling: HubSpot does not show reconciler's latest write yet",
    Reason.PRUNED: "pruned: no manifest names them any more; they stay because they are protected",
    Reason.SUPERSEDED: "superseded: changed again since the run; the present value stays",
    Reason.FINAL: "final: this cannot be rolled back",
    Reason.MISSING: "missing: HubSpot has no such record or definition, and --target selects only a part",
    Reason.RENAMED: "renamed: HubSpot still has the old key, and --target selects only a part of the record",
}


def change_sections(changes: Entries[Change]) -> list[Section[Change]]:
    """Make one section for each risk, object, action and reason; the riskiest comes first."""
    return [_change_section(group) for group in sorted(changes.grouped(_rank), key=lambda of: _rank(of[0]))]


def held_sections(held: Entries[Held]) -> list[Section[Held]]:
    """Make one section for each reason and object type; the properties of a record are listed together."""
    groups = held.grouped(_rank_of_held)
    return [_held_section(group) for group in sorted(groups, key=lambda of: _rank_of_held(of[0]))]


def _change_section(group: Entries[Change]) -> Section[Change]:
    first = group[0]
    verb = verb_of(first)
    style: EntryStyle[Change] = EntryStyle(
        SIGNS[verb],
        lambda change: Subject(change.thing, change.source, change.display_names.record, change.remote.id),
        _likeness,
        _value_lines,
        lambda of: of.apart(lambda each: each.thing),
    )
    why = why_changed(verb, first.reason)
    is_learned = verb is Verb.ADOPT and not takes_over(first)
    title = "to record" if is_learned else action_words(len(group), verb)
    return Section(first.object_type, str(verb), title, why, style, group)


def _held_section(group: Entries[Held]) -> Section[Held]:
    style: EntryStyle[Held] = EntryStyle(
        _HELD_SIGN,
        lambda entry: Subject(entry.key, entry.source, entry.display_names.record),
        _likeness_of_held,
        _held_lines,
        lambda of: of.apart(lambda each: each.key),
    )
    why = held_reason_text(group[0].reason)
    return Section(group[0].key.object, "held", "held", why, style, group)


def why_changed(verb: Verb, reason: Reason) -> str:
    """Explain the reason of a change, beginning with the reason's own word."""
    return _WHY.get((verb, reason), str(reason))


def held_reason_text(reason: Reason) -> str:
    """Explain why a value is held, beginning with the reason's own word."""
    return _WHY_HELD.get(reason, str(reason))


def other_side_label(reason: Reason) -> str:
    """Return the label of the value that is shown beside a held live value.

    That value is from the manifest; in a rollback, from before the run that is rolled back.
    """
    return "before" if reason in {Reason.SUPERSEDED, Reason.FINAL} else "manifest"


def _value_lines(alike: Sequence[Entries[Change]], layout: Layout) -> list[Line]:
    """Format the written values, with source and reason only if these differ from the record's."""
    record = list(alike[0])
    values = [(change, value) for change in record for value in display_values(change)]
    names = padded([value_title(layout.names, change, value.name) for change, value in values])
    is_edited = any(value.changed for _, value in values)  # the same for all records of a group
    times = [of.unmasked(_edit_times) for of in alike] if is_edited else []
    lines: list[Line] = []
    for index, (name, (change, value)) in enumerate(zip(names, values, strict=True)):
        remarks = [str(value.reason)] if value.reason is not change.reason else []
        if len(alike) == 1:
            remarks += _own_place(value.source, record[0].source, layout)
        row = PropertyRow(
            line(sign_of(value.before, value.after), f" {name}", indent=6), remarks, layout.width
        )
        if change.action is Action.CREATE or not shown_kind(change).has_two_sides:
            inline = alone(value.after or value.before, row.room, full=layout.full)
        else:
            inline = side_by_side(value.before, value.after, row.room)
        below = one_below_the_other(value.before, value.after, layout.width - 10, full=layout.full)
        lines += row.lines(inline, below)
        lines += _edited(value.changed, [each[index] for each in times], layout)
    for note in (note for change in record for note in notes_below(change)):
        lines += layout.paragraph(note, indent=6, style=Style.FAINT)
    return lines


def _held_lines(alike: Sequence[Entries[Held]], layout: Layout) -> list[Line]:
    """Format the live values, the values with which they are compared, and remarks."""
    record = list(alike[0])
    other = other_side_label(record[0].reason)
    names = padded([held_title(layout.names, held) for held in record])
    times = [of.unmasked(_edit_times_of_held) for of in alike]
    lines: list[Line] = []
    for index, (name, held) in enumerate(zip(names, record, strict=True)):
        if held.what:
            remarks = _own_place(held.source, record[0].source, layout) if len(alike) == 1 else []
            row = PropertyRow(line(name, indent=8), remarks, layout.width)
            sides = (list_shown(held.key, held.what, text) for text in (held.live, held.desired))
            live, desired = (EMPTY if text is None else shown(text) for text in sides)
            pair = line(Piece("HubSpot ", Style.FAINT), live, Piece(f"   {other} ", Style.FAINT), desired)
            below = _labelled(other, live, desired, layout)
            lines += row.lines(pair if line_cells(pair) <= row.room else None, below)
        lines += _edited(held.changed, [each[index] for each in times], layout)
        lines += (
            layout.paragraph(note_of(held), indent=10 if held.what else 8, style=Style.FAINT)
            if held.facts
            else ()
        )
    return lines


def _edited(version: ValueVersion | None, times: Iterable[datetime | None], layout: Layout) -> Iterator[Line]:
    """Format the author of an edit, and when the records of the group were edited."""
    if version is not None:
        text = edit_text(version, [at for at in times if at is not None])
        yield from layout.paragraph(text, indent=10, style=Style.FAINT)


def _edit_times(record: Sequence[Change]) -> list[datetime | None]:
    return [value.changed.at if value.changed else None for value in _shown_values(record)]


def _edit_times_of_held(record: Sequence[Held]) -> list[datetime | None]:
    return [held.changed.at if held.changed else None for held in record]


def _author(version: ValueVersion | None) -> Hashable:
    """Return a key that is equal for edits by the same author; times may differ."""
    return version and (version.via, version.by)


def _labelled(other: str, live: str, desired: str, layout: Layout) -> Iterator[Line]:
    """Format both values below each other, cut to their differences unless ``--full`` is given."""
    room = layout.width - 20
    texts = (live, desired) if layout.full else around_difference(live, desired, room)
    for label, text in zip(("HubSpot", other), texts, strict=True):
        for index, piece in enumerate(chopped(text, room)):
            yield line(Piece(f"{'' if index else label:10}", Style.FAINT), piece)


def _own_place(source: SourceRef | None, of_record: SourceRef | None, layout: Layout) -> list[str]:
    """Format the place of a value if it differs from its record's; in the same file, only the line."""
    if source is None:
        return []
    if of_record is None or source.file != of_record.file:
        return [layout.place(source)]
    return [f":{source.line}"] if source.line != of_record.line else []


def _rank(change: Change) -> tuple[int, str, Verb, Reason]:
    verb, reason = verb_of(change), change.reason
    risk = next(index for index, pair in enumerate(_RISKS) if pair in {(verb, reason), (verb, None)})
    return risk, change.object_type, verb, reason


def _rank_of_held(held: Held) -> tuple[int, Reason, str]:
    order = list(_WHY_HELD)
    return order.index(held.reason) if held.reason in order else len(order), held.reason, held.key.object


def _likeness(record: Sequence[Change]) -> Hashable:
    changes = tuple(record)  # read from the plan only once
    properties = tuple(key_properties(*change.address.records[1:]) for change in changes)
    values = (
        (value.name, value.before, value.after, value.reason, _author(value.changed))
        for value in _shown_values(changes)
    )
    return properties, tuple(values), tuple(note for change in changes for note in notes_below(change))


def _shown_values(record: Sequence[Change]) -> Sequence[ValueChange]:
    return [value for change in record for value in display_values(change)]


def _likeness_of_held(record: Sequence[Held]) -> Hashable:
    return tuple(
        (
            *(held.what, held.live, held.desired, note_of(held), _author(held.changed)),
            key_properties(held.key, held.target, *held.facts),
        )
        for held in record
    )
