"""Drift as the text of one issue: it always fits, and lost records come first."""

from collections.abc import Callable, Iterator
from itertools import chain

from reconciler.model.drift import DriftFound
from reconciler.report.drift import drift_about, drifted_sections, lost_sections, pair_sections
from reconciler.report.entries import Entries
from reconciler.report.markdown.escape import code_block, inline_code
from reconciler.report.markdown.plan import BLOCK_WIDTH, LEFT_OUT_CHARACTERS, MOST_CHARACTERS, mark_of
from reconciler.report.markdown.truncate import Block, fitted, size_of
from reconciler.report.shown import ShownDrift, shown_drift
from reconciler.report.text.grouping import Section, T
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import BLANK, painted
from reconciler.report.view import View


def render_drift_markdown(found: DriftFound, view: View) -> str:
    """Render drift in GitHub's Markdown, as far as it fits."""
    shown = shown_drift(found, view.masking)
    layout = Layout(BLOCK_WIDTH, view.full, view.where, shown.about.names)
    head, foot = _head(shown), _foot(shown)
    shown_sections = fitted(
        [
            *_blocks(shown.lost, lost_sections, layout),
            *_blocks(shown.values, drifted_sections, layout),
            *_blocks(shown.pairs, pair_sections, layout),
        ],
        MOST_CHARACTERS - LEFT_OUT_CHARACTERS - size_of(head + foot),
    )
    return "".join(
        [head, *(block.text() for block in shown_sections.blocks), _left_out(shown_sections.left_out), foot]
    )


def _head(shown: ShownDrift) -> str:
    """Return the marker that finds the issue again, and the headline."""
    found, headline = shown.about, shown.summary.headline
    return (
        f"{mark_of('drift', found.environment, found.portal_id)}\n"
        f"### {headline if shown.is_empty else f'Drift: {headline}'}\n\n"
        f"{inline_code(found.environment)}, {drift_about(shown)}\n\n"
    )


def _blocks(
    entries: Entries[T], sections: Callable[[Entries[T]], list[Section[T]]], layout: Layout
) -> Iterator[Block]:
    def content(count: int) -> str:
        texts = (section.lines_with_heading(layout) for section in sections(entries.first(count)))
        parted = chain.from_iterable([*section, BLANK] for section in texts)
        return f"{code_block(painted(parted, color=False), 'text')}\n"

    if len(entries):
        yield Block(len(entries), content)


def _left_out(count: int) -> str:
    if not count:
        return ""
    return f"**{count:,} more, for which an issue has no room:** `reconciler drift --full` prints all.\n\n"


def _foot(shown: ShownDrift) -> str:
    """Return the origin of the report, and the next steps."""
    found = shown.about
    masked = "Personal values are masked; equal masks mean equal values. " if shown.is_masked else ""
    version = inline_code(found.tool_version)
    looked = f"Looked at {found.created_at:%Y-%m-%d %H:%M} UTC by reconciler {version}.\n\n"
    return masked + looked + f"**Next:** {_next(shown)}\n"


def _next(shown: ShownDrift) -> str:
    if shown.is_empty:
        return "nothing to do."
    lost = (
        " `plan --recreate ADDRESS` creates a missing record again; nothing else does."
        if len(shown.lost)
        else ""
    )
    return (
        "if people are right, `reconciler drift --accept ADDRESS` writes what they changed into the "
        f"manifests. The next apply writes back the rest, unless the environment says `drift: hold`.{lost}"
    )
