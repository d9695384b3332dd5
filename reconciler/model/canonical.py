"""The canonical form of a property value: the one text that all its spellings share.

HubSpot carries every value as text and answers with spellings of its own: ``12.1`` for ``12.10``,
options in another order, dates as milliseconds. Both sides pass through here before they are
compared, so that comparing is dull. The table of what counts as equal is ``docs/values.md``.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from reconciler.model.definitions import Kind

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MILLISECONDS = re.compile(r"-?\d{1,15}")
_PHONE = re.compile(r"(\+?)([\d\s().\-/]*\d)\s*(?:(?:x|ext\.?)\s*(\d+))?", re.IGNORECASE)
_NOT_DIGITS = re.compile(r"\D")
_HOST = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@]*@)?([^/?#:]+)", re.IGNORECASE)


def canonical(kind: Kind, text: str | None) -> str | None:
    """The canonical form of ``text``; None stands for every way of being empty.

    Total: text that is no value of its kind (an old option, a broken number) stands for itself, so
    that whatever live holds can be compared.

    >>> canonical(Kind.NUMBER, "12.10"), canonical(Kind.TEXT, "12.10"), canonical(Kind.CHOICES, "b;a")
    ('12.1', '12.10', 'a;b')
    """
    if not text:
        return None
    form = _FORMS.get(kind)
    return text if form is None else form(text)


def _text(text: str) -> str:
    return text.replace("\r\n", "\n")


def _email(text: str) -> str | None:
    return text.strip().lower() or None


def _domain(text: str) -> str | None:
    host = _HOST.match(text.strip())
    return host[1].lower() if host else text


def _phone(text: str) -> str:
    """``+49 (30) 12-34`` and ``+493012 34`` are one number; words make it a text."""
    number = _PHONE.fullmatch(text.strip())
    if number is None:
        return text
    plus, digits, extension = number.groups()
    return plus + _NOT_DIGITS.sub("", digits) + (f"x{extension}" if extension else "")


def _number(text: str) -> str:
    """Plain decimal notation without needless zeros, whatever its length."""
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
"""Digits beyond which a number is left as text: 1e999999999 must not become a gigabyte of zeros."""


def _boolean(text: str) -> str:
    return text.strip().lower()


def _set(text: str) -> str | None:
    return ";".join(sorted({item.strip() for item in text.split(";")} - {""})) or None


def parse_date(text: str) -> date | None:
    """A date written ``YYYY-MM-DD``; else None."""
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
    """An aware UTC instant from ISO 8601 with offset or from milliseconds since 1970; else None."""
    stripped = text.strip()
    try:
        if _MILLISECONDS.fullmatch(stripped):
            return _EPOCH + int(stripped) * _MILLISECOND
        instant = datetime.fromisoformat(stripped)
        return instant.astimezone(UTC) if instant.tzinfo else None
    except (ValueError, OverflowError):
        return None


def instant_text(instant: datetime) -> str:
    """The form in which HubSpot answers: UTC, milliseconds, ``Z``."""
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
