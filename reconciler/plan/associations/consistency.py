"""Facts about changes of associations, for the rules of ``plan/consistency.py``."""

from collections.abc import Hashable, Iterator

from reconciler.plan.associations.changes import is_whole
from reconciler.plan.change import Action, Change


def subject(_change: Change) -> Hashable | None:
    """Return None: two records may have several changes, such as one label removed and another added."""
    return None


def removes(change: Change) -> Iterator[Hashable]:
    """Return the removed label, and the two records if they are no longer associated afterwards."""
    if change.action is Action.ARCHIVE:
        yield _directed(change)
        if is_whole(change):
            yield _undirected(change)


def needs(change: Change) -> Iterator[Hashable]:
    """Return what the plan must not remove if it creates or adopts this association.

    These are its two records, each by address and by id, and the association itself, in two forms: with the
    direction and without. Return nothing for a change of another action.
    """
    if change.owned is None:
        return
    for address, record_id in zip(change.association.records, change.remote, strict=True):
        yield address
        if record_id is not None:
            yield address.object, record_id
    yield _directed(change)
    yield _undirected(change)


def _undirected(change: Change) -> Hashable:
    records = zip(change.association.records, change.remote, strict=True)
    return frozenset((address.object, record_id) if record_id else address for address, record_id in records)


def _directed(change: Change) -> Hashable:
    source, target = change.association.records
    source_id, target_id = change.remote
    return (source.object, source_id), (target.object, target_id), change.association.label


def goes_with(change: Change) -> Hashable:
    """Return both object types: changes with the same two types share a call."""
    return change.address.objects
