"""How a report is to look, and what it may show: what every renderer is given beside its subject."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from reconciler.report.mask import Masking
from reconciler.source import SourceRef

Where: TypeAlias = Callable[[SourceRef], str]
"""How a place is called: ``file:line:column``, the file as the reader would type it."""


@dataclass(frozen=True, slots=True)
class View:
    """How a report is to look, and what it may show. A form takes of it what it has a use for."""

    masking: Masking  # whether personal values are shown
    where: Where = str
    full: bool = False  # shows what is otherwise folded or shortened
    width: int = 80  # columns
    color: bool = False
    shows_applied: bool = False  # of a run: not only what went wrong, but each change that was applied
