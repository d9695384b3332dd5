"""The proxy of calls, and the message for an unusable one."""

import socket
from collections.abc import Iterator, Mapping

import httpx
import pytest

from reconciler.errors import Unavailable, UsageError
from reconciler.hubspot.reader import PortalReader
from reconciler.hubspot.transport.connection import open_http
from reconciler.hubspot.transport.proxies import proxy_for
from tests.hubspot.doubles import TOKEN, pacer_of

HUBSPOT = "https://api.hubapi.com"
PROXY = {"HTTPS_PROXY": "http://proxy.example:3128"}


def leads(base_url: str, **environ: str) -> str | None:
    proxy = proxy_for(base_url, environ)
    return proxy.url if proxy else None


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, None),
        (PROXY, "http://proxy.example:3128"),
        ({"https_proxy": "http://small:1", "HTTPS_PROXY": "http://large:1"}, "http://small:1"),
        ({"ALL_PROXY": "http://all:1"}, "http://all:1"),
        ({"all_proxy": "https://all:1"}, "https://all:1"),
        ({"ALL_PROXY": "socks5://all:1", "HTTPS_PROXY": "http://own:1"}, "http://own:1"),
        ({"HTTP_PROXY": "http://other:1"}, None),
        ({"HTTPS_PROXY": "  "}, None),
        ({"HTTPS_PROXY": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "http://u:p@proxy.example:3128/"}, "http://u:p@proxy.example:3128"),
        ({"HTTPS_PROXY": "http://[fd00::1]:3128"}, "http://[fd00::1]:3128"),
        ({"HTTPS_PROXY": "proxy.example:3128/"}, "http://proxy.example:3128"),
        ({"HTTPS_PROXY": "HTTP://proxy_1:3128/a"}, "http://proxy_1:3128"),
        ({"HTTPS_PROXY": "http://pröxy.example:3128"}, "http://pröxy.example:3128"),
        ({"HTTPS_PROXY": "http://[fe80::1%eth0]:1"}, "http://[fe80::1%eth0]:1"),
    ],
)
def test_the_variable_of_the_scheme_wins_and_then_that_for_all(
    environ: Mapping[str, str], url: str | None
) -> None:
    assert leads(HUBSPOT, **environ) == url


@pytest.mark.parametrize(
    ("base_url", "no_proxy"),
    [
        (HUBSPOT, "*"),
        (HUBSPOT, "api.hubapi.com"),
        (HUBSPOT, "hubapi.com"),
        (HUBSPOT, ".hubapi.com"),
        (HUBSPOT, "*.hubapi.com"),
        (HUBSPOT, "localhost, API.HubAPI.com"),
        (HUBSPOT, "a b hubapi.com"),
        (HUBSPOT, "hubapi.com:443"),
        ("https://10.1.2.3", "10.0.0.0/8"),
        ("https://10.1.2.3", "10.1.2.3"),
        ("https://[fd00::5]:8443", "fd00::5"),
        ("https://[fd00::5]:8443", "[fd00::5]"),
        ("https://[fd00::5]:8443", "[fd00::5]:8443"),
        ("https://[fd00::5]:8443", "fd00:0:0::5"),
        ("https://[fd00::5]:8443", "fd00::/8"),
        ("https://[fd00::5]:8443", "[fd00::]/8"),
        ("https://[::ffff:10.1.2.3]", "10.0.0.0/8"),
        ("https://[::ffff:10.1.2.3]", "::ffff:10.1.2.3"),
        ("https://[::ffff:10.1.2.3]", "[::ffff:10.0.0.0]/104"),
        ("https://10.1.2.3", "::ffff:10.1.0.0/112"),
        ("https://10.1.2.3", "10.0.0.0/255.0.0.0"),
        ("https://[fe80::1%25eth0]", "fe80::1%eth0"),
        ("https://[fd00::5]:8443", "FD00::/8"),
        ("https://[fd00::5]:8443", "*:8443"),
        ("https://api.hubapi.com.", "hubapi.com"),
        (HUBSPOT, "hubapi.com."),
        (HUBSPOT, "https://api.hubapi.com/"),
        (HUBSPOT, "*:443"),
    ],
)
def test_hosts_in_no_proxy_are_reached_directly(base_url: str, no_proxy: str) -> None:
    assert leads(base_url, **PROXY, NO_PROXY=no_proxy) is None


