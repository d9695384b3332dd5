"""A call and its result, as values; rules about retries depend on nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeAlias, TypeVar

from reconciler.hubspot.transport.responses import ErrorBody

_MOST_DIGITS = 9
"""Maximum number of digits of a number in a header; a longer number is ignored."""

_MOST_OF_A_DATE = 64
"""Maximum length of a date in a header."""

_SENSIBLE_YEARS = range(1990, 3000)
"""Years that are accepted in a date: adding time to dates of other years might overflow."""

_LONGEST_WINDOW_S = 60.0
"""Maximum length of a rate window that we accept from a header: six times HubSpot's usual window."""

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Request:
    """A call to make."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # sent as JSON; None: no body
    is_write: bool = False  # if its answer is lost, a write is not repeated


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """Values of an answer's headers about limits and time; None where a header is missing.

    Source: https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details (response headers).
    """

    limit: int | None = None  # maximum number of calls in a window
    remaining: int | None = None  # calls left in this window, for all users of the token together
    interval_s: float | None = None  # length of the window
    daily_remaining: int | None = None
    retry_after_s: float | None = None
    date: datetime | None = None  # time of HubSpot's answer, by its clock, in whole seconds


@dataclass(frozen=True, slots=True)
class Success(Generic[AnswerT]):
    """An answer with status 2xx, and its decoded body."""

    value: AnswerT
    pace: RateHeaders
    status: int = 200


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An answer with a status other than 2xx, and its decoded error."""

    status: int
    error: ErrorBody
    pace: RateHeaders


@dataclass(frozen=True, slots=True)
class NoResponse:
    """No answer arrived, or an answer that cannot be read."""

    reason: str  # description of the failure, for messages
    was_sent: bool  # False: HubSpot cannot have seen the request
    is_garbled: bool = False  # an answer arrived, but it cannot be read: trying again seldom helps
    pace: RateHeaders = RateHeaders()


CallResult: TypeAlias = Success[AnswerT] | ErrorResponse | NoResponse

Decoder: TypeAlias = Callable[[bytes], AnswerT]
"""Reads the body of an answer with status 2xx, or raises ``responses.InvalidResponse``."""


def rate_headers_of(headers: Mapping[str, str]) -> RateHeaders:
    """Read the headers about limits and time, whose names are in lower case; ignore invalid values."""
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
    # parsing a date from a header can raise all of these
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _number(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        return None
    return int(text)
