"""Notices: messages besides a command's result, passed to the callable ``notify`` of an opened project."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Notice:
    """A message for a person; it does not affect the result."""

    text: str
    is_advice: bool = False  # whether quiet mode leaves the notice out: it tells of no change and no fault

    def __str__(self) -> str:
        return self.text


Notify: TypeAlias = Callable[[Notice], None]
"""A function that gets each notice as soon as it arises, in the thread that does the work."""


def ignore_notice(_notice: Notice) -> None:
    """Ignore a message."""
