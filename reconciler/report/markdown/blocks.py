"""The sections of a plan as foldable blocks of Markdown, in which code blocks are coloured as diffs."""

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from itertools import takewhile
from typing import TypeVar

from reconciler.errors import Problem
from reconciler.plan.plan import GuardRefusal
from reconciler.plan.summary import ProblemCounts
from reconciler.report.entries import Entries
from reconciler.report.markdown.escape import code_block, inline_code
from reconciler.report.markdown.links import links_below
from reconciler.report.markdown.truncate import Block
from reconciler.report.plan.guard_refusals import refusal_lines
from reconciler.report.problem_list import how_many, problem_lines
from reconciler.report.text.grouping import Section
from reconciler.report.text.layout import Layout
from reconciler.report.text.styled_lines import Line, Style, painted

T = TypeVar("T")

_MOST_IN_FULL = 500
"""Sections with more entries never get a full version, because it would not fit."""

_SIGNS = {Style.ADDED: "+", Style.REMOVED: "-", Style.CHANGED: "!"}
"""For each style, the first character of a line; GitHub colours the lines of a diff by this character."""


def problem_blocks(problems: Entries[Problem], counts: ProblemCounts, layout: Layout) -> list[Block]:
    """Make one block for all problems; none if there are none."""

    def content(count: int) -> str:
        return code_block(painted(problem_lines(problems.first(count), layout), color=False), "text")

    return [Block(len(problems), content, f"<b>{how_many(counts)}</b>")] if len(problems) else []


def refusal_blocks(refusals: tuple[GuardRefusal, ...], layout: Layout, rolls_back: str | None) -> list[Block]:
    """Return a block for each guard that refuses the plan.

    ``rolls_back`` is the run that the plan rolls back; None if the plan is no rollback.
    """
    return [_refusal_block(refusal, layout, rolls_back) for refusal in refusals]


def section_blocks(sections: Iterable[Section[T]], layout: Layout) -> list[Block]:
    """Make a block for each section."""
    return [_block(section, layout) for section in sections]


def _refusal_block(refusal: GuardRefusal, layout: Layout, rolls_back: str | None) -> Block:
    text = painted(refusal_lines([refusal], layout, rolls_back), color=False)
    return Block(1, lambda _: code_block(text, "text"), f"<b>guard: {refusal.guard}</b>")


def _block(section: Section[T], layout: Layout) -> Block:
    total = len(section.entries)
    start = f"{inline_code(section.object)}: " if section.object else ""
    remark = f"<br>{escape(section.remark)}" if section.remark else ""

    def content(count: int) -> str:
        return _diff(section, layout, count) + links_below(section, layout, count)

    def in_full() -> str:
        whole = _diff(section, replace(layout, full=True), total)
        return "" if whole == _diff(section, layout, total) else whole

    is_much = total > _MOST_IN_FULL or layout.full
    title = f"<b>{start}{total:,} {escape(section.what)}</b>{remark}"
    return Block(total, content, title, None if is_much else in_full)


def _diff(section: Section[T], layout: Layout, count: int) -> str:
    return code_block("\n".join(map(_diff_line, section.lines(layout, count))), "diff")


def _diff_line(pieces: Line) -> str:
    """Return a line of a terminal report with its sign moved to the first column, as in a diff."""
    text = painted([pieces], color=False).rstrip("\n")
    before = list(takewhile(lambda piece: not piece.text.strip(), pieces))
    style = pieces[len(before)].style if len(before) < len(pieces) else Style.PLAIN
    if style not in _SIGNS:
        return text
    margin = sum(len(piece.text) for piece in before)
    return _SIGNS[style] + text[1:margin] + " " + text[margin + 1 :]
