"""HubSpot's checks of written property values, and the forms in which it stores them, by type of property.

developers.hubspot.com/docs/api-reference/crm-properties-v3/guide lists the types; the functions below name
their other sources.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from reconciler.emulator import guesses, rich_text
from reconciler.emulator.clock import from_ms, iso, parse_iso, to_ms
from reconciler.emulator.guess_settings import Guesses
from reconciler.emulator.schema import Property
from reconciler.emulator.versions import Version

MAX_TEXT = 65_536
DAY_MS = 86_400_000
SECONDS_BELOW = 100_000_000_000
"""If a date is a number below this limit, the number counts as seconds since 1970, otherwise as milliseconds.

This holds for API version 2026-09. As milliseconds, such a number would be a date before March 1973.
"""

_NUMBER = re.compile(r"-?([0-9]+\.?[0-9]*|\.[0-9]+)")
_EMAIL = re.compile(
    r"[^\s@,;<>()\[\]\\]+@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\.[a-z]{2,24}"
)
_MS = re.compile(r"-?[0-9]+")


class InvalidValue(Exception):
    """The value cannot be written; ``code`` is HubSpot's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Setting:
    """Things that decide how HubSpot stores a value, besides the definition of its property."""

    version: Version
    guesses: Guesses
    is_owner: Callable[[str], bool]
    """Returns whether a text is the id of an owner."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A value as HubSpot stores it, and whether the answer must report that the text was changed."""

    text: str
    is_warned: bool = False


def text_of(value: object) -> str:
    """Convert a JSON value to text.

    Numbers and booleans are accepted. Raises TypeError for lists and objects.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise TypeError


def normal_value(definition: Property, text: str, stored: str, setting: Setting) -> Normal:
    """Return the form in which HubSpot stores ``text``; "" clears the property.

    ``stored`` is the present value, to which a ``text`` like ``;a`` adds an option. Raises InvalidValue.
    """
    if text == "":
        return Normal("")
    if definition.type == "date":
        return _date(text, setting)
    if definition.type == "datetime":
        return Normal(_datetime(text))
    if definition.type == "number":
        return Normal(_number(text, setting.guesses))
    if definition.type == "bool":
        return Normal(_boolean(text))
    if definition.type == "enumeration":
        return Normal(_choice(definition, text, stored, setting))
    return Normal(_text(definition, text, setting.guesses))


def _number(text: str, chosen: Guesses) -> str:
    """Convert a number: digits with at most one period, without exponent and thousands separators.

    Source: github.com/Atlas-Authority/marketing-automation/issues/206
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidValue("INVALID_INTEGER", f"{text} was not a valid number.")
    return guesses.number_text(chosen, text)


def _boolean(text: str) -> str:
    if text.lower() not in {"true", "false"}:
        raise InvalidValue("INVALID_OPTION", f"{text} was not one of the allowed options: [true, false]")
    return text.lower()


def _date(text: str, setting: Setting) -> Normal:
    """Convert a date: a day, or milliseconds at midnight UTC.

    Version 2026-09 also takes seconds, and cuts off the time of day; other versions refuse a time of day.

    Source: github.com/verbb/formie/issues/1755
    """
    version = setting.version
    try:
        if _MS.fullmatch(text):
            instant = int(text)
        elif len(text) == len("2026-11-22"):
            instant = to_ms(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC))
        elif version.truncates_dates:
            instant = parse_iso(text)
        else:
            raise InvalidValue("INVALID_DATE", f"{text} was not a valid date.")
        if version.truncates_dates and _MS.fullmatch(text) and abs(instant) < SECONDS_BELOW:
            instant *= 1000
        moment = from_ms(instant)
    except (ValueError, OverflowError):
        raise InvalidValue("INVALID_DATE", f"{text} was not a valid date.") from None
    if instant % DAY_MS and not version.truncates_dates:
        clock = f"{moment.hour}:{moment.minute}:{moment.second}.{moment.microsecond // 1000}"
        raise InvalidValue("INVALID_DATE", f"{text} is at {clock} UTC, not midnight!")
    day = guesses.date_text(setting.guesses, moment.date())
    return Normal(day, is_warned=version.truncates_dates and day != text and bool(instant % DAY_MS))


def _datetime(text: str) -> str:
    try:
        return iso(int(text) if _MS.fullmatch(text) else parse_iso(text))
    except (ValueError, OverflowError):
        raise InvalidValue("INVALID_LONG", f"{text} was not a valid long.") from None


def _choice(definition: Property, text: str, stored: str, setting: Setting) -> str:
    """Return the text to store for an enumeration value; refuse options that do not exist.

    Several options are written as ``a;b``; ``;a`` adds an option to the stored ones.
    """
    if not definition.is_multiple:
        _check_option(definition, text, setting)
        return text
    chosen = list(dict.fromkeys(part for part in text.split(";") if part))
    for value in chosen:
        _check_option(definition, value, setting)
    if text.startswith(";") and stored:
        chosen = list(dict.fromkeys([*stored.split(";"), *chosen]))
    return ";".join(chosen)


def _check_option(definition: Property, value: str, setting: Setting) -> None:
    if definition.external is None:
        is_allowed = value in definition.options
    else:
        is_allowed = definition.external != "OWNER" or setting.is_owner(value)
    if not is_allowed:
        options = ", ".join(
            f'label: "{o["label"]}" value: "{o["value"]}"' for o in definition.body["options"]
        )
        raise InvalidValue("INVALID_OPTION", f"{value} was not one of the allowed options: [{options}]")


def _text(definition: Property, text: str, chosen: Guesses) -> str:
    if len(text) > MAX_TEXT:
        raise InvalidValue("INVALID_STRING", f"{definition.name} is longer than {MAX_TEXT} characters")
    if definition.body["hubspotDefined"]:
        if definition.name == "email":
            return email(text)
        if definition.name == "domain":
            return domain(text)
    if definition.field_type == "html":
        kept = rich_text.KEPT if chosen.html_kept == "formatting" else frozenset()
        return rich_text.sanitise(text, kept) if chosen.html_text == "sanitised" else text
    if definition.field_type == "phonenumber":
        return guesses.phone_text(chosen, text)
    return guesses.plain_text(chosen, text)


def email(text: str) -> str:
    """Convert an e-mail address to lower case, without blanks around it. Raises InvalidValue.

    Source: github.com/Atlas-Authority/marketing-automation/issues/174
    """
    address = text.strip().lower()
    if not _EMAIL.fullmatch(address):
        raise InvalidValue("INVALID_EMAIL", f"Email address {text} is invalid")
    return address


def domain(text: str) -> str:
    """Return the host in a URL or a bare domain, in lower case."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", text.strip().lower())
    return re.split(r"[/?#]", host, maxsplit=1)[0]
