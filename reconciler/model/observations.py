"""Observations of HubSpot where its behaviour is a guess, compared with the emulator's assumptions."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Comparison(StrEnum):
    """The comparison of an observation with an assumption."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_SEEN = "not seen"  # the question could not be asked


@dataclass(frozen=True, slots=True)
class Observation:
    """The answer to one question; it contains no data of the portal."""

    guess: str  # name of the emulator's setting
    about: str  # the decision of the guess
    assumed: str
    seen: str | None  # a choice of the setting; None: nothing, or something that the emulator cannot imitate
    comparison: Comparison
    detail: str = ""  # another observation, or why there is none


@dataclass(frozen=True, slots=True)
class Verification:
    """All answers of one portal."""

    account_type: str
    api_version: str
    day: date
    observations: tuple[Observation, ...]

    def of(self, comparison: Comparison) -> tuple[Observation, ...]:
        """Return the observations with this comparison."""
        return tuple(each for each in self.observations if each.comparison is comparison)

    @property
    def differs(self) -> bool:
        """Whether HubSpot was seen to differ from the assumption."""
        return bool(self.of(Comparison.DIFFERS))
