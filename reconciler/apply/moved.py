"""Changes whose entry in state was written by another run since their plan was made."""

from reconciler.errors import PlanRefused, Refusal
from reconciler.model.outcomes import Stale
from reconciler.model.pairs import PairIdentity, identity_of
from reconciler.plan.changes import PairChange, Plan
from reconciler.state.store import Store

_PAIR_MOVED = Stale("another run wrote this association's entry in state since the plan was made")
_STATE_READ = 900
"""Keys in one read of state."""


def moved_entries(plan: Plan, store: Store) -> dict[int, Stale]:
    """An outcome for every change that another run was quicker with, by number.

    Raises:
        PlanRefused: the plan was made against another state.
    """
    present = store.version()
    if plan.state.lineage is not None and plan.state.lineage != present.lineage:
        raise PlanRefused(
            Refusal.FOREIGN,
            f"the plan was made against the state of lineage {plan.state.lineage}, and this one "
            f"{f'is of {present.lineage}' if present.lineage else 'is empty'}\n"
            "    plan again, or put the state back that the plan was made against",
        )
    if plan.state.serial >= present.serial:
        return {}
    numbers: dict[tuple[str, str], dict[str, list[int]]] = {}
    for number, change in enumerate(plan.changes):
        if isinstance(change, PairChange):
            continue
        group = numbers.setdefault((change.key.object, change.key.by), {})
        group.setdefault(change.key.value, []).append(number)
    stale = Stale("another run wrote this record's entry in state since the plan was made")
    written = {pair.identity for pair in store.pairs_written_since(plan.state.serial)}
    return {
        number: _PAIR_MOVED
        for number, change in enumerate(plan.changes)
        if isinstance(change, PairChange) and _identity(change) in written
    } | {
        number: stale
        for (object_name, by), group in numbers.items()
        for start in range(0, len(group), _STATE_READ)
        for key in store.moved_since(
            plan.state.serial, object_name, by, list(group)[start : start + _STATE_READ]
        )
        for number in group[key]
    }


def _identity(change: PairChange) -> PairIdentity | None:
    """None where one of the two records is yet to be created."""
    if change.record_id is None or change.target_id is None:
        return None
    return identity_of(change.key, change.record_id, change.target, change.target_id, change.label)
