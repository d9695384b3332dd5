"""Types of associations that have a name."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """What two records are to each other, seen from the first: a type of association that has a name."""

    category: str  # HUBSPOT_DEFINED, USER_DEFINED, …
    type_id: int
    text: str = field(compare=False)  # how people read it: it may change, and another may bear the same

    @property
    def type(self) -> tuple[str, int]:
        """Category and number, which tell it from others."""
        return self.category, self.type_id

    @property
    def is_own(self) -> bool:
        """Whether the portal, or an app in it, has defined it, and not HubSpot."""
        return self.category != "HUBSPOT_DEFINED"

    @property
    def is_flag(self) -> bool:
        """Whether it only marks one of several associations, as "Primary" does, and HubSpot moves it."""
        return (self.category, self.text) == ("HUBSPOT_DEFINED", "Primary")
