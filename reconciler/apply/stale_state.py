"""Changes whose entry in state was written by another run since their plan was made."""

from reconciler.apply.kinds import by_kind
from reconciler.errors import PlanRefused, Refusal
from reconciler.model.outcomes import Stale
from reconciler.plan.plan import Plan
from reconciler.state.store import Store


def stale_owned_changes(plan: Plan, digest: str, store: Store) -> dict[int, Stale]:
    """Return an outcome for every change whose entry in state another run has written, by number.

    ``digest`` is the digest of ``plan``.

    Raises:
        PlanRefused: the plan was made with another state, or with a newer version of this state. In the
            second case, somebody has put back an older version of the state.
    """
    present = store.version()
    if plan.state.lineage is not None and plan.state.lineage != present.lineage:
        raise PlanRefused(
            Refusal.FOREIGN,
            f"the plan was made against a state of lineage {plan.state.brief.lineage}, and the present state "
            f"{f'is of {present.brief.lineage}' if present.lineage else 'is empty'}\n"
            "    plan again, or put back the state that the plan was made against",
        )
    if plan.state.serial > present.serial and plan.state.lineage is not None:
        raise PlanRefused(
            Refusal.FOREIGN,
            f"the plan was made against a state of serial {plan.state.serial}, and the present state is of "
            f"serial {present.serial}: an older state was put back\n"
            "    put the newest state back; if the older one is right, plan again",
        )
    if plan.state.serial >= present.serial:
        return {}
    who, stale = _writer(plan, digest, store), dict[int, Stale]()
    for calls, entries in by_kind(plan.changes):
        outcome = Stale(f"{who} {calls.entry_in_state} since the plan was made")
        stale |= dict.fromkeys(calls.overtaken(entries, store, plan.state.serial), outcome)
    return stale


def _writer(plan: Plan, digest: str, store: Store) -> str:
    """Name the run that wrote state since the plan was made: mostly an earlier apply of the same plan."""
    for run in store.runs():
        if run.plan_digest == digest and run.started_at >= plan.created_at:
            return f"run {run.id} already applied this plan, and wrote"
    return "another run wrote"
