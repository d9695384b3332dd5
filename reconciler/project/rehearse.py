"""Rehearsing a plan: applying it to a throw-away copy of its portal, with the same code as a real apply."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from reconciler.apply.executor import FinishedRun
from reconciler.apply.options import ApplyOptions
from reconciler.errors import ManifestError, Problem, UsageError
from reconciler.hubspot.answers import PortalAnswers
from reconciler.model.desired import Desired
from reconciler.model.progress import Progress, ignore_progress
from reconciler.model.runs import RunDetail
from reconciler.plan.change import Change
from reconciler.plan.guards import limits_from
from reconciler.plan.plan import Plan
from reconciler.plan.rehearsal import Rehearsal
from reconciler.project.copied_session import CopiedSession, open_copy, plant
from reconciler.project.make_plan import make_plan
from reconciler.project.plan_request import PlanRequest
from reconciler.project.session import Session
from reconciler.reconcile.apply import apply_plan
from reconciler.reconcile.rehearsal.collisions import Collisions
from reconciler.reconcile.rehearsal.copy import Rehearsed, read_copy

if TYPE_CHECKING:
    from reconciler.emulator.app import Emulator

_FOLDER = "rehearsal-"
_INTERRUPTED = "the rehearsal was interrupted"
_OLD_S = 86_400
"""Age in seconds. An older folder is deleted: no rehearsal takes so long, so its rehearsal was killed."""


def rehearse(
    session: Session,
    plan: Plan,
    options: ApplyOptions,
    answers: PortalAnswers | None = None,
    reading: Progress = ignore_progress,
    *,
    lists_applied: bool = False,
) -> Rehearsal:
    """Copy the parts of the portal that ``plan`` needs, apply the plan to the copy, and plan again there.

    The portal is only read, and the state does not change.

    Args:
        session: session of the plan's environment.
        plan: plan that may be applied.
        options: options of the run on the copy.
        answers: account and definitions as planning has just read them.
        reading: called with two numbers: finished reads of records, and all reads of records.
        lists_applied: include the applied rows in the run.

    Raises:
        UsageError: the copy cannot be kept in the project's folder.
        PlanRefused: the plan was made against another state, or fewer calls are left today than are needed.
        HubSpotError: the portal cannot be read.
        StateError: the state cannot be read.
    """
    began = time.monotonic()
    desired, unplanned = _manifests_of(session, plan)
    with _folder(session) as folder, open_copy(session, folder) as (copied, emulator):
        with session.state(to_write=False) as store:
            unsettled = [change for batch in store.unfinished() for _, change in batch.entries]
        parts = _Parts(Rehearsed(plan, desired, unsettled), reading, options.should_stop)
        copy = _copy(session, emulator, parts, answers)
        run, finished = (None, None) if copy.is_interrupted else _apply(copied, plan, options, lists_applied)
        is_interrupted = copy.is_interrupted or (finished is not None and finished.is_interrupted)
        unplanned = _INTERRUPTED if is_interrupted else unplanned
        is_planned = finished is not None and plan.changes and not unplanned
        left = _plan_again(copied, Rehearsed(plan, desired)) if is_planned else ()
    return Rehearsal(
        run=run,
        findings=copy.findings,
        left=left,
        unplanned=unplanned,
        untold=copy.untold,
        calls=copy.calls,
        seconds=time.monotonic() - began,
        stopped_by=finished.stopped_by if finished else None,
        is_interrupted=is_interrupted,
    )


class _Parts(NamedTuple):
    """The parts to copy, a function to call with the progress, and one that may end the copy early."""

    rehearsed: Rehearsed
    reading: Progress
    should_stop: Callable[[], bool]


class _Copied(NamedTuple):
    findings: tuple[Problem, ...]
    untold: tuple[str, ...]
    calls: int
    is_interrupted: bool


def _copy(session: Session, emulator: "Emulator", parts: _Parts, answers: PortalAnswers | None) -> _Copied:
    """Copy the parts of the portal that the plan needs, until ``should_stop`` ends the copy."""
    found: list[Collisions] = []
    untold: dict[str, None] = {}
    is_interrupted = False
    with session.reader(answers) as reader:
        for part in read_copy(reader, parts.rehearsed, found, parts.reading):
            untold |= dict.fromkeys(plant(emulator, parts.rehearsed.plan.portal_id, part))
            is_interrupted = parts.should_stop()
            if is_interrupted:
                break
        findings = tuple(problem for each in found for problem in each.problems)
        return _Copied(findings, tuple(untold), reader.calls, is_interrupted)


def _manifests_of(session: Session, plan: Plan) -> tuple[Desired | None, str]:
    """Load the manifests of ``plan``.

    Return None and the reason if the plan cannot be made again from them.
    """
    if plan.rolls_back is not None:
        return None, "a rollback restores older values than the manifests have"
    try:
        desired = session.load_manifests()
    except ManifestError:
        return None, "the manifests of this checkout cannot be used"
    if desired.digest != plan.manifests.digest:
        return None, "the manifests have changed since the plan was made"
    return desired, ""


@contextmanager
def _folder(session: Session) -> Iterator[Path]:
    """Create a private folder for the copy of the state, and delete it at the end.

    First delete old folders, which killed rehearsals have left.
    """
    parent = session.folder
    for old in parent.glob(f"{_FOLDER}*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _OLD_S:
                shutil.rmtree(old)
    try:
        made = TemporaryDirectory(prefix=_FOLDER, dir=parent)
    except OSError as error:
        raise UsageError(f"the copy cannot be kept in {parent} ({error.strerror})") from error
    with made as folder:
        yield Path(folder)


def _apply(
    copied: CopiedSession, plan: Plan, options: ApplyOptions, lists_applied: bool
) -> tuple[RunDetail | None, FinishedRun | None]:
    """Apply the plan to the copy; return the run and the result, or None for both if the plan is empty."""
    if plan.is_empty:
        return None, None
    claim = replace(copied.claim(), sleep=lambda _seconds: None)  # a copy shows changes at once
    with copied.portal() as connection, copied.state(to_write=True) as store:
        finished = apply_plan(
            plan, connection, store, claim, options=options, limits=limits_from(copied.settings.guards)
        )
        return store.run(finished.run.header.id, lists_applied=lists_applied), finished


def _plan_again(copied: CopiedSession, rehearsed: Rehearsed) -> tuple[Change, ...]:
    """Plan again on the copy, only for the things in the first plan; return the changes that need a call."""
    request = PlanRequest(skip_invalid=True, only=rehearsed.selection)
    again = make_plan(copied, request)
    return tuple(change for change in again.changes if change.is_remote)
