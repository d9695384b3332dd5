"""Rolling back the changes of a run to records, one by one. Pure.

The cases:

- a created record is archived, unless it is protected or was changed since the run;
- a written value, or a key, is set back to its previous value, unless it was changed since the run;
- an adopted record is released, and a released record is owned again, with its values in state;
- a value that the run only stored in state stays there, because the portal had it before and after;
- an archived record stays archived, because HubSpot's API cannot restore it.

Values that people or a later run changed since are left alone. If HubSpot already has the previous value, the
rollback only stores this value in state. The next plan then treats the manifest's value as a change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from reconciler.errors import Problem, Severity
from reconciler.model.addresses import RECORD_ID, RecordAddress
from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from reconciler.model.display_names import display_properties
from reconciler.model.facts import Fact, FactKind
from reconciler.model.live import LiveRecord
from reconciler.model.object_references import GroupKey
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.selection import Selection
from reconciler.plan.change import Action, Change, Owned, Reason, ValueChange
from reconciler.plan.owned_changes import adopt_thing, owned_of, release_thing
from reconciler.plan.plan import Held
from reconciler.plan.records.calls import BY_RECORD_ID
from reconciler.plan.records.changes import archive_record, is_record_change, update_record
from reconciler.plan.records.compare import RecordDecision
from reconciler.plan.rests_on import archive_rests_on, key_rests_on
from reconciler.plan.targeting import UnmatchedGlobs
from reconciler.plan.values.equality import same_value
from reconciler.plan.values.pipeline_stages import misfit_of

_CAME_BY = frozenset({Reason.ADOPT, Reason.ROLLED_BACK})
"""Reasons of ``adopt`` changes that began our ownership. Other ``adopt`` changes only updated the state."""


_NOT_ENFORCED = frozenset({Reason.FILLED, Reason.MIGRATED})
"""Reasons of values that manifests do not enforce.

