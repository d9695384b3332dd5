"""The network connection never reveals the token."""

import logging
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

import reconciler
from reconciler.errors import HubSpotError, NoAnswer, NotAllowed, Unavailable, UsageError
from reconciler.hubspot.portal.responses import AccountBody
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.call_result import ErrorResponse, NoResponse, Request, Success
from reconciler.hubspot.transport.connection import open_http, send_once
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.calls import Call
from tests.hubspot.doubles import TOKEN, http_of, pacer_of, reader_of, reply, writer_of

GET = Request("GET", "/account-info/v3/details")
ACCOUNT = {"portalId": 1000000, "accountType": "STANDARD"}


def raising(error: Exception) -> Callable[[httpx.Request], httpx.Response]:
    def handler(_: httpx.Request) -> httpx.Response:
        raise error

    return handler


def test_calls_carry_token_and_version() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return reply(200, ACCOUNT)

    reader_of(handler).account()

    assert seen[0].headers["Authorization"] == f"Bearer {TOKEN}"
    assert seen[0].headers["User-Agent"] == f"reconciler/{reconciler.__version__}"


@pytest.mark.parametrize(
    "token", ["", " ", "pat-na1-ab\n", "pat na1", "pät-na1", '"pat-na1"', "'pat-na1'", "pat-na1`"]
)
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_http("https://api.hubapi.com", token)
    assert not token.strip() or token.strip() not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "was_sent"),
    [
        (httpx.ConnectError("refused"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("busy"), False),
        (httpx.ProxyError("407"), False),
        (httpx.ReadTimeout(""), True),
        (httpx.WriteTimeout(""), True),
        (httpx.WriteError(""), True),
        (httpx.ReadError(""), True),
        (httpx.RemoteProtocolError("dropped"), True),
        (httpx.DecodingError("gzip"), True),
    ],
)
def test_it_is_known_whether_hubspot_can_have_seen_a_request(error: Exception, was_sent: bool) -> None:
    exchange = send_once(http_of(raising(error)), GET, AccountBody.read)

    assert isinstance(exchange, NoResponse)
    assert exchange.was_sent is was_sent


@pytest.mark.parametrize("body", [b'{"portalId": 1', b"<html>welcome</html>", b"", b"{}"])
def test_a_success_that_cannot_be_read_is_an_answer_lost(body: bytes) -> None:
    exchange = send_once(http_of(lambda _: httpx.Response(200, content=body)), GET, AccountBody.read)

    assert isinstance(exchange, NoResponse)
    assert (exchange.was_sent, exchange.is_garbled) == (True, True)


def test_limits_are_read_from_the_headers_and_nonsense_is_not() -> None:
    headers = {
        "X-HubSpot-RateLimit-Max": "190",
        "X-HubSpot-RateLimit-Remaining": "many",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Daily-Remaining": "249999",
    }
    exchange = send_once(http_of(lambda _: reply(200, ACCOUNT, headers)), GET, AccountBody.read)

    assert isinstance(exchange, Success)
    assert exchange.pace.limit == 190
    assert exchange.pace.remaining is None
    assert exchange.pace.interval_s == 10.0
    assert exchange.pace.daily_remaining == 249999


def test_a_redirect_is_not_followed_with_the_token() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    exchange = send_once(http_of(handler), GET, AccountBody.read)

    assert isinstance(exchange, ErrorResponse)
    assert seen == ["api.hubapi.com"]


def test_an_unreachable_host_is_one_clear_sentence() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with open_http(f"http://127.0.0.1:{port}", TOKEN) as http:
        reader = PortalReader(http, "v3", pacer_of())
        with pytest.raises(Unavailable) as caught:
            reader.account()

    assert caught.value.summary == (
        f"127.0.0.1:{port} cannot be reached ([Errno 111] Connection refused); check base_url and the network"
    )


@pytest.mark.parametrize(
    "handler",
    [
        raising(httpx.ConnectError(f"no route for {TOKEN}")),
        raising(httpx.ReadError(f"while sending Bearer {TOKEN}")),
        lambda _: reply(
            401, {"message": f"The token {TOKEN} is expired", "category": "EXPIRED_AUTHENTICATION"}
        ),
        lambda _: reply(
            403, {"message": TOKEN, "errors": [{"context": {"requiredGranularScopes": [TOKEN]}}]}
        ),
        lambda _: httpx.Response(503, text=f"upstream saw {TOKEN}"),
        lambda _: httpx.Response(200, text=f"<html>{TOKEN}</html>"),
    ],
)
def test_the_token_stands_in_no_error_and_no_log(
    handler: Callable[[httpx.Request], httpx.Response], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reader, writer = reader_of(handler), writer_of(handler)

    for ask in (reader.account, lambda: writer.write("companies", Call.UPDATE, [{"id": "1"}])):
        with pytest.raises(HubSpotError) as caught:
            ask()
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
        assert TOKEN not in repr(caught.value) + repr(vars(caught.value))
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(reader) + repr(writer)


class _Loopback(BaseHTTPRequestHandler):
    """A server that reads a request, and cuts its answer short."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"results":[')

    def log_message(self, *_: object) -> None:
        """Ignore a message."""


@pytest.fixture
def cutting_server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Loopback) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_over_a_real_socket_a_cut_answer_leaves_a_write_unknown_and_the_log_clean(
    cutting_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with open_http(cutting_server, TOKEN) as http, pytest.raises(NoAnswer, match="never arrived"):
        PortalWriter(http, "v3", pacer_of()).write("companies", Call.UPDATE, [{"id": "1", "properties": {}}])

    assert "127.0.0.1" in caplog.text
    assert TOKEN not in caplog.text


def test_a_refused_token_is_the_last_call() -> None:
    calls: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        calls.append(request.url.path)
        return reply(401, {"category": "INVALID_AUTHENTICATION", "message": "unknown token"})

    reader = reader_of(handler)
    for ask in (reader.account, reader.owners):
        with pytest.raises(NotAllowed, match="HubSpot refuses the token: unknown token"):
            ask()
    assert len(calls) == 1
