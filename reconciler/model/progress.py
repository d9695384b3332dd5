"""How far a verb has come, for callers who show it."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished records or changes, and of all; called often, so it must be fast."""


def ignore_progress(_done: int, _total: int) -> None:
    """Show nothing."""
