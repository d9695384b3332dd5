"""The object types that every HubSpot portal has, and how a record is addressed.

Type numbers and names are interchangeable in HubSpot's paths; we say the path name everywhere.
Source: https://developers.hubspot.com/docs/guides/api/crm/understanding-the-crm (object type ids).
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from reconciler.told import Told, Value, told
from reconciler.visible import escaped_where_hidden

RECORD_ID = "record_id"
"""The key of records that are recognised by HubSpot's own id instead of a unique property."""

_NUMBERS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "tickets": "0-5",
    "products": "0-7",
    "line_items": "0-8",
    "quotes": "0-14",
    "communications": "0-18",
    "feedback_submissions": "0-19",
    "tasks": "0-27",
    "notes": "0-46",
    "meetings": "0-47",
    "calls": "0-48",
    "emails": "0-49",
    "invoices": "0-53",
    "subscriptions": "0-69",
    "goal_targets": "0-74",
    "discounts": "0-84",
    "fees": "0-85",
    "taxes": "0-86",
    "commerce_payments": "0-101",
    "users": "0-115",
    "postal_mail": "0-116",
    "orders": "0-123",
    "leads": "0-136",
    "carts": "0-142",
    "services": "0-162",
    "courses": "0-410",
    "listings": "0-420",
    "appointments": "0-421",
    "projects": "0-970",
}
_SINGULARS = {
    "contact": "contacts",
    "company": "companies",
    "deal": "deals",
    "ticket": "tickets",
    "product": "products",
    "line_item": "line_items",
    "quote": "quotes",
    "goal_target": "goal_targets",
}
_NAMES = {number: name for name, number in _NUMBERS.items()} | _SINGULARS


def object_name(written: str) -> str:
    """The name we use for the object type that somebody wrote.

    >>> object_name("0-3"), object_name("deal"), object_name("deals"), object_name("p12_car")
    ('deals', 'deals', 'deals', 'p12_car')
    """
    return _NAMES.get(written, written)


def type_number(name: str) -> str | None:
    """HubSpot's ``objectTypeId`` of a standard type; None for custom objects, which have one per portal."""
    return _NUMBERS.get(name)


def standard_names() -> tuple[str, ...]:
    """The path names of all standard types, sorted."""
    return tuple(sorted(_NUMBERS))


SWITCHED_ON_BY_HAND = frozenset({"appointments", "courses", "listings", "services"})
"""Types that a portal may not have switched on.

Source: https://developers.hubspot.com/docs/guides/api/crm/object-library.
"""


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """How one record is recognised: object type, unique property, value."""

    object: str
    by: str  # the unique property, or RECORD_ID where ``value`` is HubSpot's own id
    value: str

    @property
    def address(self) -> str:
        """The name of this record in flags, plans and reports: ``companies/acme``, ``companies/=9001``."""
        sign = "=" if self.by == RECORD_ID else ""
        return f"{self.object}/{sign}{escaped(self.value)}"

    def property_address(self, name: str) -> str:
        """The name of one property of this record: ``companies/acme#phone``."""
        return f"{self.address}#{name}"

    @property
    def told_value(self) -> Value:
        """``value`` as a part of a sentence."""
        return Value(self.value, self.object, self.by)

    @property
    def told(self) -> Told:
        """``address`` as a part of a sentence."""
        sign = "=" if self.by == RECORD_ID else ""
        key = Value(self.value, self.object, self.by, escaped(self.value))
        return told("{object}/{sign}{key}", object=self.object, sign=sign, key=key)

    def told_property(self, name: str) -> Told:
        """``property_address`` as a part of a sentence."""
        return told("{record}#{name}", record=self.told, name=name)


def escaped(value: str) -> str:
    """A key's value as it stands in addresses."""
    text = "".join(_PERCENT.get(character, character) for character in value)
    text = escaped_where_hidden(text, percent)  # none of what was put in is hidden
    return "%3D" + text[1:] if text.startswith("=") else text


_PERCENT = {character: quote(character, safe="") for character in "/#*?[%"} | {
    chr(code): quote(chr(code), safe="") for code in (*range(32), 127)
}


def percent(character: str) -> str:
    """``character`` as addresses encode it."""
    return quote(character, safe="", errors="surrogatepass")


def split_address(address: str) -> tuple[str, bool, str, str | None]:
    """Take an address apart: object name, whether it names a record id, key value, property or None.

    Raises:
        ValueError: where there is no ``/``.
    """
    object_part, slash, rest = address.partition("/")
    if not slash or not object_part or not rest:
        raise ValueError(f"{address!r} is not an address such as companies/acme")
    key, _, name = rest.partition("#")
    by_record_id = key.startswith("=")
    return object_name(object_part), by_record_id, unquote(key[1:] if by_record_id else key), name or None
