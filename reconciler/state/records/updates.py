"""The records that are ours after applied changes. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action, Change, Reason
from reconciler.plan.records.changes import identity_of_record, is_record_change, is_record_ours, replaced_by


class RecordsAfter(NamedTuple):
    """The owned records to store and to remove after some changes."""

    owned: Sequence[OwnedRecord] = ()
    disowned: Sequence[RecordIdentity] = ()


OwnedById: TypeAlias = Callable[[str, Sequence[RecordId]], Mapping[RecordId, OwnedRecord]]
"""Reads owned records from state, by object type and record ids."""


def records_after(applied: Sequence[tuple[Change, Applied]], owned_by_id: OwnedById) -> RecordsAfter:
    """Return the owned records after the applied changes."""
    owning = [(change, outcome) for change, outcome in applied if is_record_ours(change)]
    identities = [RecordIdentity(change.object_type, outcome.record_id) for change, outcome in owning]
    before = _owned_before(identities, owned_by_id)
    return RecordsAfter(
        [
            owned_after(change, outcome, before.get(identity))
            for (change, outcome), identity in zip(owning, identities, strict=True)
        ],
        [record for change, _ in applied if (record := disowned_by(change))],
    )


def _owned_before(
    records: Iterable[RecordIdentity], owned_by_id: OwnedById
) -> Mapping[RecordIdentity, OwnedRecord]:
    ids: dict[str, list[RecordId]] = {}
    for object_name, record_id in records:
        ids.setdefault(object_name, []).append(record_id)
    return {
        RecordIdentity(object_name, record_id): record
        for object_name, of_type in ids.items()
        for start in range(0, len(of_type), _AT_ONCE)
        for record_id, record in owned_by_id(object_name, of_type[start : start + _AT_ONCE]).items()
    }


_AT_ONCE = 900
"""Records in one read of state."""


def owned_after(change: Change, outcome: Applied, before: OwnedRecord | None) -> OwnedRecord:
    """Return the owned record after a change; values are kept as sent, and as HubSpot stored them.

    Values of ``before`` that the change does not contain stay, if it is the same record, under any key: they
    are in step, or held.
    """
    same = before if before and before.record_id == outcome.record_id else None
    sent = dict(same.sent) if same else {}
    answered = dict(same.answered) if same else {}
    for of_names in (sent, answered):
        of_names.pop(change.record.by, None)  # the key has its own column
        for value in change.forgotten:
            of_names.pop(value.name, None)
    for value in change.remembered:
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, value.before)
    for value in change.values:
        if value.name == change.record.by or value.reason is Reason.INITIAL:
            continue  # people's later changes of a property that is not enforced any more are no drift
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, outcome.answered.get(value.name, value.after))
    return OwnedRecord(
        change.record, outcome.record_id, _origin(change, outcome), sent, answered, change.is_protected
    )


def _keep_spelling(answered: dict[str, str | None], name: str, sent: str | None, live: str | None) -> None:
    if live == sent:
        answered.pop(name, None)
    else:
        answered[name] = live


def _origin(change: Change, outcome: Applied) -> Origin:
    is_late = change.action is Action.CREATE and outcome.is_new is False
    if change.owned is None or is_late:
        return Origin.ADOPTED  # another program was faster: we must not prune its record
    return change.owned.origin


def disowned_by(change: Change) -> RecordIdentity | None:
    """Return the record that we do not own any more after ``change``."""
    if not is_record_change(change):
        return None
    if change.owned is None:
        return identity_of_record(change)
    lost = replaced_by(change)
    return RecordIdentity(change.object_type, lost) if lost else None


def in_the_way(changes: Sequence[Change]) -> Mapping[RecordIdentity, tuple[RecordAddress, RecordAddress]]:
    """Return records whose present keys others get first, with their present and new keys."""
    leaving = {
        former: (identity_of_record(change), (former, change.record))
        for change in changes
        if (former := change.former_record)
    }
    taken = (change.record for change in changes if is_record_ours(change)) if leaving else ()
    return dict(leaving[key] for key in taken if key in leaving)
