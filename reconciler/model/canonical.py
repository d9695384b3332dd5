"""The canonical form of a property value: one text for all its spellings.

HubSpot stores every value as text and returns its own spellings: ``12.1`` for ``12.10``, options in another
order, dates as milliseconds. Desired and live values are converted before they are compared, so that the
comparison itself is simple. ``docs/values.md`` has the table of equal values.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from unicodedata import normalize

from reconciler.invisible_characters import without_invisible
from reconciler.model.definitions import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MILLISECONDS = re.compile(r"-?\d{1,15}")
_PHONE = re.compile(r"(\+?)([\d\s().\-/]*\d)\s*(?:(?:x|ext\.?)\s*(\d+))?", re.IGNORECASE)
_NOT_DIGITS = re.compile(r"\D")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?([^/?#:]+)", re.IGNORECASE)


def canonical(kind: Kind, text: str | None) -> str | None:
    """Return the canonical form of ``text``; None stands for every kind of empty value.

    This never fails: text that is not a value of its kind (an old option, an invalid number) stays as it is,
    so that any live value can be compared.

    >>> canonical(Kind.NUMBER, "12.10"), canonical(Kind.TEXT, "12.10"), canonical(Kind.CHOICES, "b;a")
    ('12.1', '12.10', 'a;b')
    """
    if not text:
        return None
    form = _FORMS.get(kind)
    return text if form is None else form(text)


def form_people_see(kind: Kind, key: str) -> str:
    """Return the form that two keys share if people hardly see a difference between them.

    It ignores letter case, outer blanks, invisible characters, and the two ways in which Unicode writes
    letters such as "ü". HubSpot may treat such keys as different.

    >>> form_people_see(Kind.TEXT, "ACME\u200b "), form_people_see(Kind.NUMBER, "007.0")
    ('acme', '7')
    """
    composed = normalize("NFC", canonical(kind, key) or "")
    return without_invisible(composed).strip().casefold()


def _text(text: str) -> str:
    return text.replace("\r\n", "\n")


def _email(text: str) -> str | None:
    return text.strip().lower() or None


def _domain(text: str) -> str | None:
    host = _HOST.match(text.strip())
    return host[1].lower() if host else text


def _phone(text: str) -> str:
    """Normalise a phone number: ``+49 (30) 12-34`` to ``+49301234``; return a text with words unchanged."""
    number = _PHONE.fullmatch(text.strip())
    if number is None:
        return text
    plus, digits, extension = number.groups()
    return plus + _NOT_DIGITS.sub("", digits) + (f"x{extension}" if extension else "")


def _number(text: str) -> str:
    """Write a number in plain decimal notation, without unnecessary zeros and without rounding.

    A text that is not a number is returned unchanged; so is a number so large, or so close to 0, that it has
    more than about ``_LONGEST_NUMBER`` digits.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return text
    plain = format(number, "f")
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


_LONGEST_NUMBER = 400
"""Maximum digits of a number that is converted: 1e999999999 must not become a gigabyte of zeros."""


def _boolean(text: str) -> str:
    return text.strip().lower()


def _set(text: str) -> str | None:
    return ";".join(sorted({item.strip() for item in text.split(";")} - {""})) or None


def parse_date(text: str) -> date | None:
    """Parse a date of the form ``YYYY-MM-DD``; return None for any other text."""
    stripped = text.strip()
    try:
        return date.fromisoformat(stripped) if _DATE.fullmatch(stripped) else None
    except ValueError:
        return None


def _date(text: str) -> str:
    day = parse_date(text)
    if day is None:
        instant = parse_instant(text)
        day = instant.date() if instant else None
    return text if day is None else day.isoformat()


def _datetime(text: str) -> str:
    instant = parse_instant(text)
    return text if instant is None else instant_text(instant)


def parse_instant(text: str) -> datetime | None:
    """Parse ISO 8601 with offset, or milliseconds since 1970, as an aware UTC instant; or return None."""
    stripped = text.strip()
    try:
        if _MILLISECONDS.fullmatch(stripped):
            return _EPOCH + int(stripped) * _MILLISECOND
        instant = datetime.fromisoformat(stripped)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def instant_text(instant: datetime) -> str:
    """Format an instant as HubSpot does: UTC, milliseconds, ``Z``."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


_FORMS: dict[Kind, Callable[[str], str | None]] = {
    Kind.TEXT: _text,
    Kind.HTML: _text,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
    Kind.DOMAIN: _domain,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.CHOICES: _set,
    Kind.OWNERS: _set,
    Kind.FILES: _set,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
}
