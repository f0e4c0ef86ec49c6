"""Which addresses of the network a stranger may have us connect to."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

#: Prefix under which a translator reaches IPv4 addresses from IPv6 (RFC 6052).
_TRANSLATED = IPv6Network("64:ff9b::/96")
_IPV4_BITS = 0xFFFF_FFFF


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet's.

    Addresses that carry an IPv4 address inside are judged by that one as well.

    Examples
    --------
    >>> [is_public(a) for a in ("93.184.216.34", "10.0.0.1", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False]
    """
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _embedded(ip) if isinstance(ip, IPv6Address) else None
    return _is_public(ip) and (inner is None or _is_public(inner))


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not ip.is_reserved or _is_translated(ip)


def _is_translated(ip: IPv4Address | IPv6Address) -> bool:
    return ip in _TRANSLATED


def _embedded(ip: IPv6Address) -> IPv4Address | None:
    if ip in _TRANSLATED:
        return IPv4Address(int(ip) & _IPV4_BITS)
    # Tunnels (6to4, Teredo) end at the IPv4 address they name.
    teredo = ip.teredo[1] if ip.teredo else None
    return ip.ipv4_mapped or ip.sixtofour or teredo
