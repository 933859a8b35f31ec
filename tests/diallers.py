"""Ways to the network for tests of the address guard: they note what would be dialled, and dial this machine or nobody."""

import errno
from collections.abc import Iterable

import httpcore


class NotingDialler(httpcore.AnyIOBackend):
    """Notes what it is to dial, and dials `instead`; refuses where that is None."""

    def __init__(self, *, instead: str | None = None) -> None:
        self._instead = instead
        self.dialled: list[tuple[str, int]] = []
        self.patience: list[float | None] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.dialled.append((host, port))
        self.patience.append(timeout)
        if self._instead is None:
            refused = ConnectionRefusedError(errno.ECONNREFUSED, "refused")
            raise httpcore.ConnectError(refused) from refused
        return await super().connect_tcp(self._instead, port, timeout, local_address, socket_options)
