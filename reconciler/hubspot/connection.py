"""The door to the network: one HTTP client for a token, and one attempt at a call.

Whatever the network does becomes a value here. Texts of foreign exceptions are cleaned of the token
first, and no exception of httpx is chained to ours, so that no traceback can show a request.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator

import httpx
import orjson

from reconciler import __version__
from reconciler.errors import UsageError
from reconciler.hubspot.exchange import AnswerT, Decoder, Exchange, Lost, Refusal, Request, Success, pace_of
from reconciler.hubspot.limits import EDGE_TIMEOUT_S
from reconciler.hubspot.proxies import proxy_for
from reconciler.hubspot.wire import Unreadable, read_error

_LOG = logging.getLogger(__name__)  # methods, paths and outcomes; never headers, bodies or values
_CONNECTIONS = 16
_TIMEOUT = httpx.Timeout(
    connect=10.0,
    read=EDGE_TIMEOUT_S + 10,  # HubSpot's own "timed out" is an answer; giving up before it is none
    write=30.0,
    pool=None,  # calls wait for a connection as long as the others need theirs
)
DEADLINE_S = 10.0 + 30.0 + EDGE_TIMEOUT_S + 10.0
"""Seconds after which a call is over, if it ever gets going: connecting, sending, waiting for the answer."""

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_TOKEN_CHARACTERS = re.compile(r"[!-~]+")
_TOKEN_LIKE = re.compile(r"pat-[a-z0-9]+-[0-9a-fA-F-]+")
_JSON = {"Content-Type": "application/json"}


class Client(httpx.Client):
    """A client that knows which proxy its calls go through.

    Attributes:
        proxy: what people call it; None where calls go straight to the host.
    """

    proxy: str | None = None


def open_http(base_url: str, token: str, called: str = "the token") -> httpx.Client:
    """A client for the calls of one token, to be shared by all threads and closed by the caller.

    Proxies and certificates come from the usual environment variables. Redirects are not followed.

    Raises:
        UsageError: where ``token`` cannot be sent in a header, without showing it, or a proxy cannot be used.
    """
    if not _TOKEN_CHARACTERS.fullmatch(token):
        raise UsageError(
            f"{called} is empty or holds a space, a line break or other characters that no token has\n"
            "    set it again, without quotes around it"
        )
    proxy = proxy_for(base_url, os.environ)
    client = Client(
        base_url=base_url,
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "User-Agent": f"reconciler/{__version__}",
        },
        timeout=_TIMEOUT,
        transport=httpx.HTTPTransport(
            verify=not base_url.startswith("http://"),  # certificates take 16 ms to load: only for TLS
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            proxy=proxy.url if proxy else None,
        ),
    )
    client.proxy = proxy.name if proxy else None
    return client


def without_token(http: httpx.Client, text: str) -> str:
    """``text`` with the client's token, and anything that looks like one, blotted out."""
    token = http.headers.get("Authorization", "").removeprefix("Bearer ")
    return _TOKEN_LIKE.sub("***", text.replace(token, "***") if token else text)


def attempt(
    http: httpx.Client, request: Request, decode: Decoder[AnswerT], leaving: Callable[[], None] | None = None
) -> Exchange[AnswerT]:
    """Make ``request`` once; never raises for what the network or HubSpot does.

    ``leaving`` is called when a connection is there to take the body, and before the body goes: until then
    HubSpot cannot act on it. What it raises ends the call.
    """
    began = time.monotonic()
    exchange = _attempt(http, request, decode, leaving)
    outcome = exchange.status if isinstance(exchange, Refusal) else type(exchange).__name__.lower()
    took_ms = 1000 * (time.monotonic() - began)
    _LOG.debug("%s %s: %s in %.0f ms", request.method, request.path, outcome, took_ms)
    return exchange


def _body(content: bytes, leaving: Callable[[], None]) -> Iterator[bytes]:
    """``content``, drawn by the connection that it goes through."""
    leaving()
    yield content


def _attempt(
    http: httpx.Client, request: Request, decode: Decoder[AnswerT], leaving: Callable[[], None] | None
) -> Exchange[AnswerT]:
    body = None if request.body is None else orjson.dumps(request.body)
    headers = {} if body is None else _JSON | {"Content-Length": str(len(body))}
    try:
        response = http.request(
            request.method,
            request.path,
            params=request.params or None,
            content=_body(body, leaving) if body is not None and leaving else body,
            headers=headers,
        )
    except _NEVER_SENT as error:
        return Lost(f"{_unreached(http, error)} ({_reason(http, error)})", was_sent=False)
    except httpx.RequestError as error:
        return Lost(f"the answer never arrived ({_reason(http, error)})", was_sent=True)
    pace = pace_of(response.headers)
    if not response.is_success:
        return Refusal(response.status_code, read_error(without_token(http, response.text).encode()), pace)
    try:
        return Success(decode(response.content), pace)
    except Unreadable as error:
        reason = f"the answer cannot be read ({error})"
        return Lost(reason, was_sent=True, is_garbled=True, pace=pace)


def _unreached(http: httpx.Client, error: httpx.RequestError) -> str:
    """What could not be reached: the proxy, what lies behind it, or the host itself."""
    host = http.base_url.netloc.decode() or http.base_url
    proxy = http.proxy if isinstance(http, Client) else None
    if proxy is None:
        return f"{host} cannot be reached"
    if isinstance(error, httpx.ProxyError):
        return f"{proxy} does not lead to {host}"
    return f"{proxy} cannot be reached"


def _reason(http: httpx.Client, error: httpx.RequestError) -> str:
    return without_token(http, str(error).rstrip(".") or type(error).__name__)
