"""Polling dry: what a check asks, what it heeds, and what it makes of the answer."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import anyio.lowlevel
import pytest

from aggregator.model.feed import Document, FeedState, Move, Outcome, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause
from aggregator.services.check import Checker, CheckReport
from aggregator.services.poll_feed import Recognition
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newsroom import POLLED, Newsroom, newsroom

pytestmark = pytest.mark.anyio

PAGE = Failed(kind=FailureKind.NOT_A_FEED, message="the document is an HTML page, not a feed")


@dataclass(slots=True)
class Servers:
    """Implements `ports.Fetcher`; notes who was asked, and how many at once."""

    answers: Mapping[str, FetchOutcome] = field(default_factory=dict)
    asked: list[FetchRequest] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await anyio.lowlevel.checkpoint()
        self.at_once -= 1
        return self.answers.get(request.url, document(request.url))


@dataclass(slots=True)
class Reading:
    """Implements `ports.Parser`."""

    answer: ParsedFeed | Failed = field(default_factory=lambda: parsed("1", "2"))
    documents: list[Document] = field(default_factory=list)

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        self.documents.append(document)
        return self.answer


def document(url: str, **headers: str) -> Fetched:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fetched(url=url, headers={"content-type": "text/xml", **named}, body=b"<rss/>")


def parsed(*names: str) -> ParsedFeed:
    return ParsedFeed(format="rss20", title="Of the document", entries=tuple(make_parsed_entry(name) for name in names))


def checker(servers: Servers, reading: Reading | None = None, room: Newsroom | None = None) -> Checker:
    clock = room.clock if room else ManualClock()
    return Checker(room.store if room else None, servers, reading or Reading(), clock, Recognition())


async def check_one(servers: Servers, reading: Reading | None = None) -> CheckReport:
    (report,) = await checker(servers, reading).check([make_feed()])
    return report


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        yield made


async def test_a_check_sends_no_conditions_although_validators_are_known(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", FeedState(validators=Validators(etag='"one"'), last_polled_at=NOON))
    servers = Servers()
    await checker(servers, room=room).check([make_feed()])
    assert [request.validators for request in servers.asked] == [Validators()]


async def test_a_check_asks_the_configured_address_also_of_a_feed_that_has_moved(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", FeedState(move=Move(address="https://new.example/rss"), last_polled_at=NOON))
    servers = Servers()
    await checker(servers, room=room).check([make_feed()])
    assert [request.url for request in servers.asked] == [make_feed().url]


async def test_a_check_keeps_nothing(room: Newsroom) -> None:
    await room.configure(make_feed())
    before = await room.store.read(lambda tx: (tx.feeds.overview(), tx.entries.totals()))
    (report,) = await checker(Servers(), room=room).check([make_feed()])
    assert report.found is not None
    assert report.found.new == 2
    assert await room.store.read(lambda tx: (tx.feeds.overview(), tx.entries.totals())) == before
    assert await room.store.read(lambda tx: tx.feeds.history(make_feed().id)) == ()


async def test_a_check_counts_what_a_poll_would_store(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.publish("news-example", make_parsed_entry("1"), make_parsed_entry("2", headline="Before it was changed"))
    reading = Reading(answer=parsed("1", "2", "3"))
    (report,) = await checker(Servers(), reading, room).check([make_feed()])
    assert report.found is not None
    assert (report.found.entries, report.found.new, report.found.changed) == (3, 1, 1)


async def test_without_a_database_everything_is_new() -> None:
    report = await check_one(Servers())
    assert report.found is not None
    assert (report.found.new, report.name) == (2, "Example News")


async def test_the_newest_entry_lies_not_in_the_future() -> None:
    entries = (
        make_parsed_entry("tomorrow", published_at=NOON + timedelta(days=1)),
        make_parsed_entry("yesterday", published_at=NOON - timedelta(days=1)),
        make_parsed_entry("undated", published_at=None),
    )
    report = await check_one(Servers(), Reading(answer=ParsedFeed(format="atom10", entries=entries)))
    assert report.found is not None
    assert (report.found.newest_at, report.found.undated) == (NOON - timedelta(days=1), 1)


async def test_validators_and_lifetime_are_those_of_the_answer() -> None:
    url = make_feed().url
    servers = Servers({url: document(url, etag='W/"x"', cache_control="max-age=1800")})
    report = await check_one(servers)
    assert report.validators == Validators(etag='W/"x"', url=url)
    assert report.lifetime is not None
    assert report.lifetime.length == timedelta(minutes=30)


async def test_a_page_instead_of_a_feed_fails_with_what_the_parser_says() -> None:
    report = await check_one(Servers(), Reading(answer=PAGE))
    assert (report.outcome, report.failure, report.message) == (Outcome.FAILED, FailureKind.NOT_A_FEED, PAGE.message)
    assert report.status == 200


async def test_gone_is_gone() -> None:
    report = await check_one(Servers({make_feed().url: Gone()}))
    assert (report.outcome, report.status) == (Outcome.GONE, 410)


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("state", "word"),
    [
        (FeedState(gone=True, last_polled_at=NOON), "410"),
        (FeedState(blocked_until=NOON + timedelta(hours=3), last_polled_at=NOON), "2026-03-10 15:00 UTC"),
    ],
)
async def test_p28_a_ban_is_heeded_unless_forced(room: Newsroom, state: FeedState, word: str, *, force: bool) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", state)
    servers = Servers()
    (report,) = await checker(servers, room=room).check([make_feed()], force=force)
    assert (len(servers.asked), report.outcome) == ((1, Outcome.FETCHED) if force else (0, Outcome.SKIPPED))
    assert force or word in report.message


async def test_what_a_ban_said_of_another_address_says_nothing_of_this_one(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", FeedState(gone=True, last_polled_at=NOON))
    (report,) = await checker(Servers(), room=room).check([make_feed(url="https://new.example/rss.xml")])
    assert report.outcome is Outcome.FETCHED


async def test_p14_no_feed_of_a_paused_group_is_asked(room: Newsroom) -> None:
    feeds = [
        make_feed("a", url="https://a.tumblr.com/rss"),
        make_feed("b", url="https://b.tumblr.com/rss"),
        make_feed("c"),
    ]
    await room.configure(*feeds)
    pause = GroupPause(group=RateGroup("tumblr.com:443"), until=NOON + timedelta(hours=4), reason="HTTP 429 to a")
    await room.poll("a", POLLED, pause=pause)
    servers = Servers()
    reports = await checker(servers, room=room).check(feeds)
    assert [request.url for request in servers.asked] == [feeds[2].url]
    assert "tumblr.com:443 is left alone until 2026-03-10 16:00 UTC: HTTP 429 to a" in reports[1].message


async def test_p14_a_429_ends_the_check_of_its_group() -> None:
    feeds = [make_feed(name, url=f"https://{name}.tumblr.com/rss") for name in "abc"]
    limited = Failed(kind=FailureKind.STATUS, message="HTTP 429", status=429, url=feeds[1].url)
    servers = Servers({feeds[1].url: limited})
    reports = await checker(servers).check(feeds)
    assert [report.outcome for report in reports] == [Outcome.FETCHED, Outcome.FAILED, Outcome.SKIPPED]
    assert len(servers.asked) == 2


async def test_p14_a_503_and_a_private_host_s_429_concern_one_feed() -> None:
    feeds = [make_feed(name, url=f"http://192.168.1.9/{name}") for name in "abc"]
    for status in (429, 503):
        url = feeds[0].url if status == 429 else "https://a.tumblr.com/rss"
        asked = feeds if status == 429 else [make_feed(n, url=f"https://{n}.tumblr.com/rss") for n in "abc"]
        servers = Servers({url: Failed(kind=FailureKind.STATUS, message="no", status=status, url=url)})
        await checker(servers).check(asked)
        assert len(servers.asked) == 3, status


async def test_p15_groups_are_asked_side_by_side_and_feeds_of_one_group_one_after_another() -> None:
    together = Servers()
    await checker(together).check([make_feed(name) for name in "abcdefgh"], concurrency=4)
    assert together.most_at_once == 4
    alone = Servers()
    await checker(alone).check([make_feed(name, url=f"https://{name}.tumblr.com/rss") for name in "abcdefgh"])
    assert alone.most_at_once == 1


async def test_reports_come_in_the_order_asked_for_and_each_is_told_once() -> None:
    feeds = [make_feed(name) for name in "cab"]
    told: list[CheckReport] = []
    reports = await checker(Servers()).check(feeds, on_report=told.append)
    assert [report.feed.id for report in reports] == ["c", "a", "b"]
    assert sorted(report.feed.id for report in told) == ["a", "b", "c"]
