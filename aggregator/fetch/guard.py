"""The address guard: stands where connections are made, so that nothing gets round it.

A name is resolved once, every answer is judged, and the judged address itself is dialled: there is no second
look-up that could answer differently (DNS rebinding). One forbidden answer refuses the name. Host header and TLS
server name stay what the address said. Every redirect comes through here too, because each makes a connection.
"""

from collections.abc import Iterable

import httpcore

from aggregator.fetch.addresses import SERVICE_PORTS, Address, AddressPolicy
from aggregator.fetch.failures import FetchProblem, network_words
from aggregator.fetch.resolve import Resolver
from aggregator.model.fetch import FailureKind

MOST_TRIED = 4
"""Addresses of one name that are dialled before giving up."""
PATIENCE = 4.0
"""Seconds for one address to accept while there is another to try."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's way to the network, with the guard in it."""

    def __init__(self, *, policy: AddressPolicy, resolve: Resolver, dialler: httpcore.AsyncNetworkBackend) -> None:
        self._policy = policy
        self._resolve = resolve
        self._dialler = dialler

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that accepts, if all of them may be dialled.

        Raises:
            FetchProblem: the port or an address is forbidden, the name unknown, or none of its addresses accepts.
        """
        if port in SERVICE_PORTS:
            raise _of_another_service(host, port)
        addresses = await self._judged_addresses(host, port)
        for index, address in enumerate(addresses):
            is_last = index == len(addresses) - 1
            try:
                return await self._dialler.connect_tcp(
                    str(address), port, timeout if is_last else PATIENCE, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout, OSError) as error:
                if is_last:
                    raise _unreachable(host, address, port, error) from error
        raise FetchProblem(FailureKind.NETWORK, f"the name {host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 -- httpcore's signature
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 -- likewise
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: no feed lives in a socket of this machine."""
        raise FetchProblem(FailureKind.REFUSED_ADDRESS, f"{path} is a socket of this machine, no web address")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._dialler.sleep(seconds)

    async def _judged_addresses(self, host: str, port: int) -> list[Address]:
        addresses = await self._look_up(host, port)
        for address in addresses:
            if kind := self._policy.refusal(address):
                name = host if host == str(address) else f"{host} ({address})"
                raise FetchProblem(
                    FailureKind.REFUSED_ADDRESS,
                    f"{name} is {kind}: not dialled; `allow_private_address` opens private addresses for one feed",
                )
            if self._policy.refuses_port(port, address):
                raise _of_another_service(host, port)
        return addresses[:MOST_TRIED]

    async def _look_up(self, host: str, port: int) -> list[Address]:
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise FetchProblem(FailureKind.NETWORK, f"the name {host} could not be resolved: {why}") from error


def _of_another_service(host: str, port: int) -> FetchProblem:
    return FetchProblem(
        FailureKind.REFUSED_ADDRESS, f"port {port} of {host} belongs to another service than the web: not dialled"
    )


def _unreachable(host: str, address: Address, port: int, error: Exception) -> FetchProblem:
    place = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"  # noqa: PLR2004 -- IPv6
    name = "" if host == str(address) else f" ({host})"
    if isinstance(error, httpcore.ConnectTimeout):
        return FetchProblem(FailureKind.TIMEOUT, f"no connection to {place}{name} in time")
    return FetchProblem(FailureKind.NETWORK, f"{network_words(error)} by {place}{name}")
