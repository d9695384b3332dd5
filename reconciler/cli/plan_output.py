"""Options about the output of a plan: the plan file for apply, reports in files, and the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.invocation import Invocation
from reconciler.cli.output_options import OutputOptions, file_option, output_options
from reconciler.cli.planning import keep_plan, show_plan
from reconciler.project.plan import Plan
from reconciler.project.refusals import refused_by_guards
from reconciler.report.renderers import RENDERERS

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class PlanOutput(OutputOptions):
    """The output options of a command that shows a plan."""

    out: Path | None

    def paths(self) -> Sequence[Path]:
        """Return all files that the options name: the reports and the plan file."""
        return (*self.files.values(), *([self.out] if self.out is not None else []))


def destination_options(function: _Function) -> _Function:
    """Add the options of ``PlanOutput`` to a command, which gets them in one argument, ``to``."""
    help_of = {form: form.file_option.plan_help if form.file_option else "" for form in RENDERERS}
    return file_option("--out", _OUT, "out")(output_options(PlanOutput, help_of, function))


_OUT = "Save the plan for `apply FILE`, with all values; see RECONCILER_PLAN_KEY."


def write_outputs(invocation: Invocation, plan: Plan, to: PlanOutput) -> ExitCode:
    """Write ``plan`` to the files that options name, and print it; return the exit code."""
    if to.out is not None:
        plan.save(to.out)
    value = plan.value
    keep_plan(invocation, value, to)
    show_plan(invocation, value, to)
    refused = refused_by_guards(value)
    return most_severe(
        ExitCode.OK if plan.summary.is_sound else ExitCode.ERROR,
        exit_of(refused) if refused else ExitCode.OK,
        ExitCode.PLAN_REFUSED if plan.summary.unreviewed else ExitCode.OK,
    )
