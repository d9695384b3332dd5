"""Checks of a plan before it is applied: each raises an error with advice."""

from reconciler.errors import PlanRefused, Refusal, UsageError
from reconciler.plan.plan import Guard, Plan
from reconciler.project.settings import EnvironmentSettings
from reconciler.report.plan.guard_refusals import refusal_text


def check_environment(plan: Plan, here: EnvironmentSettings, what: str = "the plan") -> None:
    """Check that ``plan`` was made for the environment ``here``.

    Raises:
        PlanRefused: the plan was made for another environment.
    """
    if (plan.environment, plan.portal_id) != (here.name, here.portal_id):
        raise PlanRefused(
            Refusal.FOREIGN,
            (
                f"{what} was made for environment {plan.environment} (portal {plan.portal_id}), but "
                f"this environment is {here.name} (portal {here.portal_id})"
            ),
        )


def check_unprotected(here: EnvironmentSettings) -> None:
    """Check that the environment accepts plans that were not saved.

    Raises:
        PlanRefused: the environment is protected.
    """
    if here.is_protected:
        by = here.protected_by
        like = "" if by == here.name else f", like {by}, which is the same portal"
        raise PlanRefused(
            Refusal.PROTECTED,
            f"environment {here.name} is protected{like}: only saved plans can be applied here\n"
            "    run `reconciler plan --out FILE`, let somebody review the plan, "
            "then run `reconciler apply FILE`",
        )


def check_reviewed(plan: Plan) -> None:
    """Check that a new plan was completely reviewed, if it was compared with a reviewed one.

    Raises:
        PlanRefused: changes were left out because nobody has reviewed them.
    """
    if plan.review is not None and plan.review.unreviewed > 0:
        raise PlanRefused(
            Refusal.UNREVIEWED,
            "some changes differ from the reviewed plan: nothing was applied\n"
            "    have the plan reviewed again, or save the reviewed changes only:\n"
            "    reconciler plan --reviewed PLAN --out FILE",
        )


def check_appliable(plan: Plan, verb: str = "applied") -> None:
    """Check that ``plan`` has no problems, and no guard refuses it; the message says "was not ``verb``".

    Raises:
        UsageError: the plan has problems.
        PlanRefused: a guard refuses the plan.
    """
    if not plan.is_sound:
        raise UsageError(f"the plan has problems and was not {verb}: correct them and plan again")
    refused = refused_by_guards(plan)
    if refused is not None:
        raise refused


def refused_by_guards(plan: Plan) -> PlanRefused | None:
    """Return the error about the guards that refuse ``plan``; None if none does."""
    if not plan.refusals:
        return None
    has_diverged = any(refusal.guard is Guard.DIVERGED for refusal in plan.refusals)
    return PlanRefused(
        Refusal.DIVERGED if has_diverged else Refusal.GUARD, refusal_text(plan.refusals, plan.rolls_back)
    )
