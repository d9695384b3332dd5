"""A plan as one comment on a pull request, shortened to fit, with the riskiest changes first."""

from collections.abc import Iterable
from functools import partial
from typing import Any

from reconciler.plan.file.encode import Digests
from reconciler.plan.file.format import digests_of
from reconciler.plan.plan import Plan
from reconciler.plan.summary import PlanSummary
from reconciler.report.markdown.blocks import problem_blocks, refusal_blocks, section_blocks
from reconciler.report.markdown.escape import code_block, inline_code, truncate
from reconciler.report.markdown.summary import (
    BLOCK_WIDTH,
    LEFT_OUT_CHARACTERS,
    MOST_CHARACTERS,
    counts_table,
    mark_of,
)
from reconciler.report.markdown.truncate import Fitted, fitted, size_of, texts_of
from reconciler.report.plan.change_sections import change_sections, held_sections
from reconciler.report.plan.review_differences import difference_sections
from reconciler.report.plan.summary import blockers, made_of, plan_notes, portal_of, selection_flags
from reconciler.report.rehearsal import TITLE, headline, rehearsal_lines, second_plan
from reconciler.report.shown import ShownPlan, shown_plan
from reconciler.report.text.grouping import Section
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import painted
from reconciler.report.text.width import ELLIPSIS
from reconciler.report.view import View
from reconciler.sentences import counted

_MOST_NOTES = 30
_REHEARSAL_CHARACTERS = 16_000
"""Maximum length of the section about a rehearsal."""


