"""One pass over rate groups: a task a group, its feeds one after another, several groups side by side.

    claim ─► group A: ask feed 3 ─► ask feed 1 ─► ask feed 2 ─► wait until all are kept ─► release, with the gap
             group B: ask feed 9 ─► 429: the others are given back           └─ settle ─► results
             ...

Within a lease the feeds come in random order, so that a lease that ends early does not always end before the same
ones. The next feed is asked while what the one before brought is written; documents are waited for, so that there is one
a group in memory at most.

Comparing new entries with all others (`settle`) is done for many feeds together, every few seconds, beside the polls.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from aggregator.model.feed import DueFeed, GroupLease
from aggregator.model.ids import RateGroup
from aggregator.model.poll import PollResult
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.answer import Polled
from aggregator.services.poll_feed import FeedPoller

logger = logging.getLogger(__name__)

OnResult = Callable[[PollResult], None]
Claim = Callable[[Transaction, datetime, int], list[GroupLease]]
"""Lease up to so many groups."""
GapOf = Callable[[str], timedelta]
"""How long the server of an address is left alone between two requests."""

SECOND = timedelta(seconds=1)
"""The database rounds the end of a gap up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSettings:
    """How many at a time, and for how long."""

    concurrency: int = 16
    """Rate groups at once, and so feeds."""
    per_group: int = 10
    """Feeds of one group a lease: whatever else waits longer comes before the next ten."""
    lease: timedelta = timedelta(minutes=2)
    """After a crash, groups that were being polled are free again after so long; a running cycle renews its leases."""
    look_again: timedelta = timedelta(seconds=5)
    """How often to look for further groups, and to renew leases, while polls run: one slow server holds up nobody."""
    settle_every: timedelta = timedelta(seconds=3)
    """How often to compare new entries with others."""
    grouping: bool = True
    """False: leave that to the next cycle; `PollResult.copies` stays 0."""
    gap_of: GapOf = lambda _: timedelta()
    order: Random = field(default_factory=Random)  # noqa: S311 - who is asked first is no secret
    """In which the feeds of a lease are asked; tests give one that they know."""


@dataclass(slots=True)
class _Course:
    """How a group's lease goes."""

    asked_all: bool = False
    """False: it was broken off, by a pause, a lost lease or a stop."""
    broken: bool = False
    """Nothing further is to be asked."""
    keep_lease: bool = False
    """A poll could be neither kept nor counted as failed: nobody shall ask again before the lease ends by itself."""


