"""Fetch the articles behind new entries of feeds that ask for it, and keep them beside what the feeds say.

    claim      store.write    entries of the last two days that were not tried, a few at a time; nobody else gets them
    robots     Fetcher        the site's robots.txt, once a day
    page       Fetcher        one GET, in the turn of the host that polls keep to; HTML alone
    article    Parser         trafilatura in a worker process, with a deadline
    keep       store.write    the text; or why there is none, and when to try again
                              a 429: the whole rate group pauses, for polls as well

Whatever goes wrong, the feed's own text stands where it stood.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from aggregator.errors import DatabaseUnusable
from aggregator.feeds.charset import decode
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchRequest
from aggregator.model.full_text import FullText, WantedText
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause
from aggregator.polling import robots
from aggregator.polling.groups import rate_group
from aggregator.polling.robots import Rules
from aggregator.polling.schedule import pause
from aggregator.ports import Clock, Fetcher, Parser, Store
from aggregator.text.urls import origin_of

NEW: Final = timedelta(days=2)
"""Older entries are not fetched: a feed that is told to bring whole texts does not bring those of its archive."""
TICK: Final = timedelta(seconds=20)
AT_ONCE: Final = 16
LEASE: Final = timedelta(minutes=15)
RULES_FOR: Final = timedelta(days=1)  # RFC 9309 section 2.4
WAITS: Final = (timedelta(hours=1), timedelta(hours=6), timedelta(days=1))
"""After the first failure, the second, the third; then no more."""
_MOST_SITES: Final = 1000
_FOR_GOOD: Final = frozenset({400, 401, 402, 403, 404, 405, 406, 410, 451})
_TYPES: Final = frozenset({"", "text/html", "application/xhtml+xml"})

logger = logging.getLogger(__name__)


class FullTexts:
    """Fetches articles. Belongs to one event loop.

    Args:
        store: where entries are.
        pages: fetches pages, in the turn of their hosts.
        articles: reads an article out of a page.
        clock: tells when.
        own_origins: see `Document.own_origins`.
    """

    def __init__(
        self, store: Store, pages: Fetcher, articles: Parser, clock: Clock, *, own_origins: tuple[str, ...] = ()
    ) -> None:
        self._store = store
        self._pages = pages
        self._articles = articles
        self._clock = clock
        self._own_origins = own_origins
        self._rules: dict[str, tuple[Rules, datetime]] = {}
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Fetch what is due on every tick, until `stop`."""
        while not self._stopping.is_set():
            try:
                await self.fetch_due()
            except DatabaseUnusable as error:
                logger.warning("full texts broke off: %s; the next tick tries again", error)
            except Exception:
                logger.exception("full texts broke off; the next tick tries again")
            try:
                await asyncio.wait_for(self._stopping.wait(), TICK.total_seconds())
            except TimeoutError:
                continue

    def stop(self) -> None:
        """Begin no further page, and let `run` end."""
        self._stopping.set()

    async def fetch_due(self) -> int:
        """Fetch all that is due; give how many texts were kept."""
        kept = 0
        while not self._stopping.is_set():
            wanted = await self._claim()
            if not wanted:
                break
            groups: defaultdict[RateGroup, list[WantedText]] = defaultdict(list)
            for each in wanted:
                groups[rate_group(each.url)].append(each)
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(self._fetch_group(group, each)) for group, each in groups.items()]
            kept += sum(task.result() for task in running)
        return kept

    async def _claim(self) -> Sequence[WantedText]:
        now = self._clock.now()
        return await self._store.write(
            lambda tx: tx.full_texts.claim(now=now, since=now - NEW, limit=AT_ONCE, lease=LEASE)
        )

    async def _paused(self) -> dict[RateGroup, GroupPause]:
        now = self._clock.now()
        return {pause.group: pause for pause in await self._store.read(lambda tx: tx.feeds.pauses(now=now))}

    async def _fetch_group(self, group: RateGroup, wanted: Sequence[WantedText]) -> int:
        """Fetch the pages of one publisher, one after another; give how many texts were kept."""
        kept = 0
        for each in wanted:
            if self._stopping.is_set():
                break  # the lease ends by itself
            paused = await self._paused()
            if group in paused:
                await self._failed(each, "its server has asked to be left alone", next_at=paused[group].until)
                continue
            kept += await self._fetch(each, frozenset(paused))
        return kept

    async def _fetch(self, wanted: WantedText, paused: frozenset[RateGroup]) -> bool:
        rules = await self._rules_of(wanted)
        if isinstance(rules, Failed):
            await self._not_fetched(wanted, rules)
            return False
        if not rules.allow(wanted.url):
            await self._failed(wanted, "robots.txt of the site forbids it", next_at=None)
            return False
        request = FetchRequest(url=wanted.url, paused=paused, allow_private_address=wanted.allow_private_address)
        got = await self._pages.fetch(request)
        if not isinstance(got, Fetched):
            failed = got if isinstance(got, Failed) else Failed(kind=FailureKind.STATUS, message="HTTP 410", status=410)
            await self._not_fetched(wanted, failed)
            return False
        read = await self._article(got, wanted)
        if isinstance(read, Failed):
            await self._failed(wanted, read.message, next_at=None)
            return False
        text = FullText(html=read.entries[0].content, url=got.url, fetched_at=self._clock.now())
        await self._store.write(lambda tx: tx.full_texts.save(wanted.entry_id, text))
        return True

    async def _article(self, page: Fetched, wanted: WantedText) -> ParsedFeed | Failed:
        content_type = page.headers.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        if kind not in _TYPES:
            return Failed(kind=FailureKind.NOT_A_FEED, message=f"the page is {kind[:60]!r}, not HTML")
        return await self._articles.parse(
            Document(
                body=page.body,
                url=page.url,
                content_type=content_type,
                language=wanted.language,
                own_origins=self._own_origins,
            )
        )

    async def _not_fetched(self, wanted: WantedText, failed: Failed) -> None:
        now = self._clock.now()
        if rest := pause(f"the page of entry {wanted.entry_id}", failed, now=now):
            await self._store.write(lambda tx: tx.feeds.pause(rest))
        is_final = failed.status in _FOR_GOOD or failed.kind in {FailureKind.REFUSED_ADDRESS, FailureKind.TOO_LARGE}
        again = None if is_final or wanted.attempts >= len(WAITS) else now + WAITS[wanted.attempts]
        await self._failed(wanted, failed.message, next_at=again)

    async def _failed(self, wanted: WantedText, message: str, *, next_at: datetime | None) -> None:
        logger.debug("no full text of entry %d: %s", wanted.entry_id, message)
        await self._store.write(lambda tx: tx.full_texts.fail(wanted.entry_id, message, next_at=next_at))

    async def _rules_of(self, wanted: WantedText) -> Rules | Failed:
        """Give what the site's robots.txt says.

        Where there is none everything may be fetched, where its server does not say nothing (RFC 9309 section 2.3.1).
        """
        site, now = origin_of(wanted.url), self._clock.now()
        rules, until = self._rules.get(site, (robots.EVERYTHING, now))
        if now < until:
            return rules
        request = FetchRequest(url=f"{site}/robots.txt", allow_private_address=wanted.allow_private_address)
        match await self._pages.fetch(request):
            case Fetched() as fetched:
                text, _ = decode(fetched.body[: robots.MAX_BYTES], "text/plain; charset=utf-8")
                rules = robots.parse(text)
            case Failed(status=status) as failed if status is None or status not in _FOR_GOOD:
                return failed
            case _:
                rules = robots.EVERYTHING
        if len(self._rules) >= _MOST_SITES:
            self._rules.clear()
        self._rules[site] = (rules, now + RULES_FOR)
        return rules
