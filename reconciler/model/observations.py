"""Observations of HubSpot's behaviour where the emulator has to guess it, compared with the guesses."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Comparison(StrEnum):
    """Whether an observation agrees with the emulator's assumption."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_SEEN = "not seen"  # nothing could be observed in this portal


@dataclass(frozen=True, slots=True)
class Observation:
    """HubSpot's observed behaviour in one respect; it contains no data of the portal."""

    guess: str  # name of the emulator's setting
    about: str  # the question that the setting answers
    assumed: str
    seen: str | None  # the setting's value that imitates HubSpot; None: no value does, or nothing was seen
    comparison: Comparison
    detail: str = ""  # further information, or why nothing was seen


@dataclass(frozen=True, slots=True)
class Verification:
    """All observations of one portal."""

    account_type: str
    api_version: str
    day: date
    observations: tuple[Observation, ...]

    def of(self, comparison: Comparison) -> tuple[Observation, ...]:
        """Return the observations with this comparison."""
        return tuple(each for each in self.observations if each.comparison is comparison)

    @property
    def differs(self) -> bool:
        """Whether HubSpot differed from any assumption of the emulator."""
        return bool(self.of(Comparison.DIFFERS))
