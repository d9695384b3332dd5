"""Changes of state alone, without a call: own a thing, store or remove its values, or stop owning it."""

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
    rests_on: tuple[ValueChange, ...] = (),
    moved_from: RecordAddress | DefinitionAddress | None = None,
) -> Change:
    """Build the change that adds a record or definition to the state, so that we own it.

    If we own it already, the change only updates the state: it stores the values ``remembered``, and removes
    the values ``forgotten``.
    """
    return Change(
        address=address,
        action=Action.ADOPT,
        reason=reason,
        remembered=remembered,
        forgotten=forgotten,
        rests_on=rests_on,
        moved_from=moved_from,
        remote=Remote(thing_id),
        owned=owned,
        source=source,
    )


def release_thing(
    owned: OwnedRecord | OwnedDefinition, reason: Reason, source: SourceRef | None = None
) -> Change:
    """Build the change that stops owning a thing, with its values from state, because rollback needs them."""
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
    """Return how we own ``thing``."""
    return Owned(thing.origin, thing.is_protected)
