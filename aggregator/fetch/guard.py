"""The address guard: stands where connections are made, so that nothing gets round it.

A name is resolved once, every answer is judged, and the judged address itself is dialled: there is no second
look-up that could answer differently (DNS rebinding). One forbidden answer refuses the name. Host header and TLS
server name stay what the address said. Every redirect comes through here too, because each makes a connection.
"""

import socket
from functools import lru_cache
from ipaddress import ip_address

from aggregator.fetch.addresses import SERVICE_PORTS, Address, AddressPolicy
from aggregator.fetch.dial import Dialler
from aggregator.fetch.failures import AddressRefused, FetchProblem, network_words
from aggregator.fetch.proxies import written_address
from aggregator.fetch.race import STAGGER, first_connection, interleaved
from aggregator.fetch.resolve import Resolver, literal
from aggregator.model.fetch import FailureKind

_CALLED = {
    "private": "an address of a private network",
    "link-local": "a link-local address",
    "reserved": "a reserved address",
    "multicast": "a multicast address",
}
LOOPBACK = ip_address("127.0.0.1")
"""What `localhost` is, everywhere (RFC 6761 section 6.3)."""
MOST_TRIED = 4
"""Addresses of one name that are dialled before giving up."""


class Guard:
    """The only way to a server.

    Args:
        policy: who may be dialled.
        resolve: names to addresses; literal addresses need none.
        dial: opens connections.
        stagger: seconds after which the next address of a name is tried as well.
    """

    def __init__(self, *, policy: AddressPolicy, resolve: Resolver, dial: Dialler, stagger: float = STAGGER) -> None:
        self._policy = policy
        self._refusal = lru_cache(maxsize=4096)(
            policy.refusal
        )  # 20 microseconds a poll, and servers stay where they are
        self._resolve = resolve
        self._dial = dial
        self._stagger = stagger

    async def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of `host` that accepts, if all of them may be dialled.

        Raises:
            FetchProblem: the port or an address is forbidden, the name unknown, or none of its addresses accepts.
        """
        if port in SERVICE_PORTS:
            raise _of_another_service(host, port)
        addresses = await self._judged_addresses(host, port)
        try:
            return await first_connection(addresses, port, self._dial, stagger=self._stagger)
        except OSError as error:
            raise _unreachable(host, addresses, port, error) from error

    def judge(self, host: str, port: int) -> None:
        """Judge what can be judged without looking a name up: for a server that a proxy connects to.

        Raises:
            FetchProblem: the port or the address is forbidden.
        """
        if port in SERVICE_PORTS:
            raise _of_another_service(host, port)
        name = host.removesuffix(".").lower()
        address = LOOPBACK if name == "localhost" or name.endswith(".localhost") else written_address(host)
        if address is None:
            return
        if kind := self._refusal(address):
            raise _refused(host, address, kind)
        if self._policy.refuses_port(port, address):
            raise _of_another_service(host, port)

    async def _judged_addresses(self, host: str, port: int) -> list[Address]:
        addresses = await self._look_up(host, port)
        for address in addresses:
            if kind := self._refusal(address):
                raise _refused(host, address, kind)
            if self._policy.refuses_port(port, address):
                raise _of_another_service(host, port)
        return interleaved(addresses)[:MOST_TRIED]

    async def _look_up(self, host: str, port: int) -> list[Address]:
        if address := literal(host):
            return [address]
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise FetchProblem(FailureKind.NETWORK, f"the name {host} could not be resolved: {why}") from error
        if not addresses:
            raise FetchProblem(FailureKind.NETWORK, f"the name {host} has no address")
        return addresses


def _refused(host: str, address: Address, kind: str) -> AddressRefused:
    place = host if host == str(address) else f"{host} ({address})"
    hint = "`allow_private_address` opens private addresses for one feed" if kind == "private" else ""
    what = "an address of this machine" if address.is_loopback else _CALLED.get(kind, kind)
    return AddressRefused(f"{place} is {kind}: not dialled", place=place, what=what, hint=hint)


def _of_another_service(host: str, port: int) -> AddressRefused:
    message = f"port {port} of {host} belongs to another service than the web: not dialled"
    return AddressRefused(message, place=f"port {port} of {host}", what="that of another service than the web")


def _unreachable(host: str, addresses: list[Address], port: int, error: OSError) -> FetchProblem:
    places = ", ".join(f"[{address}]" if address.version == 6 else str(address) for address in addresses)  # noqa: PLR2004 -- IPv6
    name = "" if host == str(addresses[0]) else f" ({host})"
    if isinstance(error, TimeoutError):
        return FetchProblem(FailureKind.TIMEOUT, f"no connection to {places} port {port}{name} in time")
    return FetchProblem(FailureKind.NETWORK, f"{network_words(error)} by {places} port {port}{name}")
