"""Rate limiting and retries: calls are sent as fast as HubSpot allows, and again if that is safe.

All threads that use a token share its ``RateLimiter``.
"""

import math
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

from reconciler.errors import HubSpotError, NoAnswer, NotAllowed, Unavailable
from reconciler.hubspot.transport.call_result import (
    AnswerT,
    CallResult,
    ErrorResponse,
    NoResponse,
    RateHeaders,
    Request,
    Success,
)
from reconciler.hubspot.transport.error_details import message_of
from reconciler.hubspot.transport.limits import LEAST_CALLS_PER_WINDOW
from reconciler.hubspot.transport.rate_window import RollingWindow
from reconciler.hubspot.transport.retries import PATIENCE_S, SHORT_PATIENCE_S, RetryDecision, decide_retry

ErrorT = TypeVar("ErrorT", bound=HubSpotError)


_SPENT = (
    "the portal has no API calls left today; the daily limit starts again at midnight in the "
    "portal's time zone"
)
_NAP_S = 1.0
"""Maximum seconds of one sleep, so that waiting threads soon notice when all calls must stop."""


class _Keeping(threading.local):
    """A slot in the rate window that a thread keeps for its next write."""

    is_on = False  # whether a read of this thread also reserves a slot for a write
    has_place = False

    def places(self, *, is_write: bool) -> int:
        """Return how many slots must be free before the thread's next call.

        A write whose slot is kept needs none. A read that reserves a slot for the next write needs two.
        """
        if is_write:
            return 0 if self.has_place else 1
        return 2 if self.is_on and not self.has_place else 1


