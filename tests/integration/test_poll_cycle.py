"""Poll cycles through the real parts: loopback server, HTTP client, worker processes, SQLite; time moved by hand."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.model.entry import Entry
from aggregator.model.feed import Document, DueFeed, Feed, FeedState, GroupLease, Outcome, ParsedFeed
from aggregator.model.fetch import Failed
from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan, Heed, PollResult
from aggregator.model.push import Advertised
from aggregator.model.query import EntryQuery
from aggregator.parse_pool import ParsePool
from aggregator.ports import Fetcher, Parser, Store, Transaction
from aggregator.services.cycle import CycleSettings
from aggregator.services.grouping import Grouping
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller, Pushes
from aggregator.services.read import Reader
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.documents import Item, rss
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.loopback import Answer, LoopbackServer, Request, conditional
from tests.manual_clock import ManualClock
from tests.waiting import until

pytestmark = pytest.mark.anyio

T = TypeVar("T")

LOOK_AGAIN = timedelta(seconds=5)
CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
REBELS = Item(name="rebels", headline="Filipino rebel chiefs become officials under peace deal")


@dataclass
class Newsroom:
    """Everything a poll needs, and what a test looks at."""

    server: LoopbackServer
    store: SqliteStore
    clock: ManualClock
    fetcher: HttpFetcher
    parser: ParsePool
    poller: Poller

    async def configure(self, *paths: str) -> list[Feed]:
        feeds = [
            make_feed(
                path.strip("/").replace(".", "-"),
                url=self.server.url(path),
                title=path.strip("/"),
                publisher=path.strip("/"),
                allow_private_address=True,
            )
            for path in paths
        ]
        await self.store.write(lambda tx: tx.feeds.synchronise(feeds, now=self.clock.now()))
        return feeds

    async def poll(self, feeds: Sequence[Feed], *, heed: Heed = Heed.BANS) -> dict[str, PollResult]:
        results = await self.poller.poll([feed.id for feed in feeds], heed=heed)
        return {result.feed_id: result for result in results}

    async def entries(self) -> list[Entry]:
        page = await self.store.read(lambda tx: tx.entries.page(EntryQuery(with_copies=True)))
        return list(page.items)

    async def state(self, feed: Feed) -> FeedState:
        overview = await self.store.read(lambda tx: tx.feeds.get(feed.id))
        assert overview
        return overview.state


def poller(
    store: Store,
    fetcher: Fetcher,
    parser: Parser,
    clock: ManualClock,
    *,
    look_again: timedelta = LOOK_AGAIN,
    grouping: bool = True,
    pushes: Pushes | None = None,
) -> Poller:
    feed_poller = FeedPoller(store, fetcher, parser, clock, Recognition(), pushes=pushes)
    return Poller(store, clock, feed_poller, CycleSettings(look_again=look_again, grouping=grouping))


@asynccontextmanager
async def open_newsroom(database: Path, clock: ManualClock, server: LoopbackServer) -> AsyncIterator[Newsroom]:
    store = await open_blank(database)
    pace = HostPacing(gap=timedelta())
    fetcher = HttpFetcher(user_agent="test/1", timeout=timedelta(seconds=5), max_bytes=1_000_000, pace=pace)
    parser = ParsePool(workers=1)
    try:
        yield Newsroom(server, store, clock, fetcher, parser, poller(store, fetcher, parser, clock))
    finally:
        await fetcher.aclose()
        await parser.aclose()
        await store.aclose()


@pytest.fixture
async def newsroom(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with LoopbackServer() as server, open_newsroom(tmp_path / "news.db", ManualClock(), server) as room:
        yield room


async def test_entries_are_kept_and_a_second_poll_stores_nothing(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = conditional(Answer(body=rss([CHIEFS, REBELS])), etag='W/"one"')
    feeds = await newsroom.configure("/a.xml")
    assert (await newsroom.poll(feeds))["a-xml"].new == 2
    assert (await newsroom.poll(feeds))["a-xml"].outcome is Outcome.NOT_MODIFIED
    assert newsroom.server.requests[1].header("if-none-match") == 'W/"one"'
    assert {entry.headline for entry in await newsroom.entries()} == {CHIEFS.headline, REBELS.headline}


async def test_the_same_bytes_from_a_server_without_validators_are_not_read_again(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    feeds = await newsroom.configure("/a.xml")
    await newsroom.poll(feeds)
    assert (await newsroom.poll(feeds))["a-xml"].outcome is Outcome.SAME_DOCUMENT


async def test_a_changed_headline_is_a_revision_and_keeps_the_old_one(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    feeds = await newsroom.configure("/a.xml")
    await newsroom.poll(feeds)
    newsroom.clock.move(timedelta(hours=1))
    retitled = Item(name=CHIEFS.name, headline="Military chiefs leave Baghdad")
    newsroom.server.answers["/a.xml"] = Answer(body=rss([retitled]))
    result = (await newsroom.poll(feeds))["a-xml"]
    assert (result.new, result.changed) == (0, 1)
    (entry,) = await newsroom.entries()
    article = await Reader(newsroom.store).article(entry.id)
    assert article
    assert article.published.entry.headline == "Military chiefs leave Baghdad"
    assert [revision.headline for revision in article.revisions] == [CHIEFS.headline]


async def test_one_headline_in_two_feeds_is_listed_once_and_names_both(newsroom: Newsroom) -> None:
    for path, site in (("/a.xml", "https://a.example"), ("/b.xml", "https://b.example")):
        newsroom.server.answers[path] = Answer(body=rss([CHIEFS], site=site))
    feeds = await newsroom.configure("/a.xml", "/b.xml")
    results = await newsroom.poll(feeds)
    assert sorted(result.copies for result in results.values()) == [0, 1]
    page = await Reader(newsroom.store).entries(EntryQuery())
    (published,) = page.items
    assert {published.entry.publisher, *(other.publisher for other in published.also)} == {"a.xml", "b.xml"}


async def test_whatever_goes_wrong_with_one_feed_the_others_go_on(newsroom: Newsroom) -> None:
    newsroom.server.answers |= {
        "/good.xml": Answer(body=rss([CHIEFS])),
        "/page.xml": Answer(body=b"<html><head><title>Login</title></head><body>Please log in</body></html>"),
        "/broken.xml": Answer(status=500, body=b"oops"),
        "/empty.xml": Answer(body=b""),
        "/gone.xml": Answer(status=410),
        "/cut.xml": Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss"),
    }
    feeds = await newsroom.configure(*newsroom.server.answers)
    results = await newsroom.poll(feeds)
    outcomes = {feed_id: result.outcome for feed_id, result in results.items()}
    assert outcomes == {
        "good-xml": Outcome.FETCHED,
        "page-xml": Outcome.FAILED,
        "broken-xml": Outcome.FAILED,
        "empty-xml": Outcome.FAILED,
        "gone-xml": Outcome.GONE,
        "cut-xml": Outcome.FAILED,
    }
    assert "HTML" in results[FeedId("page-xml")].message
    assert "500" in results[FeedId("broken-xml")].message
    assert all(result.message for result in results.values() if result.outcome is not Outcome.FETCHED)


async def test_a_feed_that_breaks_keeps_its_entries_and_validators(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]), headers={"ETag": '"one"'})
    feeds = await newsroom.configure("/a.xml")
    await newsroom.poll(feeds)
    newsroom.server.answers["/a.xml"] = Answer(body=b"<html>down for repairs</html>", headers={"ETag": '"two"'})
    assert (await newsroom.poll(feeds))["a-xml"].outcome is Outcome.FAILED
    assert len(await newsroom.entries()) == 1
    assert (await newsroom.state(feeds[0])).validators.etag == '"one"'


async def test_a_server_that_asks_us_to_wait_is_left_alone_by_all_but_force(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(status=429, headers={"Retry-After": "7200"})
    feeds = await newsroom.configure("/a.xml")
    await newsroom.poll(feeds)
    skipped = (await newsroom.poll(feeds))["a-xml"]
    assert skipped.outcome is Outcome.SKIPPED
    assert skipped.skipped_until == NOON + timedelta(hours=2)
    assert len(newsroom.server.requests) == 1
    await newsroom.poll(feeds, heed=Heed.NOTHING)
    assert len(newsroom.server.requests) == 2
    newsroom.clock.move(timedelta(hours=3))
    await newsroom.poll(feeds)
    assert len(newsroom.server.requests) == 3


async def test_p28_a_feed_that_is_named_waits_until_its_server_says_it_may_have_changed(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]), headers={"Cache-Control": "max-age=7200"})
    feeds = await newsroom.configure("/a.xml")
    await newsroom.poll(feeds)
    skipped = (await newsroom.poll(feeds, heed=Heed.FRESHNESS))["a-xml"]
    assert skipped.outcome is Outcome.SKIPPED
    assert "still fresh" in skipped.message
    assert skipped.skipped_until == NOON + timedelta(hours=2)
    assert len(newsroom.server.requests) == 1
    await newsroom.poll(feeds, heed=Heed.BANS)
    assert len(newsroom.server.requests) == 2


async def test_a_feed_that_is_gone_is_polled_by_force_alone(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(status=410)
    feeds = await newsroom.configure("/a.xml")
    assert (await newsroom.poll(feeds))["a-xml"].outcome is Outcome.GONE
    assert "gone (the server answered 410)" in (await newsroom.poll(feeds))["a-xml"].message
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    assert (await newsroom.poll(feeds, heed=Heed.NOTHING))["a-xml"].new == 1


async def test_every_poll_is_told_in_the_history_of_its_feed(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = conditional(Answer(body=rss([CHIEFS, REBELS])), etag='"one"')
    feeds = await newsroom.configure("/a.xml")
    await newsroom.poll(feeds)
    await newsroom.poll(feeds)
    newsroom.server.answers["/a.xml"] = Answer(status=500)
    await newsroom.poll(feeds)
    newsroom.server.answers["/a.xml"] = Answer(body=b"<html>Please log in</html>")
    await newsroom.poll(feeds)
    page, failed, same, first = await newsroom.store.read(lambda tx: tx.feeds.history(feeds[0].id))
    assert [(told.outcome, told.status) for told in (first, same, failed, page)] == [
        (Outcome.FETCHED, 200),
        (Outcome.NOT_MODIFIED, 304),
        (Outcome.FAILED, 500),
        (Outcome.FAILED, 200),
    ]
    assert (first.new, first.received, same.received) == (2, len(rss([CHIEFS, REBELS])), 0)
    state = await newsroom.state(feeds[0])
    assert (page.message, page.next_poll_at, page.next_poll_reason) == (
        state.last_message,
        state.next_poll_at,
        state.next_poll_reason,
    )
    assert "HTML" in page.message


async def test_only_what_is_due_is_polled(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    await newsroom.configure("/a.xml")
    assert len(await newsroom.poller.poll_due()) == 1
    assert await newsroom.poller.poll_due() == []
    newsroom.clock.move(timedelta(days=2))
    assert len(await newsroom.poller.poll_due()) == 1


async def test_a_restart_polls_nothing_early(newsroom: Newsroom, tmp_path: Path) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    await newsroom.configure("/a.xml")
    await newsroom.poller.poll_due()
    async with open_newsroom(tmp_path / "news.db", newsroom.clock, newsroom.server) as restarted:
        await restarted.configure("/a.xml")
        assert await restarted.poller.poll_due() == []


async def test_entries_that_a_crash_left_without_a_place_are_placed_at_the_next_cycle(newsroom: Newsroom) -> None:
    feeds = await newsroom.configure("/a.xml", "/b.xml")
    kept = EntryPlan(new=(make_parsed_entry("1", headline=CHIEFS.headline),))
    for feed in feeds:
        await newsroom.store.write(partial(save_and_die, feed=feed, kept=kept))
    assert len((await Reader(newsroom.store).entries(EntryQuery())).items) == 2
    await newsroom.poller.poll_due()
    assert len((await Reader(newsroom.store).entries(EntryQuery())).items) == 1


class HeldGrouping(Grouping):
    """Places nothing before it may."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, window=timedelta(hours=48))
        self.may = asyncio.Event()

    async def group_new(self) -> None:
        await self.may.wait()
        await super().group_new()


