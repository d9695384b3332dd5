"""Protection of the port against web pages of other sites.

A web page can make a browser on this machine call any address of this machine: directly, or under a host name
of the page's own site that now resolves to this machine. Headers that browsers add show the first case, the
``Host`` header shows the second. A refused request reaches neither a portal nor a control route.
"""

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import orjson

from reconciler.emulator.refusals import Refusal

Application = Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]
_CORRELATION_ID = "00000000-0000-0000-0000-000000000000"
"""Correlation id of the answers to requests that this module refuses, before they reach the emulator."""


def guarded(application: Application, names: Iterable[str]) -> Application:
    """Wrap the application so that it refuses requests from web pages of other sites.

    It also refuses a ``Host`` header that is not an IP address, localhost or one of ``names``.
    """
    known = frozenset({"localhost", *(name.lower().rstrip(".") for name in names)})

    def door(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        reason = _objection(environ, known)
        answer = application(environ, start_response) if reason is None else _refuse(reason, start_response)
        # An answer to HEAD must have no body: the client would read it as the beginning of the next answer.
        return () if environ["REQUEST_METHOD"] == "HEAD" else answer

    return door


def _refuse(reason: str, start_response: Callable[..., object]) -> Iterable[bytes]:
    content = orjson.dumps(Refusal(403, reason, category="EMULATOR_REFUSES").body(_CORRELATION_ID))
    headers = [("Content-Type", "application/json;charset=utf-8"), ("Content-Length", str(len(content)))]
    start_response("403 Forbidden", headers)
    return [content]


def _objection(environ: Mapping[str, Any], known: frozenset[str]) -> str | None:
    host = environ.get("HTTP_HOST", "")
    if not _is_known(_name(host), known):
        return (
            "the emulator answers to its address, to localhost, and to names that "
            "`reconciler emulator serve --allow-host NAME` adds; this Host is none of them"
        )
    if environ.get("HTTP_SEC_FETCH_SITE", "none").lower() not in {"none", "same-origin"}:
        return "the emulator refuses requests from web pages of other sites"
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() != f"{environ['wsgi.url_scheme']}://{host}".lower():
        return "the emulator refuses requests from web pages of other sites"
    return None


def _name(host: str) -> str:
    """Return the name or address in a ``Host`` header, without the port; "" if it is malformed."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_known(name: str, known: frozenset[str]) -> bool:
    """Return whether requests to this host are allowed.

    This check is against DNS rebinding: a hostile site makes its own host name point to this machine. Then
    ``Host`` has the name of that site, and no IP address. So an IP address is always allowed.
    """
    try:
        ip_address(name)
    except ValueError:
        return name in known
    return True
