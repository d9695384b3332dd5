"""The display names of the things of a portal: labels, e-mail addresses of owners, and names of records.

Plans, drift, explanations and reports include these names, so that showing them needs no call to HubSpot.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import quote

from reconciler.model.addresses import RecordId, ThingAddress
from reconciler.model.object_references import ObjectProperty

PAGES = re.compile(r"https://[a-z0-9-]+\.hubspot\.com/contacts/[0-9]{1,20}/record/", re.ASCII)
"""The URLs that reports may link to: only HubSpot's pages, whatever URL a plan file contains."""

TYPE_NUMBER = re.compile(r"[0-9]{1,9}-[0-9]{1,20}", re.ASCII)
"""HubSpot's objectTypeId: ``0-3``, ``2-123456``."""


class DisplayNames(NamedTuple):
    """The display names of the records of an address; None if a record has none, or it is not known."""

    record: str | None = None  # of the record, or of the record that names an association
    target: str | None = None  # of the other record of an association


NO_DISPLAY_NAMES = DisplayNames()


@dataclass(frozen=True, slots=True)
class PropertyNames:
    """The names of one property, and of its shown values."""

    label: str
    values: Mapping[str, str] = field(default_factory=dict)
    """By value, its label or the owner's e-mail address; no two values have the same display name."""
    is_list: bool = False  # whether a value is a list, separated by semicolons


@dataclass(frozen=True, slots=True)
class ObjectNames:
    """The names of the properties of one object type, and its number in the URLs of its records."""

    type_number: str | None = None  # HubSpot's objectTypeId, for links; None if the type is not made yet
    display: tuple[str, ...] = ()  # the properties whose values form the display name of a record
    properties: Mapping[str, PropertyNames] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Names:
    """The names for everything that one plan or report shows."""

    pages: str | None = None  # the beginning of the URL of a record's page; None: there are no pages
    objects: Mapping[str, ObjectNames] = field(default_factory=dict)

    def with_values_of(self, other: "Names") -> "Names":
        """Return the names, with names of values from ``other`` added; those of ``other`` win.

        ``other`` also has the names of things that the plan will create.
        """
        return replace(
            self,
            objects={
                object_name: replace(
                    of_type,
                    properties={
                        name: replace(known, values={**known.values, **more.values})
                        if (more := other._property(object_name, name))  # noqa: SLF001 - of the same class
                        else known
                        for name, known in of_type.properties.items()
                    },
                )
                for object_name, of_type in self.objects.items()
            },
        )

    def label(self, object_name: str, name: str) -> str:
        """Return the label of a property; its name if it has none."""
        known = self._property(object_name, name)
        return known.label if known and known.label else name

    def value(self, object_name: str, name: str, text: str | None) -> str | None:
        """Return the display name of a value of a property; the text itself if it has no other name."""
        known = self._property(object_name, name)
        if text is None or known is None or not known.values:
            return text
        if text in known.values or not known.is_list:
            return known.values.get(text, text)
        return "; ".join(known.values.get(each, each) for each in text.split(";"))

    def texts(self, object_name: str, name: str) -> Iterable[str]:
        """Return the display names of shown values of a property, such as owners' addresses."""
        known = self._property(object_name, name)
        return known.values.values() if known else ()

    def renames(self, object_name: str) -> bool:
        """Return whether any value of the object type has a display name that differs from its text."""
        known = self.objects.get(object_name)
        return known is not None and any(of.values for of in known.properties.values())

    def link(self, thing: ThingAddress, record_id: RecordId | None) -> str | None:
        """Return the URL of a record's page in HubSpot; None if it has none."""
        known = self.objects.get(thing.object_of_values)
        if self.pages is None or known is None or known.type_number is None or record_id is None:
            return None
        return f"{self.pages}{quote(known.type_number, safe='')}/{quote(record_id, safe='')}"

    def display(self, object_name: str) -> tuple[str, ...]:
        """Return the properties whose values form the display name of a record."""
        known = self.objects.get(object_name)
        return known.display if known else ()

    def without_values(self, is_hidden: Callable[[ObjectProperty], bool]) -> "Names":
        """Return the names without those for values of hidden properties, which must not be shown."""
        return replace(
            self,
            objects={
                object_name: replace(
                    known,
                    properties={
                        name: replace(of, values={}) if is_hidden(ObjectProperty(object_name, name)) else of
                        for name, of in known.properties.items()
                    },
                )
                for object_name, known in self.objects.items()
            },
        )

    def _property(self, object_name: str, name: str) -> PropertyNames | None:
        known = self.objects.get(object_name)
        return known.properties.get(name) if known else None


NO_NAMES = Names()
"""No names at all, as in reports of older versions."""
