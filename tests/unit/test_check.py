"""Polling dry: what a check asks, what it heeds, and what it makes of the answer."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import anyio.lowlevel
import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import Document, FeedState, FreshnessHints, Move, Outcome, ParsedFeed, Validators
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause, Heed, PollRecord
from aggregator.polling.schedule import after_fetch, body_hash
from aggregator.ports import Store, Transaction
from aggregator.services.check import Checker
from aggregator.services.check_report import CheckReport
from aggregator.services.cycle import CycleSettings
from aggregator.services.recognition import Recognition
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newsroom import POLLED, Newsroom, newsroom

pytestmark = pytest.mark.anyio

T = TypeVar("T")

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


def checker(
    servers: Servers, reading: Reading | None = None, room: Newsroom | None = None, *, concurrency: int = 16
) -> Checker:
    clock = room.clock if room else ManualClock()
    settings = CycleSettings(concurrency=concurrency)
    return Checker(room.store if room else None, servers, reading or Reading(), clock, Recognition(), settings)


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


async def test_p17_a_feed_that_has_moved_is_asked_where_polls_ask_it_and_the_report_says_where_that_is(
    room: Newsroom,
) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", FeedState(move=Move(address="https://new.example/rss"), last_polled_at=NOON))
    servers = Servers()
    (report,) = await checker(servers, room=room).check([make_feed()])
    assert [request.url for request in servers.asked] == ["https://new.example/rss"]
    assert (report.url, report.permanent_url) == ("https://new.example/rss", "https://new.example/rss")


async def test_a_check_keeps_nothing(room: Newsroom) -> None:
    await room.configure(make_feed())
    before = await room.store.read(lambda tx: (tx.feeds.overview(), tx.entries.totals()))
    (report,) = await checker(Servers(), room=room).check([make_feed()])
    assert report.found is not None
    assert report.found.new == 2
    assert await room.store.read(lambda tx: (tx.feeds.overview(), tx.entries.totals())) == before
    assert await room.store.read(lambda tx: tx.feeds.history(make_feed().id)) == ()
    assert not report.kept


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


async def test_validators_are_those_of_the_answer() -> None:
    url = make_feed().url
    report = await check_one(Servers({url: document(url, etag='W/"x"')}))
    assert report.validators == Validators(etag='W/"x"', url=url)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"etag": '"x"'}, "interval of 60 min"),
        ({"etag": '"x"', "cache_control": "max-age=31536000"}, "Cache-Control: max-age of 365 days, cut to 7 days"),
        ({"etag": '"x"', "cache_control": "max-age=60"}, "interval of 60 min"),
        ({}, "interval of 24 h, because the server gives neither ETag nor Last-Modified"),
    ],
)
async def test_p20_the_next_poll_that_is_told_is_the_one_that_polls_decide(
    room: Newsroom, headers: dict[str, str], reason: str
) -> None:
    answer, read_as = document(make_feed().url, **headers), parsed("1", "2")
    await room.configure(make_feed())
    (report,) = await checker(Servers({make_feed().url: answer}), Reading(answer=read_as), room).check([make_feed()])
    polled = after_fetch(make_feed(), FeedState(), answer, now=NOON, document=read_as)
    assert report.foreseen == polled
    assert polled.next_poll_reason.startswith(reason)


async def test_p20_the_hours_that_the_document_skips_are_part_of_what_is_foreseen() -> None:
    skipping = replace(parsed("1"), hints=FreshnessHints(skip_hours=frozenset(range(1, 24))))
    report = await check_one(Servers(), Reading(answer=skipping))
    assert report.foreseen is not None
    assert report.foreseen.next_poll_at is not None
    assert report.foreseen.next_poll_at.hour == 0
    assert report.foreseen.hints == skipping.hints


@pytest.mark.parametrize(("same", "repeats"), [(True, 3), (False, 2)])
async def test_p11_what_polls_have_learned_of_conditional_requests_stays_though_a_check_makes_none(
    room: Newsroom, *, same: bool, repeats: int
) -> None:
    answer = document(make_feed().url, etag='"x"')
    learned = replace(KNOWN, repeats=3, body_hash=body_hash(answer.body) if same else "0123")
    await room.configure(make_feed())
    await room.poll("news-example", learned)
    (report,) = await checker(Servers({make_feed().url: answer}), room=room).check([make_feed()])
    assert report.foreseen is not None
    assert report.foreseen.repeats == repeats
    assert ("sends the same document again" in report.foreseen.next_poll_reason) is same


async def test_p11_a_check_is_no_repetition_that_counts(room: Newsroom) -> None:
    answer = document(make_feed().url, etag='"x"')
    await room.configure(make_feed())
    await room.poll("news-example", replace(KNOWN, repeats=2, body_hash=body_hash(answer.body)))
    (report,) = await checker(Servers({make_feed().url: answer}), room=room).check([make_feed()])
    assert report.foreseen is not None
    assert (report.foreseen.repeats, report.foreseen.last_outcome) == (2, Outcome.SAME_DOCUMENT)


async def test_p12_a_429_comes_with_its_retry_after_and_until_when() -> None:
    report = await check_one(Servers({make_feed().url: LIMITED}))
    assert report.block is not None
    assert report.block.reason == "Retry-After of 10 h"
    assert report.foreseen is not None
    assert report.foreseen.blocked_until == NOON + timedelta(hours=10)


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
        (FeedState(blocked_until=NOON + timedelta(hours=3), last_polled_at=NOON), "asked to be left alone"),
    ],
)
async def test_p28_a_ban_is_heeded_unless_forced(room: Newsroom, state: FeedState, word: str, *, force: bool) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", state)
    servers = Servers()
    (report,) = await checker(servers, room=room).check([make_feed()], force=force)
    assert (len(servers.asked), report.outcome) == ((1, Outcome.FETCHED) if force else (0, Outcome.SKIPPED))
    assert force or word in report.message
    assert report.until == (None if force else state.blocked_until)


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
    assert "tumblr.com:443 is left alone: HTTP 429 to a" in reports[1].message
    assert reports[1].until == pause.until


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
    await checker(together, concurrency=4).check([make_feed(name) for name in "abcdefgh"])
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


LIMITED = Failed(
    kind=FailureKind.STATUS,
    message="HTTP 429 Too Many Requests",
    status=429,
    headers={"retry-after": "36000"},
    url=make_feed().url,
)
FORBIDDEN = Failed(kind=FailureKind.STATUS, message="HTTP 403 Forbidden", status=403, url=make_feed().url)
KNOWN = FeedState(
    last_polled_at=NOON,
    last_success_at=NOON,
    last_outcome=Outcome.FETCHED,
    validators=Validators(etag='"one"', url=make_feed().url),
    body_hash="0123",
    next_poll_at=NOON + timedelta(hours=1),
)


async def state(room: Newsroom) -> FeedState:
    overview = await room.store.read(lambda tx: tx.feeds.get(make_feed().id))
    assert overview
    return overview.state


@pytest.mark.parametrize("force", [False, True])
async def test_p28_what_is_still_fresh_is_not_asked_and_the_last_answer_is_told_instead(
    room: Newsroom, *, force: bool
) -> None:
    await room.configure(make_feed())
    told = PollRecord(at=NOON, outcome=Outcome.FETCHED, status=200, received=5000, new=3)
    await room.poll("news-example", replace(KNOWN, fresh_until=NOON + timedelta(days=1)), record=told)
    servers = Servers()
    (report,) = await checker(servers, room=room).check([make_feed()], force=force)
    assert len(servers.asked) == force
    if not force:
        assert (report.outcome, report.last) == (Outcome.SKIPPED, told)
        assert "still fresh" in report.message
        assert report.message.endswith("`--force` asks all the same")
        assert report.until == NOON + timedelta(days=1)


@pytest.mark.parametrize(("refusal", "hours"), [(LIMITED, 10), (FORBIDDEN, 4)])
async def test_p12_a_refusal_of_a_check_is_heeded_by_polls_and_by_the_next_check(
    room: Newsroom, refusal: Failed, hours: int
) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", KNOWN)
    servers = Servers({make_feed().url: refusal})
    (report,) = await checker(servers, room=room).check([make_feed()])
    assert (report.outcome, report.kept) == (Outcome.FAILED, True)
    after = await state(room)
    assert after.blocked_until == NOON + timedelta(hours=hours)
    assert (after.validators, after.body_hash, after.last_success_at) == (KNOWN.validators, "0123", NOON)
    (again,) = await checker(servers, room=room).check([make_feed()])
    assert len(servers.asked) == 1
    assert again.last is not None
    assert (again.outcome, again.last.status) == (Outcome.SKIPPED, refusal.status)


async def test_p14_a_429_of_a_check_pauses_the_whole_group_for_polls(room: Newsroom) -> None:
    feeds = [make_feed(name, url=f"https://{name}.tumblr.com/rss") for name in "ab"]
    await room.configure(*feeds)
    servers = Servers({feed.url: replace(LIMITED, url=feed.url) for feed in feeds})
    reports = await checker(servers, room=room).check(feeds)
    assert len(servers.asked) == 1
    assert sorted(report.outcome for report in reports) == [Outcome.FAILED, Outcome.SKIPPED]
    (pause,) = await room.store.read(lambda tx: tx.feeds.pauses(now=NOON))
    assert (pause.group, pause.until) == ("tumblr.com:443", NOON + timedelta(hours=10))


async def test_p14_a_429_to_a_feed_that_the_database_does_not_know_pauses_its_group_as_well(room: Newsroom) -> None:
    servers = Servers({make_feed().url: LIMITED})
    (report,) = await checker(servers, room=room).check([make_feed()])
    assert report.kept
    (pause,) = await room.store.read(lambda tx: tx.feeds.pauses(now=NOON))
    assert pause.until == NOON + timedelta(hours=10)


async def test_l1_a_group_that_another_worker_has_is_not_asked(room: Newsroom) -> None:
    feed = make_feed()
    await room.configure(feed)
    await room.store.write(
        lambda tx: tx.feeds.claim([feed.id], now=NOON, groups=1, lease=timedelta(minutes=2), heed=Heed.NOTHING)
    )
    servers = Servers()
    for force in (False, True):
        (report,) = await checker(servers, room=room).check([feed], force=force)
        assert (report.outcome, servers.asked) == (Outcome.SKIPPED, [])
        assert "another process polls a feed of its server" in report.message


async def test_p15_the_server_rests_after_a_check_as_after_a_poll(room: Newsroom) -> None:
    feed = make_feed()
    await room.configure(feed)
    settings = CycleSettings(gap_of=lambda _: timedelta(seconds=2))
    await Checker(room.store, Servers(), Reading(), room.clock, Recognition(), settings).check([feed])

    def free(tx: Transaction) -> bool:
        now = room.clock.now()
        return bool(tx.feeds.claim([feed.id], now=now, groups=1, lease=timedelta(minutes=2), heed=Heed.NOTHING))

    room.clock.move(timedelta(seconds=1))
    assert not await room.store.write(free)
    room.clock.move(timedelta(seconds=1))
    assert await room.store.write(free)


async def test_other_failures_are_not_kept(room: Newsroom) -> None:
    await room.configure(make_feed())
    await room.poll("news-example", KNOWN)
    before = await state(room)
    broken = Failed(kind=FailureKind.STATUS, message="HTTP 500", status=500, url=make_feed().url)
    (report,) = await checker(Servers({make_feed().url: broken}), room=room).check([make_feed()])
    assert (report.outcome, report.kept) == (Outcome.FAILED, False)
    assert await state(room) == before


async def test_a_database_that_gives_way_during_a_check_is_said(room: Newsroom) -> None:
    await room.configure(make_feed())
    store = GivesWay(room.store)
    check = Checker(store, Servers(), Reading(), room.clock, Recognition(), CycleSettings())
    with pytest.raises(DatabaseUnusable, match="no entries today"):
        await check.check([make_feed()])


class GivesWay:
    """A store that can't read entries."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def read(self, work: Callable[[Transaction], T]) -> T:
        if "plan" in work.__code__.co_names:
            raise DatabaseUnusable("no entries today")
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.write(work)

    async def aclose(self) -> None:
        await self._store.aclose()
