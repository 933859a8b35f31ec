"""Articles behind new entries: who is asked, what is kept, and what becomes of failures."""

import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.feeds.article import is_installed, read_article
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest
from aggregator.model.full_text import FullText
from aggregator.model.ids import EntryId, FeedId, RateGroup
from aggregator.services.full_texts import FullTexts
from aggregator.storage.sqlite import renaming
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.text.html import sanitise
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import Newsroom, newsroom

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
ARTICLE = "<p>" + "The whole of the article, word for word. " * 10 + "</p>"


@dataclass(slots=True)
class Pages:
    """Implements `ports.Fetcher`: a page for every address, unless told otherwise."""

    answers: dict[str, FetchOutcome] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request.url)
        if request.url.endswith("/robots.txt"):
            return self.answers.get(request.url, status(404, request.url))
        return self.answers.get(request.url, page(request.url))


class Articles:
    """Implements `ports.Parser`."""

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        if b"article" not in document.body:
            return Failed(kind=FailureKind.NOT_A_FEED, message="no article was found in the page")
        return ParsedFeed(format="page", entries=(ParsedEntry(content=sanitise(document.body.decode())),))


def page(url: str, body: str = ARTICLE, content_type: str = "text/html; charset=utf-8") -> Fetched:
    return Fetched(url=url, body=body.encode(), headers={"content-type": content_type})


def status(number: int, url: str, **headers: str) -> Failed:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Failed(kind=FailureKind.STATUS, message=f"HTTP {number}", status=number, url=url, headers=named)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as opened:
        whole, other = make_feed("whole", full_text=True), make_feed("other")
        await opened.configure(whole, other)
        for feed_id, names in (("whole", ("one", "two")), ("other", ("three",))):
            entries = [make_parsed_entry(name, published_at=NOON, url=address(name)) for name in names]
            await opened.publish(feed_id, *entries)
        yield opened


def address(name: str) -> str:
    return f"https://news.example/{name}"


async def kept(room: Newsroom) -> dict[int, FullText]:
    found = {}
    for number in range(1, 6):
        text = await room.store.read(lambda tx, number=number: tx.full_texts.get(EntryId(number)))  # type: ignore[misc]
        if text:
            found[number] = text
    return found


def texts(room: Newsroom, pages: Pages) -> FullTexts:
    return FullTexts(room.store, pages, Articles(), room.clock)


async def test_new_entries_of_feeds_that_ask_for_it_are_fetched_once_and_robots_txt_first(room: Newsroom) -> None:
    pages = Pages()
    assert await texts(room, pages).fetch_due() == 2
    assert pages.asked == ["https://news.example/robots.txt", address("two"), address("one")]
    assert await texts(room, pages).fetch_due() == 0
    assert len(pages.asked) == 3
    found = await kept(room)
    assert {text.url for text in found.values()} == {address("one"), address("two")}
    assert all(text.fetched_at == room.clock.now() for text in found.values())


async def test_what_is_older_than_two_days_is_not_fetched(room: Newsroom) -> None:
    room.clock.move(timedelta(days=2, seconds=1))
    pages = Pages()
    assert await texts(room, pages).fetch_due() == 0
    assert pages.asked == []


async def test_what_robots_txt_forbids_is_never_asked_for(room: Newsroom) -> None:
    rules = page("https://news.example/robots.txt", "User-agent: *\nDisallow: /one", "text/plain")
    pages = Pages({"https://news.example/robots.txt": rules})
    assert await texts(room, pages).fetch_due() == 1
    room.clock.move(timedelta(hours=30))
    await texts(room, pages).fetch_due()
    assert address("one") not in pages.asked


async def test_while_robots_txt_can_t_be_had_nothing_else_is_asked_for(room: Newsroom) -> None:
    pages = Pages({"https://news.example/robots.txt": status(503, "https://news.example/robots.txt")})
    assert await texts(room, pages).fetch_due() == 0
    assert set(pages.asked) == {"https://news.example/robots.txt"}
    del pages.answers["https://news.example/robots.txt"]
    room.clock.move(HOUR)
    assert await texts(room, pages).fetch_due() == 2


async def test_a_failure_is_tried_again_ever_later_and_three_times_at_most(room: Newsroom) -> None:
    pages = Pages({address("one"): status(500, address("one"))})
    service = texts(room, pages)
    asked = []
    for _ in range(47):
        await service.fetch_due()
        asked.append(pages.asked.count(address("one")))
        room.clock.move(HOUR)
    assert [asked.index(number) for number in (1, 2, 3, 4)] == [0, 1, 7, 31]
    assert asked[-1] == 4
    assert list(await kept(room)) == [2]


