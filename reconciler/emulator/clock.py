"""Instants: milliseconds since 1970 in the code, ISO 8601 in UTC in answers."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def utc_now() -> datetime:
    """Return the current instant, in UTC and with its time zone."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Return the milliseconds from 1970-01-01T00:00:00Z to ``instant``, rounded down."""
    return (instant - _EPOCH) // _MILLISECOND


def to_ms_of_day(day: date) -> int:
    """Return the milliseconds from 1970 to the beginning of ``day`` in UTC."""
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


def from_ms(ms: int) -> datetime:
    """Return the instant ``ms`` milliseconds after 1970-01-01T00:00:00Z. Raises OverflowError."""
    return _EPOCH + timedelta(milliseconds=ms)


@lru_cache(maxsize=1024)
def iso(ms: int) -> str:
    """Format an instant as ``2026-11-22T08:00:00.101Z``: always with milliseconds and ``Z``."""
    text = from_ms(ms).isoformat(timespec="milliseconds")
    return text[:-6] + "Z"


def parse_iso(text: str) -> int:
    """Return an ISO 8601 instant in milliseconds; without an offset, it counts as UTC. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return to_ms(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
