"""Changes whose entry in state another run has written since their plan was made."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from reconciler.errors import PlanRefused, Refusal
from reconciler.model.addresses import RecordId
from reconciler.model.outcomes import Stale
from reconciler.plan.associations.changes import identity_of_association, is_association_change
from reconciler.plan.plan import Plan
from reconciler.plan.records.changes import replaced_by
from reconciler.state.store import Store

_STATE_READ = 900
"""Keys, or record ids, in one read of state."""

T = TypeVar("T")


def stale_owned_changes(plan: Plan, digest: str, store: Store) -> dict[int, Stale]:
    """Return an outcome for every change that another run overtook, by number; ``digest`` is the plan's.

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
    by_key: dict[tuple[str, str], dict[str, list[int]]] = {}
    by_id: dict[str, dict[RecordId, list[int]]] = {}
    for number, change in enumerate(plan.changes):
        if is_association_change(change):
            continue
        keys = by_key.setdefault((change.object_type, change.record.by), {})
        keys.setdefault(change.record.value, []).append(number)
        record_id = replaced_by(change) or change.remote.id
        if record_id is not None:
            by_id.setdefault(change.object_type, {}).setdefault(record_id, []).append(number)
    who = _writer(plan, digest, store)
    stale = Stale(f"{who} this record's entry in state since the plan was made")
    stale_pair = Stale(f"{who} this association's entry in state since the plan was made")
    serial = plan.state.serial
    written = {pair.identity for pair in store.pairs_written_since(serial)}
    moved = {
        number: stale_pair
        for number, change in enumerate(plan.changes)
        if is_association_change(change) and identity_of_association(change) in written
    }
    for (object_name, by), keys in by_key.items():
        for some in _parted(keys):
            found = store.moved_since(serial, object_name, by, some)
            moved |= {number: stale for key in found for number in keys[key]}
    for object_name, ids in by_id.items():
        for some_ids in _parted(ids):
            found_ids = store.ids_moved_since(serial, object_name, some_ids)
            moved |= {number: stale for record_id in found_ids for number in ids[record_id]}
    return moved


def _parted(asked: Iterable[T]) -> Iterator[list[T]]:
    """Split the items into chunks for one read of state each."""
    remaining = iter(asked)
    while some := list(islice(remaining, _STATE_READ)):
        yield some


def _writer(plan: Plan, digest: str, store: Store) -> str:
    """Name the writer of state since the plan was made: mostly an earlier apply of this plan."""
    for run in store.runs():
        if run.plan_digest == digest and run.started_at >= plan.created_at:
            return f"run {run.id} applied this plan already, and wrote"
    return "another run wrote"
