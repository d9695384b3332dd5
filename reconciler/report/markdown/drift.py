"""Drift as the text of one issue: it fits, however much there is, and what is lost comes first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TypeVar

from reconciler.model.drift import DriftFound
from reconciler.report.drift import drift_headline, drifted_sections, lost_sections, pair_sections
from reconciler.report.markdown.escape import code_block, inline_code
from reconciler.report.markdown.plan import BLOCK_WIDTH, LEFT_OUT_CHARACTERS, MOST_CHARACTERS, mark_of
from reconciler.report.markdown.truncate import Block, fitted, size_of
from reconciler.report.mask import masked_drift
from reconciler.report.text.layout import Layout, counted
from reconciler.report.text.styled_lines import BLANK, Line, painted
from reconciler.report.view import View

_Entry = TypeVar("_Entry")
_Sections = Callable[[Iterable[_Entry], Layout], Iterator[list[Line]]]


def render_drift_markdown(found: DriftFound, view: View) -> str:
    """Render drift in GitHub's Markdown, as far as it fits."""
    shown = masked_drift(found, view.masking)
    layout = Layout(BLOCK_WIDTH, view.full, view.where)
    head = _head(shown)
    foot = _foot(shown, is_masked=shown != found)
    told = fitted(
        [
            *_blocks(shown.lost, lost_sections, layout),
            *_blocks(shown.values, drifted_sections, layout),
            *_blocks(shown.pairs, pair_sections, layout),
        ],
        MOST_CHARACTERS - LEFT_OUT_CHARACTERS - size_of(head + foot),
    )
    return "".join([head, *told.texts, _left_out(told.left_out), foot])


def _head(found: DriftFound) -> str:
    """The mark that finds the issue again, and what there is."""
    headline = drift_headline(found)
    return (
        f"{mark_of('drift', found.environment, found.portal_id)}\n"
        f"### {headline if found.is_empty else f'Drift: {headline}'}\n\n"
        f"{inline_code(found.environment)}, portal {found.portal_id}: "
        f"{counted(found.looked_at, 'owned record')} looked at\n\n"
    )


def _blocks(entries: Sequence[_Entry], sections: _Sections[_Entry], layout: Layout) -> Iterator[Block]:
    def text(count: int) -> str:
        parted = chain.from_iterable([*section, BLANK] for section in sections(entries[:count], layout))
        return f"{code_block(painted(parted, color=False), 'text')}\n"

    if entries:
        yield Block(len(entries), text)


def _left_out(count: int) -> str:
    if not count:
        return ""
    return f"**{count:,} more, of which an issue has no room:** `reconciler drift --full` prints all.\n\n"


def _foot(found: DriftFound, *, is_masked: bool) -> str:
    """Whose work this is, and what to do next."""
    masked = "Personal values are masked; equal marks stand for equal values. " if is_masked else ""
    version = inline_code(found.tool_version)
    looked = f"Looked at {found.created_at:%Y-%m-%d %H:%M} UTC by reconciler {version}.\n\n"
    return masked + looked + f"**Next:** {_next(found)}\n"


def _next(found: DriftFound) -> str:
    if found.is_empty:
        return "nothing to do."
    lost = " `plan --recreate ADDRESS` alone makes anew what is lost." if found.lost else ""
    return (
        "where people are right, `reconciler drift --accept ADDRESS` writes what they changed into the "
        f"manifests. The next apply writes back the rest, unless the environment says `drift: hold`.{lost}"
    )
