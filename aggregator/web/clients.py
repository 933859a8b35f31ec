"""Who asks: the address at the other end of the socket, or the one that a trusted proxy names.

X-Forwarded-For grows to the right, and anybody can begin it with whatever he likes: it is read from the right, over as many
proxies as are trusted, up to the first address that is not one of them.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

UNKNOWN = "unknown"
"""Who comes by a socket without addresses."""

_PREFIX = 64
"""Bits. The smallest IPv6 network that is given to anybody: whoever has one address of it has them all (RFC 6177)."""
_MOST_HOPS = 20


def client(scope: Scope, trusted: Networks) -> str:
    """Name who asks, the same for all addresses that one person has at hand."""
    peer = address(_peer(scope))
    if peer is None:
        return UNKNOWN
    found = _forwarded(Headers(scope=scope), trusted, peer) if _among(peer, trusted) else peer
    return str(ip_network((found, _PREFIX), strict=False)) if isinstance(found, IPv6Address) else str(found)


def is_trusted(scope: Scope, trusted: Networks) -> bool:
    """Tell whether a request comes straight from a proxy that is trusted."""
    peer = address(_peer(scope))
    return peer is not None and _among(peer, trusted)


def address(text: str) -> Address | None:
    """Read an address, that of an IPv4 host also where it is written as IPv6; None where it is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _peer(scope: Scope) -> str:
    peer = scope.get("client")
    return str(peer[0]) if peer else ""


def _forwarded(headers: Headers, trusted: Networks, peer: Address) -> Address:
    named = ",".join(headers.getlist("x-forwarded-for")).split(",")
    for text in named[: -_MOST_HOPS - 1 : -1]:
        found = address(_without_port(text.strip()))
        if found is None:
            return peer
        peer = found
        if not _among(found, trusted):
            return found
    return peer


def _without_port(text: str) -> str:
    """Take away the port that some proxies add: `192.0.2.1:4711`, `[2001:db8::1]:4711`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _among(peer: Address, networks: Networks) -> bool:
    return any(peer in network for network in networks)
