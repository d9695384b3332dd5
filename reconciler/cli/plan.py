"""``reconciler plan``."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from reconciler.cli.exits import Exit, heaviest
from reconciler.cli.files import write_sealed
from reconciler.cli.options import common_options
from reconciler.cli.output import Form, view_options
from reconciler.cli.planning import keep_plan, make_plan, show_plan
from reconciler.cli.session import open_session
from reconciler.cli.wishes import Wishes, plan_options
from reconciler.errors import UsageError
from reconciler.plan.file import plan_to_text

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _file_option(name: str, explanation: str) -> Callable[[_Function], _Function]:
    return click.option(
        name, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=explanation
    )


@click.command()
@_file_option(
    "--out", "Save the plan for `apply FILE`; it holds the values themselves; see RECONCILER_PLAN_KEY."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if `apply` would write to the portal.")
@_file_option("--markdown", "Write a comment for a pull request too, which always fits into one.")
@_file_option("--html", "Write a page too, which searches and filters without network.")
@_file_option("--json-into", "Write the JSON for machines too; it is masked and cannot be applied.")
@plan_options
@view_options
@common_options
@click.pass_context
def command(
    ctx: click.Context,
    *,
    out: Path | None,
    detailed_exitcode: bool,
    markdown: Path | None,
    html: Path | None,
    json_into: Path | None,
    wishes: Wishes,
    form: Form,
    full: bool,
    values: str | None,
) -> int:
    """Show what apply would change, and why. Changes nothing anywhere."""
    _refuse_one_file_for_two([out, markdown, html, json_into])
    session = open_session(ctx)
    plan = make_plan(session, wishes)
    if out is not None:
        write_sealed(out, plan_to_text(plan))
    views = {Form.MARKDOWN: markdown, Form.HTML: html, Form.JSON: json_into}
    keep_plan(session, plan, views, full=full, values=values)
    show_plan(session, plan, full=full, values=values, form=form)
    return heaviest(
        Exit.OK if plan.is_sound else Exit.ERROR,
        Exit.GUARDED if plan.refusals else Exit.OK,
        Exit.PLAN_REFUSED if plan.review and plan.review.unreviewed else Exit.OK,
        Exit.CHANGES if detailed_exitcode and plan.writes else Exit.OK,
    )


def _refuse_one_file_for_two(paths: Iterable[Path | None]) -> None:
    """A plan to apply must not be overwritten by one to read."""
    named = [path.absolute() for path in paths if path is not None]
    for path in named:
        if named.count(path) > 1:
            raise UsageError(f"{path} cannot hold two things: give each its own file")