class RateLimiter:
    """Lets calls through as fast as the portal allows. Thread-safe.

    ``now`` returns seconds of a clock that never goes back, ``sleep`` waits for seconds, and ``jitter``
    returns a random number from 0 to 1.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        called: str = "the token",
        assumed_limit: int = LEAST_CALLS_PER_WINDOW,
    ) -> None:
        """Create the limiter that all users of one token share; messages call the token ``called``.

        ``assumed_limit`` is the number of calls per window until the headers of an answer give the true
        number.
        """
        self._called = called
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._lock = threading.Lock()
        self._window = RollingWindow(assumed_limit)
        self._keeping = _Keeping()
        self._stopped: Callable[[], HubSpotError] | None = None
        self._was_answered = False
        self._daily_remaining: int | None = None
        self._ahead_s: float | None = None  # seconds that HubSpot's clock is ahead of ``now``

    @property
    def daily_remaining(self) -> int | None:
        """Number of calls that the portal has left today, from the latest answer that tells it."""
        return self._daily_remaining

    def time_there(self) -> datetime | None:
        """Return the earliest time that HubSpot's clock can show now; None before the first answer.

        Answers give whole seconds, so HubSpot's clock may be up to a second later.
        """
        ahead_s = self._ahead_s
        return None if ahead_s is None else datetime.fromtimestamp(self._now() + ahead_s, UTC)

    def least_seconds(self, calls: int) -> float:
        """Return the fewest seconds that ``calls`` calls take; 0 if one window of the rate limit suffices."""
        bursts = math.ceil(calls / self._window.limit)
        return max(bursts - 1, 0) * self._window.interval_s

    @contextmanager
    def reserve_slot(self) -> Iterator[None]:
        """Keep a slot free for the write that follows a read; use this as a context manager in one thread.

        In the block, a read waits until there are slots for two calls. Otherwise the read might be the last
        call of a window, and the write would be sent ten seconds later.
        """
        self._keeping.is_on = True
        try:
            yield
        finally:
            self._keeping.is_on = False
            if self._keeping.has_place:
                self._keeping.has_place = False
                with self._lock:
                    self._window.release()

    def run(
        self, request: Request, attempt: Callable[[], CallResult[AnswerT]]
    ) -> Success[AnswerT] | ErrorResponse:
        """Call ``attempt`` when the rate limit allows it, and repeat it while that is safe and useful.

        Raises:
            NotAllowed: HubSpot refuses the token; from now on, every call raises this without being sent.
            Unavailable: the call did not succeed in the permitted time, or no calls are left today.
            NoAnswer: a write was sent and its answer never arrived.
        """
        troubled_since: float | None = None
        tries = 0
        while True:
            tries += 1
            exchange = self._once(attempt, is_write=request.is_write)
            if isinstance(exchange, Success):
                return exchange
            step = decide_retry(exchange, is_write=request.is_write, tries=tries, jitter=self._jitter())
            if isinstance(exchange, ErrorResponse) and step.decision is RetryDecision.ANSWERED:
                return exchange
            self._raise_if_final(request, exchange, step.decision)
            now = self._now()
            troubled_since = now if troubled_since is None else troubled_since
            if now + step.wait_s - troubled_since > self._patience_s(exchange):
                raise _error(Unavailable, f"{_story(exchange)}; {self._advice()}", request, exchange)
            if step.decision is RetryDecision.RATE_LIMITED:
                with self._lock:
                    self._window.hold(now + step.wait_s)
            else:
                self._wait(step.wait_s)

    def _once(self, attempt: Callable[[], CallResult[AnswerT]], *, is_write: bool) -> CallResult[AnswerT]:
        ours = self._enter(self._keeping.places(is_write=is_write))
        exchange: CallResult[AnswerT] | None = None
        try:
            exchange = attempt()
        finally:
            pace = exchange.pace if exchange else RateHeaders()
            with self._lock:
                was_sent = not isinstance(exchange, NoResponse) or exchange.was_sent
                self._window.leave(self._now(), pace, ours, was_sent=was_sent)
                self._was_answered |= isinstance(exchange, Success | ErrorResponse)
                if pace.date is not None:
                    ahead_s = pace.date.timestamp() - self._now()
                    self._ahead_s = ahead_s if self._ahead_s is None else max(ahead_s, self._ahead_s)
                if pace.daily_remaining is not None:
                    self._daily_remaining = pace.daily_remaining
        return exchange

    def _enter(self, places: int) -> int:
        while True:
            with self._lock:
                self._raise_if_stopped()
                wait_s = self._window.wait_s(self._now(), places)
                if wait_s <= 0:
                    if places != 1:
                        self._keeping.has_place = places > 1
                    return self._window.enter(places)
            self._sleep(min(wait_s, _NAP_S))

    def _wait(self, seconds: float) -> None:
        until = self._now() + seconds
        while (left_s := until - self._now()) > 0:
            self._sleep(min(left_s, _NAP_S))
            self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._stopped is not None:
            raise self._stopped()

    def _raise_if_final(
        self, request: Request, exchange: ErrorResponse | NoResponse, decision: RetryDecision
    ) -> None:
        if decision is RetryDecision.OUTCOME_UNKNOWN:
            raise _error(NoAnswer, f"{_story(exchange)}; the write may have happened", request, exchange)
        if decision is RetryDecision.UNAUTHORIZED:
            summary = f"HubSpot refuses {self._called}: {_story(exchange)}"
            self._stopped = lambda: _error(NotAllowed, summary, request, exchange)
        if decision is RetryDecision.DAILY_LIMIT:
            self._stopped = lambda: _error(Unavailable, _SPENT, request, exchange)
        self._raise_if_stopped()

    def _advice(self) -> str:
        return (
            ("reconciler gave up: run it again later")
            if self._was_answered
            else "check base_url and the network"
        )

    def _patience_s(self, exchange: ErrorResponse | NoResponse) -> float:
        is_hopeless = isinstance(exchange, NoResponse) and (exchange.is_garbled or not self._was_answered)
        return SHORT_PATIENCE_S if is_hopeless else PATIENCE_S


def _story(exchange: ErrorResponse | NoResponse) -> str:
    """Describe a failed attempt in half a sentence, for messages."""
    if isinstance(exchange, NoResponse):
        return exchange.reason
    retry_after_s = exchange.pace.retry_after_s
    said = message_of(exchange.error) or f"HubSpot answered {exchange.status}"
    return f"{said} (HubSpot asks to wait {retry_after_s:.0f} s)" if retry_after_s else said


def _error(
    kind: type[ErrorT], summary: str, request: Request, exchange: ErrorResponse | NoResponse
) -> ErrorT:
    error = exchange.error if isinstance(exchange, ErrorResponse) else None
    return kind(
        summary,
        method=request.method,
        path=request.path,
        status=exchange.status if isinstance(exchange, ErrorResponse) else None,
        category=error.category if error else None,
        correlation_id=error.correlation_id if error else None,
    )
