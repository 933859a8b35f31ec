"""Passing over entries that are known changes nothing but what it costs."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.feeds.parse import parse_document
from aggregator.model.feed import Document, Outcome, ParsedFeed
from aggregator.model.fetch import Failed, Fetched, FetchOutcome, FetchRequest
from aggregator.model.ids import EntryId
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints
from aggregator.model.poll import Heed, PollResult
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import make_feed
from tests.manual_clock import ManualClock
from tests.property.test_fast_path import atom, heads, rdf, roots, rss, several

URL = "https://news.example/feed"


def known_of(parsed: ParsedFeed) -> KnownImprints:
    """Say that all of it is stored, under the places in the document."""
    numbered = [(made, EntryId(place)) for place, made in enumerate(parsed.imprints.entries) if made]
    return KnownImprints(context=parsed.imprints.context, entries=tuple(numbered))


def unmarked(text: str) -> ParsedFeed | Failed:
    """Read a document whose entries can't be marked, because there is an instruction in it already."""
    before, end, after = text.rpartition("</")  # of the root: anywhere else it may be text
    return parse_document(Document(body=f"{before}<?x?>{end}{after}".encode(), url=URL))


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two documents of one feed, of entries of one stock."""

    first: str
    second: str


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    stock = draw(st.lists(several, min_size=1, max_size=4))
    kind = draw(st.sampled_from((rss, rss, atom, rdf)))
    chosen = st.lists(st.sampled_from(stock), max_size=5)
    head, tail, root = draw(heads), draw(st.one_of(st.just(""), heads)), draw(st.one_of(st.just({}), roots))
    other = draw(st.booleans())
    return Pair(
        first=kind(head, draw(chosen), tail, root),
        second=kind(draw(heads) if other else head, draw(chosen), draw(heads) if draw(st.booleans()) else tail, root),
    )


def check_that_nothing_is_lost(first: Document, second: Document) -> None:
    """Read the second document with what is known of the first one, and whole: every entry must come out the same."""
    before, whole = parse_document(first), parse_document(second)
    if isinstance(before, Failed) or isinstance(whole, Failed):
        return
    parsed = parse_document(replace(second, known=known_of(before)))
    assert isinstance(parsed, ParsedFeed)
    known, read = dict(parsed.known), iter(parsed.entries)
    entries = [before.entries[known[at]] if at in known else next(read) for at in range(parsed.size)]
    assert tuple(entries) == whole.entries
    assert len(set(known.values())) == len(known), "an entry was taken for two"
    assert replace(parsed, entries=(), known=()) == replace(whole, entries=())
    assert parsed.imprints == whole.imprints


@settings(max_examples=300, deadline=None)
@given(pairs())
@pytest.mark.slow
def test_an_entry_that_is_passed_over_is_what_it_would_be_read_to(pair: Pair) -> None:
    check_that_nothing_is_lost(
        Document(body=pair.first.encode(), url=URL), Document(body=pair.second.encode(), url=URL)
    )


@settings(max_examples=100, deadline=None)
@given(pairs())
@pytest.mark.slow
def test_marks_change_nothing(pair: Pair) -> None:
    marked, plain = parse_document(Document(body=pair.first.encode(), url=URL)), unmarked(pair.first)
    if isinstance(plain, ParsedFeed) and isinstance(marked, ParsedFeed):
        assert marked == plain


items = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["1", "2", 3, ""]),
        "url": st.sampled_from(["https://news.example/1", "/2", ""]),
        "title": st.sampled_from(["One", "Two \ud800 halves", ""]),
        "content_html": st.sampled_from(["<p>a</p>", "<p><a href='/x'>b</a></p>"]),
        "date_published": st.sampled_from(["2026-03-10T12:00:00Z", "soon", 1.5]),
    },
)
json_feeds = st.builds(
    lambda values, title, home, language: json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": title,
            "home_page_url": home,
            "language": language,
            "items": values,
        }
    ).encode(),
    st.lists(st.one_of(*[items] * 8, st.just("no object")), max_size=6),
    st.sampled_from(["News", "Other"]),
    st.sampled_from(["https://news.example/", "https://other.example/"]),
    st.sampled_from(["en", "de"]),
)


@settings(max_examples=200, deadline=None)
@given(json_feeds, json_feeds)
def test_an_item_of_json_that_is_passed_over_is_what_it_would_be_read_to(first: bytes, second: bytes) -> None:
    check_that_nothing_is_lost(Document(body=first, url=URL), Document(body=second, url=URL))


# --- through the store -------------------------------------------------------------------------------------------


@dataclass
class Server:
    """Serves one document."""

    body: bytes = b""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        return Fetched(url=request.url, body=self.body, headers={})


@dataclass
class InProcess:
    """The parser, which may be kept from knowing anything."""

    knows: bool
    passed_over: int = 0

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        parsed = parse_document(document if self.knows else replace(document, known=NOTHING_KNOWN))
        self.passed_over += len(parsed.known) if isinstance(parsed, ParsedFeed) else 0
        return parsed


TABLES = ("entries", "entry_texts", "revisions", "imprints")


async def polled(
    bodies: Sequence[bytes], *, knows: bool
) -> tuple[list[PollResult], list[list[tuple[object, ...]]], int]:
    """Poll documents one after another; give what was told, everything that is stored, and how much was passed over."""
    parser, server, clock, feed = InProcess(knows=knows), Server(), ManualClock(), make_feed("a", url=URL)
    with TemporaryDirectory() as folder:
        store = await SqliteStore.open(Path(folder) / "a.db")
        poller = FeedPoller(store, server, parser, clock, Recognition())
        await store.write(lambda tx: tx.feeds.synchronise([feed], now=clock.now()))
        results = [await one_poll(store, poller, server, clock, body) for body in bodies]
        await store.aclose()
        return results, contents(Path(folder) / "a.db"), parser.passed_over


async def one_poll(
    store: SqliteStore, poller: FeedPoller, server: Server, clock: ManualClock, body: bytes
) -> PollResult:
    clock.at += timedelta(hours=1)
    server.body = body
    now, minute, ids = clock.now(), timedelta(minutes=1), [make_feed("a").id]
    leases = await store.write(lambda tx: tx.feeds.claim(ids, now=now, groups=1, lease=minute, heed=Heed.NOTHING))
    ((due,),) = (lease.feeds for lease in leases)
    result = (await poller.keep(await poller.ask(due))).result
    await store.write(lambda tx: tx.feeds.release(leases, now=now, gap=timedelta()))
    return result


def contents(path: Path) -> list[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as database:
        return [database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in TABLES]


GUIDS = ("", "<guid>g1</guid>", "<guid isPermaLink='false'>g2</guid>")
LINKS = ("", "<link>https://news.example/1</link>", "<link>/2</link>")
TITLES = ("", "<title>One</title>", "<title>Two | Daily</title>")
DATES = ("", "<pubDate>Tue, 10 Mar 2026 12:00:00 GMT</pubDate>", "<pubDate>Wed, 11 Mar 2026 12:00:00 GMT</pubDate>")
TEXTS = ("<description>a</description>", "<description>&lt;p&gt;b&lt;/p&gt;</description>")
ALL_ITEMS = [
    f"<item>{guid}{link}{title}{at}{text}</item>"
    for guid in GUIDS
    for link in LINKS
    for title in TITLES
    for at in DATES
    for text in TEXTS
]


def document(title: str, chosen: Sequence[str]) -> bytes:
    return f"<rss version='2.0'><channel><title>{title}</title>{''.join(chosen)}</channel></rss>".encode()


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Documents of few entries that resemble each other, so that they are mistaken for one another where they can be."""
    stock = Random(draw(st.integers(0, 10**6))).sample(ALL_ITEMS, draw(st.integers(1, 5)))
    titles = st.sampled_from(["News"] * 4 + ["Daily"])
    return draw(
        st.lists(
            st.builds(document, titles, st.lists(st.sampled_from(stock), min_size=1, max_size=5)),
            min_size=2,
            max_size=5,
        )
    )