The state never stores a filled value. It stores a migrated value only if it already has a value of the
property. If a rollback takes back such a value, it writes the old value for the same reason.
"""


class AppliedChange(NamedTuple):
    """A change that a run applied."""

    change: Change
    outcome: Applied


def applied_changes(
    applied: Iterable[tuple[Change, Applied]], selection: Selection, unmatched: UnmatchedGlobs
) -> Mapping[GroupKey, list[AppliedChange]]:
    """Return the selected changes of records, by object type and key property.

    The globs of ``unmatched`` are checked against all changes of records, selected or not.
    """
    groups: dict[GroupKey, list[AppliedChange]] = {}
    for change, outcome in applied:
        if not is_record_change(change):
            continue
        unmatched.check(change.record, [value.name for value in change.values])
        selected = _selected(selection, change)
        if selected is not None:
            groups.setdefault(change.record.group, []).append(AppliedChange(selected, outcome))
    return groups


def forgotten(count: int) -> list[Problem]:
    """Report that the values of ``count`` changes were erased."""
    if not count:
        return []
    changes, their = ("change", "its") if count == 1 else ("changes", "their")
    message = f"{count:,} {changes} of this run cannot be rolled back: {their} values were forgotten"
    return [Problem(message, "`reconciler state forget` erases them for good", severity=Severity.WARNING)]


def ids_and_names(
    schema: ObjectSchema, applied: Sequence[AppliedChange]
) -> tuple[Sequence[str], Sequence[str]]:
    """Return the records and properties to read for rolling back ``applied``."""
    changes = [applied_change.change for applied_change in applied]
    names = {
        value.name for change in changes for value in (*change.values, *change.remembered, *change.forgotten)
    }
    names |= {change.record.by for change in changes} - {RECORD_ID}
    if (pair := schema.pipeline_and_stage) and not names.isdisjoint(pair):
        names |= set(pair)
    names.update(display_properties(schema))
    return list(dict.fromkeys(applied_change.outcome.record_id for applied_change in applied)), sorted(names)


def roll_back(
    schema: ObjectSchema, applied_change: AppliedChange, live: LiveRecord | None, owned: OwnedRecord | None
) -> RecordDecision:
    """Decide how to roll back one applied change.

    ``live`` is the record as HubSpot has it now. ``owned`` is its entry in state, found by the record id or,
    if that fails, by the key.
    """
    change, record_id = applied_change.change, applied_change.outcome.record_id
    if change.action is Action.ARCHIVE:
        fact = Fact(FactKind.RESTORED_BY_HAND_ONLY, record_id)
        return RecordDecision() if live else _held(change.record, Reason.FINAL, fact)
    if owned is not None and owned.record_id != record_id:
        return _held(change.record, Reason.SUPERSEDED, Fact(FactKind.OTHER_RECORD_NOW, owned.record_id))
    if change.action is Action.ADOPT:
        return RecordDecision(_let_go(change, owned) if owned else None)
    if live is None:
        lost = _held(change.record, Reason.GONE, Fact(FactKind.NO_LONGER_THERE, record_id))
        return lost._replace(gone=owned)
    match change.action:
        case Action.CREATE:
            return _archive(schema, change, applied_change.outcome, live, owned)
        case Action.UPDATE:
            return _put_back(schema, change, applied_change.outcome, live, owned)
        case Action.RELEASE:
            return RecordDecision() if owned else _own_again(schema, change, live)


def _let_go(change: Change, owned: OwnedRecord) -> Change | None:
    """Roll back an adoption in state: restore the former key, or release the record; None: neither."""
    if former := _former_key(change, owned):
        known = owned_of(owned)
        return adopt_thing(former, owned.record_id, Reason.RENAMED, None, known, moved_from=owned.key)
    came_by_it = change.reason in _CAME_BY and change.moved_from is None
    return release_thing(owned, Reason.ROLLED_BACK) if came_by_it else None


def _former_key(change: Change, owned: OwnedRecord | None) -> RecordAddress | None:
    """Return the key in state before ``change``; None if it did not change, or changed again since."""
    return change.former_record if owned is None or owned.key == change.record else None


def _archive(
    schema: ObjectSchema, change: Change, outcome: Applied, live: LiveRecord, owned: OwnedRecord | None
) -> RecordDecision:
    """Archive a record that the run created, if it still has the values with which it was created."""
    key = owned.key if owned else change.record
    if outcome.is_new is False:
        return _held(key, Reason.FINAL, Fact(FactKind.THERE_BEFORE))
    if owned is not None and owned.is_protected:
        return _held(key, Reason.FINAL, Fact(FactKind.PROTECTED))
    made = (*change.values, ValueChange(change.record.by, None, change.record.value, change.reason))
    moved = [value.name for value in made if not _is_as_written(schema, value, outcome, live)]
    if moved:
        return _held(key, Reason.SUPERSEDED, Fact(FactKind.CHANGED_SINCE, names=tuple(moved)))
    others = [value.name for value in (*change.values, *change.remembered)]
    rests_on = archive_rests_on(schema, change.record.by, live, owned, others, last_change=True)
    was_owned = owned_of(owned) if owned else None
    gone = archive_record(key, live.id, Reason.ROLLED_BACK, None, owned_before=was_owned, rests_on=rests_on)
    return RecordDecision(gone)


def _put_back(
    schema: ObjectSchema, change: Change, outcome: Applied, live: LiveRecord, owned: OwnedRecord | None
) -> RecordDecision:
    """Restore the previous values of an updated record; hold those that cannot be restored."""
    back: list[ValueChange] = []
    learned: list[ValueChange] = []
    held: list[Held] = []
    key, former = owned.key if owned else change.record, _former_key(change, owned)
    for value in change.values:
        definition, now = schema.properties.get(value.name), live.properties.get(value.name)
        reason = value.reason if value.reason in _NOT_ENFORCED else Reason.ROLLED_BACK
        restored = ValueChange(value.name, now, value.before, reason)
        obstacle = _obstacle(schema, definition, value.before)
        if definition is not None and same_value(definition.kind, now, value.before):
            if owned is not None and owned.sent.get(value.name, value.before) != value.before:
                learned.append(restored)
        elif obstacle:
            held.append(Held(key, value.name, Reason.FINAL, now, value.before, None, (obstacle,)))
        elif _is_as_written(schema, value, outcome, live):
            back.append(restored)
        else:
            by = _by_whom(schema, value.name, now, owned)
            held.append(Held(key, value.name, Reason.SUPERSEDED, now, value.before, None, (by,)))
    if any(entry.name == change.record.by for entry in held):
        former = None
    while misfit := misfit_of(schema, live.properties, {value.name: value.after for value in back}):
        value = next(value for value in back if value.name == misfit.name)
        back.remove(value)
        facts = (Fact(FactKind.STAGE_OF_OTHER_PIPELINE, names=(misfit.other,)),)
        held.append(Held(key, value.name, Reason.FINAL, value.before, value.after, None, facts))
    # a record that we no longer own counts as adopted, so that it is not pruned
    origin = owned.origin if owned else Origin.ADOPTED
    afterwards = Owned(origin, owned is not None and owned.is_protected)
    is_ours = owned is not None or change.owned is not None
    keys = (former, key, change.record.by)
    written = _written_back(keys, live, afterwards if is_ours else None, tuple(back), tuple(learned))
    return RecordDecision(written, tuple(held))


def _written_back(
    keys: tuple[RecordAddress | None, RecordAddress, str],
    live: LiveRecord,
    afterwards: Owned | None,
    back: tuple[ValueChange, ...],
    learned: tuple[ValueChange, ...],
) -> Change | None:
    """Build the change that writes the values ``back`` to HubSpot, and stores ``learned`` in state.

    If ``back`` is empty, the change affects only the state; None if the state needs no change either.

    ``keys``: the former key if it is to be restored, else None; the present key; the key property.
    ``afterwards``: ownership after the change; None if we do not own the record.
    """
    former, key, by = keys
    moved_from = key if former else None
    if not back:
        if afterwards is None or not (learned or former):
            return None
        return adopt_thing(
            address=former or key,
            thing_id=live.id,
            reason=Reason.RENAMED if former else Reason.IN_STEP,
            source=None,
            owned=afterwards,
            remembered=learned,
            rests_on=key_rests_on(by, live),
            moved_from=moved_from,
        )
    is_key_written = any(value.name == by for value in back)
    return update_record(
        key=former or key,
        record_id=live.id,
        values=back,
        remembered=learned,
        reason=Reason.ROLLED_BACK,
        operation=BY_RECORD_ID,
        source=None,
        owned=afterwards,
        moved_from=moved_from,
        rests_on=() if is_key_written else key_rests_on(by, live),
    )


def _own_again(schema: ObjectSchema, change: Change, live: LiveRecord) -> RecordDecision:
    """Return the decision to store a record in state again, because the run removed it from there.

    State gets the values that the portal still has. Values changed after the run are reported as held.
    """
    known: list[ValueChange] = []
    held: list[Held] = []
    for value in change.forgotten:
        now = live.properties.get(value.name)
        if _is_same(schema, value.name, now, value.before):
            known.append(value)
        else:
            facts = (Fact(FactKind.CHANGED_IN_HUBSPOT),)
            held.append(Held(change.record, value.name, Reason.SUPERSEDED, now, value.after, None, facts))
    afterwards = Owned(change.owned_before.origin if change.owned_before else Origin.ADOPTED)
    again = adopt_thing(
        change.record,
        live.id,
        Reason.ROLLED_BACK,
        None,
        afterwards,
        remembered=tuple(known),
        rests_on=key_rests_on(change.record.by, live),
    )
    return RecordDecision(again, tuple(held))


def _is_as_written(schema: ObjectSchema, value: ValueChange, outcome: Applied, live: LiveRecord) -> bool:
    """Return whether the live value is still the written one, or the form in which HubSpot stored that."""
    now = live.properties.get(value.name)
    written = (value.after, outcome.answered.get(value.name, value.after))
    return any(_is_same(schema, value.name, now, text) for text in written)


def _is_same(schema: ObjectSchema, name: str, left: str | None, right: str | None) -> bool:
    return same_value(schema.kind_of(name), left, right)


def _by_whom(schema: ObjectSchema, name: str, now: str | None, owned: OwnedRecord | None) -> Fact:
    is_ours = (
        owned is not None and name in owned.sent and _is_same(schema, name, owned.expected_live(name), now)
    )
    return Fact(FactKind.WRITTEN_LATER if is_ours else FactKind.CHANGED_IN_HUBSPOT)


def _obstacle(schema: ObjectSchema, definition: PropertyDef | None, text: str | None) -> Fact | None:
    """Return why HubSpot would refuse to write ``text`` back; None if no reason is known."""
    if definition is None:
        return Fact(FactKind.NO_SUCH_PROPERTY)
    if definition.is_read_only or definition.is_calculated:
        return Fact(FactKind.NOT_WRITABLE)
    if text is None and definition.name in schema.required:
        return Fact(FactKind.REQUIRED)
    if text is not None and not _is_in_portal(schema, definition.kind, text):
        return Fact(FactKind.NO_SUCH_CHOICE, value=text, word=definition.kind)
    if text is None or definition.kind not in {Kind.CHOICE, Kind.CHOICES} or not definition.options:
        return None
    known = {option.value for option in definition.options}
    chosen = text.split(";") if definition.kind is Kind.CHOICES else [text]
    lacking = sorted(set(chosen) - known)
    return Fact(FactKind.NO_SUCH_CHOICE, value=lacking[0], word="option") if lacking else None


def _is_in_portal(schema: ObjectSchema, kind: Kind, text: str) -> bool:
    """Return whether a pipeline or stage still exists; True for all other kinds."""
    stages = {stage.id for pipeline in schema.pipelines for stage in pipeline.stages}
    known = {Kind.PIPELINE: {pipeline.id for pipeline in schema.pipelines}, Kind.STAGE: stages}
    return text in known.get(kind, {text})


def _held(key: RecordAddress, reason: Reason, fact: Fact) -> RecordDecision:
    return RecordDecision(held=(Held(key, None, reason, None, None, None, (fact,)),))


def _selected(selection: Selection, change: Change) -> Change | None:
    """Return the selected part of ``change``; None if nothing of it is selected.

    The selection may contain only some values of an update. Any other change is selected as a whole or not at
    all.
    """
    if change.action is not Action.UPDATE:
        return change if selection.has_record(change.record) else None
    values = tuple(value for value in change.values if selection.has(change.record, value.name))
    return replace(change, values=values) if values else None
