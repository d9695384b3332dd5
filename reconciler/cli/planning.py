"""What ``plan``, ``show``, ``rollback`` and ``apply`` share: showing a plan, and keeping it for others."""

from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

from reconciler.cli.errors import annotate
from reconciler.cli.invocation import Invocation
from reconciler.cli.messages import document, show_text
from reconciler.cli.output import Form, color, masking_for, tell_github, width
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Plan
from reconciler.project.files import write_private
from reconciler.report.json_report import plan_as_json
from reconciler.report.markdown.plan import render_markdown
from reconciler.report.mask import Masking, masked_problems
from reconciler.report.plan.headline import headline
from reconciler.report.terminal import render_plan


def show_plan(
    invocation: Invocation, plan: Plan, *, full: bool, values: str | None, form: Form = Form.TERMINAL
) -> None:
    """Print ``plan`` for a person in ``form``, or as JSON where that was asked for."""
    annotate(
        masked_problems(
            invocation.session.seen(plan.problems), masking_for("mask", as_json=False), plan.personal
        )
    )
    chosen = Form.JSON if invocation.said.as_json else form
    masking = masking_for(values, as_json=chosen is not Form.TERMINAL)
    say = show_text if chosen is Form.TERMINAL else document
    say(_rendered(invocation, plan, chosen, masking, full=full))


def keep_plan(
    invocation: Invocation, plan: Plan, files: Mapping[Form, Path], *, full: bool, values: str | None
) -> None:
    """Write ``plan`` to ``files``, and tell GitHub Actions of it; equal values get equal marks everywhere."""
    masking = masking_for(values, as_json=True)
    for form, path in files.items():
        write_private(path, _rendered(invocation, plan, form, masking, full=full))
    tell_github("GITHUB_STEP_SUMMARY", lambda: _rendered(invocation, plan, Form.MARKDOWN, masking, full=full))
    tell_github("GITHUB_OUTPUT", lambda: _outputs(plan) + whose_values(invocation))


def _outputs(plan: Plan) -> str:
    """What later steps of a job may ask for; no line holds a value."""
    digests = digests_of(plan)
    return (
        f"changes={str(plan.writes).lower()}\nempty={str(plan.is_empty).lower()}\n"
        f"appliable={str(plan.is_appliable).lower()}\n"
        f"content={digests.content}\ndigest={digests.digest}\nsummary={headline(plan)}\n"
    )


def whose_values(invocation: Invocation) -> str:
    """The output that tells whether plans and reports hold real values, or those of an emulator."""
    return f"emulator={str(invocation.environment.is_emulator).lower()}\n"


def _rendered(invocation: Invocation, plan: Plan, form: Form, masking: Masking, *, full: bool) -> str:
    match form:
        case Form.TERMINAL:
            return render_plan(
                plan,
                color=color(invocation.said),
                width=width(),
                full=full,
                masking=masking,
                where=invocation.where,
            )
        case Form.MARKDOWN:
            return render_markdown(plan, masking=masking, where=invocation.where, full=full)
        case Form.JSON:
            return plan_as_json(plan, masking)
        case Form.HTML:
            from reconciler.report.html.page import render_page  # noqa: PLC0415 - Jinja2 costs 0.1 s

            return render_page(plan, masking=masking)
        case _:
            assert_never(form)