async def test_polls_do_not_wait_until_what_a_crash_left_is_placed(newsroom: Newsroom) -> None:
    newsroom.server.answers["/b.xml"] = Answer(body=rss([REBELS]))
    feeds = await newsroom.configure("/a.xml", "/b.xml")
    kept = EntryPlan(new=(make_parsed_entry("1", headline=CHIEFS.headline),))
    await newsroom.store.write(partial(save_and_die, feed=feeds[0], kept=kept))
    grouping = HeldGrouping(newsroom.store)
    feed_poller = FeedPoller(
        newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, Recognition(), grouping=grouping
    )
    cycle = asyncio.create_task(Poller(newsroom.store, newsroom.clock, feed_poller, CycleSettings()).poll_due())
    await until_entries(newsroom, 2)
    assert {entry.headline for entry in await newsroom.entries()} == {CHIEFS.headline, REBELS.headline}
    assert not cycle.done()
    grouping.may.set()
    assert sum(result.new for result in await cycle) == 1


async def test_a_server_polls_what_becomes_due_while_what_came_is_placed(newsroom: Newsroom) -> None:
    newsroom.server.answers |= {"/a.xml": Answer(body=rss([CHIEFS])), "/b.xml": Answer(body=rss([REBELS]))}
    feeds = await newsroom.configure("/a.xml")
    grouping = HeldGrouping(newsroom.store)
    feed_poller = FeedPoller(
        newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, Recognition(), grouping=grouping
    )
    told: list[PollResult] = []
    settings = CycleSettings(look_again=timedelta(milliseconds=20))
    keeper = Poller(newsroom.store, newsroom.clock, feed_poller, settings, on_result=told.append)
    cycle = asyncio.create_task(keeper.keep_up())
    await until_entries(newsroom, 1)
    await newsroom.configure("/a.xml", "/b.xml")
    await until_entries(newsroom, 2)
    assert not cycle.done()
    assert told == []
    grouping.may.set()
    await cycle
    assert sorted(result.new for result in told) == [1, 1]
    assert await newsroom.store.read(lambda tx: tx.copies.ungrouped(limit=1)) == []
    assert {result.feed_id for result in told} >= {feed.id for feed in feeds}


