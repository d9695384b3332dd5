"""Addresses of servers, parsed so strictly that all programs see the same host in them.

Two parsers may take different parts of a text for the host. So only one form is accepted, with fewer
possibilities than any standard, and everything else is refused. Hosts are written in ASCII (``xn--…``), names
and passwords of databases are percent-encoded.
"""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, quote

from reconciler.hosts import is_loopback

POSTGRESQL: Final = "postgresql+psycopg://"

_LABEL: Final = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_LONGEST_NAME: Final = 253  # characters, RFC 1035
_HOST: Final = r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
_HIGHEST_PORT: Final = 65_535
_PORTAL: Final = re.compile(rf"(?P<scheme>https?)://{_HOST}(?:/[A-Za-z0-9._~-]+)*")
_WEBHOOK: Final = re.compile(r"(?P<server>https?://[^/?#@\\\s]+)(?:[/?][!-~]*)?")
_WORD: Final = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_STATE: Final = re.compile(
    rf"{re.escape(POSTGRESQL)}(?:{_WORD}(?::{_WORD})?@)?(?:{_HOST})?/(?P<database>[^/?#@\s]+)"
    r"(?:\?(?P<query>[^#\s]*))?"
)
_ADDED: Final = frozenset(
    {
        "application_name",
        "channel_binding",
        "connect_timeout",
        "gssencmode",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "options",
        "port",
        "require_auth",
        "sslmode",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "sslrootcert",
        "target_session_attrs",
        "tcp_user_timeout",
    }
)
"""Parameters that are allowed after ``?`` besides ``host``; others could name a file or another server.

Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS.
"""


@dataclass(frozen=True, slots=True)
class Server:
    """Scheme, host and port in the address of a portal."""

    scheme: str
    host: str  # in lower case; an IPv6 address has no brackets
    port: int | None

    @property
    def shown(self) -> str:
        """The host, with the port if one is given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"


def is_host_name(text: str) -> bool:
    """Return whether ``text`` is a name that can be looked up, or an IPv4 address."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def portal_server(url: str) -> Server | None:
    """Return the server of ``url``; None if it is not the address of a server."""
    found = _PORTAL.fullmatch(url)
    if found is None:
        return None
    host, port = _host(found["host"]), int(found["port"]) if found["port"] else None
    if host is None or (port is not None and not 0 < port <= _HIGHEST_PORT):
        return None
    return Server(found["scheme"], host, port)


def is_webhook(url: str) -> bool:
    """Return whether notices may be sent to ``url``: https, or http on this machine."""
    found = _WEBHOOK.fullmatch(url)
    server = portal_server(found["server"]) if found else None
    return server is not None and (server.scheme == "https" or is_loopback(server.host))


def is_database(url: str) -> bool:
    """Return whether ``url`` is a valid PostgreSQL address. Special characters must be percent-encoded."""
    found = _STATE.fullmatch(url)
    return found is not None and (not found["port"] or 0 < int(found["port"]) <= _HIGHEST_PORT)


def database_hosts(url: str) -> tuple[str, ...] | None:
    """Return the hosts in the database address ``url``; None if it contains something that is not allowed.

    A socket in a folder is on this machine, and is left out.
    """
    found = _STATE.fullmatch(url)
    if found is None:
        return None
    named = [found["host"]] if found["host"] else []
    for key, value in parse_qsl(found["query"] or "", keep_blank_values=True):
        if key == "host":
            named += [part for part in value.split(",") if not part.startswith("/")]
        elif key not in _ADDED:
            return None
    hosts = [_host(name) for name in named]
    return tuple(host for host in hosts if host is not None) if all(hosts) else None


def encoded(value: str) -> str:
    """Encode ``value`` as one part of an address, so that it cannot change the other parts."""
    return quote(value, safe="")


def _host(written: str) -> str | None:
    if written.startswith("["):
        return written.strip("[]").lower()
    return written.lower() if is_host_name(written) else None
