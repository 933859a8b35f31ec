"""Everything that polls, put together for tests: loopback server, fetcher, worker process, SQLite; a clock moved by hand.

Feeds have names like `http://a.tumblr.example:PORT/...`: the fetcher's names all lead to 127.0.0.1, while pacing, rate
groups and pauses see as many hosts as there are names.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from aggregator.fetch.addresses import Address
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.hub import HubClient
from aggregator.model.entry import Entry
from aggregator.model.feed import Document, Feed, FeedState, Outcome, ParsedFeed
from aggregator.model.fetch import Failed
from aggregator.model.ids import FeedId
from aggregator.model.poll import Heed, PollRecord, PollResult
from aggregator.model.query import EntryQuery
from aggregator.parse_pool import ParsePool
from aggregator.polling.moves import owners
from aggregator.services.cycle import CycleSettings
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.push import Subscriber
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.documents import Item, rss
from tests.factories import make_feed
from tests.loopback import Answer, LoopbackServer, Request
from tests.manual_clock import ManualClock

AGENT = "aggregator/0.1 (+https://reader.example/)"
LIMIT = 200_000
"""Bytes of a document."""
SECOND = timedelta(seconds=1)
NEWS = rss([Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")])


@dataclass
class Names:
    """Every name is this machine's, but for those that have turned."""

    turned: set[str] = field(default_factory=set)

    async def __call__(self, host: str, port: int) -> list[Address]:
        return [ip_address("10.0.0.7" if host in self.turned else "127.0.0.1")]


@dataclass
class CountingParser:
    """The real parser, and how many documents it was given."""

    pool: ParsePool = field(default_factory=lambda: ParsePool(workers=1))
    documents: int = 0

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        self.documents += 1
        return await self.pool.parse(document)


@dataclass
class PollingRoom:
    """What polls, and what a test looks at."""

    server: LoopbackServer
    store: SqliteStore
    clock: ManualClock
    fetcher: HttpFetcher
    parser: CountingParser
    poller: Poller
    subscriber: Subscriber
    addresses: dict[str, FeedId]
    """What the poller knows of which feed has which address."""
    turned: set[str]
    """Names that lead into a private network by now."""

    def feed(
        self,
        path: str = "/feed.xml",
        *,
        host: str = "news.example",
        feed_id: str = "",
        interval: timedelta = timedelta(hours=1),
        unconditional_interval: timedelta = timedelta(hours=24),
        tags: Sequence[str] = (),
    ) -> Feed:
        """Make a feed on the server, under any name."""
        return make_feed(
            feed_id or path.strip("/").replace(".", "-").replace("/", "-"),
            url=self.server.url(path, host=host),
            interval=interval,
            unconditional_interval=unconditional_interval,
            tags=tags,
        )

    async def configure(self, *feeds: Feed) -> None:
        await self.store.write(lambda tx: tx.feeds.synchronise(feeds, now=self.clock.now()))
        self.addresses.clear()
        self.addresses |= owners(feeds)

    async def due(self) -> dict[str, PollResult]:
        """Poll what is due."""
        return {result.feed_id: result for result in await self.poller.poll_due()}

    async def ask(self, feed: Feed, *, heed: Heed = Heed.FRESHNESS) -> PollResult:
        """Poll a feed as a person does who names it; with `Heed.BANS` as `--all` does, with `NOTHING` as `--force`."""
        (result,) = await self.poller.poll([feed.id], heed=heed)
        return result

    async def state(self, feed: Feed) -> FeedState:
        overview = await self.store.read(lambda tx: tx.feeds.get(feed.id))
        assert overview
        return overview.state

    async def history(self, feed: Feed) -> tuple[PollRecord, ...]:
        return await self.store.read(lambda tx: tx.feeds.history(feed.id))

    async def entries(self) -> list[Entry]:
        page = await self.store.read(lambda tx: tx.entries.page(EntryQuery(with_copies=True)))
        return list(page.items)

    async def next_poll(self, feed: Feed) -> datetime:
        planned = (await self.state(feed)).next_poll_at
        assert planned
        return planned

    async def wait_for_the_next_request(self, feed: Feed) -> timedelta:
        """Move time to the next poll; give how long that was. A second before it no request goes out, then one does."""
        began, planned = self.clock.now(), await self.next_poll(feed)
        before = self.asked(feed)
        self.clock.at = planned - SECOND
        await self.due()
        assert self.asked(feed) == before, "a poll came early"
        self.clock.at = planned
        await self.due()
        assert self.asked(feed) == before + 1, "a poll that was due did not come, or came more than once"
        return planned - began

    def asked(self, feed: Feed) -> int:
        """Count requests for a feed's configured address."""
        address = urlsplit(feed.url)
        return sum(
            request.path == address.path and request.header("host") == address.netloc
            for request in self.server.requests
        )

    def last(self) -> Request:
        return self.server.requests[-1]


@asynccontextmanager
async def polling_room(
    database: Path,
    *,
    server: LoopbackServer,
    clock: ManualClock | None = None,
    allow_loopback: bool = True,
    gap: timedelta = timedelta(),
    seconds: float = 5.0,
) -> AsyncIterator[PollingRoom]:
    clock = clock or ManualClock()
    store = await open_blank(database)
    pace, timeout = HostPacing(gap=gap), timedelta(seconds=seconds)
    networks = (ip_network("127.0.0.0/8"),) if allow_loopback else ()
    names = Names()
    fetcher = HttpFetcher(
        user_agent=AGENT, timeout=timeout, max_bytes=LIMIT, pace=pace, allow_networks=networks, resolve=names
    )
    hubs = HubClient(user_agent=AGENT, timeout=timeout, pace=pace, allow_networks=networks, resolve=names)
    subscriber = Subscriber(store, hubs, clock, callbacks="https://reader.example/websub/", enabled=True)
    parser = CountingParser()
    addresses: dict[str, FeedId] = {}
    feed_poller = FeedPoller(
        store, fetcher, parser, clock, Recognition(addresses=addresses), pushes=subscriber, patience=timedelta()
    )
    poller = Poller(store, clock, feed_poller, CycleSettings(order=Random(7)))
    try:
        yield PollingRoom(server, store, clock, fetcher, parser, poller, subscriber, addresses, names.turned)
    finally:
        await hubs.aclose()
        await fetcher.aclose()
        await parser.pool.aclose()
        await store.aclose()


def document(*, etag: str | None = '"one"', body: bytes = NEWS, **headers: str) -> Answer:
    """A 200; keyword names of headers with underscores. Without validators: `etag=None`."""
    named = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return Answer(body=body, headers=[*([("ETag", etag)] if etag else []), *named])


def not_modified(**headers: str) -> Answer:
    return Answer(status=304, headers=[(name.replace("_", "-"), value) for name, value in headers.items()])


def refusal(status: int, **headers: str) -> Answer:
    return Answer(status=status, headers=[(name.replace("_", "-"), value) for name, value in headers.items()])


def outcomes(results: dict[str, PollResult]) -> dict[str, Outcome]:
    return {feed_id: result.outcome for feed_id, result in results.items()}
