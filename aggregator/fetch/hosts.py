"""One request at a time to a rate group, with a pause after each."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType

from aggregator.model.ids import RateGroup
from aggregator.polling.groups import rate_group

NO_GAPS: Mapping[str, timedelta] = MappingProxyType({})


@dataclass(slots=True)
class _Lane:
    """The queue before one rate group. `asyncio.Lock` is fair: first come, first served."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    """Requests that run or wait."""
    free_at: float = 0.0
    """Loop time before which no request may start."""


class HostPacing:
    """At most one request in flight to a rate group, and a gap between the end of one and the start of the next.

    Time is the event loop's: a change of the wall clock neither stops nor hurries requests. A group is forgotten
    when its gap is over and nobody waits.

    Args:
        gap: between two requests to one group.
        gaps: other gaps, by registrable domain, with port (`reddit.com:443`) or for every port of it (`reddit.com`).
    """

    def __init__(self, *, gap: timedelta, gaps: Mapping[str, timedelta] = NO_GAPS) -> None:
        self._gap = gap
        self._gaps = {name.lower(): special for name, special in gaps.items()}
        self._lanes: dict[RateGroup, _Lane] = {}
        self._resting: list[tuple[float, RateGroup]] = []
        """Heap of when the gap of a group ends that nobody used then."""

    def __len__(self) -> int:
        """Count the groups that are remembered."""
        return len(self._lanes)

    def gap_of(self, url: str) -> timedelta:
        """Give the gap of the rate group of an address."""
        return self._gap_of(_group(url))

    @asynccontextmanager
    async def turn(self, url: str) -> AsyncIterator[None]:
        """Wait until the rate group of `url` may be asked; inside, it is ours alone.

        Whoever holds a turn takes no other inside of it: two that did so crosswise would wait for ever.
        """
        group = _group(url)
        lane = self._enter(group)
        try:
            async with lane.lock:
                await _until(lane.free_at)
                try:
                    yield
                finally:
                    lane.free_at = asyncio.get_running_loop().time() + self._gap_of(group).total_seconds()
        finally:
            self._leave(group, lane)

    def _gap_of(self, group: RateGroup) -> timedelta:
        if not self._gaps:
            return self._gap
        return self._gaps.get(group, self._gaps.get(group.rpartition(":")[0], self._gap))

    def _enter(self, group: RateGroup) -> _Lane:
        self._forget_rested()
        lane = self._lanes.setdefault(group, _Lane())
        lane.users += 1
        return lane

    def _leave(self, group: RateGroup, lane: _Lane) -> None:
        lane.users -= 1
        if not lane.users:
            heapq.heappush(self._resting, (lane.free_at, group))
        self._forget_rested()

    def _forget_rested(self) -> None:
        now = asyncio.get_running_loop().time()
        while self._resting and self._resting[0][0] <= now:
            _, group = heapq.heappop(self._resting)
            lane = self._lanes.get(group)
            if lane is not None and not lane.users and lane.free_at <= now:
                del self._lanes[group]


def _group(url: str) -> RateGroup:
    # The path says nothing of the group, and without it the same few origins come again and again.
    end = url.find("/", len("https://"))
    return _group_of_origin(url if end < 0 else url[:end])


_group_of_origin = lru_cache(maxsize=4096)(rate_group)


async def _until(moment: float) -> None:
    pause = moment - asyncio.get_running_loop().time()
    if pause > 0:
        await asyncio.sleep(pause)
