"""What no plan may do, whatever led to it: the last look before one is shown, and before it is applied. Pure.

- A record has one change: what is archived or released is not created, updated or adopted as well.
- What is archived is named nowhere else in the plan, and nothing is associated with it.
- An association that is removed is not made or adopted as well, from whichever end.

A plan that breaks one of these is a bug of ours, or was altered.
"""

from collections.abc import Iterable
from typing import TypeAlias

from reconciler.model.addresses import RecordKey
from reconciler.model.desired import Record
from reconciler.plan.change import AdoptPair, Archive, Associate, Change, Create, Dissociate, PairChange
from reconciler.plan.plan import Held

_Ends: TypeAlias = frozenset[Record | RecordKey]
"""Two records, by id where they have one."""


def unsound(changes: Iterable[Change], held: Iterable[Held] = ()) -> str | None:
    """A sentence that says what a plan with these entries must not do; None where it is sound."""
    changes = tuple(changes)
    return _two_changes_of_one(changes) or _archived_and_named(changes, held) or _removed_and_made(changes)


def _two_changes_of_one(changes: Iterable[Change]) -> str | None:
    seen: dict[Record, Change] = {}
    for change in changes:
        record = _record_of(change)
        if record is None:
            continue
        first = seen.setdefault(record, change)
        if first is not change:
            return (
                f"record {record[1]} of {record[0]} has two changes: to {first.action} {first.key.address} "
                f"and to {change.action} {change.key.address}"
            )
    return None


def _archived_and_named(changes: Iterable[Change], held: Iterable[Held]) -> str | None:
    going = [change for change in changes if isinstance(change, Archive)]
    ids, keys = {_record_of(change) for change in going}, {change.key for change in going}
    if not going:
        return None
    for change in changes:
        if isinstance(change, Associate | AdoptPair):
            ends = (change.key, change.record_id), (change.target, change.target_id)
            for key, record_id in ends:
                if key in keys or (key.object, record_id) in ids:
                    return f"{key.address} is archived, and associated: {change.key.address}"
        elif isinstance(change, Create) and change.key in keys:
            return f"{change.key.address} is archived, and created"
    named = (entry.key for entry in held if entry.target is None and entry.key in keys)
    return next((f"{key.address} is archived, and left as it is" for key in named), None)


def _removed_and_made(changes: Iterable[Change]) -> str | None:
    whole: set[_Ends] = set()
    labels: set[tuple[object, ...]] = set()
    for change in changes:
        if isinstance(change, Dissociate):
            labels.add(_directed(change))
            whole |= {_ends(change)} if change.is_whole else set()
    for change in changes if whole or labels else ():
        if isinstance(change, Associate | AdoptPair) and (
            _ends(change) in whole or _directed(change) in labels
        ):
            ends = f"{change.key.address} and {change.target.address}"
            return f"the association of {ends} is removed, and is to {change.action}"
    return None


def _record_of(change: Change) -> Record | None:
    """The record that ``change`` is about, where it has an id; None for associations."""
    if isinstance(change, PairChange):
        return None
    if isinstance(change, Create):
        return (change.key.object, change.replaces) if change.replaces else None
    return change.key.object, change.record_id


def _ends(change: PairChange) -> _Ends:
    one = (change.key.object, change.record_id) if change.record_id else change.key
    other = (change.target.object, change.target_id) if change.target_id else change.target
    return frozenset({one, other})


def _directed(change: PairChange) -> tuple[object, ...]:
    one = (change.key.object, change.record_id)
    return one, (change.target.object, change.target_id), change.label and change.label.type
