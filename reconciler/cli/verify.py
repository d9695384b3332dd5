"""``apply --verify``: a second plan after an apply shows which changes the portal still needs."""

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
    """Plan again, show the changes of ``plan`` that are still needed, and return the exit code."""
    try:
        return _verify(invocation, plan, request, options)
    except ReconcilerError as error:  # print it only: raising it would hide the result of the run
        print_error(error, exit_of(error), as_json=invocation.said.as_json)
        return exit_of(error)


def _verify(invocation: Invocation, plan: Plan, request: PlanRequest, options: ViewOptions) -> ExitCode:
    with progress("reading", quiet=invocation.said.quiet) as report:
        left = invocation.environment.plan_what_is_left(plan, take=request.take, progress=report)
    with left:
        if left.is_empty:
            say("Verified: HubSpot has all applied values.")
            return ExitCode.OK
        say("HubSpot does not have all applied values:")
        if options.form.is_for_terminals:
            show_plan(invocation, left.value, replace(options, full=False))
    return ExitCode.NOT_APPLIED