async def until_entries(newsroom: Newsroom, number: int) -> None:
    for _ in range(500):
        if len(await newsroom.entries()) == number:
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"waited in vain for {number} entries")


async def test_with_no_group_new_entries_wait_for_the_next_poll_to_be_compared(newsroom: Newsroom) -> None:
    for path, site in (("/a.xml", "https://a.example"), ("/b.xml", "https://b.example")):
        newsroom.server.answers[path] = Answer(body=rss([CHIEFS], site=site))
    await newsroom.configure("/a.xml", "/b.xml")
    hasty = poller(newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, grouping=False)
    assert [(result.new, result.copies) for result in await hasty.poll_due()] == [(1, 0), (1, 0)]
    assert len((await Reader(newsroom.store).entries(EntryQuery())).items) == 2
    assert await newsroom.poller.poll_due() == []
    assert len((await Reader(newsroom.store).entries(EntryQuery())).items) == 1


def save_and_die(tx: Transaction, *, feed: Feed, kept: EntryPlan) -> None:
    tx.entries.save(feed.id, kept, now=NOON)


async def test_t2_stopping_finishes_the_poll_that_runs_and_gives_the_rest_back(newsroom: Newsroom) -> None:
    paths = [f"/{number}.xml" for number in range(40)]

    def stop_at_the_third(request: Request) -> Answer:
        if len(newsroom.server.requests) == 3:
            newsroom.poller.stop()
        return Answer(body=rss([CHIEFS], site=f"https://x{request.path}.example"))

    newsroom.server.answers |= dict.fromkeys(paths, stop_at_the_third)
    feeds = await newsroom.configure(*paths)
    results = await newsroom.poller.poll([feed.id for feed in feeds], heed=Heed.BANS)
    outcomes = Counter(result.outcome for result in results)
    assert outcomes == {Outcome.FETCHED: 3, Outcome.SKIPPED: 37}
    assert {result.message for result in results if result.outcome is Outcome.SKIPPED} == {"stopped before its turn"}
    assert len(await newsroom.entries()) == 3
    again = poller(newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock)
    assert len(await again.poll_due()) == 37


