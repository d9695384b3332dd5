"""The records that we own after applied changes. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from reconciler.model.addresses import RecordId
from reconciler.model.outcomes import Applied
from reconciler.model.owned import OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action, Change
from reconciler.plan.records.changes import identity_of_record, is_record_change, is_record_ours, replaced_by
from reconciler.state.owned_values import origin_after, values_after


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
"""Maximum number of records in one read of state."""


def owned_after(change: Change, outcome: Applied, before: OwnedRecord | None) -> OwnedRecord:
    """Return the owned record after a change, with its values as sent and as HubSpot stored them.

    Values of ``before`` that the change does not contain are kept if ``before`` is the same record, even
    under another key: they have not changed, or were held.
    """
    sent, answered = values_after(change, outcome, before, change.record.by)
    return OwnedRecord(
        change.record, outcome.record_id, origin_after(change, outcome), sent, answered, change.is_protected
    )


def disowned_by(change: Change) -> RecordIdentity | None:
    """Return the record that ``change`` ends our ownership of; None if there is none."""
    if not is_record_change(change):
        return None
    if change.owned is None and change.action is Action.UPDATE:
        return None  # we did not own it before, either
    if change.owned is None:
        return identity_of_record(change)
    lost = replaced_by(change)
    return RecordIdentity(change.object_type, lost) if lost else None
