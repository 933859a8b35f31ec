"""Poll dry: ask as a poll does, keep nothing of what is given, and say what was found.

    known feeds   a `Poller` leases, paces, pauses and says why not, as for `poll FEED_ID`; its `DryPoller`
                      asks    without conditions, so that the document comes whole
                      keeps   only a refusal (429, 403, 503 with Retry-After), and that as a poll keeps it
    others        are asked without a lease, which hangs on a row of the database: group by group, until a 429, which is
                  kept for the group if there is a database

A refusal is kept because it is meant for whoever asks next: forgetting it would have the next poll break it. All else is
as if never asked.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.model.feed import DueFeed, Feed, FeedOverview, FeedState, Outcome
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause, Heed, PollRecord
from aggregator.polling.groups import rate_group
from aggregator.ports import Clock, Fetcher, Parser, Store, Transaction
from aggregator.services.check_report import CheckReport
from aggregator.services.cycle import CycleSettings
from aggregator.services.dry import DryPoller, OnReport
from aggregator.services.poll import Poller
from aggregator.services.recognition import Recognition
from aggregator.services.skipped import skipped


class Checker:
    """Checks feeds. `store` is None where there is no database yet: then nothing is known, and no server has asked for rest.

    `certificates` fills with when those of servers end, by host, while `fetcher` asks them.
    """

    def __init__(
        self,
        store: Store | None,
        fetcher: Fetcher,
        parser: Parser,
        clock: Clock,
        recognition: Recognition,
        settings: CycleSettings,
        certificates: Mapping[str, datetime] | None = None,
    ) -> None:
        self._store = store
        self._fetcher = fetcher
        self._parser = parser
        self._clock = clock
        self._recognition = recognition
        self._settings = replace(settings, grouping=False)
        self._certificates = certificates or {}

    async def check(
        self, feeds: Sequence[Feed], *, force: bool = False, on_report: OnReport | None = None
    ) -> list[CheckReport]:
        """Check these feeds and give what each answered, in their order; one that feeds.yaml dropped meanwhile is left out.

        Args:
            feeds: as configured.
            force: ask also what is still fresh, what a server wants to be left alone with, and what it said is gone.
            on_report: is told each report as it comes.

        Raises:
            DatabaseUnusable: what is known of the feeds can't be read, or a refusal can't be written down.
        """
        reports: dict[FeedId, CheckReport] = {}

        def tell(report: CheckReport) -> None:
            reports[report.feed.id] = report
            if on_report:
                on_report(report)

        known = await self._known(feeds)
        dry = self._dry(feeds, known, tell)
        heed = Heed.NOTHING if force else Heed.FRESHNESS
        if self._store and known:
            await self._check_known(self._store, dry, {feed.id: feed for feed in feeds if feed.id in known}, heed, tell)
        await self._check_others(dry, [feed for feed in feeds if feed.id not in known], heed, tell)
        if dry.unusable:
            raise dry.unusable
        return [reports[feed.id] for feed in feeds if feed.id in reports]

    def _dry(self, feeds: Sequence[Feed], known: dict[FeedId, FeedOverview], tell: OnReport) -> DryPoller:
        return DryPoller(
            self._store,
            self._fetcher,
            self._parser,
            self._clock,
            self._recognition,
            feeds={feed.id: feed for feed in feeds},
            names={feed_id: overview.document_title for feed_id, overview in known.items()},
            certificates=self._certificates,
            tell=tell,
        )

    async def _known(self, feeds: Sequence[Feed]) -> dict[FeedId, FeedOverview]:
        """Find what the database knows of these feeds.

        It belongs to the address (RFC 9110 section 8.8): of a feed that feeds.yaml has given another one, nothing is known.
        """
        if self._store is None:
            return {}

        def work(tx: Transaction) -> dict[FeedId, FeedOverview]:
            found = {feed: tx.feeds.get(feed.id) for feed in feeds}
            return {feed.id: known for feed, known in found.items() if known and known.feed.url == feed.url}

        return await self._store.read(work)

    async def _check_known(
        self, store: Store, dry: DryPoller, feeds: dict[FeedId, Feed], heed: Heed, tell: OnReport
    ) -> None:
        poller = Poller(store, self._clock, dry, self._settings)
        results = await poller.poll(list(feeds), heed=heed)
        left = [result for result in results if result.feed_id in feeds and result.outcome is Outcome.SKIPPED]
        last = await self._last(store, [result.feed_id for result in left])
        now = self._clock.now()
        for result in left:
            tell(
                CheckReport(
                    feed=feeds[result.feed_id],
                    name=result.feed_title,
                    outcome=Outcome.SKIPPED,
                    checked_at=now,
                    message=result.message,
                    until=result.skipped_until,
                    last=last.get(result.feed_id),
                )
            )

    @staticmethod
    async def _last(store: Store, ids: Sequence[FeedId]) -> dict[FeedId, PollRecord]:
        """Find the last poll of each of these feeds."""

        def work(tx: Transaction) -> dict[FeedId, PollRecord]:
            return {feed_id: records[0] for feed_id in ids if (records := tx.feeds.history(feed_id))}

        return await store.read(work) if ids else {}

    async def _check_others(self, dry: DryPoller, feeds: Sequence[Feed], heed: Heed, tell: OnReport) -> None:
        """Ask feeds that no lease can be had for: rate groups side by side, the feeds of one group one after another."""
        groups: defaultdict[RateGroup, list[Feed]] = defaultdict(list)
        for feed in feeds:
            groups[rate_group(feed.url)].append(feed)
        paused = {} if heed is Heed.NOTHING or not groups else await self._pauses()
        room = asyncio.Semaphore(self._settings.concurrency)

        async def check_group(group: RateGroup) -> None:
            async with room:
                for feed in groups[group]:
                    if group in paused:
                        tell(self._not_asked(feed, paused, heed))
                        continue
                    due = DueFeed(feed=feed, state=FeedState(), group=group, lease=0)
                    answer = await dry.ask(due, paused=frozenset(paused))
                    if answer.pause:
                        paused[answer.pause.group] = answer.pause
                    await dry.report(answer, kept=await dry.keep_pause(answer))

        async with asyncio.TaskGroup() as tasks:
            for group in groups:
                tasks.create_task(check_group(group))

    def _not_asked(self, feed: Feed, paused: dict[RateGroup, GroupPause], heed: Heed) -> CheckReport:
        unknown = FeedOverview(
            feed=feed, state=FeedState(), document_title="", home_url=None, entries=0, newest_entry_at=None
        )
        now = self._clock.now()
        found = skipped(unknown, paused, now=now, heed=heed)
        return CheckReport(
            feed=feed,
            name=unknown.name,
            outcome=Outcome.SKIPPED,
            checked_at=now,
            message=found.reason,
            until=found.until,
        )

    async def _pauses(self) -> dict[RateGroup, GroupPause]:
        if self._store is None:
            return {}
        now = self._clock.now()
        pauses = await self._store.read(lambda tx: tx.feeds.pauses(now=now))
        return {pause.group: pause for pause in pauses}
