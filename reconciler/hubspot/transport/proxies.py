"""The proxy for a host, from the usual variables: ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``.

httpx reads them as well, but supports neither networks nor IPv6 addresses in ``NO_PROXY``, and fails with a
traceback if it does not support a proxy.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from reconciler.errors import UsageError
from reconciler.hosts import address_of, is_loopback

_PORTS = {"http": 80, "https": 443}
_UNDERSTOOD = ("http", "https")
_HAS_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the environment variable that names it."""

    url: str  # may contain a password
    name: str  # for messages: its address, and the variable that names it


def proxy_for(base_url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy for calls to ``base_url``; None if calls go directly there.

    Calls to this machine itself never use a proxy. If a variable is set in lower and in upper case, the
    lower-case one is used, as in other programs.

    Raises:
        UsageError: the proxy is not supported.
    """
    target = urlsplit(base_url)
    host = (target.hostname or "").lower()
    port = target.port or _PORTS.get(target.scheme, 0)
    if _is_here(host) or _is_exempt(host, port, _first(environ, "NO_PROXY")[1]):
        return None
    variable, said = _first(environ, f"{target.scheme.upper()}_PROXY", "ALL_PROXY")
    return _proxy(variable, said) if said else None


def _first(environ: Mapping[str, str], *names: str) -> tuple[str, str]:
    """Return name and value of the first variable that is set and not empty; empty texts if there is none."""
    is_cgi = "REQUEST_METHOD" in environ  # in CGI, HTTP_PROXY is set by a header of the request
    for name in names:
        for spelled in (name.lower(), name):
            if environ.get(spelled, "").strip() and not (is_cgi and spelled == "HTTP_PROXY"):
                return spelled, environ[spelled].strip()
    return "", ""


def _proxy(variable: str, said: str) -> Proxy:
    url = said if _HAS_SCHEME.match(said) else f"http://{said}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise UsageError(f"{variable} is not the address of a proxy\n    write it as http://HOST:PORT")
    if parts.scheme not in _UNDERSTOOD:
        raise UsageError(
            f"{variable} names a proxy of the kind {parts.scheme}://, which is not supported\n"
            "    use one with http:// or https://, or unset the variable"
        )
    where = f"[{host}]" if ":" in host else host
    where += f":{port}" if port else ""
    return Proxy(urlunsplit((parts.scheme, parts.netloc, "", "", "")), f"the proxy {where} ({variable})")


def _is_here(host: str) -> bool:
    address = address_of(host)
    return (
        is_loopback(host) or host.endswith(".localhost") or (address is not None and address.is_unspecified)
    )


def _is_exempt(host: str, port: int, said: str) -> bool:
    """Return whether one of the entries of ``NO_PROXY`` matches ``host``."""
    return any(_means(entry.lower(), host, port) for entry in re.split(r"[,\s]+", said) if entry)


def _means(entry: str, host: str, port: int) -> bool:
    """Return whether ``entry`` matches ``host`` and ``port``.

    An entry is ``*``, a host, a domain (with all hosts in it), an address or a network, and may have a port.
    """
    if entry == "*":
        return True
    address = address_of(host)
    name, of_port = _parted(entry)
    if of_port is not None and of_port != port:
        return False
    if address is None:
        domain = name.removeprefix("*").removeprefix(".")
        return bool(domain) and (host == domain or host.endswith("." + domain))
    try:
        network = ipaddress.ip_network(name, strict=False)
    except ValueError:
        return False
    return address in network


def _parted(entry: str) -> tuple[str, int | None]:
    """Split an entry of ``NO_PROXY`` into its host or network, without brackets, and its port."""
    entry = re.sub("^[a-z]+://", "", entry)
    if found := re.fullmatch(r"\[(.*)\](/\d+)?(?::(\d+))?", entry):
        return found[1] + (found[2] or ""), int(found[3]) if found[3] else None
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return (name, int(port)) if port.isdecimal() else (name, None)
    return entry, None
