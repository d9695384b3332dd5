"""Request handlers that stand for a HubSpot with hostile or unusual answers, without a network."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

import httpx
import orjson

from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.connection import open_http
from reconciler.hubspot.transport.rate_limiter import RateLimiter
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.definitions import Kind, ObjectSchema, PropertyDef
from tests.hubspot.simulation import SimulatedClock

TOKEN = "pat-na1-0c4f6a2e-canary"
Handler: TypeAlias = Callable[[httpx.Request], httpx.Response]
Result: TypeAlias = dict[str, Any]


@cache
def _headers() -> httpx.Headers:
    with open_http("https://api.hubapi.com", TOKEN) as http:
        return http.headers


def http_of(handler: Handler) -> httpx.Client:
    """Return a client with our headers, whose requests ``handler`` answers."""
    transport = httpx.MockTransport(handler)
    return httpx.Client(transport=transport, base_url="https://api.hubapi.com", headers=_headers())


def pacer_of(clock: SimulatedClock | None = None) -> RateLimiter:
    """Return a rate limiter whose waits take no time."""
    clock = clock or SimulatedClock()
    return RateLimiter(now=clock.now, sleep=clock.sleep, jitter=lambda: 0.5)


def reader_of(handler: Handler, version: str = "v3") -> PortalReader:
    return PortalReader(http_of(handler), version, pacer_of())


def writer_of(handler: Handler, version: str = "v3") -> PortalWriter:
    return PortalWriter(http_of(handler), version, pacer_of())


def reply(status: int, body: object = None, headers: Mapping[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, content=b"" if body is None else orjson.dumps(body), headers=headers)


def batch(results: Sequence[Result], errors: Sequence[Result] = ()) -> Result:
    """Return the body of an answer to a batch call."""
    body: Result = {"status": "COMPLETE", "results": list(results)}
    return body | ({"numErrors": len(errors), "errors": list(errors)} if errors else {})


def body_of(request: httpx.Request) -> Any:
    return orjson.loads(request.content)


def schema_of(name: str, path: str, **kinds: Kind) -> ObjectSchema:
    """Return an object type with properties of these kinds."""
    return ObjectSchema(name, path, {key: PropertyDef(key, key, kind) for key, kind in kinds.items()})
