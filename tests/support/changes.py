"""Short functions that build changes which release owned things."""

from reconciler.model.addresses import AssociationAddress, RecordAddress, RecordId
from reconciler.model.owned import Origin
from reconciler.plan.change import (
    Action,
    AssociationDetails,
    Change,
    Owned,
    Reason,
    Remote,
    ValueChange,
)
from reconciler.source import SourceRef


def release(
    key: RecordAddress,
    record_id: RecordId,
    reason: Reason,
    source: SourceRef | None,
    origin: Origin,
    forgotten: tuple[ValueChange, ...] = (),
) -> Change:
    """Build the release of an owned record."""
    return Change(
        key,
        Action.RELEASE,
        reason,
        forgotten=forgotten,
        remote=Remote(record_id),
        owned_before=Owned(origin),
        source=source,
    )


def release_pair(
    address: AssociationAddress, remote: Remote, reason: Reason, origin: Origin = Origin.CREATED
) -> Change:
    """Build the release of an owned association."""
    return Change(
        address,
        Action.RELEASE,
        reason,
        remote=remote,
        owned_before=Owned(origin),
        details=AssociationDetails(is_whole=True),
    )
