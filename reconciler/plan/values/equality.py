"""Comparing two texts of one property. Only this module uses deepdiff."""

import json
import re
from decimal import Decimal
from html import unescape

from reconciler.model.canonical import canonical
from reconciler.model.definitions import Kind


def same_value(kind: Kind, left: str | None, right: str | None) -> bool:
    """Return whether two texts are equal in canonical form."""
    if left == right:
        return True
    if kind is Kind.JSON and left and right:
        return _same_json(left, right)
    return canonical(kind, left) == canonical(kind, right)


REWRITTEN = frozenset({Kind.TEXT, Kind.HTML, Kind.PHONE, Kind.EMAIL, Kind.DOMAIN})
"""Kinds for which HubSpot may change the sent text: it trims, sanitises, or adds a country code."""


def is_kept_as_sent(kind: Kind, sent: str | None, kept: str | None) -> bool:
    """Return whether ``kept``, the value in HubSpot's answer, can be the result of sending ``sent``.

    This is true if the two values are equal, or if HubSpot may rewrite texts of this kind.
    """
    return kind in REWRITTEN or same_value(kind, sent, kept)


def may_be_spelling(kind: Kind, sent: str | None, kept: str | None) -> bool:
    """Return whether ``kept`` may be HubSpot's form of ``sent``, if the answer to the write is unknown.

    >>> may_be_spelling(Kind.HTML, "<p onclick='x()'>Hi</p>", "<p>Hi</p>")
    True
    >>> may_be_spelling(Kind.TEXT, " Acme ", "Acme"), may_be_spelling(Kind.TEXT, "Acme", "Ajax")
    (True, False)
    """
    if same_value(kind, sent, kept):
        return True
    return kind in REWRITTEN and _loosened(kind, sent or "") == _loosened(kind, kept or "")


def _loosened(kind: Kind, text: str) -> str:
    """Simplify ``text`` for a comparison that ignores tags, blanks, case and the country code."""
    if kind is Kind.HTML:
        text = unescape(_TAG.sub(" ", _DROPPED_WITH_CONTENT.sub(" ", text)))
    if kind is Kind.PHONE:
        digits = "".join(filter(str.isdigit, text))
        return digits[-_NATIONAL_DIGITS:] or text.casefold()
    return "".join(text.casefold().split())


_DROPPED_WITH_CONTENT = re.compile(r"(?is)<(script|style|iframe|object|embed|form)\b.*?</\1\s*>|<!--.*?-->")
_TAG = re.compile(r"(?s)<[^>]*>")
_NATIONAL_DIGITS = 7  # the last digits of a phone number, without country code


def _same_json(left: str, right: str) -> bool:
    """Compare JSON texts: the order of lists matters, that of keys does not; ``1`` is equal to ``1.0``.

    Numbers are compared as decimals: floating-point numbers are too short to tell long numbers apart.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415 - 0.2 s to import, and few portals hold nested values

    try:
        return not DeepDiff(_parsed(left), _parsed(right))
    except ValueError:
        return False


def _parsed(text: str) -> object:
    return json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=str)
