"""``apply --verify``: planned again right after an apply, whatever is left of it is shown."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reconciler.cli.errors import print_error
from reconciler.cli.exits import ExitCode, exit_of
from reconciler.cli.messages import say
from reconciler.cli.plan_options import PlanRequest
from reconciler.cli.planning import make_plan, show_plan
from reconciler.errors import ReconcilerError, UsageError
from reconciler.model.addresses import RecordKey
from reconciler.plan.change import Change, StateOnly, Update, keys_of, values_of
from reconciler.plan.plan import Plan
from reconciler.project.session import Session


def refuse_unverifiable(session: Session, plan: Plan) -> None:
    """Insist, before anything is written, that the manifests here can tell whether ``plan`` came true.

    Raises:
        UsageError: it takes back what they say.
        ManifestError: they cannot be read.
    """
    if plan.undoes is not None:
        raise UsageError(
            "a rollback takes back what the manifests say: --verify cannot hold it against them\n"
            "    apply it without --verify, then `reconciler plan` shows what they would change again"
        )
    session.load_manifests()


def verify_applied(session: Session, plan: Plan, wishes: PlanRequest, *, values: str | None) -> ExitCode:
    """Plan again, and show what apply would still write of ``plan``; an error where that cannot be told."""
    try:
        return _verify(session, plan, wishes, values=values)
    except ReconcilerError as error:  # raised, it would hide how the run ended
        print_error(error, exit_of(error), as_json=session.said.as_json)
        return exit_of(error)


def _verify(session: Session, plan: Plan, wishes: PlanRequest, *, values: str | None) -> ExitCode:
    again = make_plan(session, PlanRequest(take=wishes.take, skip_invalid=True))
    left = tuple(_left(again, {key: change for change in plan.changes for key in keys_of(change)}))
    if not left:
        say("Verified: HubSpot holds what was applied.")
        return ExitCode.OK
    say("Not everything is as it was applied:")
    if not session.said.as_json:
        only = replace(again, changes=left, held=(), problems=(), refusals=())
        show_plan(session, only, full=False, values=values)
    return ExitCode.NOT_APPLIED


def _left(again: Plan, applied: Mapping[RecordKey, Change]) -> Iterator[Change]:
    """Writes that are about what was applied: its records, and of those it updated the same values."""
    for change in again.changes:
        before = next((applied[key] for key in keys_of(change) if key in applied), None)
        if before is None or isinstance(change, StateOnly):
            continue
        if isinstance(change, Update) and isinstance(before, Update):
            names = {value.name for value in values_of(before)}
            mine = tuple(value for value in change.values if value.name in names)
            if mine:
                yield replace(change, values=mine)
        else:
            yield change
