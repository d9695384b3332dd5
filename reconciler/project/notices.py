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


def ignore_notice(_notice: Notice) -> None:
    """Ignore a message."""