ONE, TWO = ALL_ITEMS[60], ALL_ITEMS[-1]


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(histories())
@example([document("News", [ONE, TWO]), document("News", [ONE, ONE, TWO]), document("News", [TWO, ONE])])
@example([document("News", [ONE]), document("Daily", [ONE, TWO]), document("Daily", [TWO, TWO, ONE])])
def test_the_store_ends_equal_whether_known_entries_are_read_or_not(history: list[bytes]) -> None:
    with_imprints, without = asyncio.run(polled(history, knows=True)), asyncio.run(polled(history, knows=False))
    assert with_imprints[:2] == without[:2]
    assert {result.outcome for result in with_imprints[0]} <= {Outcome.FETCHED, Outcome.SAME_DOCUMENT}


def test_an_entry_that_recurs_is_read_after_all() -> None:
    history = [document("News", [ONE, TWO]), document("News", [TWO, ONE, ONE])]
    with_imprints, without = asyncio.run(polled(history, knows=True)), asyncio.run(polled(history, knows=False))
    assert with_imprints[:2] == without[:2]


def test_entries_that_are_known_are_passed_over() -> None:
    history = [document("News", [ONE]), document("News", [TWO, ONE]), document("News", [ONE, TWO])]
    _, _, passed_over = asyncio.run(polled(history, knows=True))
    assert passed_over == 1 + 2
