"""Explaining one record or property from manifests, state and portal."""

from reconciler.model.explanation import Explanation
from reconciler.plan.explain.target import parse_explain_address
from reconciler.project.make_plan import plan_context
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session


def explain_address(session: Session, address: str) -> Explanation:
    """Explain the record or property at ``address``; write nothing anywhere.

    Raises:
        UsageError: nothing exists at that address.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    from reconciler.reconcile.explain import explain_record  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

    asked = parse_explain_address(address)
    desired = session.load_manifests()
    with session.reader() as reader, session.state(to_write=False) as store:
        here = plan_context(session, PlanRequest())
        return explain_record(asked, desired, reader, store, here=here, trace=session.trace_record)
