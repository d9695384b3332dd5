"""One call and what came of it, as values: the retry rules look at them and at nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeAlias, TypeVar

from reconciler.hubspot.transport.responses import ErrorBody

_MOST_DIGITS = 9
"""Of a number in a header; one with more is nonsense."""

_MOST_OF_A_DATE = 64
"""Characters of a date that are read."""

_SENSIBLE_YEARS = range(1990, 3000)
"""Dates of other years would overflow where time is added to them."""

_LONGEST_WINDOW_S = 60.0
"""Six times what HubSpot counts calls in: an endpoint that names more would have us wait for ever."""

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Request:
    """A call to make."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # sent as JSON; None sends none
    is_write: bool = False  # a write is never repeated once it may have happened


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """What an answer's headers say about limits and time; None where they do not.

    Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details (response headers).
    """

    limit: int | None = None  # calls in a window
    remaining: int | None = None  # calls left in this window, over all users of the token
    interval_s: float | None = None  # length of the window
    daily_remaining: int | None = None
    retry_after_s: float | None = None
    date: datetime | None = None  # when HubSpot answered, by its clock, in whole seconds


@dataclass(frozen=True, slots=True)
class Success(Generic[AnswerT]):
    """HubSpot answered 2xx, and we could read it."""

    value: AnswerT
    pace: RateHeaders


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """HubSpot answered with another status."""

    status: int
    error: ErrorBody
    pace: RateHeaders


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No answer came, or none that can be read."""

    reason: str  # what happened, for people
    was_sent: bool  # False: HubSpot cannot have seen the request
    is_garbled: bool = False  # an answer came and made no sense: asking for long is no use
    pace: RateHeaders = RateHeaders()


CallResult: TypeAlias = Success[AnswerT] | ErrorResponse | NoResponse

Decoder: TypeAlias = Callable[[bytes], AnswerT]
"""Reads the body of a success, or raises ``wire.Unreadable``."""


def rate_headers_of(headers: Mapping[str, str]) -> RateHeaders:
    """Read the headers about limits; names are asked for in lower case, nonsense is ignored."""
    interval_ms = _number(headers.get("x-hubspot-ratelimit-interval-milliseconds"))
    retry_after_s = _number(headers.get("retry-after"))
    return RateHeaders(
        limit=_number(headers.get("x-hubspot-ratelimit-max")),
        remaining=_number(headers.get("x-hubspot-ratelimit-remaining")),
        interval_s=min(interval_ms / 1000, _LONGEST_WINDOW_S) if interval_ms else None,
        daily_remaining=_number(headers.get("x-hubspot-ratelimit-daily-remaining")),
        retry_after_s=None if retry_after_s is None else float(retry_after_s),
        date=_date(headers.get("date")),
    )


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime((text or "")[:_MOST_OF_A_DATE])
        return date.astimezone(UTC) if date.tzinfo and date.year in _SENSIBLE_YEARS else None
    except (ValueError, OverflowError, TypeError, IndexError):  # it reads mail, and stumbles over much
        return None


def _number(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        return None
    return int(text)
