"""The proxy for a host, from the usual variables: ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``.

httpx reads them as well, but supports neither networks nor IPv6 addresses in ``NO_PROXY``, and fails with a
traceback if it does not support a proxy.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx

from reconciler.errors import UsageError
from reconciler.hosts import address_of, is_loopback

_PORTS = {"http": 80, "https": 443}
_UNDERSTOOD = ("http", "https")
_HAS_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*://")
_NAME = re.compile("[A-Za-z0-9._-]+")
_MOST_DIGITS = 5  # of a port
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")  # all IPv4-mapped IPv6 addresses


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
    has_scheme = _HAS_SCHEME.match(said) is not None
    parts = _parts(said if has_scheme else f"http://{said}")
    if parts is None or (parts.path.strip("/") and not has_scheme):  # such as http:/proxy.example:3128
        raise UsageError(
            f"{variable} is not the address of a proxy\n    write it as http://HOST:PORT, without quotes; "
            "percent-encode special characters in a password"
        )
    if parts.scheme not in _UNDERSTOOD:
        raise UsageError(
            f"{variable} names a proxy of the kind {parts.scheme}://, which is not supported\n"
            "    use one with http:// or https://, or unset the variable"
        )
    host, port = parts.hostname or "", parts.port
    where = f"[{host}]" if ":" in host else host
    where += f":{port}" if port else ""
    return Proxy(urlunsplit((parts.scheme, parts.netloc, "", "", "")), f"the proxy {where} ({variable})")


def _parts(url: str) -> SplitResult | None:
    """Split ``url``, the address of a proxy; return None if httpx cannot connect to such a host or port."""
    try:
        parts = urlsplit(url)
        host = httpx.URL(url).raw_host.decode("ascii")
        host.encode("idna")  # as httpx does when it looks up the host
        is_usable = parts.port != 0 and (_NAME.fullmatch(host) or address_of(host))
    except (ValueError, httpx.InvalidURL):
        return None
    return parts if is_usable else None


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
    A dot at the end of a name means nothing, as in other programs.
    """
    name, of_port = _parted(entry)
    if of_port is not None and of_port != port:
        return False
    if name == "*":
        return True
    address = address_of(host)
    if address is None:
        domain = name.removeprefix("*").removeprefix(".").removesuffix(".")
        host = host.removesuffix(".")
        return bool(domain) and (host == domain or host.endswith("." + domain))
    network = _network(name)
    return network is not None and address in network


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """Convert ``name``, an address or a network, to a network; None if it is neither.

    A network of IPv4-mapped IPv6 addresses becomes an IPv4 network, as ``address_of`` converts addresses.
    """
    try:
        network = ipaddress.ip_network(name.partition("%")[0], strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        first = network.network_address.ipv4_mapped
        return ipaddress.IPv4Network((first or 0, network.prefixlen - _MAPPED.prefixlen))
    return network


def _parted(entry: str) -> tuple[str, int | None]:
    """Split an entry of ``NO_PROXY`` into its host or network, without brackets, and its port."""
    entry = re.sub("^[a-z]+://", "", entry).rstrip("/")
    if found := re.fullmatch(r"\[(.*)\](/\d+)?(?::(\d+))?", entry):
        return found[1] + (found[2] or ""), _port(found[3])
    if entry.count(":") == 1:
        name, _, port = entry.partition(":")
        return name, _port(port)
    return entry, None


def _port(digits: str | None) -> int | None:
    """Convert the digits of a port; None if there are none. A number that is too large is no port: -1."""
    if not digits or not digits.isdecimal():
        return None
    return int(digits) if len(digits) <= _MOST_DIGITS else -1
