"""The network connection: one HTTP client for each token, and single attempts at calls.

An attempt returns a network error as a value. The token is removed from the texts of httpx's exceptions. An
exception of httpx is never the cause of our exceptions, so that no traceback can show a request.
"""

import logging
import os
import re
import ssl
import time
from collections.abc import Callable, Iterator

import httpx
import orjson

from reconciler import __version__
from reconciler.errors import UsageError
from reconciler.hubspot.transport.call_result import (
    AnswerT,
    CallResult,
    Decoder,
    ErrorResponse,
    NoResponse,
    Request,
    Success,
    rate_headers_of,
)
from reconciler.hubspot.transport.proxies import proxy_for
from reconciler.hubspot.transport.response_limits import (
    CALL_S,
    PACKED_AS,
    SILENCE_S,
    Unfit,
    bound_in_time,
    read_body,
)
from reconciler.hubspot.transport.responses import InvalidResponse, read_error
from reconciler.hubspot.transport.token_redaction import redact_token

_LOG = logging.getLogger(__name__)  # logs methods, paths and outcomes; never headers, bodies or values
_CONNECTIONS = 16
_CONNECT_S = 10.0
_TIMEOUT = httpx.Timeout(
    connect=_CONNECT_S,
    read=SILENCE_S,
    write=SILENCE_S,
    pool=None,  # no time limit for waiting until a connection is free
)
DEADLINE_S = _CONNECT_S + CALL_S
"""Maximum seconds of a call that has a free connection: connecting, sending, and waiting for the answer."""

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_TOKEN_CHARACTERS = re.compile(r"[!#-&(-_a-~]+")  # without quotation marks: people copy them by mistake
_MOST_QUOTED = 4 * 1024 * 1024  # maximum bytes that are read of an error's body
_JSON = {"Content-Type": "application/json"}


class Client(httpx.Client):
    """An HTTP client that knows the proxy of its calls.

    Attributes:
        proxy: the words for the proxy in messages; None if calls go directly to the host.
    """

    proxy: str | None = None


def open_http(base_url: str, token: str, called: str = "the token") -> httpx.Client:
    """Open a client for the calls of one token; all threads share it, and the caller closes it.

    ``called`` are the words for the token in messages.

    Proxies and certificates come from the usual environment variables. Redirects are not followed.

    Raises:
        UsageError: ``token`` cannot be sent in a header (the message does not show it); a proxy cannot be
            used; certificates cannot be read; or ``base_url`` names a host that cannot be looked up.
    """
    if not _TOKEN_CHARACTERS.fullmatch(token):
        raise UsageError(
            f"{called} is empty or contains a space, a quote, a line break or other forbidden characters\n"
            "    set it again, without quotes around it"
        )
    url = _checked(base_url)
    proxy = proxy_for(base_url, os.environ)
    client = Client(
        base_url=url,
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/json",
            "Accept-Encoding": PACKED_AS,
            "User-Agent": f"reconciler/{__version__}",
        },
        timeout=_TIMEOUT,
        transport=httpx.HTTPTransport(
            # load certificates only for https: it takes 16 ms
            verify=url.scheme == "https" and _certificates(),
            limits=httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
            proxy=proxy.url if proxy else None,
        ),
        event_hooks={"request": [bound_in_time]},
    )
    client.proxy = proxy.name if proxy else None
    return client


def _checked(base_url: str) -> httpx.URL:
    """Parse ``base_url``, and check that its host is a possible name in DNS. No host is looked up.

    Raises:
        UsageError: ``base_url`` is not a usable address.
    """
    try:
        url = httpx.URL(base_url)
        url.host.encode("idna")
    except (UnicodeError, httpx.InvalidURL):
        raise UsageError(
            "base_url names a host that cannot be looked up\n    write it like https://api.hubapi.com"
        ) from None
    return url