@pytest.mark.parametrize(
    "answer",
    [
        status(404, address("one")),
        status(401, address("one")),
        page(address("one"), "nothing to read"),
        page(address("one"), "%PDF-article", "application/pdf"),
        Failed(kind=FailureKind.TOO_LARGE, message="too large"),
    ],
    ids=["404", "401", "no article", "no HTML", "too large"],
)
async def test_what_will_not_change_is_not_tried_again(room: Newsroom, answer: FetchOutcome) -> None:
    pages = Pages({address("one"): answer})
    assert await texts(room, pages).fetch_due() == 1
    room.clock.move(timedelta(hours=40))
    await texts(room, pages).fetch_due()
    assert pages.asked.count(address("one")) == 1


async def test_p14_a_429_to_a_page_lets_the_publisher_s_feeds_rest_and_its_other_pages(room: Newsroom) -> None:
    pages = Pages({address("two"): status(429, address("two"), retry_after="7200")})
    assert await texts(room, pages).fetch_due() == 0
    assert address("one") not in pages.asked
    now = room.clock.now()
    (pause,) = await room.store.read(lambda tx: tx.feeds.pauses(now=now))
    assert pause.group == RateGroup("news.example:443")
    assert pause.until == now + 2 * HOUR
    room.clock.move(2 * HOUR + timedelta(seconds=1))
    pages.answers.clear()
    assert await texts(room, pages).fetch_due() == 2


async def test_two_processes_fetch_no_page_twice(room: Newsroom) -> None:
    now = room.clock.now()
    claimed = await room.store.write(
        lambda tx: tx.full_texts.claim(now=now, since=now - HOUR, limit=1, lease=timedelta(minutes=15))
    )
    pages = Pages()
    assert await texts(room, pages).fetch_due() == 1
    assert claimed[0].url not in pages.asked
    room.clock.move(timedelta(minutes=15))
    assert await texts(room, pages).fetch_due() == 1


async def test_the_page_says_whose_text_it_is_and_keeps_what_the_feed_says(room: Newsroom) -> None:
    before = (await room.get("/entries/1")).text
    assert "Full text fetched" not in before
    await texts(room, Pages()).fetch_due()
    shown = (await room.get("/entries/1")).text
    assert "Full text fetched from the publisher" in shown
    assert "word for word" in shown
    own = shown[shown.index("What the feed itself says") :]
    entry = await room.store.read(lambda tx: tx.entries.get(EntryId(1)))
    assert entry
    assert str(entry.body)[:40] in own


async def test_a_full_text_stands_in_no_published_feed(room: Newsroom) -> None:
    await texts(room, Pages()).fetch_due()
    for path in ("/feed.atom", "/feed.rss", "/feed.json", "/entries/1.json"):
        assert "word for word" not in (await room.get(path)).text


async def test_a_feed_that_is_renamed_takes_its_entries_and_texts_along(room: Newsroom) -> None:
    await texts(room, Pages()).fetch_due()
    assert await room.store.write(lambda tx: tx.feeds.rename(FeedId("whole"), FeedId("new"))) == 2
    assert await room.store.write(lambda tx: tx.feeds.rename(FeedId("new"), FeedId("other"))) == 0
    await room.configure(make_feed("new", full_text=True), make_feed("other"))
    entry = await room.store.read(lambda tx: tx.entries.get(EntryId(1)))
    assert entry
    assert entry.feed_id == "new"
    assert len(await kept(room)) == 2


@pytest.mark.skipif(not is_installed(), reason="trafilatura, an extra, is not installed")
def test_an_article_is_read_out_of_its_page_and_made_safe() -> None:
    paragraphs = "".join(f"<p>Paragraph {n} of a long report about the talks in Baghdad today.</p>" for n in range(12))
    body = f"""<html><head><title>Talks</title></head><body><nav><a href="/">Home</a> <a href="/x">Menu</a></nav>
    <article><h1>Talks</h1>{paragraphs}<p onclick="x()">See <a href="/more">more</a>.<script>alert(1)</script></p></article>
    <footer>Copyright, all rights reserved</footer></body></html>"""
    document = Document(body=body.encode(), url="https://news.example/1", content_type="text/html")
    read = read_article(document)
    assert isinstance(read, ParsedFeed)
    html = read.entries[0].content
    assert "Paragraph 11" in html
    assert "alert" not in html
    assert "onclick" not in html
    assert "Menu" not in html
    short = read_article(replace(document, body=b"<html><body><p>Please log in.</p></body></html>"))
    assert isinstance(short, Failed)
    assert short.message == "no article was found in the page"


def test_where_trafilatura_is_missing_what_to_install_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)
    read = read_article(Document(body=b"<html>", url="https://news.example/1"))
    assert isinstance(read, Failed)
    assert read.message.endswith("pip install 'aggregator[fulltext]'")


async def test_a_rename_reaches_every_table_that_names_a_feed(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "news.db")
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / "news.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        naming = {
            table
            for table in tables
            for row in database.execute(f"PRAGMA foreign_key_list({table})")
            if row[2] == "feeds"
        }
    assert naming == set(renaming.CHILDREN)
