"""Building the changes of records, with one function for each action."""

from reconciler.model.addresses import RecordAddress, RecordId
from reconciler.model.calls import Call, Operation
from reconciler.model.owned import Origin
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Action, Change, Owned, Reason, RecordDetails, Remote, ValueChange
from reconciler.source import SourceRef

BY_ARCHIVE = Operation(Call.ARCHIVE, None)
"""The call that archives a record. The record id identifies the record in this call."""


def create_record(
    key: RecordAddress,
    values: tuple[ValueChange, ...],
    reason: Reason,
    operation: Operation,
    source: SourceRef,
    *,
    is_protected: bool = False,
    remembered: tuple[ValueChange, ...] = (),
    origin: Origin = Origin.CREATED,
    replaces: RecordId | None = None,
) -> Change:
    """Build the change that creates a record; ``values`` may be empty, because a key alone makes a record.

    ``remembered`` are desired empty values, which only state stores. ``replaces`` is the id of a record that
    HubSpot no longer has: the new record takes over its entry in state.
    """
    return Change(
        address=key,
        action=Action.CREATE,
        reason=reason,
        values=values,
        remembered=remembered,
        operation=operation,
        owned=Owned(origin, is_protected),
        source=source,
        details=RecordDetails(replaces) if replaces else None,
    )


def update_record(
    key: RecordAddress,
    record_id: RecordId,
    values: tuple[ValueChange, ...],
    reason: Reason,
    *,
    operation: Operation,
    source: SourceRef | None,
    owned: Owned | None,
    remembered: tuple[ValueChange, ...] = (),
    forgotten: tuple[ValueChange, ...] = (),
    moved_from: RecordAddress | None = None,
    rests_on: tuple[ValueChange, ...] = (),
) -> Change:
    """Build the change that writes ``values`` (at least one) to a record.

    ``owned`` is the ownership after the change. It is None if we do not own the record then.
    """
    return Change(
        address=key,
        action=Action.UPDATE,
        reason=reason,
        values=values,
        remembered=remembered,
        forgotten=forgotten,
        rests_on=rests_on,
        moved_from=moved_from,
        remote=Remote(record_id),
        operation=operation,
        owned=owned,
        source=source,
    )


def archive_record(
    key: RecordAddress,
    record_id: RecordId,
    reason: Reason,
    source: SourceRef | None,
    *,
    owned_before: Owned | None,
    rests_on: tuple[ValueChange, ...] = (),
) -> Change:
    """Build the change that archives a record with HubSpot's soft delete, which the API cannot undo."""
    return Change(
        address=key,
        action=Action.ARCHIVE,
        reason=reason,
        rests_on=rests_on,
        remote=Remote(record_id),
        operation=BY_ARCHIVE,
        owned_before=owned_before,
        source=source,
    )


def identity_of_record(change: Change) -> RecordIdentity:
    """Return object type and id of the record of ``change``."""
    return RecordIdentity(change.object_type, change.known_id)


def replaced_by(change: Change) -> RecordId | None:
    """Return the id of the lost record that the created record replaces in state; None if there is none."""
    return change.details.replaces if isinstance(change.details, RecordDetails) else None


def is_record_change(change: Change) -> bool:
    """Return whether ``change`` is about a record, not about an association or a definition."""
    return isinstance(change.address, RecordAddress)


def is_record_write(change: Change) -> bool:
    """Return whether ``change`` creates or updates a record."""
    return change.action in _WRITES and is_record_change(change)


def is_record_archive(change: Change) -> bool:
    """Return whether ``change`` archives a record."""
    return change.action is Action.ARCHIVE and is_record_change(change)


def is_record_ours(change: Change) -> bool:
    """Return whether we own the record after ``change``."""
    return change.owned is not None and is_record_change(change)


_WRITES = frozenset({Action.CREATE, Action.UPDATE})
