"""The associations that we own after applied changes. Pure."""

from collections.abc import Iterable

from reconciler.model.associations import (
    Association,
    AssociationIdentity,
    AssociationsAfter,
    OwnedAssociation,
    RecordRef,
)
from reconciler.model.references import RecordIdentity
from reconciler.plan.associations.changes import identity_of_association, is_association_change, is_whole
from reconciler.plan.change import Action, Change, Owned, Reason
from reconciler.state.records.updates import disowned_by


def pairs_after(applied: Iterable[Change]) -> AssociationsAfter:
    """Return the owned associations to store and to remove after ``applied``.

    All associations of a record are removed if it was archived, or released because HubSpot does not have
    it any more. Those of other released records stay until a change releases them, too.
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
        raise ValueError(
            f"an association of {change.record.text} cannot be stored before both records have ids"
        )
    address = change.association
    source, target = RecordRef(address.record, record_id), RecordRef(address.target, target_id)
    return OwnedAssociation(Association(source, target, address.label), owned.origin, is_whole(change))


_GONE = frozenset({Reason.GONE, Reason.ABSENT})
"""The reasons of changes that remove a record from state because HubSpot no longer has it."""
