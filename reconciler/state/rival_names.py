"""Records and definitions whose present address a plan gives to another record or definition. Pure."""

from collections.abc import Mapping, Sequence

from reconciler.model.addresses import ThingAddress
from reconciler.model.references import RecordIdentity
from reconciler.plan.change import Change


def in_the_way(changes: Sequence[Change]) -> Mapping[RecordIdentity, tuple[ThingAddress, ThingAddress]]:
    """Return the things whose present address another thing gets, each with its present and new address."""
    leaving = {
        change.moved_from: (
            RecordIdentity(change.object_type, change.known_id),
            (change.moved_from, change.thing),
        )
        for change in changes
        if change.moved_from is not None and _is_of_its_own(change)
    }
    owned = (change for change in changes if change.owned is not None and _is_of_its_own(change))
    taken = (change.thing for change in owned) if leaving else ()
    return dict(leaving[address] for address in taken if address in leaving)


def _is_of_its_own(change: Change) -> bool:
    return change.address is change.thing
