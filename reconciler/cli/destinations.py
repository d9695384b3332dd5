"""Where a plan goes: into files to be applied or read, and onto the screen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.exits import Exit, exit_of, heaviest
from reconciler.cli.files import write_sealed
from reconciler.cli.options import gathered
from reconciler.cli.output import Form, view_options
from reconciler.cli.planning import keep_plan, refused_by_guards, show_plan
from reconciler.cli.session import Session
from reconciler.errors import UsageError
from reconciler.plan.changes import Plan
from reconciler.plan.file import plan_to_text

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Destinations:
    """What the person said of where a plan goes."""

    out: Path | None
    markdown: Path | None
    html: Path | None
    json_into: Path | None
    form: Form
    full: bool
    values: str | None

    def __post_init__(self) -> None:
        """A plan to apply must not be overwritten by one to read."""
        paths = (self.out, self.markdown, self.html, self.json_into)
        named = [path.absolute() for path in paths if path is not None]
        for path in named:
            if named.count(path) > 1:
                raise UsageError(f"{path} cannot hold two things: give each its own file")


def destination_options(function: _Function) -> _Function:
    """Give a command that makes a plan the options of ``Destinations``; they arrive together as ``to``."""
    made = gathered("to", Destinations, view_options(function))
    for name, explanation in reversed(_FILES.items()):
        path = click.Path(path_type=Path, dir_okay=False)
        made = click.option(name, type=path, metavar="FILE", help=explanation)(made)
    return made


_FILES = {
    "--out": "Save the plan for `apply FILE`; it holds the values themselves; see RECONCILER_PLAN_KEY.",
    "--markdown": "Write a comment for a pull request too, which always fits into one.",
    "--html": "Write a page too, which searches and filters without network.",
    "--json-into": "Write the JSON for machines too; it is masked and cannot be applied.",
}


def deliver(session: Session, plan: Plan, to: Destinations) -> Exit:
    """Write ``plan`` where it is to go, and show it; says how it stands."""
    if to.out is not None:
        write_sealed(to.out, plan_to_text(plan))
    views = {Form.MARKDOWN: to.markdown, Form.HTML: to.html, Form.JSON: to.json_into}
    keep_plan(session, plan, views, full=to.full, values=to.values)
    show_plan(session, plan, full=to.full, values=to.values, form=to.form)
    refused = refused_by_guards(plan)
    return heaviest(
        Exit.OK if plan.is_sound else Exit.ERROR,
        exit_of(refused) if refused else Exit.OK,
        Exit.PLAN_REFUSED if plan.review and plan.review.unreviewed else Exit.OK,
    )
