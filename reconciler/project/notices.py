"""What work on a project says besides its results: to callables that whoever opens the project hands in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know, and that changes nothing about the result."""

    text: str
    is_advice: bool = False  # nothing was changed and nothing went wrong: who wants quiet may drop it

    def __str__(self) -> str:
        return self.text


Notify: TypeAlias = Callable[[Notice], None]
"""Takes a notice, at once and in the thread that works."""

Progress: TypeAlias = Callable[[int, int], None]
"""Takes how many records or changes are done, and of how many; called often, so it must be quick."""


def ignore_notice(_notice: Notice) -> None:
    """Say nothing."""


def ignore_progress(_done: int, _total: int) -> None:
    """Show nothing."""
