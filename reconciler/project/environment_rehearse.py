"""Rehearsing plans of an environment on a throw-away copy of its portal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.apply.options import ApplyOptions, OnStale
from reconciler.model.progress import Progress, ignore_progress
from reconciler.project import refusals
from reconciler.project.environment_apply import StaleChoice
from reconciler.project.environment_session import OpenedEnvironment
from reconciler.project.plan import Plan

if TYPE_CHECKING:
    from reconciler.plan.rehearsal import Rehearsal


class RehearsingEnvironment(OpenedEnvironment):
    """The part of an environment that rehearses plans. It writes nothing to portal or state."""

    def rehearse(
        self,
        plan: Plan,
        *,
        on_stale: StaleChoice = OnStale.SKIP,
        parallelism: int = 16,
        should_stop: Callable[[], bool] | None = None,
        reading: Progress = ignore_progress,
        progress: Progress = ignore_progress,
        lists_applied: bool = False,
    ) -> "Rehearsal":
        """Apply ``plan`` to a copy of the parts of the portal that it needs, and plan again there.

        The portal is only read, and the state does not change. The result is stored in ``plan``, and reports
        of the plan show it. Even for a protected environment, any plan can be rehearsed, because nothing is
        written.

        Args:
            plan: plan to rehearse, new or read from a file.
            on_stale: as for ``apply``.
            parallelism: maximum number of parallel calls, 1 to 64.
            should_stop: called before each batch on the copy; True ends the rehearsal early.
            reading: called with two numbers: finished reads of records, and all reads of records.
            progress: called with two numbers: changes that have an outcome, and all changes.
            lists_applied: include the applied rows in the result.

        Raises:
            UsageError: the plan has problems, or the copy cannot be kept.
            PlanRefused: the plan is for another environment or state, or ran into a guard; or too few calls
                are left today.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        from reconciler.project import rehearse as verb  # noqa: PLC0415 - SQLAlchemy costs 0.2 s

        refusals.check_environment(plan.value, self.session.environment)
        refusals.check_appliable(plan.value, "rehearsed")
        options = ApplyOptions(
            parallelism=parallelism,
            rereads_before_write=True,
            on_stale=OnStale(on_stale),
            should_stop=should_stop or (lambda: False),
            progress=progress,
        )
        rehearsal = verb.rehearse(
            self.session, plan.value, options, plan.answers, reading, lists_applied=lists_applied
        )
        plan.hold(rehearsal)
        return rehearsal
