"""Facts about changes of records, for the rules of ``plan/consistency.py``."""

from collections.abc import Hashable, Iterator

from reconciler.plan.change import Action, Change
from reconciler.plan.records.changes import replaced_by


def subject(change: Change) -> Hashable | None:
    """Return the changed record; None if the record has no id yet.

    A plan must not contain two changes of one record.
    """
    record_id = replaced_by(change) or change.remote.id
    return (change.object_type, record_id) if record_id else None


def removes(change: Change) -> Iterator[Hashable]:
    """Return the address and the id of the record that ``change`` archives; nothing for other changes."""
    if change.action is Action.ARCHIVE:
        yield change.record
        yield change.object_type, change.remote.id


def needs(change: Change) -> Iterator[Hashable]:
    """Return the address of a created record: the same plan must not archive a record with this address."""
    if change.action is Action.CREATE:
        yield change.record


def goes_with(change: Change) -> Hashable:
    """Return the object type: changes of records of one type share a call."""
    return change.address.objects