async def test_a_cancelled_cycle_gives_its_feeds_back(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]), delay=30)
    feeds = await newsroom.configure("/a.xml")
    cycle = asyncio.create_task(newsroom.poller.poll_due())
    while not newsroom.server.requests:  # noqa: ASYNC110 -- the server runs in this loop and has no event to wait for
        await asyncio.sleep(0.01)
    cycle.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cycle
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    assert (await newsroom.poll(feeds))["a-xml"].new == 1


class BrokenParser:
    """A parser with a bug."""

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        raise ZeroDivisionError("what a bug looks like")


async def test_a_fault_of_ours_does_not_ask_the_publisher_again_at_once(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    (feed,) = await newsroom.configure("/a.xml")
    broken = poller(newsroom.store, newsroom.fetcher, BrokenParser(), newsroom.clock)
    (result,) = await broken.poll_due()
    assert result.outcome is Outcome.FAILED
    assert "what a bug looks like" in result.message
    assert len(newsroom.server.requests) == 1
    state = await newsroom.state(feed)
    assert state.failures == 1
    assert state.next_poll_at
    assert state.next_poll_at > newsroom.clock.now()


async def test_what_was_stored_is_reported_as_stored_although_grouping_failed(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    await newsroom.configure("/a.xml")
    store = WithoutGrouping(newsroom.store)
    (result,) = await poller(store, newsroom.fetcher, newsroom.parser, newsroom.clock).poll_due()
    assert (result.outcome, result.new) == (Outcome.FETCHED, 1)


class WithoutGrouping:
    """A store in which grouping fails, and nothing else."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        if getattr(work, "__qualname__", "").endswith("_index"):
            raise OSError("the disk said no")
        return await self._store.write(work)

    async def aclose(self) -> None:
        await self._store.aclose()


async def test_one_slow_server_does_not_hold_up_a_feed_that_becomes_due(newsroom: Newsroom) -> None:
    newsroom.server.answers["/slow.xml"] = Answer(body=rss([CHIEFS]), delay=1.0)
    slow = await newsroom.configure("/slow.xml")
    watchful = poller(
        newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, look_again=timedelta(milliseconds=20)
    )
    order: list[str] = []
    async with LoopbackServer() as elsewhere:
        elsewhere.answers["/b.xml"] = Answer(body=rss([REBELS]))
        quick = make_feed("b", url=elsewhere.url("/b.xml"), allow_private_address=True)
        cycle = asyncio.create_task(watchful.poll_due(lambda result: order.append(result.feed_id)))
        while not newsroom.server.requests:  # noqa: ASYNC110 -- the server runs in this loop, there is no event
            await asyncio.sleep(0.01)
        await newsroom.store.write(lambda tx: tx.feeds.synchronise([*slow, quick], now=NOON))
        await cycle
    assert order == ["b", "slow-xml"]


async def test_a_poll_that_takes_longer_than_its_lease_renews_it(newsroom: Newsroom, tmp_path: Path) -> None:
    answered = asyncio.Event()

    async def in_the_end() -> AsyncGenerator[bytes, None]:
        await answered.wait()
        body = rss([CHIEFS])
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n%s" % (
            len(body),
            body,
        )

    newsroom.server.answers["/slow.xml"] = Answer(stream=in_the_end)
    feeds = await newsroom.configure("/slow.xml")
    patient = poller(
        newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, look_again=timedelta(milliseconds=20)
    )
    cycle = asyncio.create_task(patient.poll_due())
    database, lease = tmp_path / "news.db", CycleSettings().lease
    await asyncio.to_thread(until, partial(is_leased, database, newsroom.clock.now()))
    for _ in range(6):
        newsroom.clock.move(timedelta(seconds=50))
        now = newsroom.clock.now()
        await asyncio.to_thread(until, partial(is_leased, database, now + lease))
        assert await newsroom.store.write(partial(take, feed=feeds[0], now=now)) == []
    answered.set()
    assert [result.outcome for result in await cycle] == [Outcome.FETCHED]


def is_leased(database: Path, end: datetime) -> bool:
    """Tell whether a lease lasts until a time."""
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute("SELECT 1 FROM rate_groups WHERE lease_until >= ?", [int(end.timestamp())])
        return found.fetchone() is not None


def take(tx: Transaction, *, feed: Feed, now: datetime) -> list[GroupLease]:
    return tx.feeds.claim([feed.id], now=now, groups=1, lease=CycleSettings().lease, heed=Heed.NOTHING)


async def test_l2_feeds_of_a_killed_process_are_free_again_within_minutes(newsroom: Newsroom) -> None:
    newsroom.server.answers["/a.xml"] = Answer(body=rss([CHIEFS]))
    feeds = await newsroom.configure("/a.xml")
    await newsroom.store.write(partial(take, feed=feeds[0], now=newsroom.clock.now()))
    assert (await newsroom.poll(feeds))["a-xml"].outcome is Outcome.SKIPPED
    newsroom.clock.move(timedelta(minutes=2))
    assert (await newsroom.poll(feeds))["a-xml"].outcome is Outcome.FETCHED


class Listener:
    """Takes note of the documents that may name hubs."""

    def __init__(self) -> None:
        self.offers: list[tuple[str, Advertised | None]] = []

    async def offered(self, due: DueFeed, said: Advertised | None) -> None:
        self.offers.append((due.feed.id, said))
        raise ZeroDivisionError("a mistake over hubs ends no poll")


async def test_p30_every_document_that_was_kept_is_offered_to_who_looks_for_hubs(newsroom: Newsroom) -> None:
    link = '<https://hub.example/>; rel="hub", <https://a.example/self>; rel="self"'
    newsroom.server.answers["/a.xml"] = conditional(Answer(body=rss([CHIEFS]), headers={"Link": link}), etag='"one"')
    newsroom.server.answers["/b.xml"] = Answer(body=b"<html>no feed</html>")
    newsroom.server.answers["/c.xml"] = conditional(Answer(body=rss([REBELS])), etag='"one"')
    feeds = await newsroom.configure("/a.xml", "/b.xml", "/c.xml")
    listener = Listener()
    listening = poller(newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, pushes=listener)
    ids = [feed.id for feed in feeds]
    results = [await listening.poll(ids, heed=Heed.NOTHING) for _ in range(2)]
    said = Advertised(topic="https://a.example/self", hubs=("https://hub.example/",))
    first, again = listener.offers[:2], listener.offers[2:]
    assert dict(first) == {"a-xml": said, "c-xml": None}
    assert again == [("a-xml", said)], "a 304 says it again, of what is held; and nothing where that names no hub"
    assert {result.outcome for result in results[0]} == {Outcome.FETCHED, Outcome.FAILED}


async def test_a_pushed_document_is_kept_as_a_poll_keeps_it_and_touches_nothing_but_entries(newsroom: Newsroom) -> None:
    body = rss([CHIEFS, REBELS])
    newsroom.server.answers["/a.xml"] = Answer(body=body)
    newsroom.server.answers["/b.xml"] = Answer(body=rss([REBELS], site="https://b.example"))
    feed, other = await newsroom.configure("/a.xml", "/b.xml")
    await newsroom.poll([other])
    receiver = FeedPoller(newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, Recognition())
    document = Document(body=body, url=feed.url, content_type="application/rss+xml")
    result = await receiver.receive(feed.id, document)
    assert (result.outcome, result.entries, result.new, result.copies) == (Outcome.FETCHED, 2, 2, 1)
    assert await newsroom.state(feed) == FeedState(pushes=1)
    assert (await receiver.receive(feed.id, document)).new == 0
    polled = (await newsroom.poll([feed]))["a-xml"]
    assert (polled.outcome, polled.new, polled.changed) == (Outcome.FETCHED, 0, 0)


async def test_a_pushed_document_that_is_none_or_of_no_feed_is_dropped(newsroom: Newsroom) -> None:
    (feed,) = await newsroom.configure("/a.xml")
    receiver = FeedPoller(newsroom.store, newsroom.fetcher, newsroom.parser, newsroom.clock, Recognition())
    page = Document(body=b"<html>Please log in</html>", url=feed.url)
    assert (await receiver.receive(feed.id, page)).outcome is Outcome.FAILED
    assert (await receiver.receive(FeedId("left"), page)).outcome is Outcome.SKIPPED
    assert await newsroom.entries() == []
