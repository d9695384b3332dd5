"""Calls to HubSpot's API: counted, rate-limited, and not made if a check right before the call raises."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import httpx

from reconciler.errors import HubSpotError, NotAllowed, RequestRejected
from reconciler.hubspot.transport.call_result import (
    AnswerT,
    CallResult,
    Decoder,
    ErrorResponse,
    Request,
    Success,
)
from reconciler.hubspot.transport.connection import send_once
from reconciler.hubspot.transport.error_details import message_of, missing_scopes
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.transport.responses import ErrorBody
from reconciler.invisible_characters import visible

_FORBIDDEN = 403


class _Counter:
    """A counter of calls that several callers share. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.calls = 0

    def add_one(self) -> None:
        """Count one more call."""
        with self._lock:
            self.calls += 1


class Caller:
    """Makes calls and counts them. Thread-safe."""

    def __init__(
        self,
        http: httpx.Client,
        pacer: RateLimiter,
        may_send: Callable[[], None] = lambda: None,
        before_sending: Callable[[], None] | None = None,
        counter: _Counter | None = None,
    ) -> None:
        self._http = http
        self._pacer = pacer
        self._may_send = may_send
        self._before_sending = before_sending
        self._counter = counter or _Counter()

    @property
    def calls(self) -> int:
        """Number of calls so far, by this caller and all callers that ``asking`` or ``notifying`` made."""
        return self._counter.calls

    def reserve_slot(self) -> AbstractContextManager[None]:
        """Reserve a slot so that a write can follow a read at once; see ``RateLimiter.reserve_slot``."""
        return self._pacer.reserve_slot()

    def asking(self, may_send: Callable[[], None]) -> "Caller":
        """Return a caller that calls ``may_send`` before every call; it raises to prevent the call."""
        return Caller(self._http, self._pacer, may_send, self._before_sending, self._counter)

    def notifying(self, before_sending: Callable[[], None]) -> "Caller":
        """Return a caller that calls ``before_sending`` whenever a call is really sent."""
        return Caller(self._http, self._pacer, self._may_send, before_sending, self._counter)

    def time_there(self) -> datetime | None:
        """Return the time on HubSpot's clock; see ``RateLimiter.time_there``."""
        return self._pacer.time_there()

    def ask(self, request: Request, decode: Decoder[AnswerT]) -> Success[AnswerT] | ErrorResponse:
        """Make the call; return its answer or HubSpot's refusal, but raise an error for status 403."""

        def once() -> CallResult[AnswerT]:
            self._may_send()
            self._counter.add_one()
            return send_once(self._http, request, decode, self._before_sending)

        exchange = self._pacer.run(request, once)
        if isinstance(exchange, ErrorResponse) and exchange.status == _FORBIDDEN:
            raise error_for(request, exchange.status, exchange.error)
        return exchange


def error_for(request: Request, status: int, error: ErrorBody) -> HubSpotError:
    """Convert a refusal to an exception: ``NotAllowed`` for status 403, otherwise ``RequestRejected``."""
    kind: type[HubSpotError] = RequestRejected
    said = message_of(error) or f"HubSpot answered {status}"
    if status == _FORBIDDEN:
        kind = NotAllowed
        scopes = [visible(scope) for scope in missing_scopes(error)]
        said = f"the token lacks a scope: {' or '.join(scopes)}" if scopes else f"HubSpot forbids it: {said}"
    return kind(
        said,
        method=request.method,
        path=request.path,
        status=status,
        category=error.category,
        correlation_id=error.correlation_id,
    )
