"""``reconciler validate``."""

from collections.abc import Sequence

import click

from reconciler.cli.errors import annotate
from reconciler.cli.exits import ExitCode
from reconciler.cli.messages import answer, document, show_text
from reconciler.cli.options import common_options
from reconciler.cli.output import color, masking_for, width
from reconciler.cli.plan_options import PlanRequest
from reconciler.errors import Problem
from reconciler.project.session import Session, open_session
from reconciler.report.json_report import problems_as_json
from reconciler.report.mask import SHOW, masked_problems
from reconciler.report.terminal import render_problems
from reconciler.report.text.layout import counted


@click.command()
@click.option("--online", is_flag=True, help="Also against the portal: all that a plan would find.")
@common_options
@click.pass_context
def command(ctx: click.Context, online: bool) -> int:
    """Check the manifests: without a portal, or with --online against it. Changes nothing anywhere."""
    session = open_session(ctx, offline=not online)
    return _check_online(session) if online else _check(session)


def _check(session: Session) -> ExitCode:
    desired = session.load_manifests()
    count = _counts(desired.record_count, len(desired.files.names))
    _tell(session, session.seen(desired.problems), f"{count}: no problems")
    return ExitCode.OK


def _check_online(session: Session) -> ExitCode:
    from reconciler.cli.planning import make_plan  # noqa: PLC0415 - the portal's libraries cost 0.5 s

    plan = make_plan(session, PlanRequest())
    masking = masking_for(None, as_json=session.said.as_json)
    problems = masked_problems(session.seen(plan.problems), masking, plan.personal)
    count = _counts(plan.manifests.records, plan.manifests.files)
    _tell(session, problems, f"{count}: no problems in portal {plan.portal_id}")
    return ExitCode.OK if plan.is_sound else ExitCode.ERROR


def _tell(session: Session, problems: Sequence[Problem], none: str) -> None:
    """Show problems and warnings, or say ``none``."""
    annotate(problems)
    if session.said.as_json:
        document(problems_as_json(problems, SHOW))
    elif problems:
        show_text(render_problems(problems, color=color(session.said), width=width()))
    else:
        answer(none)


def _counts(records: int, files: int) -> str:
    return f"{counted(records, 'record')} in {counted(files, 'file')}"
