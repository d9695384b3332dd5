"""A call to any endpoint ends in time, within limits, and with a message of one sentence."""

import base64
import gzip
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import HubSpotError, NoAnswer, Unavailable, UsageError
from reconciler.hubspot.portal.responses import AccountBody
from reconciler.hubspot.transport import response_limits
from reconciler.hubspot.transport.call_result import (
    CallResult,
    ErrorResponse,
    NoResponse,
    Request,
    Success,
    rate_headers_of,
)
from reconciler.hubspot.transport.connection import open_http, send_once
from reconciler.hubspot.transport.token_redaction import redact_token
from reconciler.hubspot.writer import PortalWriter
from reconciler.model.calls import Call
from tests.hubspot.doubles import TOKEN, http_of, pacer_of, reader_of, reply

GET = Request("GET", "/account-info/v3/details")
ACCOUNT = b'{"portalId": 1000000, "accountType": "STANDARD"}'
OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def endpoint(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that calls ``answer`` for every connection after its first request."""
    ends = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)

        def serve() -> None:
            while not ends.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    connection.settimeout(5)
                    connection.recv(65_536)
                    try:
                        answer(connection)
                    except OSError:
                        continue  # the client has closed the connection, as it should

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ends.set()
            thread.join()


def asked(answer: Callable[[socket.socket], None] | bytes) -> CallResult[AccountBody]:
    def send(connection: socket.socket) -> None:
        connection.sendall(answer) if isinstance(answer, bytes) else answer(connection)

    with endpoint(send) as url, open_http(url, TOKEN) as http:
        return send_once(http, GET, AccountBody.read)


def packed(body: bytes, encoding: str = "gzip") -> bytes:
    return OK + f"Content-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def lost(exchange: CallResult[AccountBody], reason: str) -> None:
    assert isinstance(exchange, NoResponse)
    assert exchange.was_sent
    assert reason in exchange.reason


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", " gzip "])
def test_the_requested_compression_is_read(encoding: str) -> None:
    exchange = asked(packed(gzip.compress(ACCOUNT), encoding))
    assert isinstance(exchange, Success)
    assert exchange.value.portal_id == 1000000


def bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1024 * 1024)
    return b"".join([*(packer.compress(zeros) for _ in range(mebibytes)), packer.flush()])


def test_a_bomb_is_not_unpacked() -> None:
    lost(asked(packed(bomb(128))), "it is larger than 64 MiB")


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(OK + b"\r\n")
        while True:
            connection.sendall(bytes(1024 * 1024))

    lost(asked(endless), "it is larger than 64 MiB")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "hex", "gzip;q=1", "compress"])
def test_other_compression_is_refused(encoding: str) -> None:
    lost(asked(packed(gzip.compress(ACCOUNT), encoding)), "it is compressed in a way that was not requested")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (gzip.compress(ACCOUNT, mtime=0)[:-9], "it is cut short"),
        (gzip.compress(ACCOUNT, mtime=0)[:12], "it is cut short"),
        (b"", "it is cut short"),
        (b"no gzip at all", "it cannot be unpacked"),
        (gzip.compress(ACCOUNT, mtime=0)[:-8] + bytes(8), "it cannot be unpacked"),
    ],
    ids=["no end", "hardly anything", "nothing", "no gzip", "wrong checksum"],
)
def test_a_damaged_answer_is_told(body: bytes, reason: str) -> None:
    lost(asked(packed(body)), reason)


def dripping(first: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    def drip(connection: socket.socket) -> None:
        connection.sendall(first)
        until = time.monotonic() + 6
        while time.monotonic() < until:
            connection.sendall(drop)
            time.sleep(0.05)

    return drip


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (OK + b"Content-Length: 100000\r\n\r\n", b" "),
        (OK + b"X-Drip: ", b"x"),
        (b"H", b""),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b" " * 99)[:10], b"\x00\x00\x00\xff\xff"),
    ],
    ids=["body", "header", "silence", "informational", "chunks", "gzip"],
)
def test_a_call_ends_however_steadily_it_drips(
    first: bytes, drop: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(response_limits, "CALL_S", 1.0)
    began = time.monotonic()
    lost(asked(dripping(first, drop)), "")
    assert time.monotonic() - began < 12


def test_a_write_that_drips_may_have_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_limits, "CALL_S", 1.0)
    with (
        endpoint(dripping(OK + b"Content-Length: 99\r\n\r\n", b" ")) as url,
        open_http(url, TOKEN) as http,
        pytest.raises(NoAnswer),
    ):
        PortalWriter(http, "v3", pacer_of()).write("companies", Call.UPDATE, [{"id": "1", "properties": {}}])


NUMBERS = ["9" * 400, "9" * 5000, "1e9", "-1", "٣", "²", "0x10", "5.5", "nan", "inf", "", "Wed, 21 Oct 2026"]
HEADERS = [
    "Retry-After",
    "X-HubSpot-RateLimit-Max",
    "X-HubSpot-RateLimit-Remaining",
    "X-HubSpot-RateLimit-Interval-Milliseconds",
    "X-HubSpot-RateLimit-Daily-Remaining",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("status", [200, 400, 429, 503])
def test_a_header_that_is_no_number_is_ignored(header: str, number: str, status: int) -> None:
    headers = {header.encode(): number.encode()}
    exchange = send_once(
        http_of(lambda _: httpx.Response(status, content=ACCOUNT, headers=headers)), GET, AccountBody.read
    )
    assert isinstance(exchange, Success | ErrorResponse)
    pace = exchange.pace
    assert {pace.limit, pace.remaining, pace.interval_s, pace.daily_remaining, pace.retry_after_s} == {None}


@pytest.mark.parametrize(
    "date",
    [
        "9" * 5000,
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Wed, 01 Jan 0100 00:00:00 +2359",
        "Wed, 21 Oct 2026 99999999999999999999:00:00 GMT",
        "Wed, 21 Oct 99999999999999999999 00:00:00 GMT",
        "Wed, 21 Oct 2026 07:28:00 +99999999999999999999",
        "Wed, " * 10_000,
        "(" * 10_000,
        "yesterday",
    ],
    ids=range(9),
)
def test_a_date_that_makes_no_sense_is_ignored(date: str) -> None:
    exchange = send_once(
        http_of(lambda _: reply(200, orjson.loads(ACCOUNT), {"Date": date})), GET, AccountBody.read
    )
    assert isinstance(exchange, Success)
    assert exchange.pace.date is None


@given(st.text("0123456789:+-, GMTWedOct()", max_size=60))
def test_no_date_ends_in_a_traceback(date: str) -> None:
    reported = rate_headers_of({"date": date}).date
    assert reported is None or reported + timedelta(days=36_500)


@pytest.mark.parametrize("number", ["0", "999999999", "9999999999999", "9" * 5000])
@pytest.mark.parametrize("status", [200, 400, 429, 503])
def test_no_number_in_a_header_makes_a_read_wait_for_ever(number: str, status: int) -> None:
    headers = dict.fromkeys([name for name in HEADERS if "Daily" not in name], number)
    reader = reader_of(lambda _: reply(status, orjson.loads(ACCOUNT), headers))
    for _ in range(3):
        with suppress(HubSpotError):
            reader.account()
    assert rate_headers_of({name.lower(): text for name, text in headers.items()}).interval_s in {None, 60.0}
    assert reader.least_seconds(1000) <= 1000 * 60


@pytest.mark.parametrize(
    "charset", ["hex", "base64", "rot13", "zip", "undefined", "idna", "utf-16", "no-such", "\udcff"]
)
@pytest.mark.parametrize("status", [200, 400, 403, 503])
def test_a_charset_is_not_believed(charset: str, status: int) -> None:
    kind = {b"Content-Type": f"application/json; charset={charset}".encode(errors="surrogateescape")}
    body = b'{"portalId": 1, "accountType": "X", "message": "no such thing"}'
    http = http_of(lambda _: httpx.Response(status, content=body, headers=kind))
    exchange = send_once(http, GET, AccountBody.read)
    assert isinstance(exchange, Success if status == 200 else ErrorResponse)
    if isinstance(exchange, ErrorResponse):
        assert exchange.error.message == "no such thing"


BODIES = [
    *(b"[" * depth + b"]" * depth for depth in (150, 250, 300, 1_000, 100_000)),
    b'{"portalId":' + b"9" * 5000 + b"}",
    b'{"portalId":1e999}',
    b"\xff\xfe",
    b"\0",
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("status", [200, 207, 400, 503])
@pytest.mark.parametrize("wrapped", ['{"message": %s}', '{"errors": [{"context": {"a": %s}}]}', "%s"])
def test_no_body_ends_in_a_traceback(body: bytes, status: int, wrapped: str) -> None:
    content = wrapped.encode() % body
    exchange = send_once(http_of(lambda _: httpx.Response(status, content=content)), GET, AccountBody.read)
    assert isinstance(exchange, NoResponse if status < 300 else ErrorResponse)
    with pytest.raises(HubSpotError):
        reader_of(lambda _: httpx.Response(status, content=content)).account()


@pytest.mark.parametrize(
    "moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "9" * 400, "1e400"]
)
def test_a_moment_beyond_all_years_makes_an_answer_unreadable(moment: str) -> None:
    version = {"value": "x", "timestamp": moment}
    record = {"id": "1", "propertiesWithHistory": {"name": [version]}}
    reader = reader_of(lambda _: reply(200, {"results": [record]}))
    with pytest.raises(Unavailable, match="the answer cannot be read"):
        reader.batch_read("companies", ["1"], properties=["name"], with_history=["name"])


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04X}" for character in text)


def in_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


WAYS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in large letters": str.upper,
    "in small letters": str.lower,
    "in mixed letters": str.swapcase,
    "in base64": in_base64,
    "in base64 for addresses": lambda token: base64.urlsafe_b64encode(token.encode()).decode(),
    "in base64 after other text": lambda token: in_base64(f"Bearer {token}"),
    "in base64 amid other text": lambda token: in_base64(f"x:{token}:y"),
    "in base64 and large letters": lambda token: in_base64(token.upper()),
    "in base64 without its end": lambda token: in_base64(token).rstrip("="),
    "in hexadecimal digits": lambda token: token.encode().hex(),
    "in large hexadecimal digits": lambda token: token.encode().hex().upper(),
    "escaped": escaped,
    "escaped in part": lambda token: escaped(token[0]) + token[1:],
    "escaped twice": lambda token: escaped(token).replace("\\", "\\\\"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("token", [TOKEN, "CiQ/opaque+token==with~special_characters/0123456789"])
def test_a_token_that_comes_back_is_blotted_out(way: str, token: str) -> None:
    reported = WAYS[way](token)
    nested = orjson.dumps([{"message": reported}]).decode()
    bodies = [
        f'{{"message": "see {reported} there", "category": "{reported}", "correlationId": "{reported}"}}',
        orjson.dumps({"message": f"failed: {nested}"}).decode(),
        f'{{"errors": [{{"message": "{reported}", "context": {{"requiredScopes": ["{reported}"]}}}}]}}',
        f"<html>{reported}</html>",
    ]
    for body in bodies:
        for status in (400, 401, 403, 404, 503):
            http = http_of(lambda _, status=status, body=body: httpx.Response(status, text=body))  # type: ignore[misc]
            http.headers["Authorization"] = f"Bearer {token}"
            exchange = send_once(http, GET, AccountBody.read)
            assert isinstance(exchange, ErrorResponse)
            seen = orjson.dumps(exchange.error.model_dump(mode="json")).decode()
            seen += repr([detail.message for detail in exchange.error.details])
            for spelling in (token, reported, reported.rstrip("=")):
                assert spelling.lower() not in seen.lower()


@given(st.text("abcXYZ/u0061+=é \n", max_size=40))
def test_other_texts_stay_as_they_are_meant(text: str) -> None:
    body = orjson.dumps({"message": text})
    assert orjson.loads(redact_token(body.decode(), TOKEN)) == {"message": text}


@given(st.binary(max_size=12), st.binary(max_size=12))
def test_a_token_amid_anything_is_blotted_out_of_base64(before: bytes, behind: bytes) -> None:
    encoded = base64.b64encode(before + TOKEN.encode() + behind).decode()
    kept = redact_token(encoded, TOKEN).replace("*", "")
    assert len(kept) <= len(encoded) - len(TOKEN)


@pytest.mark.parametrize(
    "variables",
    [
        {"SSL_CERT_FILE": "/nowhere/ca.pem"},
        {"SSL_CERT_FILE": "/"},
        {"SSL_CERT_FILE": "/dev/null"},
        {"SSL_CERT_FILE": "/etc/hostname"},
    ],
)
def test_certificates_that_cannot_be_read_are_one_sentence(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        open_http("https://api.hubapi.com", TOKEN)
    ((name, value),) = variables.items()
    reported = str(caught.value)
    assert reported.startswith(f"the certificates from {value}, which {name} names, cannot be read (")
    assert reported.endswith(f"correct {name} or unset it")


def test_without_tls_no_certificates_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    open_http("http://localhost", TOKEN).close()


@pytest.mark.parametrize(
    "host", ["xn--zzzzzz.example", "xn--a", "xn--.com", "xn--0.pt", "a..b", f"{'a' * 64}.com"]
)
def test_a_host_that_cannot_be_looked_up_is_one_sentence(host: str) -> None:
    with pytest.raises(UsageError, match="names a host that cannot be looked up"):
        open_http(f"https://{host}", TOKEN)


@pytest.mark.parametrize(
    "location", ["http://169.254.169.254/", "//evil.example/", "https://api.hubapi.com/"]
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_is_followed_elsewhere(location: str, status: int) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(status, headers={"Location": location})

    with pytest.raises(HubSpotError):
        reader_of(handler).account()
    assert {httpx.URL(url).host for url in seen} == {"api.hubapi.com"}


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x16\x03\x01\x02\x00", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/9.9 x ?\r\n\r\n" + b"x" * 99],
)
def test_a_server_that_says_nothing_sensible_is_one_sentence(answer: bytes) -> None:
    lost(asked(answer), "the answer never arrived (")
