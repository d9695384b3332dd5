"""Updates of state after applied changes. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.addresses import RecordAddress
from reconciler.model.associations import (
    Association,
    AssociationIdentity,
    AssociationsAfter,
    OwnedAssociation,
    RecordRef,
)
from reconciler.model.outcomes import Applied
from reconciler.model.owned import Origin, OwnedRecord
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.changes import (
    identity_of_association,
    is_association_change,
    is_whole,
)
from reconciler.plan.change import Action, Change, Owned, Reason
from reconciler.plan.records.changes import identity_of_record, is_record_change, is_record_ours, replaced_by


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
        change.moved_from: (identity_of_record(change), (change.moved_from, change.record))
        for change in changes
        if change.moved_from
    }
    taken = (change.record for change in changes if is_record_ours(change)) if leaving else ()
    return dict(leaving[key] for key in taken if key in leaving)


def pairs_after(applied: Iterable[Change]) -> AssociationsAfter:
    """Return the owned associations after all of these changes.

    Removed records have no associations; released records keep theirs until these get their own change.
    """
    owned: list[OwnedAssociation] = []
    disowned: list[AssociationIdentity] = []
    ended: list[RecordIdentity] = []
    for change in applied:
        if is_association_change(change):
            if change.owned:
                owned.append(_pair(change, change.owned))
            elif identity := identity_of_association(change):
                disowned.append(identity)
        elif change.action is not Action.RELEASE or change.reason in _GONE:
            ended += [record] if (record := disowned_by(change)) else []
    return AssociationsAfter(owned, disowned, ended)


def _pair(change: Change, owned: Owned) -> OwnedAssociation:
    record_id, target_id = change.remote
    if record_id is None or target_id is None:
        raise ValueError(f"{change.record.text} cannot be owned as associated before it has an id")
    address = change.association
    source, target = RecordRef(address.record, record_id), RecordRef(address.target, target_id)
    return OwnedAssociation(Association(source, target, address.label), owned.origin, is_whole(change))


_GONE = frozenset({Reason.GONE, Reason.ABSENT})
"""Reasons of releases whose record is no longer there."""
