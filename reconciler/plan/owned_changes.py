"""Changes without a call: something is ours, state learns or forgets values of it, or it is ours no more."""

from reconciler.model.addresses import DefinitionAddress, RecordAddress, RecordId
from reconciler.model.owned import OwnedDefinition, OwnedRecord
from reconciler.plan.change import Action, Change, Owned, Reason, Remote, ValueChange
from reconciler.source import SourceRef


def adopt_thing(
    address: RecordAddress | DefinitionAddress,
    thing_id: RecordId,
    reason: Reason,
    source: SourceRef | None,
    owned: Owned,
    *,
    remembered: tuple[ValueChange, ...] = (),
    forgotten: tuple[ValueChange, ...] = (),
    moved_from: RecordAddress | DefinitionAddress | None = None,
) -> Change:
    """Own a record or a definition, or let state learn or forget values of it: no call is made."""
    return Change(
        address=address,
        action=Action.ADOPT,
        reason=reason,
        remembered=remembered,
        forgotten=forgotten,
        moved_from=moved_from,
        remote=Remote(thing_id),
        owned=owned,
        source=source,
    )


def release_thing(
    owned: OwnedRecord | OwnedDefinition, reason: Reason, source: SourceRef | None = None
) -> Change:
    """Stop owning something; the change keeps the values in state, because rollback needs them."""
    return Change(
        address=owned.key,
        action=Action.RELEASE,
        reason=reason,
        forgotten=tuple(
            ValueChange(name, owned.expected_live(name), sent, Reason.IN_STEP)
            for name, sent in sorted(owned.sent.items())
        ),
        remote=Remote(owned.record_id),
        owned_before=owned_of(owned),
        source=source,
    )


def owned_of(thing: OwnedRecord | OwnedDefinition) -> Owned:
    """Return how we own something."""
    return Owned(thing.origin, thing.is_protected)
