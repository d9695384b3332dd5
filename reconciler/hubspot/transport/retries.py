"""Retries: which calls may be sent again, and how long to wait before that. Pure.

==============================  ==========================  =================================
what happened                   a read                      a write
==============================  ==========================  =================================
401; 429 for the day            everything stops            everything stops
429                             waits, see below            the same: HubSpot did not
                                                            process the call
423, 477                        waits                       the same
never sent                      waits, longer each time     the same
no answer, 408, 5xx, cut short  waits, longer each time     not sent again: it may have
                                                            happened
any other status                that is the answer          that is the answer
==============================  ==========================  =================================

After 429, a call waits as long as the header ``Retry-After`` says; without this header, it waits one window
of the rate limit. But if HubSpot's limit per second was exceeded, a call without the header waits one second
after its first failure, two seconds after the second, and so on; with the header, it waits the longer time.

Sources: https://developers.hubspot.com/docs/api-reference/error-handling and
https://developers.hubspot.com/docs/guides/apps/api-usage/usage-details.
"""

from dataclasses import dataclass
from enum import Enum, auto

from reconciler.hubspot.transport.call_result import ErrorResponse, NoResponse
from reconciler.hubspot.transport.limits import LOCK_S, WINDOW_S

PATIENCE_S = 180.0
"""Maximum seconds for which one call is repeated while HubSpot asks to wait, or answers with an error."""

SHORT_PATIENCE_S = 8.0
"""Maximum seconds for which one call is repeated after errors that seldom go away.

Such errors are a host that never answered, and an answer that cannot be read.
"""

_UNAUTHORIZED = 401
_TIMED_OUT = 408
_LOCKED = 423
_TOO_MANY = 429
_MOVING = 477
_SERVER_FAULT = 500
_FIRST_BACKOFF_S = 0.5
_DOUBLINGS = 6


class RetryDecision(Enum):
    """Possible decisions about a call that failed."""

    ANSWERED = auto()  # HubSpot's answer is final, and the caller gets it
    UNAUTHORIZED = auto()  # all calls stop: the token is not valid
    DAILY_LIMIT = auto()  # all calls stop: no calls are left today
    RATE_LIMITED = auto()  # all calls of this token wait, then this one is sent again
    RETRY = auto()  # only this call waits, then it is sent again
    OUTCOME_UNKNOWN = auto()  # the call may have taken effect and must not be sent again


@dataclass(frozen=True, slots=True)
class RetryStep:
    """The decision, and the seconds to wait before a call is sent again."""

    decision: RetryDecision
    wait_s: float = 0.0


def decide_retry(
    exchange: ErrorResponse | NoResponse, *, is_write: bool, tries: int, jitter: float
) -> RetryStep:
    """Return whether to repeat a call that has failed ``tries`` times, and how long to wait before that.

    ``jitter`` is a random number from 0 to 1.
    """
    backoff_s = _FIRST_BACKOFF_S * 2 ** min(tries - 1, _DOUBLINGS) * (0.5 + jitter / 2)
    if isinstance(exchange, NoResponse):
        if exchange.was_sent and is_write:
            return RetryStep(RetryDecision.OUTCOME_UNKNOWN)
        return RetryStep(RetryDecision.RETRY, backoff_s)
    retry_after_s = exchange.pace.retry_after_s or 0.0
    if exchange.status == _UNAUTHORIZED:
        return RetryStep(RetryDecision.UNAUTHORIZED)
    if exchange.status == _TOO_MANY:
        return _limited(exchange, tries, retry_after_s)
    if exchange.status == _LOCKED:
        return RetryStep(RetryDecision.RETRY, max(LOCK_S * tries, retry_after_s))
    if exchange.status == _MOVING:
        return RetryStep(RetryDecision.RATE_LIMITED, max(LOCK_S * tries, retry_after_s))
    if exchange.status >= _SERVER_FAULT or exchange.status == _TIMED_OUT:
        return RetryStep(
            RetryDecision.OUTCOME_UNKNOWN if is_write else RetryDecision.RETRY, max(backoff_s, retry_after_s)
        )
    return RetryStep(RetryDecision.ANSWERED)


def _limited(refusal: ErrorResponse, tries: int, retry_after_s: float) -> RetryStep:
    policy = refusal.error.policy_name
    if policy == "DAILY" or (policy is None and refusal.pace.daily_remaining == 0):
        return RetryStep(RetryDecision.DAILY_LIMIT)
    if policy == "SECONDLY":
        return RetryStep(RetryDecision.RETRY, max(1.0 * tries, retry_after_s))
    return RetryStep(RetryDecision.RATE_LIMITED, retry_after_s or refusal.pace.interval_s or WINDOW_S)
