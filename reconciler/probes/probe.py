"""One probe: a question about one guess, and the calls that answer it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.probes.portal import NotAsked, ProbedPortal


class Seen(NamedTuple):
    """The answer to a probe; ``choice`` is a choice of the guess, None if it is none of them."""

    choice: str | None
    detail: str = ""
    """Another observation, or why there is none; it contains nothing of the portal, because it is sent in."""
    was_asked: bool = True
    """Whether the question was answered at all."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A question about the guess called ``guess``, whose setting gives the assumption and its reason."""

    guess: str
    ask: Callable[[ProbedPortal], Seen]


def one_of(seen: str, *choices: str) -> Seen:
    """Return an observation: as a choice if it is one."""
    return Seen(seen) if seen in choices else Seen(None, seen)


def refused(status: int) -> NotAsked:
    """Return the error that a call was refused which the question needs."""
    return NotAsked(f"a call was refused with {status}")