class PollCycle:
    """Runs once: `run` returns when `claim` has no more to give and everything is told."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        feed_poller: FeedPoller,
        settings: CycleSettings,
        *,
        stop: asyncio.Event,
        tell: OnResult,
    ) -> None:
        self._store = store
        self._clock = clock
        self._feed_poller = feed_poller
        self._settings = settings
        self._stop = stop
        self._tell = tell
        self._running: dict[asyncio.Task[_Course], GroupLease] = {}
        self._ended: list[GroupLease] = []
        self._lease_ends: dict[RateGroup, datetime] = {}
        self._comes_back = False
        self._renewed_at = clock.now()
        self._unsettled: list[Polled] = []
        self._settling: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._settled_at = self._resting_until = self._loop.time()

    async def run(self, claim: Claim, *, comes_back: bool) -> None:
        """Keep `concurrency` groups going until there are no more.

        Args:
            claim: gives groups to poll.
            comes_back: a group of which a lease took as many feeds as it may hold can have more of them; wait until
                its gap is over, and ask `claim` again.
        """
        self._comes_back = comes_back
        if self._settings.grouping:
            await self._feed_poller.group()
        try:
            while await self._go_on(claim):
                await self._wait()
            await self._settle()
        finally:
            await self._abandon()

    async def _go_on(self, claim: Claim) -> bool:
        """Lease what there is room for, and tell whether there is anything to wait for."""
        for lease in await self._claim(claim):
            self._running[asyncio.create_task(self._poll_group(lease))] = lease
        return bool(self._running) or (self._resting_until > self._loop.time() and not self._stop.is_set())

    async def _claim(self, claim: Claim) -> list[GroupLease]:
        """Give back what has ended, renew what runs, and lease what there is room for: one transaction."""
        now = self._clock.now()
        room = 0 if self._stop.is_set() else self._settings.concurrency - len(self._running)
        renewed = list(self._running.values()) if now - self._renewed_at >= self._settings.lease / 4 else []
        if renewed or not self._running:
            self._renewed_at = now
        if not (room or renewed or self._ended):
            return []

        def work(tx: Transaction) -> list[GroupLease]:
            self._release(tx, self._ended, now)
            tx.feeds.extend(renewed, now=now, lease=self._settings.lease)
            return claim(tx, now, room) if room else []

        claimed = await self._store.write(work)
        self._ended = []
        for lease in claimed + [each for each in renewed if not self._may_be_lost(each, now)]:
            self._lease_ends[lease.group] = now + self._settings.lease
        return claimed

    def _may_be_lost(self, lease: GroupLease, now: datetime) -> bool:
        """Whether another worker may have taken the group: after a machine slept, this one must ask no further."""
        return now >= self._lease_ends[lease.group]

    def _release(self, tx: Transaction, leases: list[GroupLease], now: datetime) -> None:
        by_gap: defaultdict[timedelta, list[GroupLease]] = defaultdict(list)
        for lease in leases:
            by_gap[self._gap(lease)].append(lease)
        for gap, together in by_gap.items():
            tx.feeds.release(together, now=now, gap=gap)

    def _gap(self, lease: GroupLease) -> timedelta:
        return max((self._settings.gap_of(due.url) for due in lease.feeds), default=timedelta())

    async def _wait(self) -> None:
        """Wait until a group has ended, or it is time to look again."""
        longest = self._settings.look_again.total_seconds()
        if self._running:
            done, _ = await asyncio.wait(self._running, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                self._note_end(self._running.pop(task), task.result())
        else:
            pause = min(longest, max(self._resting_until - self._loop.time(), 0))
            await stopped_within(self._stop, pause)
        self._settle_in_time()

    def _note_end(self, lease: GroupLease, course: _Course) -> None:
        del self._lease_ends[lease.group]
        if course.keep_lease:
            return
        self._ended.append(lease)
        if self._comes_back and course.asked_all and len(lease.feeds) >= self._settings.per_group:
            gap = self._gap(lease)
            rest = (gap + SECOND).total_seconds() if gap else 0.0
            self._resting_until = max(self._resting_until, self._loop.time() + rest)

    async def _poll_group(self, lease: GroupLease) -> _Course:
        """Poll the feeds of a group one after another; whatever happens is told feed by feed, or logged."""
        feeds, course = list(lease.feeds), _Course()
        self._settings.order.shuffle(feeds)
        try:
            async with asyncio.TaskGroup() as keeping:
                for due in feeds:
                    if course.broken or self._stop.is_set() or self._may_be_lost(lease, self._clock.now()):
                        break
                    await self._poll(due, course, keeping)
                else:
                    course.asked_all = not course.broken
        except Exception:
            logger.exception("polling %s broke off; it is left alone until its lease ends", lease.group)
            course.keep_lease = True
        return course

    async def _poll(self, due: DueFeed, course: _Course, keeping: asyncio.TaskGroup) -> None:
        answer = await self._feed_poller.ask(due)
        course.broken = course.broken or answer.ends_lease

        async def keep() -> None:
            polled = await self._feed_poller.keep(answer)
            course.broken = course.broken or polled.lease_lost or not polled.kept
            course.keep_lease = course.keep_lease or not polled.kept
            self._take(polled)

        kept = keeping.create_task(keep())
        if answer.document is not None:
            await kept

    def _take(self, polled: Polled) -> None:
        if polled.settled or not self._settings.grouping:
            self._tell(polled.result)
        else:
            self._unsettled.append(polled)

    def _settle_in_time(self) -> None:
        late = self._loop.time() - self._settled_at >= self._settings.settle_every.total_seconds()
        if self._unsettled and late and (self._settling is None or self._settling.done()):
            self._settling = asyncio.create_task(self._settle_now())

    async def _settle(self) -> None:
        """Settle all that is left."""
        if self._settling:
            await self._settling
        await self._settle_now()

    async def _settle_now(self) -> None:
        polled, self._unsettled = self._unsettled, []
        if polled:
            for result in await self._feed_poller.settle(polled):
                self._tell(result)
        self._settled_at = self._loop.time()

    async def _abandon(self) -> None:
        """Give back the groups of polls that can't be finished: what was not kept is polled as if never leased."""
        tasks = [*self._running, *([self._settling] if self._settling else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        leases, now = [*self._running.values(), *self._ended], self._clock.now()
        self._running, self._ended = {}, []
        if leases:
            await self._store.write(lambda tx: self._release(tx, leases, now))


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for a stop, and tell whether it came in time."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
