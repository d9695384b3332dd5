"""The status of a plan, for reports that begin with it: fixed words and numbers, without values."""

from dataclasses import replace

from reconciler.plan.plan import ManifestInfo, Plan
from reconciler.report.plan.review_differences import left_out
from reconciler.report.plan.summary import closing, opening
from reconciler.report.problem_list import how_many
from reconciler.report.text.layout import Layout, counted
from reconciler.report.text.styled_lines import painted

_WIDE = Layout(width=1_000, full=True, where=str)
_NAMELESS = ManifestInfo(digest="", files=0, records=0, git=None)


def headline(plan: Plan) -> str:
    """Format ``Plan: 3 to create, …`` or ``No changes. 12 to adopt``, as on a terminal, without full stop."""
    nameless = replace(plan, environment="", manifests=_NAMELESS, undoes=None, targets=(), excludes=())
    start = opening(nameless, _WIDE)
    told = start[0] if len(start) > 1 else closing(nameless, _WIDE, is_masked=False)[-1]
    return painted([told], color=False).strip().removesuffix(".")


def blockers(plan: Plan) -> str:
    """Format the reasons why apply would refuse the plan, and other urgent facts; may be empty."""
    counts = [how_many(plan.problems)] if plan.problems else []
    counts += [f"{counted(len(plan.refusals), 'guard')} against it"] if plan.refusals else []
    start = "" if plan.is_appliable else "This plan cannot be applied: "
    sentences = [f"{start}{', '.join(counts)}."] if counts else []
    sentences += ["Partial plan: only what is selected was looked at."] if plan.is_partial else []
    if plan.review is not None and plan.review.unreviewed:
        sentences.append(left_out(plan.review))
    lifted = ", ".join(f"{guard} to {number:,}" for guard, number in plan.allowances)
    sentences += [f"Guards were lifted: {lifted}."] if lifted else []
    return " ".join(sentences)


def plan_notes(plan: Plan, layout: Layout, *, is_masked: bool) -> list[str]:
    """Return the notes before the last line on a terminal, except problems, with names of scopes."""
    told = closing(replace(plan, problems=()), layout, is_masked=is_masked)[:-1]
    return painted(told, color=False).splitlines()
