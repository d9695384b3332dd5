"""Messages besides results, passed to callables of the code that opens the project."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a person that does not affect the result."""

    text: str
    is_advice: bool = False  # nothing was changed and nothing went wrong: it may be dropped in quiet mode

    def __str__(self) -> str:
        return self.text


Notify: TypeAlias = Callable[[Notice], None]
"""Called with a notice, at once and in the working thread."""

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of finished records or changes, and of all; called often, so it must be fast."""


def ignore_notice(_notice: Notice) -> None:
    """Ignore a message."""


def ignore_progress(_done: int, _total: int) -> None:
    """Show nothing."""
