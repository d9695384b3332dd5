"""Updates of state after applied changes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from reconciler.model.addresses import RecordKey
from reconciler.model.associations import OwnedPair, PairIdentity, PairsAfter, identity_of
from reconciler.model.desired import Record
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.plan.change import (
    Adopt,
    AdoptPair,
    Archive,
    Associate,
    Change,
    Create,
    Dissociate,
    Reason,
    Release,
    ReleasePair,
    Update,
    in_step_of,
    values_of,
)

Owning: TypeAlias = Create | Update | Adopt
"""Changes after which we own a record."""


def owned_after(change: Owning, outcome: Applied, before: OwnedRecord | None) -> OwnedRecord:
    """Return the owned record after a change; values are kept as sent, and as HubSpot stored them.

    Values of ``before`` that the change does not contain stay, if it is the same record, under any key: they
    are in step, or held.
    """
    same = before if before and before.record_id == outcome.record_id else None
    sent = dict(same.sent) if same else {}
    answered = dict(same.answered) if same else {}
    for of_names in (sent, answered):
        of_names.pop(change.key.by, None)  # the key has its own column
    for value in in_step_of(change):
        if value.reason is Reason.UNMANAGED:
            sent.pop(value.name, None)
            answered.pop(value.name, None)
            continue
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, value.before)
    for value in values_of(change):
        if value.name == change.key.by or value.reason is Reason.INITIAL:
            continue  # people's later changes of a property that is not enforced any more are no drift
        sent[value.name] = value.after
        _keep_spelling(answered, value.name, value.after, outcome.answered.get(value.name, value.after))
    origin = _origin(change, outcome)
    return OwnedRecord(change.key, outcome.record_id, origin, sent, answered, change.is_protected)


def _keep_spelling(answered: dict[str, str | None], name: str, sent: str | None, live: str | None) -> None:
    if live == sent:
        answered.pop(name, None)
    else:
        answered[name] = live


def _origin(change: Owning, outcome: Applied) -> Origin:
    if isinstance(change, Create) and outcome.is_new is False:
        return Origin.ADOPTED  # another program was faster: we must not prune its record
    return change.origin


def disowned_by(change: Change) -> Record | None:
    """Return the record that we do not own any more after ``change``."""
    match change:
        case Archive() | Release():
            return change.key.object, change.record_id
        case Create() if change.replaces is not None:
            return change.key.object, change.replaces
        case _:
            return None


def in_the_way(changes: Sequence[Change]) -> Mapping[Record, tuple[RecordKey, RecordKey]]:
    """Return records whose present keys others get first, with their present and new keys."""
    leaving = {
        change.moved_from: ((change.key.object, change.record_id), (change.moved_from, change.key))
        for change in changes
        if isinstance(change, Update | Adopt) and change.moved_from
    }
    taken = (change.key for change in changes if isinstance(change, Owning)) if leaving else ()
    return dict(leaving[key] for key in taken if key in leaving)


def pairs_after(applied: Iterable[Change]) -> PairsAfter:
    """Return the owned associations after all of these changes.

    Removed records have no associations; released records keep theirs until these get their own change.
    """
    owned: list[OwnedPair] = []
    disowned: list[PairIdentity] = []
    ended: list[Record] = []
    for change in applied:
        match change:
            case Associate() | AdoptPair():
                owned.append(_pair(change))
            case Dissociate() | ReleasePair():
                ends = (change.key, change.record_id, change.target, change.target_id)
                disowned.append(identity_of(*ends, change.label))
            case Archive() | Release(reason=Reason.GONE | Reason.ABSENT):
                ended.append((change.key.object, change.record_id))
            case Create() if change.replaces is not None:
                ended.append((change.key.object, change.replaces))
            case _:
                pass
    return PairsAfter(owned, disowned, ended)


def _pair(change: Associate | AdoptPair) -> OwnedPair:
    if change.record_id is None or change.target_id is None:
        raise ValueError(f"{change.key.address} cannot be owned as associated before it has an id")
    origin = change.origin if isinstance(change, AdoptPair) else Origin.CREATED
    return OwnedPair(
        change.key,
        change.record_id,
        change.target,
        change.target_id,
        change.label,
        origin,
        change.is_whole,
    )
