"""``apply --verify``: plans again right after an apply and shows the changes that are left of the plan."""

from dataclasses import replace

from reconciler.cli.errors import print_error
from reconciler.cli.exits import ExitCode, exit_of
from reconciler.cli.invocation import Invocation
from reconciler.cli.messages import say
from reconciler.cli.output import ViewOptions
from reconciler.cli.planning import show_plan
from reconciler.cli.progress import progress
from reconciler.errors import ReconcilerError
from reconciler.project.plan import Plan
from reconciler.project.plan_request import PlanRequest


def verify_applied(
    invocation: Invocation, plan: Plan, request: PlanRequest, options: ViewOptions
) -> ExitCode:
    """Plan again and show the changes of ``plan`` that are left; return an error if that is unknown."""
    try:
        return _verify(invocation, plan, request, options)
    except ReconcilerError as error:  # raising it would hide how the run ended
        print_error(error, exit_of(error), as_json=invocation.said.as_json)
        return exit_of(error)


def _verify(invocation: Invocation, plan: Plan, request: PlanRequest, options: ViewOptions) -> ExitCode:
    with progress("reading", quiet=invocation.said.quiet) as report:
        left = invocation.environment.plan_what_is_left(plan, take=request.take, progress=report)
    with left:
        if left.is_empty:
            say("Verified: HubSpot holds what was applied.")
            return ExitCode.OK
        say("Not everything in HubSpot is as it was applied:")
        if options.form.is_for_terminals:
            show_plan(invocation, left.value, replace(options, full=False))
    return ExitCode.NOT_APPLIED
