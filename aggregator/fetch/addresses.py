"""Which IP addresses and ports may be dialled: decisions, no I/O.

A feed's address is written by strangers; without a judge it reaches whatever this machine reaches: its own
services, the router, the cloud's metadata service. `ipaddress.is_global` alone is no judge: it passes
192.88.99.0/24, 168.63.129.16 (Azure's wire server) and addresses that only wrap an IPv4 address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


PRIVATE = _networks(
    "10.0.0.0/8",  # RFC 1918
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # RFC 6598; also Tailscale
    "fc00::/7",  # RFC 4193
)
"""What `allow_private_address` opens, besides loopback."""

METADATA = _networks(
    "169.254.169.254/32",  # AWS, Google, Azure and most others
    "169.254.170.2/32",  # AWS ECS
    "100.100.100.200/32",  # Alibaba
    "168.63.129.16/32",  # Azure
    "fd00:ec2::254/128",  # AWS
    "fd20:ce::254/128",  # Google
)
"""Where clouds hand out credentials: never opened, whatever is allowed."""

RESERVED = _networks(
    "192.0.0.0/24",  # RFC 6890: protocol assignments
    "192.88.99.0/24",  # RFC 7526: 6to4 relays
    "64:ff9b:1::/48",  # RFC 8215: local translation
    "::ffff:0:0:0/96",  # RFC 2765: translated
    "fec0::/10",  # RFC 3879: site-local
    "3fff::/20",  # RFC 9637: documentation
    "5f00::/16",  # RFC 9602: segment routing
)
"""What Python 3.11 takes for global, or for private but only in part."""

_COMPATIBLE = ip_network("::/96")  # RFC 4291 section 2.5.5.1
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052

SERVICE_PORTS = frozenset(
    {
        *(0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104),
        *(109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 445, 465, 512, 513, 514, 515),
        *(526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995),
        *(1433, 1434, 1521, 3306, 5432, 5984, 6379, 6380, 8086, 9042, 9160, 9200, 9300, 11211, 27017, 27018, 28015),
        *(2375, 2376, 2379, 2380, 5672, 6443, 9092, 10250, 10255, 15672),
    }
)
"""Ports that are never dialled: what browsers refuse below 1024 (https://fetch.spec.whatwg.org/#port-blocking), then
databases and caches, then brokers and managers of containers. Some of these obey whoever speaks to them."""

DOUBTFUL_PORTS = frozenset(
    {
        *(1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697),
        *(3389, 4369, 5900, 7000, 7001, 7199, 9000, 10080),
    }
)
"""Ports that are dialled at home only: what browsers refuse above 1024, and others of services that are not for
strangers. In one's own network a web server may stand there: 7000 and 9000 are the usual ports of some."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """Who may be dialled. By default: addresses of the public internet."""

    allow_private: bool = False
    """Also private and loopback addresses; never link-local, multicast, unspecified or metadata ones."""
    allow_networks: tuple[Network, ...] = ()
    """Also everything in these, but for multicast, unspecified and metadata addresses."""

    def refusal(self, address: Address) -> str | None:
        """Say what kind of address this is, where it is of a kind that may not be dialled; else None."""
        return next((kind for meant in meanings(address) if (kind := self._refusal(meant))), None)

    def refuses_port(self, port: int, address: Address) -> bool:
        """Tell whether another service than the web is to be expected at this port of an address.

        `DOUBTFUL_PORTS` are open to a feed with `allow_private`, and in `allow_networks`; `SERVICE_PORTS` to none.
        """
        at_home = self.allow_private or all(_is_in(meant, self.allow_networks) for meant in meanings(address))
        return port in SERVICE_PORTS or (port in DOUBTFUL_PORTS and not at_home)

    def _refusal(self, address: Address) -> str | None:
        if (kind := _never(address)) or _is_in(address, self.allow_networks):
            return kind
        if address.is_loopback or _is_in(address, PRIVATE):
            return None if self.allow_private else "private"
        return _special(address)


def _never(address: Address) -> str | None:
    if _is_in(address, METADATA):
        return "a cloud's metadata service"
    if address.is_unspecified:
        return "the unspecified address"
    return "multicast" if address.is_multicast else None


def _special(address: Address) -> str | None:
    if address.is_link_local:
        return "link-local"
    if not address.is_global or address.is_reserved or _is_in(address, RESERVED):
        return "reserved"
    return None


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address in network for network in networks)


def meanings(address: Address) -> tuple[Address, ...]:
    """Give every address that dialling this one may reach: itself and what is wrapped in it.

    IPv4-mapped and NAT64 addresses stand for the wrapped one alone: a host that has IPv6 only reaches the public
    IPv4 internet through those.
    """
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    wrapped = IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _NAT64:
        return (wrapped,)
    if address in _COMPATIBLE and not (address.is_loopback or address.is_unspecified):
        return (address, wrapped)
    if address.sixtofour is not None:
        return (address, address.sixtofour)
    return (address, *(address.teredo or ()))
