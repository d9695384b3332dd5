"""A probe: a question about one guess of the emulator, and the calls that answer it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.probes.portal import NotAsked, ProbedPortal


class Seen(NamedTuple):
    """The answer to a probe.

    ``choice`` is one of the choices of the emulator's setting that the probe checks; None if none fits.
    """

    choice: str | None
    detail: str = ""
    """Further information, or why there is no answer; users publish it, so it has no data of the portal."""
    was_asked: bool = True
    """False if the probe could not ask its question, for example because the token lacks a scope."""


@dataclass(frozen=True, slots=True)
class Probe:
    """An experiment in a portal that checks one guess of the emulator about HubSpot's behaviour.

    ``guess`` is the name of the emulator's setting for it, see ``reconciler.emulator.guess_settings``.
    """

    guess: str
    ask: Callable[[ProbedPortal], Seen]


def one_of(seen: str, *choices: str) -> Seen:
    """Return ``seen`` as the choice if it is one of ``choices``; otherwise as the detail."""
    return Seen(seen) if seen in choices else Seen(None, seen)


def refused(status: int) -> NotAsked:
    """Build the error for a call that the probe needs and that HubSpot refused with ``status``."""
    return NotAsked(f"a call was refused with {status}")
