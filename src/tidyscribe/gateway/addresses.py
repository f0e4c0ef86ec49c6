"""Which addresses of the network a stranger may have us connect to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

#: Prefix under which a translator reaches IPv4 addresses from IPv6 (RFC 6052).
_TRANSLATED = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet's.

    An address that carries an IPv4 address inside is judged by that one.

    Examples
    --------
    >>> [is_public(a) for a in ("93.184.216.34", "10.0.0.1", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    try:
        ip = ip_address(address.partition("%")[0])  # without the zone of a link-local one
    except ValueError:
        return False
    target = (_carried(ip) if isinstance(ip, IPv6Address) else None) or ip
    return target.is_global and not target.is_multicast


def _carried(ip: IPv6Address) -> IPv4Address | None:
    if ip in _TRANSLATED:
        return IPv4Address(int(ip) & _IPV4_BITS)
    return ip.ipv4_mapped or ip.sixtofour
