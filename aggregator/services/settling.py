"""Comparing new entries with all others, for many polls together, beside the polls.

Two transactions at least are needed, however few entries came (`services.grouping`), so what polls bring waits a few
seconds for company. A poll that brought something is told only after that, with how many of its entries are copies.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from aggregator.model.poll import PollResult
from aggregator.services.answer import Polled
from aggregator.services.poll_feed import FeedPoller


class Settling:
    """The polls of one cycle on their way from being kept to being told.

    Args:
        every: how long polls wait for one another.
        grouping: False: compare nothing, tell at once.
        tell: is given every result.
    """

    def __init__(
        self, feed_poller: FeedPoller, *, every: timedelta, grouping: bool, tell: Callable[[PollResult], None]
    ) -> None:
        self._feed_poller = feed_poller
        self._every = every.total_seconds()
        self._grouping = grouping
        self._tell = tell
        self._waiting: list[Polled] = []
        self._task: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._last_at = self._loop.time()

    def begin(self) -> None:
        """Begin to place what an earlier cycle left without a place.

        Polls do not wait for it: after a kill amid the first poll of 2,000 feeds, placing the 60,000 entries that were kept took minutes.
        """
        if self._grouping:
            self._task = asyncio.create_task(self._feed_poller.group())

    def take(self, polled: Polled) -> None:
        """Tell a poll that brought nothing to compare; let the others wait."""
        if polled.settled or not self._grouping:
            self._tell(polled.result)
        else:
            self._waiting.append(polled)

    def go_on(self) -> None:
        """Begin to compare if it is time to, and raise what went wrong the last time."""
        if self._task and self._task.done():
            self._task.result()
            self._task = None
        if self._waiting and self._task is None and self._loop.time() - self._last_at >= self._every:
            self._task = asyncio.create_task(self._settle())

    async def went_on(self, seconds: float) -> bool:
        """Begin to compare what waits, and wait for so long until that is done; False where nothing is left to compare."""
        if self._task is None and self._waiting:
            self._task = asyncio.create_task(self._settle())
        if self._task:
            await asyncio.wait([self._task], timeout=seconds)
            self.go_on()
        return self._task is not None or bool(self._waiting)

    async def finish(self) -> None:
        """Compare and tell all that is left."""
        if self._task:
            await self._task
        await self._settle()

    async def abandon(self) -> None:
        """Break off, and tell what was kept; what was not compared is placed by the next cycle."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        polled, self._waiting = self._waiting, []
        for each in polled:
            self._tell(each.result)

    async def _settle(self) -> None:
        polled = list(self._waiting)
        if polled:
            results = await self._feed_poller.settle(polled)
            del self._waiting[: len(polled)]
            for result in results:
                self._tell(result)
        self._last_at = self._loop.time()
