"""Carrying out a chosen plan, and saying what became of it; imported once there is one.

Not before: SQLAlchemy, which state needs, takes 0.1 s to import.
"""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from reconciler.apply.executor import ApplyResult
from reconciler.apply.options import ApplyOptions
from reconciler.apply.recovery.resume import is_anything_open
from reconciler.cli.errors import format_error
from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.messages import document, say, show_text, talk
from reconciler.cli.output import color, masking_for, tell_github, width
from reconciler.cli.planning import whose_values
from reconciler.cli.progress import progress
from reconciler.cli.signals import stop_requests
from reconciler.errors import UsageError
from reconciler.plan.guards import limits_from
from reconciler.plan.plan import Plan
from reconciler.project.ephemeral_state import refuse_ephemeral_state
from reconciler.project.run_reports import reports_kept, told_not_raised, write_report
from reconciler.project.session import Session
from reconciler.reconcile.apply import apply_plan, settle_earlier_runs
from reconciler.report.json_report import run_as_json
from reconciler.report.markdown.escape import code_block
from reconciler.report.mask import Masking
from reconciler.report.terminal import render_run

_NO_NAME = (
    "this project has no name: two projects on one database cannot be told apart\n"
    "    write `project: NAME` into reconciler.yaml; the state keeps it from the next apply on"
)
"""Told once for every state: its first apply."""

_SUMMARY_WIDTH = 100
_SUMMARY_CHARACTERS = 64_000


def carry_out(
    session: Session, plan: Plan, manner: ApplyOptions, lock_timeout_s: float, report: Path | None
) -> ApplyResult:
    """Apply ``plan`` and keep the report of the run; whatever stopped it is told by the result.

    Raises:
        UsageError: nothing was applied: reports cannot be written, or the state would be forgotten.
        PlanRefused: it was made against another state, or fewer calls are left today than it needs.
        Locked: somebody else is applying.
        HubSpotError: nothing could be read or sent at all.
        StateError: state or lock was lost on the way.
    """
    with (
        progress("applying", quiet=session.said.quiet) as tell,
        stop_requests() as should_stop,
        session.state(to_write=True) as store,
        reports_kept(session, store),
        session.portal() as connection,
    ):
        refuse_ephemeral_state(session.environment, session.settings.state_url, store, os.environ)
        manner = replace(manner, should_stop=should_stop, progress=tell)
        claim, limits = session.claim(lock_timeout_s), limits_from(session.settings.guards)
        is_new_without_name = session.settings.name is None and store.project() is None
        result = apply_plan(plan, connection, store, claim, manner=manner, limits=limits)
        talk().run = result.run.header.id
        if is_new_without_name and session.settings.state_url is not None and not session.said.quiet:
            say(_NO_NAME)
        if report is not None:
            with told_not_raised(result.run.header.id):
                write_report(store, result.run.header.id, report)
        if session.said.as_json:
            result = replace(result, run=store.run(result.run.header.id))  # JSON lists what was applied too
    return result


def settle(session: Session, lock_timeout_s: float) -> None:
    """Remember what a run that died has done, where there is nothing to do in the portal."""
    with session.state(to_write=False) as state:
        if not is_anything_open(state):
            with suppress(UsageError), reports_kept(session, state):  # one that cannot be written yet waits
                return
    with (
        session.state(to_write=True) as store,
        reports_kept(session, store),
        session.portal() as connection,
    ):
        settle_earlier_runs(connection, store, session.claim(lock_timeout_s), session.environment.portal_id)
    say("settled what an earlier run left open")


def show_result(session: Session, result: ApplyResult, plan: Plan, values: str | None) -> None:
    """Say what became of ``plan``, to the person and to the CI job that runs us."""
    masking = masking_for(values, as_json=session.said.as_json)
    if session.said.as_json:
        document(run_as_json(result.run, masking, plan.personal))
    else:
        text = _rendered(session, result, plan, masking, color=color(session.said), width=width())
        show_text("\n" + text)
    if result.stopped_by is not None:
        say(format_error(result.stopped_by))
    if result.is_interrupted:
        say("interrupted: `reconciler apply` goes on from here")
    with told_not_raised(result.run.header.id):
        tell_github("GITHUB_OUTPUT", lambda: whose_values(session))
    with told_not_raised(result.run.header.id):
        tell_github("GITHUB_STEP_SUMMARY", lambda: _summary(session, result, plan, values))


def exit_of_result(result: ApplyResult) -> ExitCode:
    """What the command says of ``result`` as it leaves."""
    counts = result.run.accounting()
    return most_severe(
        ExitCode.INTERRUPTED if result.is_interrupted else ExitCode.OK,
        exit_of(result.stopped_by) if result.stopped_by else ExitCode.OK,
        ExitCode.OK if counts["applied"] == counts["planned"] else ExitCode.NOT_APPLIED,
    )


def _summary(session: Session, result: ApplyResult, plan: Plan, values: str | None) -> str:
    """The run for the summary of a job, which takes a million bytes; the report has all of it."""
    masking = masking_for(values, as_json=True)
    text = _rendered(session, result, plan, masking, color=False, width=_SUMMARY_WIDTH)
    return code_block(
        text if len(text) <= _SUMMARY_CHARACTERS else f"…\n{text[-_SUMMARY_CHARACTERS:]}", "text"
    )


def _rendered(
    session: Session, result: ApplyResult, plan: Plan, masking: Masking, *, color: bool, width: int
) -> str:
    return render_run(
        result.run, color=color, width=width, masking=masking, personal=plan.personal, where=session.where
    )
