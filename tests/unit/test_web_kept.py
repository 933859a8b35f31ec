"""Answers that are kept are never other than what would be made now, and are made no more often than the database changes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import httpx
import pytest
from starlette.applications import Starlette

from aggregator.model.feed import Outcome, ParsedFeed
from aggregator.model.ids import EntryId, FeedId, RateGroup
from aggregator.model.poll import EntryPlan, GroupPause
from aggregator.model.push import PushStage, Subscription
from aggregator.model.version import Version
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.storage.sqlite.store import SqliteStore, SqliteTransaction
from aggregator.web.app import create_app
from aggregator.web.conditional import Answer, Finished
from aggregator.web.kept import BRIEFLY, LARGEST, OnceATurn, Shelf, is_kept
from tests.digest_made import whole_digest
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newsroom import POLLED, Newsroom, fill, newsroom
from tests.published import make_site
from tests.told import Told, tell

pytestmark = pytest.mark.anyio

SOON = NOON + timedelta(minutes=1)
ADDRESSES = (
    "/", "/?window=7d", "/?category=world", "/stories", "/stories/1", "/entries/1", "/categories/world", "/feed.atom", "/feed.rss",
    "/feed.json", "/stories.atom", "/stories/1.json", "/categories/world.atom", "/search?q=military", "/search.atom?q=military",
    "/digests", "/digests.atom", "/digests/2018-09-02", "/digests/today", "/feeds", "/feeds?state=failing", "/feeds/other",
    "/feeds/other.atom", "/feeds.opml", "/feeds/problems.atom", "/stories-since.json?at=2018-09-01T00:00:00Z", "/robots.txt",
    "/static/style.css",
)  # fmt: skip

Write = Callable[[Newsroom], Awaitable[object]]


def document(title: str) -> ParsedFeed:
    return ParsedFeed(format="rss20", title=title, home_url="https://broken.example/")


FAILED = replace(POLLED, failures=4, failing_since=NOON, last_outcome=Outcome.FAILED, last_message="HTTP 503")
PAUSE = GroupPause(group=RateGroup("other.example:443"), until=NOON + timedelta(hours=3), reason="HTTP 429")
SUBSCRIPTION = Subscription(
    feed_id=FeedId("other"), hub="https://hub.example/", topic="https://other.example/rss.xml", token="t",
    stage=PushStage.ACTIVE, lease_until=NOON + timedelta(days=1),
)  # fmt: skip

WRITES: dict[str, Write] = {
    "a poll without news": lambda room: room.poll("other", replace(POLLED, last_polled_at=SOON, last_success_at=SOON)),
    "a failed poll": lambda room: room.poll("other", FAILED),
    "a document of another name": lambda room: room.poll("broken", POLLED, document=document("Mended News")),
    "a server's wish": lambda room: room.poll("other", FAILED, pause=PAUSE),
    "a subscription": lambda room: room.subscribe(SUBSCRIPTION),
    "a new entry": lambda room: room.publish("other", make_parsed_entry("new", headline="Military news")),
    "a changed entry": lambda room: room.change(
        "other", EntryId(2), make_parsed_entry("copy", headline="Quite another headline"), at=SOON
    ),
    "copies that part": lambda room: room.copies(EntryId(2)),
    "copies that meet": lambda room: room.copies(EntryId(1), EntryId(2), EntryId(3)),
    "a story": lambda room: tell(room.store, Told(id=3, entries=[EntryId(3)], updated_at=SOON)),
    "a digest": lambda room: room.store.write(
        lambda tx: tx.digests.seal(whole_digest(), recipients=["a@example.org"], now=SOON)
    ),
    "another feeds.yaml": lambda room: room.configure(make_feed("other", title="Called otherwise", category="World")),
    "an entry that is saved, and not yet grouped": lambda room: room.store.write(
        lambda tx: tx.entries.save(FeedId("other"), EntryPlan(new=(make_parsed_entry("late"),)), now=SOON)
    ),
}


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        await fill(made)
        yield made


def plain_client(room: Newsroom) -> httpx.AsyncClient:
    """Ask an application that keeps nothing."""
    site = make_site()
    shelf = Digests(room.store, room.clock, site.timezone, title=site.title)
    app: Starlette = create_app(Reader(room.store), shelf, room.clock, site, watch=room.watch)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver")


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITES)
async def test_whatever_is_written_what_is_answered_is_what_would_be_made_now(room: Newsroom, name: str) -> None:
    async with plain_client(room) as plain:
        before = {address: (await room.get(address)).content for address in ADDRESSES}
        assert before == {address: (await plain.get(address)).content for address in ADDRESSES}
        await WRITES[name](room)
        for address in ADDRESSES:
            kept, made = await room.get(address), await plain.get(address)
            assert (address, kept.status_code, kept.content) == (address, made.status_code, made.content)


async def statements(folder: Path, *asked: str, between: Write | None = None) -> list[int]:
    """Count the statements that each request takes, of which `between` comes before the last."""
    told: list[str] = []
    async with newsroom(folder) as room:
        await fill(room)
    store = await SqliteStore.open(folder / "news.db", tracer=lambda sql, _: told.append(sql))
    room = Newsroom(store, ManualClock(), make_site())
    counts = []
    for number, address in enumerate(asked):
        if between and number == len(asked) - 1:
            await between(room)
        told.clear()
        await room.get(address)
        counts.append(len([sql for sql in told if sql.lstrip().startswith("SELECT")]))
    await store.aclose()
    return counts


async def test_what_is_asked_for_again_takes_no_statement(tmp_path: Path) -> None:
    first, again = await statements(tmp_path, "/feed.atom", "/feed.atom")
    assert (first > 0, again) == (True, 0)


@pytest.mark.parametrize(("address", "is_made_anew"), [("/feed.atom", False), ("/stories/1", False), ("/feeds", True)])
async def test_a_poll_that_brings_nothing_leaves_what_says_nothing_of_polls(
    tmp_path: Path, address: str, *, is_made_anew: bool
) -> None:
    def poll(room: Newsroom) -> Awaitable[object]:
        return room.poll("other", replace(POLLED, last_polled_at=SOON, next_poll_at=SOON + timedelta(hours=1)))

    _, after = await statements(tmp_path, address, address, between=poll)
    assert (after > 0) is is_made_anew


async def test_what_another_process_writes_is_seen(room: Newsroom, tmp_path: Path) -> None:
    assert "Fresh" not in (await room.get("/feed.atom")).text
    other = await SqliteStore.open(tmp_path / "news.db")
    plan = EntryPlan(new=(make_parsed_entry("fresh", headline="Fresh news"),))
    await other.write(lambda tx: tx.entries.save(FeedId("other"), plan, now=NOON))
    await other.aclose()
    assert "Fresh news" in (await room.get("/feed.atom")).text


async def test_a_write_that_fails_leaves_the_mark(room: Newsroom) -> None:
    before = room.store.versions.current()

    def broken(tx: SqliteTransaction) -> None:
        tx.entries.save(FeedId("other"), EntryPlan(new=(make_parsed_entry("x"),)), now=NOON)
        raise LookupError("after writing")

    with pytest.raises(LookupError, match="after writing"):
        await room.store.write(broken)
    after = room.store.versions.current()
    assert before
    assert after
    assert after.contents == before.contents


async def test_who_holds_what_is_kept_gets_304_and_head_gets_no_body(room: Newsroom) -> None:
    whole = await room.get("/feed.atom")
    for _ in range(2):
        same = await room.get("/feed.atom", if_none_match=whole.headers["etag"])
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", whole.headers["etag"])
        assert (await room.client.head("/feed.atom")).content == b""
        assert (await room.get("/feed.atom", if_none_match='"other"')).status_code == 200
    assert (await room.get("/feed.atom")).content == whole.content


async def test_many_who_ask_at_once_wait_for_one_answer(tmp_path: Path) -> None:
    asked = [0]

    class Counting(Reader):
        async def categories(self) -> list[str]:
            asked[0] += 1
            await anyio.sleep(0.01)
            return await super().categories()

    async with newsroom(tmp_path) as room:
        await fill(room)
        shelf = Digests(room.store, room.clock, make_site().timezone)
        app = create_app(Counting(room.store), shelf, room.clock, make_site(), versions=room.store.versions)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
            answers = await asyncio.gather(*(client.get("/stories") for _ in range(8)))
            assert len({answer.content for answer in answers}) == 1
            assert asked == [1]
            # What is not to be kept is asked for by each alone, and nobody waits for ever.
            await asyncio.gather(*(client.get("/healthz") for _ in range(4)))
            assert asked == [5]


class Standing:
    """Versions that a test sets."""

    def __init__(self) -> None:
        self.version: Version | None = Version(contents=1, commits=1)

    def current(self) -> Version | None:
        return self.version


def scope(path: str, *, method: str = "GET", query: bytes = b"") -> dict[str, object]:
    return {"type": "http", "method": method, "path": path, "query_string": query}


def finished(body: bytes = b"news", *, cache: str = "public, max-age=60", status: int = 200) -> Finished:
    return Finished(answer=Answer(status=status, headers={"cache-control": cache}, body=body), digest="d")


def test_pages_about_feeds_are_kept_for_seconds_and_others_until_there_is_news() -> None:
    clock, versions = ManualClock(), Standing()
    shelf = Shelf(versions, clock)
    for path in ("/feeds", "/feed.atom"):
        slot = shelf.slot(scope(path), gzip=False)
        assert slot
        shelf.keep(slot, finished())

    def is_found(path: str) -> bool:
        return shelf.find(scope(path), gzip=False) is not None

    assert is_found("/feeds")
    assert is_found("/feed.atom")
    clock.move(BRIEFLY)
    assert not is_found("/feeds")
    versions.version = Version(contents=1, commits=2)
    assert is_found("/feed.atom")
    versions.version = Version(contents=2, commits=3)
    assert not is_found("/feed.atom")


def test_nothing_is_kept_of_what_is_posted_of_third_parties_or_of_a_state_that_nobody_knows() -> None:
    versions = Standing()
    shelf = Shelf(versions, ManualClock())
    slot = shelf.slot(scope("/feed.atom"), gzip=False)
    assert slot
    shelf.keep(slot, finished())
    assert shelf.slot(scope("/feed.atom", method="POST"), gzip=False) is None
    assert shelf.find(scope("/feed.atom", method="POST"), gzip=False) is None
    assert shelf.find(scope("/feed.atom"), gzip=True) is None
    assert shelf.slot(scope("/media/x/y"), gzip=False) is None
    assert shelf.find(scope("/feed.atom"), gzip=False)
    versions.version = None
    assert shelf.slot(scope("/feed.atom"), gzip=False) is None
    assert shelf.find(scope("/feed.atom"), gzip=False) is None


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (finished(), True),
        (finished(cache="no-store"), False),
        (finished(cache=""), False),
        (finished(status=404), False),
        (finished(status=308), False),
    ],
)
def test_what_is_kept_is_what_its_handler_lets_others_keep(answer: Finished, *, expected: bool) -> None:
    assert is_kept(answer.answer) is expected


def test_those_asked_for_last_are_kept_within_so_many_bytes() -> None:
    shelf = Shelf(Standing(), ManualClock(), most_bytes=30_000)
    scopes = [scope("/search", query=b"q=%d" % number) for number in range(5)]
    slots = [shelf.slot(each, gzip=True) for each in scopes]
    for slot in slots[:4]:
        assert slot
        shelf.keep(slot, finished(bytes(5_000)))
    assert [shelf.find(each, gzip=True) is not None for each in scopes[:4]] == [False, True, True, True]
    assert slots[4]
    assert shelf.find(scopes[1], gzip=True)
    shelf.keep(slots[4], finished(bytes(5_000)))
    assert [shelf.find(each, gzip=True) is not None for each in scopes] == [False, True, False, True, True]
    shelf.keep(slots[4], finished(bytes(LARGEST)))
    assert shelf.find(scopes[4], gzip=True)  # what is too large takes nothing's place


async def test_the_state_is_asked_for_once_a_turn_of_the_loop() -> None:
    states = iter(range(9))

    class Rising:
        def current(self) -> Version:
            return Version(contents=next(states), commits=0)

    versions = OnceATurn(Rising())
    first = [versions.current(), versions.current()]
    await asyncio.sleep(0)
    assert [*first, versions.current()] == [Version(contents=turn, commits=0) for turn in (0, 0, 1)]
