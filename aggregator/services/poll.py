"""Poll many feeds: lease them, keep several polls running, give back what can't be finished."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.feed import DueFeed, Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.poll_feed import FeedPoller

OnResult = Callable[[PollResult], None]
Claim = Callable[[Transaction, datetime, int], list[DueFeed]]
"""Lease up to so many feeds (transaction 1)."""
Running = dict[asyncio.Task[PollResult], DueFeed]


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleSettings:
    """How many at a time, and for how long."""

    concurrency: int = 16
    """Feeds at once."""
    per_host: int = 4
    """Feeds of one host that are leased at once; they wait for one another in `fetch.hosts`."""
    lease: timedelta = timedelta(minutes=2)
    """After a crash, feeds that were being polled are free again after so long; running polls renew theirs."""
    look_again: timedelta = timedelta(seconds=5)
    """How often to look for further feeds, and to renew leases, while polls run: one slow server holds up nobody."""


class Poller:
    """Polls feeds, several at once. One per process: `stop` ends whatever it is doing."""

    def __init__(self, store: Store, clock: Clock, feed_poller: FeedPoller, settings: CycleSettings) -> None:
        self._store = store
        self._clock = clock
        self._feed_poller = feed_poller
        self._settings = settings
        self._renewed_at = clock.now()
        self._stopping = False

    def stop(self) -> None:
        """Begin no further poll; those that run are finished."""
        self._stopping = True

    async def poll_due(self, on_result: OnResult | None = None) -> list[PollResult]:
        """Poll every feed that is due."""
        settings = self._settings

        def claim(tx: Transaction, now: datetime, most: int) -> list[DueFeed]:
            return tx.feeds.claim_due(now=now, limit=most, per_host=settings.per_host, lease=settings.lease)

        return await self._poll_claimed(claim, on_result)

    async def poll(
        self, ids: Sequence[FeedId], *, force: bool = False, on_result: OnResult | None = None
    ) -> list[PollResult]:
        """Poll these feeds whether due or not, and say of those that could not be polled why.

        `force` also polls feeds that are gone or whose server asked us to wait.
        """
        asked: set[FeedId] = set()

        def claim(tx: Transaction, now: datetime, most: int) -> list[DueFeed]:
            waiting = [feed_id for feed_id in ids if feed_id not in asked][:most]
            claimed = tx.feeds.claim(waiting, now=now, lease=self._settings.lease, force=force) if waiting else []
            asked.update(waiting)
            return claimed or (claim(tx, now, most) if waiting else [])

        results = await self._poll_claimed(claim, on_result)
        polled = {result.feed_id for result in results}
        for feed_id in ids:
            if feed_id not in polled and (skipped := await self._skipped(feed_id)):
                results.append(skipped)
                _tell(on_result, skipped)
        return results

    async def _poll_claimed(self, claim: Claim, on_result: OnResult | None) -> list[PollResult]:
        """Keep `concurrency` polls running until `claim` has no more to give."""
        await self._feed_poller.group()
        running: Running = {}
        results: list[PollResult] = []
        try:
            while True:
                for due in await self._claim(claim, running):
                    running[asyncio.create_task(self._feed_poller.poll(due))] = due
                if not running:
                    return results
                done, _ = await asyncio.wait(
                    running, timeout=self._settings.look_again.total_seconds(), return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    del running[task]
                    results.append(task.result())
                    _tell(on_result, results[-1])
        finally:
            await self._abandon(running)

    async def _claim(self, claim: Claim, running: Running) -> list[DueFeed]:
        """Lease as many feeds as there is room for, and renew the leases of those that run."""
        now = self._clock.now()
        most = 0 if self._stopping else self._settings.concurrency - len(running)
        renewed = list(running.values()) if now - self._renewed_at >= self._settings.lease / 4 else []
        if renewed or not running:
            self._renewed_at = now

        def work(tx: Transaction) -> list[DueFeed]:
            tx.feeds.extend(renewed, now=now, lease=self._settings.lease)
            return claim(tx, now, most) if most else []

        return await self._store.write(work) if most or renewed else []

    async def _abandon(self, running: Running) -> None:
        """Give back the feeds of polls that can't be finished: they are polled as if never leased."""
        if not running:
            return
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._store.write(lambda tx: tx.feeds.release(list(running.values())))

    async def _skipped(self, feed_id: FeedId) -> PollResult | None:
        overview = await self._store.read(lambda tx: tx.feeds.get(feed_id))
        if overview is None:
            return None
        state, now = overview.state, self._clock.now()
        if state.gone:
            message = "gone (the server answered 410); `--force` polls it all the same"
        elif state.blocked_until and state.blocked_until > now:
            until = state.blocked_until.strftime("%Y-%m-%d %H:%M UTC")
            message = f"its server asked us to wait until {until}; `--force` polls it all the same"
        elif self._stopping:
            message = "stopped before its turn"
        else:
            minutes = self._settings.lease.total_seconds() / 60
            message = f"another process polls it, or did until it was killed; free again within {minutes:g} minutes"
        return PollResult(feed_id=feed_id, feed_title=overview.name, outcome=Outcome.SKIPPED, message=message)


def _tell(on_result: OnResult | None, result: PollResult) -> None:
    if on_result:
        on_result(result)
