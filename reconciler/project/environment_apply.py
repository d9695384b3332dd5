"""Applying plans to an environment, with the consent that each plan needs."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, TypeAlias, TypedDict, Unpack

from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.errors import HubSpotError, PlanRefused, StateError, UsageError
from reconciler.model.progress import Progress, ignore_progress
from reconciler.project import refusals, verify
from reconciler.project.environment_plan import PlanningEnvironment
from reconciler.project.notices import Notice
from reconciler.project.plan import Plan
from reconciler.project.results import ApplyResult
from reconciler.project.webhook.conditions import condition_of_failure, condition_of_result
from reconciler.project.webhook.tell import tell_webhook

Confirm: TypeAlias = Callable[[Plan], bool]
"""Called with a plan; returns whether to apply it."""

StaleChoice: TypeAlias = OnStale | Literal["skip", "fail", "overwrite"]
"""Choices for stale changes, whose records somebody changed in HubSpot since the plan was made."""


class ApplyArguments(TypedDict, total=False):
    """The options of ``Environment.apply``."""

    # what to do with stale changes, whose records somebody changed since the plan was made: ``skip`` leaves
    # the records alone, ``fail`` stops the run, ``overwrite`` writes them nevertheless
    on_stale: StaleChoice
    fail_fast: bool  # stop at the first change that HubSpot rejects
    parallelism: int  # maximum number of parallel calls, 1 to 64
    lock_timeout_s: float  # seconds to wait for another run to end
    report: str | Path | None  # a file for the report, besides ``.reconciler/reports/``
    should_stop: Callable[[], bool] | None  # called before each batch; True stops the run
    # read definitions and records again right before writing, to notice changes by others; False is for a
    # plan that this process has just made, and that uses the values that planning read
    rereads: bool
    # True: the caller will call ``plan_what_is_left`` afterwards. Its calls are added to the budget. A
    # rollback is refused, because a plan from manifests cannot verify it.
    verifies: bool
    lists_applied: bool  # include the applied rows in the result


class ApplyingEnvironment(PlanningEnvironment):
    """The part of an environment that applies plans."""

    def check_takes_new_plans(self) -> None:
        """Check that a plan that was not saved may be applied to this environment.

        Raises:
            PlanRefused: the environment is protected.
        """
        refusals.check_unprotected(self.session.environment)

    def check_appliable(self, plan: Plan) -> None:
        """Check that ``plan`` may be applied to this environment.

        Raises:
            PlanRefused: the plan is for another environment, ran into a guard, was not completely reviewed,
                or was not read from a file although the environment is protected.
            UsageError: the plan has problems.
        """
        refusals.check_environment(plan.value, self.session.environment)
        if plan.file is None:
            self.check_takes_new_plans()
            refusals.check_reviewed(plan.value)
        refusals.check_appliable(plan.value)

    def apply(
        self,
        plan: Plan | None = None,
        *,
        confirm: Confirm | None = None,
        progress: Progress = ignore_progress,
        **arguments: Unpack[ApplyArguments],
    ) -> ApplyResult:
        """Apply ``plan``; without a plan, make one and apply it if ``confirm`` agrees.

        Passing a plan means that you agree to it. If ``confirm`` is given as well, it is called nevertheless.

        Args:
            plan: plan to apply. A protected environment takes only a plan that was read from a file.
            confirm: called with the plan unless it is empty; returns whether to apply it.
            progress: called with two numbers: changes that have an outcome, and all changes.
            arguments: options of the run, as ``ApplyArguments`` describes them.

        Raises:
            UsageError: there is neither a plan nor ``confirm``; ``confirm`` returned False; the plan has
                problems; or reports cannot be written.
            PlanRefused: see ``check_appliable``; or the state has changed, or too few calls are left.
            Locked: another run holds the lock.
            HubSpotError: nothing could be read or sent at all.
            StateError: state or lock was lost during the run; the next run finds out what the last calls did.
        """
        with ExitStack() as stack:
            if plan is None:
                plan = stack.enter_context(self._plan_to_confirm(confirm, progress))
            self.check_appliable(plan)
            if confirm is not None and not plan.is_empty and not confirm(plan):
                raise UsageError("declined: nothing was applied")
            try:
                result = self._carry_out(plan, progress, **arguments)
            except (PlanRefused, HubSpotError, StateError) as error:
                failed = condition_of_failure(error)
                tell_webhook(self.session, lambda: (failed,))
                raise
            tell_webhook(self.session, lambda: (condition_of_result(result),))
            return result

    def _carry_out(
        self,
        plan: Plan,
        progress: Progress,
        *,
        on_stale: StaleChoice = OnStale.SKIP,
        fail_fast: bool = False,
        parallelism: int = 16,
        lock_timeout_s: float = 0.0,
        report: str | Path | None = None,
        should_stop: Callable[[], bool] | None = None,
        rereads: bool = True,
        verifies: bool = False,
        lists_applied: bool = False,
    ) -> ApplyResult:
        """Apply a plan that passed the checks and that somebody agreed to.

        If the plan is empty, only find out whether changes of interrupted runs were applied, and record this.
        """
        from reconciler.project import apply_plan  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

        if plan.is_empty:
            apply_plan.settle_open_changes(self.session, lock_timeout_s)
            return ApplyResult(None)
        if verifies:
            verify.check_verifiable(self.session, plan.value)
        options = ApplyOptions(
            parallelism=parallelism,
            rereads_before_write=rereads,
            on_stale=OnStale(on_stale),
            fail_fast=fail_fast,
            calls_afterwards=plan.header.budget.read_calls if verifies else 0,
            should_stop=should_stop or (lambda: False),
            progress=progress,
            tell=lambda message: self.session.notify(Notice(message, is_advice=True)),
        )
        done = apply_plan.apply_and_report(
            self.session,
            plan.value,
            options,
            lock_timeout_s=lock_timeout_s,
            report=Path(report) if report is not None else None,
            lists_applied=lists_applied,
            answers=None if rereads else plan.answers,
        )
        return ApplyResult(done.run, done.stopped_by, done.is_interrupted)

    def _plan_to_confirm(self, confirm: Confirm | None, progress: Progress) -> Plan:
        """Make a plan; refuse if there is no ``confirm`` that could agree to it."""
        self.check_takes_new_plans()
        if confirm is None:
            raise UsageError(
                "apply() without a plan needs a confirmation: nothing was applied\n"
                "    give apply() a plan, or confirm= to be asked"
            )
        return self.plan(progress=progress)
