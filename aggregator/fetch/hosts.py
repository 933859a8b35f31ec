"""One request at a time to a host, with a pause after each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from aggregator.text.urls import host_and_port


@dataclass(slots=True)
class _Lane:
    """The queue before one host. `asyncio.Lock` is fair: first come, first served."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    """Requests that run or wait."""
    free_at: float = 0.0
    """Loop time before which no request may start."""


class HostPacing:
    """At most one request in flight to a host and port, and a gap between the end of one and the start of the next.

    Time is the event loop's: a change of the wall clock neither stops nor hurries requests. A host is forgotten
    when its gap is over and nobody waits.
    """

    def __init__(self, *, gap: timedelta) -> None:
        self._gap = gap.total_seconds()
        self._busy: dict[str, _Lane] = {}
        self._resting: dict[str, _Lane] = {}
        """Lanes nobody uses, in the order in which their gaps end (all gaps are of one length)."""

    def __len__(self) -> int:
        """Count the hosts that are remembered."""
        return len(self._busy) + len(self._resting)

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait until the host of `url` may be asked; inside, it is ours alone."""
        key = host_and_port(url)
        lane = self._enter(key)
        try:
            async with lane.lock:
                await _until(lane.free_at)
                try:
                    yield
                finally:
                    lane.free_at = asyncio.get_running_loop().time() + self._gap
        finally:
            self._leave(key, lane)

    def _enter(self, key: str) -> _Lane:
        self._forget_rested()
        lane = self._busy.get(key) or self._resting.pop(key, None) or _Lane()
        self._busy[key] = lane
        lane.users += 1
        return lane

    def _leave(self, key: str, lane: _Lane) -> None:
        lane.users -= 1
        if not lane.users:
            del self._busy[key]
            self._resting[key] = lane
        self._forget_rested()

    def _forget_rested(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._resting:
            key, lane = next(iter(self._resting.items()))
            if lane.free_at > now:
                return
            del self._resting[key]


async def _until(moment: float) -> None:
    pause = moment - asyncio.get_running_loop().time()
    if pause > 0:
        await asyncio.sleep(pause)
