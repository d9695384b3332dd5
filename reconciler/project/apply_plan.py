"""Applying a plan: writing the report of the run, and settling open changes of earlier runs.

This module is imported only when there is a plan, because SQLAlchemy, which state needs, takes 0.1 s to
import.
"""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from reconciler.apply.executor import FinishedRun
from reconciler.apply.options import ApplyOptions
from reconciler.apply.recovery.resume import is_anything_open
from reconciler.errors import UsageError
from reconciler.hubspot.answers import PortalAnswers
from reconciler.plan.guards import limits_from
from reconciler.plan.plan import Plan
from reconciler.plan.stages import removed_definitions
from reconciler.project.ephemeral_state import refuse_ephemeral_state
from reconciler.project.notices import Notice
from reconciler.project.run_reports import fault_as_notice, reports_kept, write_report
from reconciler.project.session import Session
from reconciler.reconcile.apply import apply_plan, settle_earlier_runs

_NO_NAME = (
    "this project has no name, so reconciler cannot distinguish it from other projects in the same state\n"
    "    write `project: NAME` into reconciler.yaml; the next apply saves the name in the state"
)
"""Warning at the first apply with a state, if the project has no name."""


def apply_and_report(
    session: Session,
    plan: Plan,
    options: ApplyOptions,
    *,
    lock_timeout_s: float = 0.0,
    report: Path | None = None,
    lists_applied: bool = False,
    answers: PortalAnswers | None = None,
) -> FinishedRun:
    """Apply ``plan`` and write the report of the run.

    If an error stopped the run, the result contains this error.

    Args:
        session: session of the plan's environment.
        plan: plan to apply.
        options: options of the run.
        lock_timeout_s: seconds to wait for another run to end.
        report: a further file for the report; there is always one in the project's private folder.
        lists_applied: include the applied rows in the result.
        answers: account and definitions as planning has just read them; None: they are read again.

    Raises:
        UsageError: nothing was applied: reports cannot be written, or the state would be lost.
        PlanRefused: the plan was made against another state, or fewer calls are left today than it needs.
        Locked: another run is applying.
        HubSpotError: nothing could be read or sent at all.
        StateError: state or lock was lost during the run.
    """
    with (
        session.state(to_write=True) as store,
        reports_kept(session, store),
        session.portal(answers) as connection,
    ):
        refuse_ephemeral_state(session.environment, session.settings.state_url, store, os.environ)
        claim, limits = session.claim(lock_timeout_s), limits_from(session.settings.guards)
        is_new_without_name = session.settings.name is None and store.project() is None
        if removed_definitions(plan.changes, plan.stages):
            options = replace(options, index_s=session.index_s())
        result = apply_plan(plan, connection, store, claim, options=options, limits=limits)
        run_id = result.run.header.id
        if is_new_without_name and session.settings.state_url is not None:
            session.notify(Notice(_NO_NAME, is_advice=True))
        if report is not None:
            with fault_as_notice(run_id, session.notify):
                write_report(store, run_id, report)
        if lists_applied:
            result = replace(result, run=store.run(run_id))
    return result


def settle_open_changes(session: Session, lock_timeout_s: float = 0.0) -> None:
    """Find out whether changes of interrupted runs were applied, and record this; apply nothing.

    If the result of every change is known, only write missing reports.

    Raises:
        Locked: another run is applying.
        HubSpotError: the portal cannot be read.
        StateError: state or lock was lost during the work.
    """
    with session.state(to_write=False) as state:
        if not is_anything_open(state):
            # if the report cannot be written now, a later command writes it
            with suppress(UsageError), reports_kept(session, state):
                return
    with (
        session.state(to_write=True) as store,
        reports_kept(session, store),
        session.portal() as connection,
    ):
        settle_earlier_runs(connection, store, session.claim(lock_timeout_s), session.environment.portal_id)
    session.notify(Notice("found out the results of unfinished calls of an earlier run"))
