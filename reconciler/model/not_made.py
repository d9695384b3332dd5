"""Definitions that manifests declare and a plan does not make: the reasons, and advice."""

from dataclasses import dataclass
from enum import StrEnum
from shlex import quote


class WhyNotMade(StrEnum):
    """Reasons why a plan does not make a definition; ``it`` in their texts is the definition."""

    UNSELECTED = "this plan leaves it out"
    EXCLUDED = "--exclude leaves it out"
    WRONG = "it is declared, and has a problem of its own"
    UNREVIEWED = "the reviewed plan does not make it"
    HELD = "it is declared, and this plan does not make it"


@dataclass(frozen=True, slots=True)
class NotMade:
    """A definition that a plan does not make."""

    address: str
    why: WhyNotMade
    lacks: str | None = None  # the address of an omitted definition without which it has a problem

    @property
    def advice(self) -> str:
        """Advice on it."""
        address = quote(self.address)
        match self.why:
            case WhyNotMade.UNSELECTED:
                what = f"add --target {address}"
            case WhyNotMade.EXCLUDED:
                what = f"do not exclude {address}"
            case WhyNotMade.WRONG:
                what = f"correct {address} first"
            case WhyNotMade.UNREVIEWED:
                what = f"have {address} reviewed, too"
            case _:
                what = f"`explain {address}` says why"
        return f"{self.why}: {what}"

    @property
    def to_add(self) -> str | None:
        """The address that a selection has to add; None where that would not help."""
        return self.address if self.why is WhyNotMade.UNSELECTED else self.lacks
