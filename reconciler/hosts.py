"""Recognises this machine by host name or address: calls to it need neither encryption nor a proxy."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Convert ``host`` to an IP address; None if it is a name. An IPv4 address inside IPv6 becomes IPv4."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_loopback(host: str) -> bool:
    """Return whether ``host``, a name or an address without brackets, means this machine."""
    address = address_of(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)
