"""Labels: types of associations that have a name."""

from dataclasses import dataclass, field
from zlib import crc32


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A labelled type of association, seen from the record that names the association."""

    category: str  # HUBSPOT_DEFINED, USER_DEFINED, …
    type_id: int
    # the text that people see; not unique, and people may change it
    text: str = field(compare=False)

    @property
    def type(self) -> tuple[str, int]:
        """Category and type id, which identify the label."""
        return self.category, self.type_id

    @property
    def is_own(self) -> bool:
        """Whether somebody other than HubSpot defined this label: a user of the portal, or an app."""
        return self.category != "HUBSPOT_DEFINED"

    @property
    def is_flag(self) -> bool:
        """Whether this is HubSpot's label "Primary", which marks one of several associations.

        If another association gets the label, HubSpot itself takes the label away from the earlier one.
        """
        return (self.category, self.text) == ("HUBSPOT_DEFINED", "Primary")


REFERENCE = "reference"
"""Category of a label that the plan itself creates: it has no type id before HubSpot creates it."""


_FROM_THE_OTHER_END = "#inverseLabel"
"""Suffix for the inverse label in a placeholder's text. A placeholder stands for a planned label."""


def reference_label(address: str) -> Label:
    """Return a placeholder for the label that the plan creates at ``address``: it has no type id yet."""
    return Label(REFERENCE, crc32(address.encode()), address)


def inverse_reference(label: Label) -> Label:
    """Return the placeholder ``label`` as seen from the other record of an association."""
    address = label.text.removesuffix(_FROM_THE_OTHER_END)
    return reference_label(address if address != label.text else f"{address}{_FROM_THE_OTHER_END}")


def definition_of(label: Label) -> str:
    """Return the address of the definition of a label that the plan creates."""
    return label.text.removesuffix(_FROM_THE_OTHER_END)
