"""Poll what is due, or what a person asks for, and say of what was not polled why."""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.model.feed import GroupLease
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import STOPPED, Heed, PollResult
from aggregator.polling.upcoming import upcoming
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.cycle import SECOND, Claim, CycleSettings, OnResult, PollCycle, stopped_within
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.skipped import Skipped, skipped


class Poller:
    """Polls feeds, several rate groups at once. One per process: `stop` ends whatever it is doing.

    Args:
        on_result: is told of every poll of this process.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        feed_poller: FeedPoller,
        settings: CycleSettings,
        *,
        on_result: OnResult | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._feed_poller = feed_poller
        self._settings = settings
        self._on_result = on_result
        self._stop = asyncio.Event()
        self._cycle: PollCycle | None = None

    @property
    def under_way(self) -> tuple[FeedId, ...]:
        """Feeds that are being polled now; after what polled them was cancelled, those whose polls were given back."""
        return self._cycle.under_way if self._cycle else ()

    def stop(self) -> None:
        """Begin no further poll; those that run are finished."""
        self._stop.set()

    async def keep_up(self) -> None:
        """Poll every feed that is due; only `on_result` of the constructor hears of it.

        With many feeds there is always one that has become due meanwhile: gathering results would never end.
        """
        await self._run(self._claim_due, [], comes_back=True, keeps_up=True)

    async def due(self) -> int:
        """Count the feeds that `poll_due` would poll if it could ask them all at once."""
        now = self._clock.now()

        def look(tx: Transaction) -> int:
            return upcoming(tx.feeds.overview(), tx.feeds.pauses(now=now), now=now).overdue

        return await self._store.read(look)

    async def poll_due(self, on_result: OnResult | None = None) -> list[PollResult]:
        """Poll every feed that is due, and give the results in the order in which they came."""
        results: list[PollResult] = []
        await self._run(self._claim_due, [results.append, on_result], comes_back=True)
        return results

    async def poll(
        self, ids: Sequence[FeedId], *, heed: Heed = Heed.FRESHNESS, on_result: OnResult | None = None
    ) -> list[PollResult]:
        """Poll these feeds whether due or not, as far as `heed` allows, and say of the others why not.

        A group that another worker has, or that rests between two leases, is tried a second time when its gap is over.
        """
        results: list[PollResult] = []
        tell = [results.append, on_result]
        groups = await self._groups(ids)
        await self._run(_Named(groups, heed, self._settings), tell, heed=heed)
        left = await self._left(groups, results, heed)
        busy = [each.overview.feed for each in left if not each.reason]
        rest = max((self._settings.gap_of(feed.url) for feed in busy), default=timedelta())
        if rest and not await stopped_within(self._stop, (rest + SECOND).total_seconds()):
            again = await self._groups([feed.id for feed in busy])
            await self._run(_Named(again, heed, self._settings), tell, heed=heed)
            left = await self._left(groups, results, heed)
        for each in left:
            self._tell(tell, each.result(self._otherwise()))
        return results

    def _claim_due(self, tx: Transaction, now: datetime, most: int) -> list[GroupLease]:
        settings = self._settings
        return tx.feeds.claim_due(now=now, groups=most, per_group=settings.per_group, lease=settings.lease)

    async def _run(
        self,
        claim: Claim,
        listeners: Sequence[OnResult | None],
        *,
        comes_back: bool = False,
        keeps_up: bool = False,
        heed: Heed = Heed.FRESHNESS,
    ) -> None:
        self._cycle = PollCycle(
            self._store,
            self._clock,
            self._feed_poller,
            self._settings,
            stop=self._stop,
            tell=lambda result: self._tell([*listeners, self._on_result], result),
        )
        await self._cycle.run(claim, comes_back=comes_back, heeds_pauses=heed is not Heed.NOTHING, keeps_up=keeps_up)

    async def _groups(self, ids: Collection[FeedId]) -> Mapping[RateGroup, Sequence[FeedId]]:
        return await self._store.read(lambda tx: tx.feeds.groups(ids))

    async def _left(
        self, groups: Mapping[RateGroup, Sequence[FeedId]], results: Sequence[PollResult], heed: Heed
    ) -> list[Skipped]:
        """Find the feeds of these groups that have not been polled, and why not.

        A forced poll heeds no ban that was there before it: where nothing of a group was asked, the group was not free.
        """
        polled, now = {result.feed_id for result in results}, self._clock.now()
        left = {group: [feed_id for feed_id in ids if feed_id not in polled] for group, ids in groups.items()}
        forced = {group for group in left if heed is Heed.NOTHING and polled.isdisjoint(groups[group])}

        def look(tx: Transaction) -> list[Skipped]:
            pauses = {pause.group: pause for pause in tx.feeds.pauses(now=now)}
            return [
                Skipped(overview=overview, pause=pauses.get(group))
                if group in forced
                else skipped(overview, pauses, now=now, heed=heed)
                for group, ids in left.items()
                for overview in filter(None, map(tx.feeds.get, ids))
            ]

        return await self._store.read(look) if any(left.values()) else []

    def _otherwise(self) -> str:
        if self._stop.is_set():
            return STOPPED
        minutes = self._settings.lease.total_seconds() / 60
        return (
            "another process polls a feed of its server, or did until it was killed; "
            f"free again within {minutes:g} minutes"
        )

    @staticmethod
    def _tell(listeners: Sequence[OnResult | None], result: PollResult) -> None:
        for listener in listeners:
            if listener:
                listener(result)


class _Named:
    """A `Claim` of the feeds that a person asked for: each group once, in the order of feeds.yaml."""

    def __init__(self, groups: Mapping[RateGroup, Sequence[FeedId]], heed: Heed, settings: CycleSettings) -> None:
        self._waiting = deque(groups.values())
        self._heed = heed
        self._lease = settings.lease

    def __call__(self, tx: Transaction, now: datetime, most: int) -> list[GroupLease]:
        leases: list[GroupLease] = []
        while self._waiting and len(leases) < most:
            batch = [self._waiting.popleft() for _ in range(min(most - len(leases), len(self._waiting)))]
            ids = [feed_id for group in batch for feed_id in group]
            leases += tx.feeds.claim(ids, now=now, groups=len(batch), lease=self._lease, heed=self._heed)
        return leases
