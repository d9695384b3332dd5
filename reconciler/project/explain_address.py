"""Explaining one record, definition or value from manifests, state and portal."""

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.addresses import is_definition_address, parse_definition_address
from reconciler.model.desired import Desired
from reconciler.model.explanation import Explanation
from reconciler.plan.explain.target import parse_explain_address
from reconciler.project.git_checkout import are_tracked
from reconciler.project.make_plan import plan_context
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session

if TYPE_CHECKING:
    from reconciler.plan.context import PlanContext


def explain_address(session: Session, address: str) -> Explanation:
    """Explain the record, definition or value at ``address``; nothing is changed anywhere.

    Raises:
        UsageError: nothing exists at that address.
        ManifestError: the manifests are wrong.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    from reconciler.reconcile.explain import explain_record  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

    if is_definition_address(address):
        return _explain_definition(session, address)
    asked = parse_explain_address(address)
    desired = session.load_manifests()
    with session.reader() as reader, session.state(to_write=False) as store:
        here = plan_context(session, PlanRequest())
        explained = explain_record(asked, desired, reader, store, here=here, trace=session.trace_record)
        return _with_origin(explained, session, desired, here, store.version().lineage)


def _explain_definition(session: Session, address: str) -> Explanation:
    from reconciler.reconcile.explain_definition import explain_one_definition  # noqa: PLC0415 - as above

    try:
        asked, path = parse_definition_address(address)
    except ValueError as error:
        raise UsageError(str(error)) from None
    desired = session.load_manifests()
    with session.reader() as reader, session.state(to_write=False) as store:
        here = plan_context(session, PlanRequest())
        explained = explain_one_definition(asked, path, desired, reader, store, here=here)
        return _with_origin(explained, session, desired, here, store.version().lineage)


def _with_origin(
    explained: Explanation, session: Session, desired: Desired, here: "PlanContext", lineage: str | None
) -> Explanation:
    """Add to the explanation the state and the commit from which it was made."""
    names = desired.files.names
    is_of_commit = not here.has_uncommitted and are_tracked(session.settings.project, names)
    return replace(explained, lineage=lineage, commit=here.commit, is_of_commit=is_of_commit)