def render_markdown(plan: Plan, view: View) -> str:
    """Render a plan in GitHub's Markdown, as far as it fits."""
    shown = shown_plan(plan, view.masking)
    link = partial(view.source_link, commit=plan.manifests.commit)
    layout = Layout(BLOCK_WIDTH, view.full, view.where, shown.about.names, link, "")
    sections, held_back = change_sections(shown.changes), held_sections(shown.held)
    head = _head(shown, [*sections, *held_back])
    foot = _rehearsed(shown, layout) + _foot(shown, digests_of(plan), layout)
    room = MOST_CHARACTERS - LEFT_OUT_CHARACTERS - size_of(head + foot)
    guards = refusal_blocks(shown.about.refusals, layout, shown.about.rolls_back)
    obstructing = [*guards, *problem_blocks(shown.problems, shown.summary.problems, layout)]
    problems = fitted(obstructing, room * 2 // 5)
    room -= problems.size
    differences = fitted(section_blocks(difference_sections(shown.differences), layout), room // 5)
    room -= differences.size
    to_hold = section_blocks(held_back, layout)
    kept_for_held = fitted(to_hold, room // 5).size
    changes = fitted(section_blocks(sections, layout), room - kept_for_held)
    held = fitted(to_hold, room - changes.size)
    blocks = [*problems.blocks, *differences.blocks, *changes.blocks, *held.blocks]
    texts = texts_of(blocks, room - changes.size - held.size)
    return "".join([head, *texts, _left_out(problems, differences, changes, held), foot])


def _head(shown: ShownPlan, sections: Iterable[Section[Any]]) -> str:
    """Return the start of the comment: a marker, the headline, and a table of counts.

    Later runs find the comment by its marker.
    """
    plan = shown.about
    manifests = plan.manifests
    about = f"{inline_code(plan.environment)}, {portal_of(plan, inline_code)}: {made_of(plan, inline_code)}"
    return (
        f"{mark_of('plan', plan.environment, plan.portal_id)}\n"
        f"### {shown.summary.headline}\n\n"
        f"{about}{f', commit {inline_code(manifests.git)}' if manifests.git else ''}"
        f"{' **and uncommitted changes**' if manifests.has_uncommitted else ''}"
        f"{f', selected by {inline_code(selection_flags(plan))}' if plan.is_partial else ''}\n\n"
        f"{_alert(shown)}{counts_table(sections)}"
    )


def _alert(shown: ShownPlan) -> str:
    text = blockers(shown)
    return f"> [!{'WARNING' if shown.summary.is_appliable else 'CAUTION'}]\n> {text}\n\n" if text else ""


def _left_out(problems: Fitted, differences: Fitted, changes: Fitted, held: Fitted) -> str:
    """Return a sentence about how much did not fit, and where to see it; may be empty."""
    counts = [
        counted(changes.left_out, "change") if changes.left_out else "",
        f"{held.left_out:,} held" if held.left_out else "",
        counted(problems.left_out, "problem") if problems.left_out else "",
        f"{counted(differences.left_out, 'difference')} from the reviewed plan"
        if differences.left_out
        else "",
    ]
    what = ", ".join(filter(None, counts))
    if not what:
        return ""
    return (
        f"**Left out, because a comment has no more room: {what}.** "
        "`reconciler plan --full` prints the whole plan, `reconciler plan --html FILE` makes it a page.\n\n"
    )


def _rehearsed(shown: ShownPlan, layout: Layout) -> str:
    """Return the section about the rehearsal; if it is long, only its beginning and its result."""
    rehearsal = shown.about.rehearsal
    if rehearsal is None:
        return ""
    text = painted(rehearsal_lines(rehearsal, layout), color=False)
    if len(text) > _REHEARSAL_CHARACTERS:
        text = f"{text[:_REHEARSAL_CHARACTERS]}{ELLIPSIS}\n{second_plan(rehearsal)}.\n"
    is_open = "" if rehearsal.is_complete else " open"
    summary = f"<summary><b>{TITLE}</b>: {headline(rehearsal)}</summary>"
    return f"<details{is_open}>{summary}\n\n{code_block(text, 'text')}\n</details>\n\n"


def _foot(shown: ShownPlan, digests: Digests, layout: Layout) -> str:
    """Return costs, needed scopes, digests, and next steps."""
    plan = shown.about
    lines = [truncate(text, layout.width) for text in plan_notes(shown, layout)]
    if len(lines) > _MOST_NOTES:
        lines[_MOST_NOTES - 1 :] = [ELLIPSIS]
    text = "\n".join(lines)
    planned = f"{plan.created_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"{code_block(text, 'text')}\n"
        f"{_content(plan, digests)}\n"
        f"Digest `{digests.digest}`, planned {planned} by reconciler {inline_code(plan.tool_version)}.\n\n"
        f"**Next:** {_next(plan, shown.summary)}\n"
    )


def _content(plan: Plan, digests: Digests) -> str:
    """Return the content hash, compared with the reviewed one."""
    text = f"Content `{digests.content}`"
    if plan.review is None:
        return f"{text}: every run that plans the same changes shows this digest."
    if plan.review.content == digests.content:
        return f"{text}, as it was reviewed."
    reviewed = inline_code(plan.review.content)
    return f"{text}. It differs from the reviewed plan {reviewed}: look at the differences."


def _next(plan: Plan, summary: PlanSummary) -> str:
    if not summary.is_sound:
        return "correct the manifests where the problems are, and push. Then a new plan is made."
    if summary.refusals:
        return "check whether you want these changes. If so, plan again with the flags that the guards name."
    if summary.writes and plan.rolls_back:
        return (
            "review the plan. `reconciler apply FILE` makes exactly these changes, if "
            "`rollback --out FILE` wrote this plan to FILE."
        )
    if summary.unreviewed:
        return (
            "have the left-out changes reviewed. `reconciler apply FILE` applies "
            "the other changes, which were reviewed."
        )
    if plan.review is not None and summary.writes:
        return "this plan was reviewed. `reconciler apply FILE` makes exactly these changes."
    if summary.writes:
        return (
            "review and merge. Then `reconciler plan --out FILE` shows what is left to do, and "
            "`reconciler apply FILE` makes exactly these changes."
        )
    if any(summary.actions.values()):
        return "`reconciler apply` changes only the state, not HubSpot."
    return "nothing to do."
