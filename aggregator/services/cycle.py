"""One pass over rate groups: a task a group, its feeds one after another, several groups side by side.

    claim ─► group A: ask feed 3 ─► ask feed 1 ─► ask feed 2 ─► wait until all are kept ─► release, with the gap
             group B: ask feed 9 ─► 429: the others are given back           └─ settle ─► results
             ...

Within a lease the feeds come in random order, so that a lease that ends early does not always end before the same
ones. The next feed is asked while what the one before brought is written; documents are waited for, so that there is one
a group in memory at most.

Comparing new entries with all others (`settle`) is done for many feeds together, every few seconds, beside the polls.

A database that can't be written to (full, locked for too long) ends the cycle, but not the polls that run: a request
that was made and is thrown away is made again. They are finished, each says how it ended, and then the error comes out.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import DueFeed, GroupLease
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause, PollResult
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.settling import Settling

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
        self._running: dict[asyncio.Task[_Course], GroupLease] = {}
        self._ended: list[GroupLease] = []
        # By token as well: after a machine slept, the group of a lease that was lost may be leased to us anew while the
        # last poll of the lost one still runs.
        self._lease_ends: dict[tuple[RateGroup, int], datetime] = {}
        self._refusal: DatabaseUnusable | None = None
        self._comes_back = self._heeds_pauses = False
        self._pauses: dict[RateGroup, datetime] = {}
        self._renewed_at = clock.now()
        self._settling = Settling(feed_poller, every=settings.settle_every, grouping=settings.grouping, tell=tell)
        self._loop = asyncio.get_running_loop()
        self._resting_until = self._loop.time()
        # By token as well, as above.
        self._under_way: dict[tuple[FeedId, int], None] = {}

    @property
    def under_way(self) -> tuple[FeedId, ...]:
        """Feeds that are being polled, the one that was begun first first; after a cancelled `run`, those given back."""
        return tuple(dict.fromkeys(feed_id for feed_id, _ in self._under_way))

    async def run(self, claim: Claim, *, comes_back: bool, heeds_pauses: bool = True, keeps_up: bool = False) -> None:
        """Keep `concurrency` groups going until there are no more.

        Args:
            claim: gives groups to poll.
            comes_back: a group of which a lease took all that it may hold can have more; ask `claim` again after its gap.
            heeds_pauses: follow no redirect into a rate group that is paused.
            keeps_up: ask `claim` also while nothing is left but to compare what came, which takes minutes after first polls.

        Raises:
            DatabaseUnusable: the database refused; what was under way then has been finished and told.
        """
        self._comes_back, self._heeds_pauses = comes_back, heeds_pauses
        self._settling.begin()
        try:
            while await self._go_on(claim) or (keeps_up and await self._compares()):
                await self._wait()
            await self._settling.finish()
            if self._refusal:
                raise self._refusal
        finally:
            await self._abandon()

    async def _go_on(self, claim: Claim) -> bool:
        """Lease what there is room for, and tell whether there is anything to wait for."""
        for lease in await self._claim(claim):
            self._running[asyncio.create_task(self._poll_group(lease))] = lease
        return bool(self._running) or (self._resting_until > self._loop.time() and not self._ending)

    async def _compares(self) -> bool:
        """Compare what came until it is time to look again, and tell whether there is more of it."""
        return not self._ending and await self._settling.went_on(self._settings.look_again.total_seconds())

    @property
    def _ending(self) -> bool:
        """Whether nothing further is to be begun."""
        return self._stop.is_set() or self._refusal is not None

    async def _claim(self, claim: Claim) -> list[GroupLease]:
        """Give back what has ended, renew what runs, and lease what there is room for: one transaction."""
        now = self._clock.now()
        room = 0 if self._ending else self._settings.concurrency - len(self._running)
        renewed = list(self._running.values()) if now - self._renewed_at >= self._settings.lease / 4 else []
        if not (room or renewed or self._ended):
            return []

        pauses: list[GroupPause] = []

        def work(tx: Transaction) -> list[GroupLease]:
            self._release(tx, self._ended, now)
            tx.feeds.extend(renewed, now=now, lease=self._settings.lease)
            pauses.extend(tx.feeds.pauses(now=now))
            return claim(tx, now, room) if room else []

        try:
            claimed = await self._claimed(work)
        except DatabaseUnusable as error:
            self._refusal = error
            return []
        self._note_pauses(pauses)
        if renewed or not self._running:
            self._renewed_at = now
        self._ended = []
        for lease in claimed + [each for each in renewed if not self._may_be_lost(each, now)]:
            self._lease_ends[lease.group, lease.token] = now + self._settings.lease
        return claimed

    async def _claimed(self, work: Callable[[Transaction], list[GroupLease]]) -> list[GroupLease]:
        """Do it; a cycle that is cancelled meanwhile gives back what it has leased and was not told of any more."""
        writing = asyncio.create_task(self._store.write(work))
        try:
            return await asyncio.shield(writing)
        except asyncio.CancelledError:
            with suppress(Exception):
                self._ended += await writing
            raise

    def _note_pauses(self, pauses: Iterable[GroupPause]) -> None:
        """Add to what is known: a pause is never shortened, and the newest may not be written yet."""
        if self._heeds_pauses:
            self._pauses |= {pause.group: pause.until for pause in pauses}

    def _paused(self) -> frozenset[RateGroup]:
        now = self._clock.now()
        return frozenset(group for group, until in self._pauses.items() if until > now)

    def _may_be_lost(self, lease: GroupLease, now: datetime) -> bool:
        """Whether another worker may have taken the group: after a machine slept, this one must ask no further."""
        return now >= self._lease_ends[lease.group, lease.token]

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
                # One that ends as if cancelled was not, by us: what it asked is closed, or about to be.
                course = _Course(keep_lease=True) if task.cancelled() else task.result()
                self._note_end(self._running.pop(task), course)
        else:
            pause = min(longest, max(self._resting_until - self._loop.time(), 0))
            await stopped_within(self._stop, pause)
        self._settling.go_on()

    def _note_end(self, lease: GroupLease, course: _Course) -> None:
        del self._lease_ends[lease.group, lease.token]
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
        self._under_way[due.feed.id, due.lease] = None
        answer = await self._feed_poller.ask(due, paused=self._paused())
        course.broken = course.broken or answer.ends_lease
        if answer.pause:
            self._note_pauses([answer.pause])

        async def keep() -> None:
            polled = await self._feed_poller.keep(answer)
            course.broken = course.broken or polled.lease_lost or not polled.kept
            course.keep_lease = course.keep_lease or not polled.kept
            del self._under_way[due.feed.id, due.lease]
            self._settling.take(polled)

        kept = keeping.create_task(keep())
        if answer.document is not None:
            await kept

    async def _abandon(self) -> None:
        """Give back the groups of polls that can't be finished: what was not kept is polled as if never leased."""
        for task in self._running:
            task.cancel()
        # One after the other: a poll may be kept to its end meanwhile, and is told with the others then.
        await asyncio.gather(*self._running, return_exceptions=True)
        await asyncio.gather(self._settling.abandon(), return_exceptions=True)
        leases, now = [*self._running.values(), *self._ended], self._clock.now()
        self._running, self._ended = {}, []
        if not leases:
            return
        try:
            await self._store.write(lambda tx: self._release(tx, leases, now))
        except DatabaseUnusable as error:
            # Said here, or it would take the place of what ended the cycle: a cancelled task has to end as one.
            logger.warning("%d leases could not be given back and end by themselves: %s", len(leases), error)


async def stopped_within(stop: asyncio.Event, seconds: float) -> bool:
    """Wait for a stop, and tell whether it came in time."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
