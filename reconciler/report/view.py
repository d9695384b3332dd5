"""The look of a report, and what it may show: the second argument of every renderer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.report.mask import Masking
from reconciler.source import SourceRef

Where: TypeAlias = Callable[[SourceRef], str]
"""A function that formats a place as ``file:line:column``, with the file as the reader would type it."""


@dataclass(frozen=True, slots=True)
class View:
    """The look of a report, and what it may show; each form uses the parts that it needs."""

    masking: Masking  # whether personal values are shown
    where: Where = str
    full: bool = False  # shows what is otherwise folded or shortened
    width: int = 80  # columns
    color: bool = False
    shows_applied: bool = False  # of a run: not only what went wrong, but each change that was applied
