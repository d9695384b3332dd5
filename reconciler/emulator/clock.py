"""Instants as HubSpot writes them: milliseconds since 1970 inside, ISO 8601 in UTC outside."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def utc_now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970-01-01T00:00:00Z of an aware ``instant``, rounded down."""
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """The instant ``ms`` milliseconds after 1970-01-01T00:00:00Z; OverflowError beyond the calendar."""
    return _EPOCH + timedelta(milliseconds=ms)


def iso(ms: int) -> str:
    """``2026-11-22T08:00:00.101Z``: always milliseconds, always ``Z``."""
    text = from_ms(ms).isoformat(timespec="milliseconds")
    return text[:-6] + "Z"


def parse_iso(text: str) -> int:
    """Milliseconds of an ISO 8601 instant; one without an offset is in UTC. ValueError if it is none."""
    instant = datetime.fromisoformat(text)
    return to_ms(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