@pytest.mark.parametrize(
    ("base_url", "no_proxy"),
    [
        (HUBSPOT, ""),
        (HUBSPOT, "bapi.com"),
        (HUBSPOT, "api.hubapi.com.evil.example"),
        (HUBSPOT, "hubapi.com:8443"),
        (HUBSPOT, "::1,fd00::/8,10.0.0.0/8"),
        (HUBSPOT, ".,,:,[,[],/,::/x"),
        (HUBSPOT, "*:80,.,..,*.,hubapi.com:" + "4" * 5000 + ",[::1]:" + "4" * 5000),
        ("https://[fd00::5]", "fe80::/10"),
        ("https://[fd00::5]", "::ffff:0:0/96,fd00::5]"),
        ("https://10.1.2.3", "::ffff:11.0.0.0/104,::/95"),
        ("https://10.1.2.3", "10.1.2.30,11.0.0.0/8,::/0"),
    ],
)
def test_hosts_outside_no_proxy_use_the_proxy(base_url: str, no_proxy: str) -> None:
    assert leads(base_url, **PROXY, NO_PROXY=no_proxy) == PROXY["HTTPS_PROXY"]


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:1", "http://127.8.8.8", "http://[::1]:1", "http://localhost:1", "http://a.localhost"],
)
def test_loopback_never_goes_through_a_proxy(base_url: str) -> None:
    assert leads(base_url, HTTP_PROXY="http://proxy.example:1", ALL_PROXY="socks5://x:1") is None


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        (
            {"ALL_PROXY": "socks5://me:secret@proxy.example:1080"},
            "ALL_PROXY names a proxy of the kind socks5://, which is not supported",
        ),
        ({"https_proxy": "socks4://x"}, "https_proxy names a proxy of the kind socks4://"),
        ({"HTTPS_PROXY": "ftp://x"}, "HTTPS_PROXY names a proxy of the kind ftp://"),
        ({"HTTPS_PROXY": "http://"}, "HTTPS_PROXY is not the address of a proxy"),
        ({"HTTPS_PROXY": "http://x:port"}, "HTTPS_PROXY is not the address of a proxy"),
        ({"HTTPS_PROXY": "http://[fd00::1"}, "HTTPS_PROXY is not the address of a proxy"),
        *(
            ({"HTTPS_PROXY": value}, "HTTPS_PROXY is not the address of a proxy\n    write it as http://HOST")
            for value in (
                "'http://me:secret@proxy.example:3128'",
                '"http://proxy.example:3128"',
                "http:/proxy.example:3128",
                "http//proxy.example:3128",
                "http://me:secret/x@proxy.example:3128",
                "http://me:secret#x@proxy.example:3128",
                "http://proxy example:3128",
                "http://a\x01b:3128",
                "http://a\u2028b:3128",
                "http://\u00ad:3128",
                "http://a..b:3128",
                f"http://{'a' * 300}:3128",
                "http://*:3128",
                "http://[v1.x]:3128",
                "http://proxy.example:0",
            )
        ),
    ],
)
def test_a_proxy_that_we_cannot_speak_to_is_one_sentence(
    environ: Mapping[str, str], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError) as caught:
        open_http(HUBSPOT, TOKEN)
    assert str(caught.value).startswith(sentence)
    assert "secret" not in str(caught.value)


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield closed.getsockname()[1]


def test_a_proxy_that_cannot_be_reached_is_named_and_its_password_is_not(
    closed_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:secret@127.0.0.1:{closed_port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with open_http(HUBSPOT, TOKEN) as http, pytest.raises(Unavailable) as caught:
        PortalReader(http, "v3", pacer_of()).account()
    assert f"the proxy 127.0.0.1:{closed_port} (HTTPS_PROXY) cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_hangs_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang_up(*_: object, **__: object) -> httpx.Response:
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")

    monkeypatch.setenv("HTTPS_PROXY", "http://me:secret@proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", hang_up)
    with open_http(HUBSPOT, TOKEN) as http, pytest.raises(Unavailable) as caught:
        PortalReader(http, "v3", pacer_of()).account()
    sentence = (
        "the answer never arrived through the proxy proxy.example:3128 (HTTPS_PROXY) (Server disconnected"
    )
    assert sentence in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_proxy_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*_: object, **__: object) -> httpx.Response:
        raise httpx.ProxyError("407 Proxy Authentication Required")

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", refusing)
    with open_http(HUBSPOT, TOKEN) as http, pytest.raises(Unavailable) as caught:
        PortalReader(http, "v3", pacer_of()).account()
    sentence = "the proxy proxy.example:3128 (HTTPS_PROXY) does not lead to api.hubapi.com (407"
    assert sentence in str(caught.value)
