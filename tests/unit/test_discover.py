"""Which feeds a page names, and what is asked to find them."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import UserError
from aggregator.feeds.discover import MOST, announced, guesses, linked
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause
from aggregator.services.discover import Finder
from tests.factories import make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newsroom import newsroom

SITE = "https://news.example/world/"


def link(href: str, *, kind: str = "application/rss+xml", rel: str = "alternate", title: str = "") -> str:
    return f"<link rel='{rel}' type={kind} href=\"{href}\" title='{title}'>"


def addresses(text: str) -> list[str]:
    return [candidate.url for candidate in announced(text, SITE)]


def test_the_feeds_of_a_head_are_resolved_in_its_order_each_once() -> None:
    page = link("/rss.xml#top") + link("atom?a=1&amp;b=2", kind="application/atom+xml") + link("/rss.xml")
    assert addresses(page) == ["https://news.example/rss.xml", "https://news.example/world/atom?a=1&b=2"]


def test_addresses_are_resolved_against_the_base_of_the_page() -> None:
    assert addresses('<base href="https://cdn.example/x/">' + link("rss.xml")) == ["https://cdn.example/x/rss.xml"]


@pytest.mark.parametrize(
    "text",
    [
        link("/rss.xml", rel="stylesheet"),
        link("/app.css", kind="text/css"),
        link("javascript:alert(1)"),
        link("https://user:secret@news.example/rss.xml"),
        "<link rel=alternate type=application/rss+xml>",
    ],
)
def test_what_names_no_feed_is_passed_over(text: str) -> None:
    assert addresses(text) == []


def test_a_page_that_names_a_thousand_feeds_gets_eight() -> None:
    assert len(addresses("".join(link(f"/{n}.xml") for n in range(1000)))) == MOST


def test_links_count_where_their_address_is_a_feed_s() -> None:
    page = '<a href="/about">About</a> <a class=x href="/en/feed/">By <b>RSS</b></a> <a href=/newsfeed-info>No</a>'
    (found,) = linked(page, SITE)
    assert (found.url, found.title) == ("https://news.example/en/feed/", "By")


def test_guesses_are_few_and_of_the_same_site() -> None:
    found = guesses(SITE)
    assert len(found) <= 5
    assert all(candidate.url.startswith("https://news.example/") for candidate in found)


@dataclass(slots=True)
class Servers:
    """Implements `ports.Fetcher`."""

    answers: dict[str, FetchOutcome]
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request.url)
        return self.answers.get(request.url) or Failed(kind=FailureKind.STATUS, message="HTTP 404", status=404)


class Reading:
    """Implements `ports.Parser`: what begins with `<rss` is a feed."""

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        if document.body.startswith(b"<rss"):
            return ParsedFeed(format="rss20", title="News", entries=(make_parsed_entry("1"),))
        return Failed(kind=FailureKind.NOT_A_FEED, message="the document is an HTML page, not a feed")


def page(*links: str) -> Fetched:
    return Fetched(url=SITE, body="".join(links).encode(), headers={"content-type": "text/html; charset=utf-8"})


def feed(url: str, permanent_url: str | None = None) -> Fetched:
    return Fetched(url=url, permanent_url=permanent_url, body=b"<rss/>")


@pytest.mark.anyio
async def test_two_names_of_one_feed_are_one() -> None:
    one, two = "https://news.example/a.xml", "https://news.example/b.xml"
    servers = Servers({SITE: page(link(one), link(two)), one: feed(two, permanent_url=two), two: feed(two)})
    found = await Finder(None, servers, Reading(), ManualClock()).find(SITE)
    assert [each.url for each in found.feeds] == [two]
    assert found.feeds[0].fetched.permanent_url is None


@pytest.mark.anyio
async def test_of_an_address_that_is_gone_nothing_more_is_asked() -> None:
    servers = Servers({SITE: Gone()})
    found = await Finder(None, servers, Reading(), ManualClock()).find(SITE)
    assert found.failure
    assert found.failure.status == 410
    assert servers.asked == [SITE]


@pytest.mark.anyio
async def test_p14_a_server_that_asked_to_be_left_alone_is_not_asked_nor_where_a_page_leads_to_it(
    tmp_path: Path,
) -> None:
    async with newsroom(tmp_path) as room:
        until = room.clock.now() + timedelta(hours=1)
        paused = GroupPause(group=RateGroup("paused.example:443"), until=until, reason="Retry-After")
        await room.store.write(lambda tx: tx.feeds.pause(paused))
        open_feed = "https://news.example/rss.xml"
        servers = Servers(
            {SITE: page(link("https://paused.example/rss.xml"), link(open_feed)), open_feed: feed(open_feed)}
        )
        finder = Finder(room.store, servers, Reading(), room.clock)
        assert [each.url for each in (await finder.find(SITE)).feeds] == [open_feed]
        with pytest.raises(UserError, match="has asked to be left alone"):
            await finder.find("https://feeds.paused.example/")
    assert servers.asked == [SITE, open_feed]
