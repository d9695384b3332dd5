"""Planning again right after an apply, to find the writes that are still needed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.errors import UsageError
from reconciler.model.addresses import RecordAddress
from reconciler.model.progress import Progress, ignore_progress
from reconciler.plan.change import Action, Change
from reconciler.plan.plan import Plan
from reconciler.project.make_plan import make_plan
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session


def check_verifiable(session: Session, plan: Plan) -> None:
    """Check, before anything is written, that the plan can be verified with the present manifests.

    Raises:
        UsageError: the plan is a rollback, which the manifests do not describe.
        ManifestError: the manifests cannot be read.
    """
    if plan.rolls_back is not None:
        raise UsageError(
            "a rollback restores older values than the manifests have: --verify cannot compare the two\n"
            "    apply it without --verify; then `reconciler plan` shows the differences from the manifests"
        )
    session.load_manifests()


def plan_what_is_left(
    session: Session, plan: Plan, take: tuple[str, ...] = (), progress: Progress = ignore_progress
) -> Plan:
    """Plan again, and return the new plan with only the writes to records that ``plan`` changed.

    There are no such writes if HubSpot has the values that ``plan`` contains.
    """
    again = make_plan(session, PlanRequest(take=take, skip_invalid=True), progress)
    keys = {key for change in again.changes for key in change.address.records}
    applied = ((key, change) for change in plan.changes for key in change.address.records if key in keys)
    left = tuple(_left(again, dict(applied)))
    return replace(again, changes=left, held=(), problems=(), refusals=())


def _left(again: Plan, applied: Mapping[RecordAddress, Change]) -> Iterator[Change]:
    """Yield the changes in the second plan ``again`` that write to a record in ``applied``.

    ``applied`` has the changes of the first plan, by record. If both plans update a record, only properties
    that both updates write count.
    """
    for change in again.changes:
        before = next((applied[key] for key in change.address.records if key in applied), None)
        if before is None or not change.is_remote:
            continue
        if change.action is Action.UPDATE and before.action is Action.UPDATE:
            names = {value.name for value in before.values}
            mine = tuple(value for value in change.values if value.name in names)
            if mine:
                yield replace(change, values=mine)
        else:
            yield change
