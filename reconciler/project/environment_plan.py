"""Planning for an environment: from manifests, for the rollback of a run, and after an apply."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.model.progress import Progress, ignore_progress
from reconciler.project import make_plan, plan_rollback, verify
from reconciler.project.environment_session import OpenedEnvironment
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest, allowances
from reconciler.project.results import Validation
from reconciler.project.webhook.conditions import conditions_of_plan
from reconciler.project.webhook.tell import tell_webhook


class PlanningEnvironment(OpenedEnvironment):
    """The part of an environment that makes plans. It changes nothing anywhere."""

    def validate(self, *, online: bool = False, progress: Progress = ignore_progress) -> Validation:
        """Check the manifests; with ``online``, also against the portal. Nothing is changed anywhere.

        Raises:
            ManifestError: the manifests cannot be used.
            HubSpotError: the portal cannot be read.
        """
        if not online:
            desired = self.session.load_manifests()
            problems = self.session.seen(desired.problems)
            counts = desired.record_count, len(desired.definitions), len(desired.files.names)
            return Validation(*counts, problems)
        plan = make_plan.make_plan(self.session, PlanRequest(), progress)
        return Validation(
            records=plan.manifests.records,
            definitions=plan.manifests.definitions,
            files=plan.manifests.files,
            problems=self.session.seen(plan.problems),
            portal_id=plan.portal_id,
            masked_properties=plan.masked_properties,
            is_sound=plan.is_sound,
        )

    def plan(
        self,
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        take: Iterable[str] = (),
        recreate: Iterable[str] = (),
        allow: Mapping[str, int] | None = None,
        reviewed: str | Path | None = None,
        skip_invalid: bool = False,
        progress: Progress = ignore_progress,
    ) -> Plan:
        """Plan what apply would change, from manifests, portal and state. Nothing is changed anywhere.

        Args:
            target: globs of addresses (``companies/*``, ``companies/acme#phone``); none means everything.
            exclude: globs of addresses to leave out.
            take: globs of values to write although ``drift: hold`` would leave them alone.
            recreate: globs of records and definitions to create again that the portal no longer has.
            allow: names of guards, each with the number of things that it permits in this plan:
                ``{"update": 412}``.
            reviewed: file of a reviewed plan: only its changes are planned.
            skip_invalid: leave out records with problems; ``summary.problems.left_out`` counts them.
            progress: called with two numbers: records compared so far, and all records to compare.

        Raises:
            ManifestError: the manifests are wrong, or name something that the portal does not have.
            UsageError: a glob matches nothing, a guard is unknown, or the token belongs to another portal.
            PlanRefused: the reviewed plan was altered, or is for another environment; or the state belongs to
                another project.
            HubSpotError: the portal cannot be read.
            StateError: the state cannot be read.
        """
        request = PlanRequest(
            skip_invalid=skip_invalid,
            target=tuple(target),
            exclude=tuple(exclude),
            take=tuple(take),
            recreate=tuple(recreate),
            allow=allowances(allow or {}),
            reviewed=Path(reviewed) if reviewed is not None else None,
        )
        return self.plan_for(request, progress=progress)

    def plan_for(self, request: PlanRequest, *, progress: Progress = ignore_progress) -> Plan:
        """Plan like ``plan``, given the arguments as a ``PlanRequest``."""
        from reconciler.hubspot.answers import PortalAnswers  # noqa: PLC0415 - pydantic costs 0.1 s

        answers = PortalAnswers()
        plan = make_plan.make_plan(self.session, request, progress, answers)
        tell_webhook(self.session, lambda: conditions_of_plan(plan))
        return Plan(plan, answers=answers)

    def plan_what_is_left(
        self, plan: Plan, *, take: Iterable[str] = (), progress: Progress = ignore_progress
    ) -> Plan:
        """Plan again after ``plan`` was applied, and return those of its changes that are still needed.

        Args:
            plan: the applied plan.
            take: the globs that were passed to ``plan`` as ``take``.
            progress: called with two numbers: records compared so far, and all records to compare.
        """
        return Plan(verify.plan_what_is_left(self.session, plan.value, tuple(take), progress))

    def rollback(
        self,
        run: str = "last",
        *,
        target: Iterable[str] = (),
        exclude: Iterable[str] = (),
        allow: Mapping[str, int] | None = None,
        progress: Progress = ignore_progress,
    ) -> Plan:
        """Plan the rollback of a run. Apply the plan to carry it out; planning changes nothing anywhere.

        Args:
            run: the beginning of the run's id, or ``last``.
            target: globs of addresses; none means everything that the run changed.
            exclude: globs of addresses to leave out.
            allow: names of guards, each with the number of things that it permits in this plan.
            progress: called with two numbers: records compared so far, and all records to compare.

        Raises:
            UsageError: there is no state, the run is under way, or a glob matches nothing that the run
                changed.
            StateError: there is no such run, or its values were erased.
            HubSpotError: the portal cannot be read.
        """
        request = PlanRequest(
            target=tuple(target),
            exclude=tuple(exclude),
            allow=allowances(allow or {}),
        )
        return Plan(plan_rollback.plan_rollback(self.session, run, request, progress))
