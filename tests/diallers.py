"""Ways to the network for tests of the address guard: they note what would be dialled, and dial this machine or nobody."""

import asyncio
import errno
import socket
from collections.abc import Mapping
from ipaddress import ip_address

from aggregator.fetch.addresses import Address
from aggregator.fetch.dial import dial


class NotingDialler:
    """A `fetch.dial.Dialler` that notes what it is to dial, and dials `instead`; refuses where that is None."""

    def __init__(self, *, instead: str | None = None) -> None:
        self._instead = instead
        self.dialled: list[tuple[str, int]] = []

    async def __call__(self, address: Address, port: int) -> socket.socket:
        self.dialled.append((str(address), port))
        if self._instead is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, "refused")
        return await dial(ip_address(self._instead), port)


class ScriptedDialler:
    """Lets each address accept, refuse or be silent, after so many seconds; it opens no connection.

    Args:
        script: address -> seconds until it accepts; negative: until it refuses; None: it never answers.
    """

    def __init__(self, script: Mapping[str, float | None]) -> None:
        self._script = script
        self.dialled: list[tuple[str, float]] = []
        """What was dialled, and when (loop time)."""
        self.opened: dict[str, socket.socket] = {}
        self.called_off: list[str] = []

    async def __call__(self, address: Address, port: int) -> socket.socket:
        name = str(address)
        self.dialled.append((name, asyncio.get_running_loop().time()))
        seconds = self._script[name]
        try:
            await asyncio.sleep(3600 if seconds is None else abs(seconds))
        except asyncio.CancelledError:
            self.called_off.append(name)
            raise
        if seconds is None or seconds < 0:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"refused by {name}")
        self.opened[name] = socket.socket()
        return self.opened[name]
