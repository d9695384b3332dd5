"""Finding the records that a plan affects.

These are records that reconciler owns after the plan, archived records, and records with a new key in state.
"""

from collections.abc import Mapping

from reconciler.model.addresses import RecordAddress
from reconciler.model.references import RecordIdentity
from reconciler.plan.file.sequences import SpooledChanges
from reconciler.plan.kinds import Verb
from reconciler.plan.records.changes import identity_of_record, is_record_change, is_record_ours, replaced_by


def taken_records(changes: SpooledChanges) -> frozenset[RecordIdentity]:
    """Return the records that ``changes`` update or adopt, and that we own afterwards."""
    return frozenset(
        RecordIdentity(change.object_type, change.remote.id)
        for change in changes.of(Verb.UPDATE, Verb.ADOPT)
        if is_record_ours(change) and change.remote.id
    )


def archived_records(changes: SpooledChanges) -> frozenset[RecordIdentity]:
    """Return the records that ``changes`` archive."""
    return frozenset(identity_of_record(change) for change in changes.of(Verb.ARCHIVE))


def affected_records(changes: SpooledChanges) -> frozenset[RecordIdentity]:
    """Return the records that ``changes`` archive, release or replace, and those that they update or adopt.

    Updates and adoptions count only if reconciler owns the record afterwards. An archived or released record
    is left out if state has it under another key than the change: another manifest line may name the record
    by the key in state.
    """
    ended = (change for change in changes.of(Verb.ARCHIVE, Verb.RELEASE) if is_record_change(change))
    replaced = ((change.object_type, replaced_by(change)) for change in changes.replacing())
    return taken_records(changes).union(
        (identity_of_record(change) for change in ended if change.moved_from is None),
        (RecordIdentity(name, record_id) for name, record_id in replaced if record_id),
    )


def moved_records(changes: SpooledChanges) -> Mapping[RecordIdentity, RecordAddress]:
    """Return the new addresses of records whose key in state changes, by record."""
    moved = (change for change in changes.moved() if is_record_change(change))
    return {identity_of_record(change): change.record for change in moved}
