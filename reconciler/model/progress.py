"""The callback with which an operation reports its progress to a caller."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished records or changes and their total; called often, so it must be fast."""


def ignore_progress(_done: int, _total: int) -> None:
    """Do nothing: the default callback of operations, for callers that do not ask for progress."""
