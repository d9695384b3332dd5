"""Labels: types of associations that have a name."""

from dataclasses import dataclass, field
from zlib import crc32


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A labelled association type, seen from the first record."""

    category: str  # HUBSPOT_DEFINED, USER_DEFINED, …
    type_id: int
    # name for people: it may change, and another label may have the same name
    text: str = field(compare=False)

    @property
    def type(self) -> tuple[str, int]:
        """Category and number, the identity of the label."""
        return self.category, self.type_id

    @property
    def is_own(self) -> bool:
        """Whether the portal, or an app in it, has defined it, and not HubSpot."""
        return self.category != "HUBSPOT_DEFINED"

    @property
    def is_flag(self) -> bool:
        """Whether it only marks one of several associations, like "Primary", and HubSpot moves it."""
        return (self.category, self.text) == ("HUBSPOT_DEFINED", "Primary")


REFERENCE = "reference"
"""Category of a label that the plan itself creates: HubSpot gives it a number only then."""


_FROM_THE_OTHER_END = "#inverseLabel"
"""End of a reference to a label as the other end sees it."""


def reference_label(address: str) -> Label:
    """Return the label that the definition at ``address`` will make, before HubSpot has numbered it."""
    return Label(REFERENCE, crc32(address.encode()), address)


def inverse_reference(label: Label) -> Label:
    """Return a label that the plan creates, as it is seen from the other end."""
    address = label.text.removesuffix(_FROM_THE_OTHER_END)
    return reference_label(address if address != label.text else f"{address}{_FROM_THE_OTHER_END}")


def definition_of(label: Label) -> str:
    """Return the address of the definition of a label that the plan creates."""
    return label.text.removesuffix(_FROM_THE_OTHER_END)
