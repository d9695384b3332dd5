"""What ``plan``, ``show`` and ``apply`` share: making a plan, and showing one."""

from datetime import UTC, datetime
from pathlib import Path

import click

from reconciler.cli.files import read_text
from reconciler.cli.output import color, masking_for, width
from reconciler.cli.progress import progress
from reconciler.cli.session import Session
from reconciler.cli.telling import annotate
from reconciler.cli.wishes import Wishes
from reconciler.errors import ManifestError
from reconciler.plan.changes import Plan
from reconciler.plan.file import plan_from_text
from reconciler.plan.guards import Guards, limits_from
from reconciler.plan.judging import Policy
from reconciler.reconcile import Circumstances, plan_changes
from reconciler.report.machine import plan_as_json
from reconciler.report.mask import masked_problems
from reconciler.report.terminal import render_plan


def make_plan(session: Session, wishes: Wishes) -> Plan:
    """Plan the chosen environment; writes nothing anywhere."""
    desired = session.load_manifests()
    environment = session.environment
    here = Circumstances(
        environment=environment.name,
        portal_id=environment.portal_id,
        policy=Policy(environment.drift, wishes.take, wishes.recreate),
        guards=Guards(limits_from(session.settings.guards), dict(wishes.allow)),
        stand_ins=environment.owners,
        git_commit=session.git_commit(),
        created_at=datetime.now(UTC),
        skips_invalid=wishes.skip_invalid,
    )
    with (
        session.state(to_write=False) as store,
        session.portal() as connection,
        progress("reading", quiet=session.said.quiet) as report,
    ):
        try:
            return plan_changes(desired, connection.reader, store, here, report)
        except ManifestError as error:
            raise ManifestError(session.seen(error.problems)) from None


def read_plan(path: Path) -> Plan:
    """A plan that ``plan --out`` wrote.

    Raises:
        UsageError: it is no plan, or of a version we do not know.
        PlanRefused: it was altered.
    """
    return plan_from_text(read_text(path, "plan"))


def show_plan(session: Session, plan: Plan, *, full: bool, values: str | None) -> None:
    """Print ``plan`` for a person, or as JSON where that was asked for."""
    annotate(masked_problems(session.seen(plan.problems), masking_for("mask", as_json=False), plan.personal))
    masking = masking_for(values, as_json=session.said.as_json)
    if session.said.as_json:
        click.echo(plan_as_json(plan, masking), nl=False)
        return
    text = render_plan(
        plan,
        color=color(session.said),
        width=width(),
        full=full,
        masking=masking,
        where=session.where,
    )
    click.echo(text, nl=False, color=True)
