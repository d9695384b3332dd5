"""Hosts of this machine: traffic to them never leaves it, so it needs neither encryption nor a proxy."""

from ipaddress import IPv4Address, IPv6Address, ip_address


def address_of(host: str) -> IPv4Address | IPv6Address | None:
    """Read ``host`` as an IP address; None where it is a name. An IPv4 address inside IPv6 is the former."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def is_loopback(host: str) -> bool:
    """Tell whether ``host``, a name or an address without brackets, is this machine."""
    address = address_of(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)
