"""Planning the rollback of a run."""

from reconciler.errors import UsageError
from reconciler.model.progress import Progress, ignore_progress
from reconciler.plan.plan import Plan
from reconciler.project.make_plan import plan_context
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session


def plan_rollback(
    session: Session, run: str, request: PlanRequest, progress: Progress = ignore_progress
) -> Plan:
    """Plan the rollback of a run; nothing is changed anywhere.

    ``run`` is the beginning of the run's id, or ``last``.

    Raises:
        UsageError: there is no state that contains earlier values, or the run is under way.
        StateError: there is no such run, its values were erased, or the state cannot be read.
        HubSpotError: the portal cannot be read.
    """
    from reconciler.reconcile import rollback  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

    if session.settings.state_url is None:
        raise UsageError("`state: none` keeps nothing: there is no run to roll back")
    with session.state(to_write=False) as store, session.reader() as reader:
        return rollback.plan_rollback(
            store.find_run(run), reader, store, plan_context(session, request), progress
        )
