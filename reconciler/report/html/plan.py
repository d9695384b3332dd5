"""A plan as an HTML page."""

from collections.abc import Iterator

from reconciler.invisible_characters import visible
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Plan
from reconciler.report.html.page import Page, page_text
from reconciler.report.html.plan_table import plan_table
from reconciler.report.plan.guard_refusals import refusal_lines
from reconciler.report.plan.summary import blockers, made_of, plan_notes, portal_of, selection_flags
from reconciler.report.rehearsal import rehearsal_lines
from reconciler.report.shown import shown_plan
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import painted
from reconciler.report.view import View

_WIDE = Layout(width=100_000, full=True, where=str)
"""A layout so wide that every sentence is one line."""

_PAGE = Layout(width=120, full=False, where=str)
"""A layout for preformatted text."""


def render_plan_page(plan: Plan, view: View) -> str:
    """Render the plan as an HTML document."""
    shown = shown_plan(plan, view.masking)
    about, summary = shown.about, shown.summary
    page = Page(
        subject="Plan",
        environment=visible(plan.environment),
        portal=portal_of(plan, visible),
        command="reconciler plan --full",
        headline=summary.headline,
        facts=list(_facts(plan, selection_flags(about))),
        notes=plan_notes(shown, _WIDE),
        obstacles=blockers(shown),
        is_fatal=not summary.is_appliable,
        refusals=painted(refusal_lines(about.refusals, _WIDE, about.rolls_back), color=False),
        rehearsal=painted(rehearsal_lines(about.rehearsal, _PAGE), color=False) if about.rehearsal else "",
    )
    return page_text(page, plan_table(shown, view))


def _facts(plan: Plan, flags: str) -> Iterator[tuple[str, str]]:
    """Return the facts about a plan for the page's head, each with its label."""
    yield ("Rolls back" if plan.rolls_back else "Read"), made_of(plan, visible)
    if plan.manifests.git:
        uncommitted = " and uncommitted changes" if plan.manifests.has_uncommitted else ""
        yield "Commit", f"{visible(plan.manifests.git)}{uncommitted}"
    if flags:
        yield "Selected by", visible(flags)
    yield (
        "Planned",
        f"{plan.created_at:%Y-%m-%d %H:%M} UTC by reconciler {visible(plan.tool_version)}",
    )
    digests = digests_of(plan)
    yield "Content", digests.content
    if plan.review:
        yield "Content as reviewed", visible(plan.review.content)
    yield "Digest", digests.digest
