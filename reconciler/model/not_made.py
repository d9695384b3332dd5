"""Definitions that manifests declare but a plan does not create: the reasons, and advice."""

from dataclasses import dataclass
from enum import StrEnum
from shlex import quote


class WhyNotMade(StrEnum):
    """Reasons why a plan does not create a declared definition; in their texts, ``it`` is the definition."""

    UNSELECTED = "this plan leaves it out"
    EXCLUDED = "--exclude leaves it out"
    WRONG = "it is declared, but its declaration has a problem"
    UNREVIEWED = "the reviewed plan does not create it"
    HELD = "it is declared, but this plan does not create it"


@dataclass(frozen=True, slots=True)
class NotMade:
    """A definition that manifests declare and that a plan does not create, with the reason."""

    address: str
    why: WhyNotMade
    lacks: str | None = None  # the address of a left-out definition that this one needs

    @property
    def advice(self) -> str:
        """The reason, and how to have the definition created, as part of a message."""
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
        """The address to add to ``--target`` to have this definition created; None if that would not help."""
        return self.address if self.why is WhyNotMade.UNSELECTED else self.lacks