def _certificates() -> ssl.SSLContext:
    """Load the trusted certificates: from the usual environment variables, or else from httpx.

    Raises:
        UsageError: the certificates cannot be read.
    """
    try:
        return httpx.create_ssl_context()
    except (OSError, ValueError) as error:
        name = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), None)
        of = f"from {os.environ[name]}, which {name} names," if name else "that are part of httpx"
        raise UsageError(
            f"the certificates {of} cannot be read ({getattr(error, 'strerror', None) or 'unknown reason'})\n"
            f"    {f'correct {name} or unset it' if name else 'install reconciler again'}"
        ) from None


def without_token(http: httpx.Client, text: str) -> str:
    """Replace the client's token in ``text``, and anything that looks like a token."""
    return redact_token(text, http.headers.get("Authorization", "").removeprefix("Bearer "))


def send_once(
    http: httpx.Client,
    request: Request,
    decode: Decoder[AnswerT],
    before_sending: Callable[[], None] | None = None,
) -> CallResult[AnswerT]:
    """Make ``request`` once; never raise for an error of the network or HubSpot.

    ``before_sending`` is called once the connection is ready, before the body is sent: until then, HubSpot
    cannot act on the call. For a call without a body, it is called before the connection is opened. If
    ``before_sending`` raises, the call is not sent.
    """
    began = time.monotonic()
    exchange = _attempt(http, request, decode, before_sending)
    outcome = exchange.status if isinstance(exchange, ErrorResponse) else type(exchange).__name__.lower()
    took_ms = 1000 * (time.monotonic() - began)
    _LOG.debug("%s %s: %s in %.0f ms", request.method, request.path, outcome, took_ms)
    return exchange


def _body(content: bytes, before_sending: Callable[[], None]) -> Iterator[bytes]:
    """Call ``before_sending`` when the connection asks for the body, then yield ``content``."""
    before_sending()
    yield content


def _attempt(
    http: httpx.Client, request: Request, decode: Decoder[AnswerT], before_sending: Callable[[], None] | None
) -> CallResult[AnswerT]:
    sent = None if request.body is None else orjson.dumps(request.body)
    headers = {} if sent is None else _JSON | {"Content-Length": str(len(sent))}
    if sent is None and before_sending:
        before_sending()
    try:
        with http.stream(
            request.method,
            request.path,
            params=request.params or None,
            content=_body(sent, before_sending) if sent is not None and before_sending else sent,
            headers=headers,
        ) as response:
            pace = rate_headers_of(response.headers)
            body = read_body(response)
    except _NEVER_SENT as error:
        return NoResponse(f"{_unreached(http, error)} ({_reason(http, error)})", was_sent=False)
    except httpx.RequestError as error:
        through = f" through {http.proxy}" if isinstance(http, Client) and http.proxy else ""
        return NoResponse(f"the answer never arrived{through} ({_reason(http, error)})", was_sent=True)
    except Unfit as unfit:
        return NoResponse(f"the answer cannot be read ({unfit})", was_sent=True, is_garbled=True, pace=pace)
    if not response.is_success:
        quoted = without_token(http, body[:_MOST_QUOTED].decode(errors="replace"))
        return ErrorResponse(response.status_code, read_error(quoted.encode()), pace)
    try:
        return Success(decode(body), pace, response.status_code)
    except InvalidResponse as error:
        reason = f"the answer cannot be read ({error})"
        return NoResponse(reason, was_sent=True, is_garbled=True, pace=pace)


def _unreached(http: httpx.Client, error: httpx.RequestError) -> str:
    """Say which part could not be reached: the proxy, the host behind it, or the host itself."""
    host = http.base_url.netloc.decode() or http.base_url
    proxy = http.proxy if isinstance(http, Client) else None
    if proxy is None:
        return f"{host} cannot be reached"
    if isinstance(error, httpx.ProxyError):
        return f"{proxy} does not lead to {host}"
    return f"{proxy} cannot be reached"


def _reason(http: httpx.Client, error: httpx.RequestError) -> str:
    return without_token(http, str(error).rstrip(".") or type(error).__name__)
