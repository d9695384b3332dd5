"""Where a plan goes: into files to be applied or read, and onto the screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from reconciler.cli.exits import ExitCode, exit_of, most_severe
from reconciler.cli.output_options import OutputOptions, file_options
from reconciler.cli.planning import keep_plan, refused_by_guards, show_plan
from reconciler.plan.file.format import plan_to_text
from reconciler.plan.plan import Plan
from reconciler.project.files import write_encrypted
from reconciler.project.session import Session

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class PlanOutput(OutputOptions):
    """What the person said of where a plan goes."""

    out: Path | None

    def paths(self) -> Sequence[Path]:
        """A plan to apply must not be overwritten by one to read."""
        return (*self.files.values(), *([self.out] if self.out is not None else []))


def destination_options(function: _Function) -> _Function:
    """Give a command that makes a plan the options of ``PlanOutput``; they arrive together as ``to``."""
    return file_options(PlanOutput, _FILES, function)


_FILES = {
    "--out": "Save the plan for `apply FILE`; it holds the values themselves; see RECONCILER_PLAN_KEY.",
    "--markdown": "Write a comment for a pull request too, which always fits into one.",
    "--html": "Write a page too, which searches and filters without network.",
    "--json-into": "Write the JSON for machines too; it is masked and cannot be applied.",
}


def write_outputs(session: Session, plan: Plan, to: PlanOutput) -> ExitCode:
    """Write ``plan`` where it is to go, and show it; says how it stands."""
    if to.out is not None:
        write_encrypted(to.out, [plan_to_text(plan).encode()])
    keep_plan(session, plan, to.files, full=to.full, values=to.values)
    show_plan(session, plan, full=to.full, values=to.values, form=to.form)
    refused = refused_by_guards(plan)
    return most_severe(
        ExitCode.OK if plan.is_sound else ExitCode.ERROR,
        exit_of(refused) if refused else ExitCode.OK,
        ExitCode.PLAN_REFUSED if plan.review and plan.review.unreviewed else ExitCode.OK,
    )
