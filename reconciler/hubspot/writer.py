"""The calls that change a portal: one method for each endpoint."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import copy
from datetime import datetime
from typing import Any, Self

import httpx

from reconciler.hubspot.associations.responses import PairsBody
from reconciler.hubspot.definitions.writer import DefinitionWriter
from reconciler.hubspot.records.responses import BatchBody
from reconciler.hubspot.transport.api_versions import paths_of
from reconciler.hubspot.transport.call_result import ErrorResponse, Request, Success
from reconciler.hubspot.transport.caller import Caller
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.model.calls import Call


class PortalWriter:
    """The calls that change a portal. Thread-safe; every method may raise ``HubSpotError``."""

    def __init__(self, http: httpx.Client, version: str, pacer: RateLimiter) -> None:
        self._paths = paths_of(version)
        self._caller = Caller(http, pacer)

    def asking(self, may_send: Callable[[], None]) -> Self:
        """Return a writer that calls ``may_send`` right before every call; it raises to prevent the call."""
        other = copy(self)
        other._caller = self._caller.asking(may_send)  # noqa: SLF001 - same class
        return other

    def notifying(self, before_sending: Callable[[], None]) -> Self:
        """Return a writer that calls ``before_sending`` for every call, before HubSpot can act on it."""
        other = copy(self)
        other._caller = self._caller.notifying(before_sending)  # noqa: SLF001 - same class
        return other

    def time_there(self) -> datetime | None:
        """Return the earliest time that HubSpot's clock can show now; None before the first answer."""
        return self._caller.time_there()

    def reserve_slot(self) -> AbstractContextManager[None]:
        """Reserve a slot so that a write can follow a read at once; see ``RateLimiter.reserve_slot``."""
        return self._caller.reserve_slot()

    @property
    def definitions(self) -> DefinitionWriter:
        """The calls that change definitions."""
        return DefinitionWriter(self._caller, self._paths)

    @property
    def calls(self) -> int:
        """Number of calls so far, including repetitions."""
        return self._caller.calls

    def write(
        self, object_path: str, call: Call, inputs: Sequence[Mapping[str, Any]]
    ) -> BatchBody | ErrorResponse:
        """Send one batch in one call, and return HubSpot's answer, which may be a refusal.

        Raises:
            NotAllowed: the token is refused or lacks a scope; nothing was written.
            Unavailable: HubSpot did not process the call in spite of retries; nothing was written.
            NoAnswer: HubSpot may have written all, some or none of the inputs.
        """
        request = Request(
            "POST", self._paths.batch(object_path, call), body={"inputs": inputs}, is_write=True
        )
        decode = BatchBody.read_or_empty if call is Call.ARCHIVE else BatchBody.read
        exchange = self._caller.ask(request, decode)
        return exchange.value if isinstance(exchange, Success) else exchange

    def write_pairs(
        self, object_path: str, other_path: str, call: Call, inputs: Sequence[Mapping[str, Any]]
    ) -> PairsBody | ErrorResponse:
        """Create or remove associations in one call; return HubSpot's answer, which may be a refusal."""
        path = self._paths.pairs(object_path, other_path, call)
        request = Request("POST", path, body={"inputs": inputs}, is_write=True)
        exchange = self._caller.ask(request, PairsBody.read_or_empty)
        return exchange.value if isinstance(exchange, Success) else exchange
