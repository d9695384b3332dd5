"""Rules for every plan, checked before a plan is shown and before it is applied. Pure.

- A record has one change: an archived or released record is not created, updated or adopted too.
- An archived record is named nowhere else in the plan, and nothing is associated with it.
- A removed association is not created or adopted too, from either end.

A plan that breaks one of these rules is a bug of ours, or was altered.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import TypeAlias

from reconciler.model.addresses import RecordAddress
from reconciler.model.desired import Record
from reconciler.plan.associations.changes import is_association_kept, is_whole
from reconciler.plan.change import Action, Change
from reconciler.plan.file.sequences import spooled
from reconciler.plan.hashes import repeated_hashes
from reconciler.plan.kinds import Verb, verb_of
from reconciler.plan.plan import Held
from reconciler.plan.records.changes import is_record_change, replaced_by

_Ends: TypeAlias = frozenset[Record | RecordAddress]
"""Two records, by id if they have one."""


def unsound(changes: Collection[Change], held: Iterable[Held] = ()) -> str | None:
    """Return a sentence about the broken rule; None if the plan is consistent.

    ``changes`` are iterated several times; at most eight bytes of each are kept.
    """
    return _two_changes_of_one(changes) or _archived_and_named(changes, held) or _removed_and_made(changes)


def _two_changes_of_one(changes: Iterable[Change]) -> str | None:
    records = (record for change in changes if (record := _record_of(change)) is not None)
    alike = repeated_hashes(map(hash, records))
    seen: dict[Record, Change] = {}
    for change in changes if alike else ():
        record = _record_of(change)
        if record is None or hash(record) not in alike:
            continue
        first = seen.setdefault(record, change)
        if first is not change:
            one, other = (f"to {each.action} {each.record.text}" for each in (first, change))
            return f"record {record[1]} of {record[0]} has two changes: {one} and {other}"
    return None


def _archived_and_named(changes: Iterable[Change], held: Iterable[Held]) -> str | None:
    archives = spooled(changes)
    going = {hash(name) for change in archives.of(Verb.ARCHIVE) for name in _names(change)}
    if not going:
        return None
    suspects = {name for name in _named_otherwise(changes, held) if hash(name) in going}
    archived = archives.of(Verb.ARCHIVE) if suspects else ()
    names = {name for change in archived for name in _names(change) if name in suspects}
    if not names:
        return None
    for change in changes:
        if is_association_kept(change):
            for key, record_id in zip(change.association.records, change.remote, strict=True):
                if key in names or (key.object, record_id) in names:
                    return f"{key.text} is archived, and associated: {change.record.text}"
        elif change.action is Action.CREATE and change.record in names:
            return f"{change.record.text} is archived, and created"
    named = (entry.key for entry in held if entry.target is None and entry.key in names)
    return next((f"{key.text} is archived, and left as it is" for key in named), None)


def _names(change: Change) -> Iterator[Record | RecordAddress]:
    """Return id and key of the record that ``change`` archives."""
    yield change.record
    if record := _record_of(change):
        yield record


def _named_otherwise(changes: Iterable[Change], held: Iterable[Held]) -> Iterator[Record | RecordAddress]:
    """Return ids and keys of records that must not be archived too."""
    for change in changes:
        if is_association_kept(change):
            for key, record_id in zip(change.association.records, change.remote, strict=True):
                yield key
                if record_id is not None:
                    yield key.object, record_id
        elif change.action is Action.CREATE:
            yield change.record
    yield from (entry.key for entry in held if entry.target is None)


def _removed_and_made(changes: Iterable[Change]) -> str | None:
    whole: set[_Ends] = set()
    labels: set[tuple[object, ...]] = set()
    for change in spooled(changes).of(Verb.DISSOCIATE):
        labels.add(_directed(change))
        whole |= {_ends(change)} if is_whole(change) else set()
    for change in changes if whole or labels else ():
        if is_association_kept(change) and (_ends(change) in whole or _directed(change) in labels):
            ends = " and ".join(key.text for key in change.association.records)
            return f"the association of {ends} is removed, and is to {verb_of(change)}"
    return None


def _record_of(change: Change) -> Record | None:
    """Return the record of ``change``, if it has an id; None for associations."""
    record_id = replaced_by(change) or change.remote.id
    return (change.object_type, record_id) if is_record_change(change) and record_id else None


def _ends(change: Change) -> _Ends:
    ends = zip(change.association.records, change.remote, strict=True)
    return frozenset((key.object, record_id) if record_id else key for key, record_id in ends)


def _directed(change: Change) -> tuple[object, ...]:
    key, target = change.association.records
    one, other = change.remote
    return (key.object, one), (target.object, other), change.association.label
