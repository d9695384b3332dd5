"""Building the changes of associations, with one function for each action."""

from reconciler.model.addresses import AssociationAddress
from reconciler.model.associations import AssociationIdentity, OwnedAssociation, identity_of
from reconciler.model.calls import Call, Operation
from reconciler.model.owned import Origin
from reconciler.plan.change import Action, AssociationDetails, Change, Owned, Reason, Remote
from reconciler.source import SourceRef

_ASSOCIATE = Operation(Call.ASSOCIATE, None)
_ASSOCIATE_PLAIN = Operation(Call.ASSOCIATE_PLAIN, None)
_DISSOCIATE = Operation(Call.DISSOCIATE, None)
_UNLABEL = Operation(Call.UNLABEL, None)


def associate(
    address: AssociationAddress, remote: Remote, reason: Reason, source: SourceRef | None, *, is_whole: bool
) -> Change:
    """Build the change that associates two records, or adds a label to their association.

    HubSpot ignores the call if the association exists already. ``remote`` lacks the id of a record that the
    same plan creates.
    """
    return Change(
        address=address,
        action=Action.CREATE,
        reason=reason,
        remote=remote,
        operation=_ASSOCIATE if address.label else _ASSOCIATE_PLAIN,
        owned=Owned(Origin.CREATED),
        source=source,
        details=AssociationDetails(is_whole),
    )


def dissociate(address: AssociationAddress, remote: Remote, reason: Reason, *, is_whole: bool) -> Change:
    """Build the change that removes an association that we created, or one of its labels.

    HubSpot ignores the call if the association does not exist.
    """
    return Change(
        address=address,
        action=Action.ARCHIVE,
        reason=reason,
        remote=remote,
        operation=_DISSOCIATE if is_whole else _UNLABEL,
        owned_before=Owned(Origin.CREATED),
        details=AssociationDetails(is_whole),
    )


def adopt_association(
    address: AssociationAddress,
    remote: Remote,
    reason: Reason,
    source: SourceRef | None,
    origin: Origin,
    *,
    is_whole: bool,
) -> Change:
    """Build the change that adds an existing association to the state, without a call."""
    return Change(
        address=address,
        action=Action.ADOPT,
        reason=reason,
        remote=remote,
        owned=Owned(origin),
        source=source,
        details=AssociationDetails(is_whole),
    )


def release_association(pair: OwnedAssociation, reason: Reason) -> Change:
    """Build the change that removes an association from the state, without a call.

    The change stores how we owned the association, because rollback needs this.
    """
    return Change(
        address=pair.address,
        action=Action.RELEASE,
        reason=reason,
        remote=Remote(pair.source.id, pair.target.id),
        owned_before=Owned(pair.origin),
        details=AssociationDetails(pair.is_whole),
    )


def operation_of(change: Change) -> Operation | None:
    """Return the call that ``change`` needs; None if it needs no call."""
    match change.action:
        case Action.CREATE:
            return _ASSOCIATE if change.association.label else _ASSOCIATE_PLAIN
        case Action.ARCHIVE:
            return _DISSOCIATE if is_whole(change) else _UNLABEL
        case _:
            return None


def is_whole(change: Change) -> bool:
    """Return whether ``change`` is about the whole association, and not only about a label."""
    return isinstance(change.details, AssociationDetails) and change.details.is_whole


def is_association_change(change: Change) -> bool:
    """Return whether ``change`` is about an association, and not about a record or definition."""
    return isinstance(change.address, AssociationAddress)


def is_association_kept(change: Change) -> bool:
    """Return whether ``change`` creates or adopts an association."""
    return change.owned is not None and is_association_change(change)


def identity_of_association(change: Change) -> AssociationIdentity | None:
    """Return the identity of the association; None if one of its records does not exist yet."""
    one, other = change.remote
    return identity_of(change.association, one, other) if one and other else None
