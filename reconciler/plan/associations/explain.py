"""Explaining the associations of one record."""

from collections.abc import Iterable, Iterator

from reconciler.model.addresses import RecordAddress
from reconciler.model.associations import OwnedAssociation
from reconciler.model.explanation import NextAction, PairExplained, PlannedStage
from reconciler.plan.associations.changes import is_association_change
from reconciler.plan.change import Change
from reconciler.plan.kinds import verb_of

_NOTHING = NextAction("nothing")


def explain_pairs(
    key: RecordAddress, owned: Iterable[OwnedAssociation], planned: Iterable[tuple[Change, PlannedStage]]
) -> Iterator[PairExplained]:
    """Return the owned associations of the record ``key``, and those that the plan creates or adopts."""
    next_actions = {
        change.association: NextAction(verb_of(change), change.reason, stages=(stage,))
        for change, stage in planned
        if is_association_change(change) and change.record == key
    }
    for pair in owned:
        step = next_actions.pop(pair.address, _NOTHING)
        yield PairExplained(pair.target.address, pair.label.text if pair.label else None, pair.origin, step)
    for address, step in next_actions.items():
        yield PairExplained(address.target, address.label.text if address.label else None, None, step)
