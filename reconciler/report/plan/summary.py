"""The beginning and end of a plan's report: portal and inputs, costs, and counts."""

from collections.abc import Callable, Iterator
from shlex import quote

from reconciler.plan.plan import Budget, Plan
from reconciler.plan.summary import PlanSummary
from reconciler.report.plan.review_differences import left_out, review_lines
from reconciler.report.problem_list import how_many
from reconciler.report.shown import ShownPlan
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Style, painted
from reconciler.sentences import counted

_COMMIT_DIGITS = 12
_SMALL_SHARE = 0.001
_MINUTE_S, _HOUR_S = 60, 3600


def opening(shown: ShownPlan, layout: Layout) -> list[Line]:
    """Format environment, portal and source of the plan; if nothing changes, the headline comes first."""
    plan, summary = shown.about, shown.summary
    commit = f", commit {plan.manifests.git[:_COMMIT_DIGITS]}" if plan.manifests.git else ""
    commit += " and uncommitted changes" if plan.manifests.has_uncommitted else ""
    about = f"{plan.environment}, {portal_of(plan, str)}: {made_of(plan, str)}{commit}"
    only = f"Partial plan: only what is selected by {selection_flags(plan)} was compared."
    partly = layout.paragraph(only, style=Style.CHANGED) if plan.is_partial else ()
    if not summary.is_calm:
        return [*layout.paragraph(about, style=Style.STRONG), *partly]
    about_it = layout.paragraph(about, style=Style.FAINT)
    return [*layout.paragraph(f"{summary.headline}.", style=Style.STRONG), *about_it, *partly]


def selection_flags(plan: Plan) -> str:
    """Format the flags that limit the plan, as on the command line; may be empty."""
    flags = [("--target", glob) for glob in plan.targets] + [("--exclude", glob) for glob in plan.excludes]
    return " ".join(f"{flag} {quote(glob)}" for flag, glob in flags)


def portal_of(plan: Plan, quoted: Callable[[str], str]) -> str:
    """Format ``portal 7654321``, with its host if it is not HubSpot's; ``quoted`` escapes a text."""
    return f"portal {plan.portal_id}" + (f" at {quoted(plan.host)}" if plan.host else "")


def made_of(plan: Plan, quoted: Callable[[str], str]) -> str:
    """Format ``71 records in 6 manifests``, or the rolled-back run; ``quoted`` escapes a text."""
    if plan.rolls_back is not None:
        return f"rolls back run {quoted(plan.rolls_back)}"
    manifests = plan.manifests
    return f"{counted(manifests.records, 'record')} in {counted(manifests.files, 'manifest')}"


def blockers(shown: ShownPlan) -> str:
    """Format the reasons why apply would refuse the plan, and other urgent facts; may be empty."""
    plan, summary = shown.about, shown.summary
    counts = [how_many(summary.problems)] if summary.problems.total else []
    counts += [f"{counted(summary.refusals, 'guard')} against it"] if summary.refusals else []
    start = "" if summary.is_appliable else "This plan cannot be applied: "
    sentences = [f"{start}{', '.join(counts)}."] if counts else []
    sentences += ["Partial plan: only the selected addresses were compared."] if plan.is_partial else []
    if summary.unreviewed:
        sentences.append(left_out(summary.unreviewed))
    lifted = ", ".join(f"{guard} to {number:,}" for guard, number in plan.allowances)
    sentences += [f"Guards were lifted: {lifted}."] if lifted else []
    return " ".join(sentences)


def closing(shown: ShownPlan, layout: Layout) -> list[Line]:
    """Format notes, costs and counts; the last line has a fixed form that scripts can find."""
    summary, lines = shown.summary, _noted(shown, layout)
    if summary.problems.total:
        start, style = (
            ("This plan cannot be applied: ", Style.ALARM) if summary.problems.errors else ("", Style.CHANGED)
        )
        lines += layout.paragraph(f"{start}{how_many(summary.problems)}.", style=style)
    return [*lines, *_unwritten(summary, layout), *layout.paragraph(f"{summary.last_line}.")]


def plan_notes(shown: ShownPlan, layout: Layout) -> list[str]:
    """Return the notes that a terminal shows before the last line, except the number of problems."""
    lines = [*_noted(shown, layout), *_unwritten(shown.summary, layout)]
    return [painted([row], color=False).rstrip("\n") for row in lines]


def _noted(shown: ShownPlan, layout: Layout) -> list[Line]:
    review = shown.about.review
    lines = review_lines(review, shown.summary.unreviewed, layout) if review else []
    return lines + [row for note in _notes(shown) for row in layout.paragraph(note, style=Style.FAINT)]


def _unwritten(summary: PlanSummary, layout: Layout) -> Iterator[Line]:
    """Format the counts of changes without a call, unless the headline has these counts already."""
    if summary.writes and summary.unwritten:
        yield from layout.paragraph(f"{summary.unwritten}.")


def _notes(shown: ShownPlan) -> Iterator[str]:
    plan = shown.about
    if not plan.keeps_state:
        yield (
            "Without state, changes by people look like values that reconciler never set: there is no drift, "
            "no prune, no protection and no rollback."
        )
    elif plan.state.lineage is None:
        yield (
            "Nothing was applied here yet: drift, prune, protection and rollback begin with the first apply."
        )
    if shown.is_masked:
        yield "Personal values are masked; equal masks mean equal values."
    if shown.summary.writes and plan.write_scopes:
        yield f"Scopes needed for apply: {', '.join(plan.write_scopes)}."
    yield _costs(plan.budget)


def _costs(budget: Budget) -> str:
    reading = f"Calls: {budget.read_calls:,} to read"
    if budget.missing_calls:
        reading += f" ({budget.missing_calls:,} of them to look for missing records)"
    if not budget.apply_calls:
        return f"{reading}."
    again = [f"{budget.reread_calls:,} to read again"] if budget.reread_calls else []
    writing = [f"{budget.write_calls:,} to write"] if budget.write_calls else []
    return f"{reading}, {' and '.join(again + writing)} ({_time(budget.seconds)}; {_share(budget)})."


def _share(budget: Budget) -> str:
    if budget.daily_remaining is None:
        return "calls left today: unknown"
    if not budget.daily_remaining:
        return "calls left today: none"
    share = budget.apply_calls / budget.daily_remaining
    percent = f"{100 * share:,.1f} %" if share >= _SMALL_SHARE else "under 0.1 %"
    return f"{percent} of the {budget.daily_remaining:,} calls left today"


def _time(seconds: float) -> str:
    """Format ``seconds``, the minimum time that the portal's limit on calls requires."""
    if seconds < 1:
        return "no wait for the rate limit"
    if seconds < 2 * _MINUTE_S:
        return f"takes at least {seconds:.0f} s because of the rate limit"
    if seconds < 2 * _HOUR_S:
        return f"takes at least {seconds / _MINUTE_S:.0f} min because of the rate limit"
    return f"takes at least {seconds / _HOUR_S:.0f} h because of the rate limit"
