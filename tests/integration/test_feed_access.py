"""Logins and headers of feeds, on the wire: sent to the feed's own origin, and to nobody else."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.model.access import Access
from aggregator.model.feed import DueFeed, FeedState, Move
from aggregator.model.fetch import Fetched, FetchRequest
from aggregator.model.ids import RateGroup
from aggregator.services.recognition import Recognition
from tests.factories import make_feed
from tests.loopback import Answer, LoopbackServer
from tests.polling_room import Names

pytestmark = pytest.mark.anyio

ACCESS = Access(login=("me", "hunter2:x"), headers=(("X-Api-Key", "k-1"), ("Cookie", "s=1")))
BASIC = "Basic " + base64.b64encode(b"me:hunter2:x").decode()
NAMES = ("authorization", "x-api-key", "cookie")
RSS = Answer(body=b"<rss version='2.0'><channel/></rss>")


@asynccontextmanager
async def a_fetcher() -> AsyncIterator[HttpFetcher]:
    pace = HostPacing(gap=timedelta())
    fetcher = HttpFetcher(user_agent="a/1", timeout=timedelta(seconds=5), max_bytes=10_000, pace=pace, resolve=Names())
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


async def sent(server: LoopbackServer, url: str) -> list[tuple[str | None, ...]]:
    async with a_fetcher() as fetcher:
        outcome = await fetcher.fetch(FetchRequest(url=url, allow_private_address=True, access=ACCESS))
    assert isinstance(outcome, Fetched)
    return [tuple(request.header(name) for name in NAMES) for request in server.requests]


async def test_login_and_headers_go_to_the_feeds_server() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = RSS
        assert await sent(server, server.url("/feed")) == [(BASIC, "k-1", "s=1")]


async def test_a_redirect_within_the_origin_keeps_them() -> None:
    async with LoopbackServer() as server:
        server.answers["/feed"] = Answer(status=302, headers={"Location": "/other"})
        server.answers["/other"] = RSS
        assert await sent(server, server.url("/feed")) == [(BASIC, "k-1", "s=1")] * 2


async def test_a18_a_redirect_to_another_origin_loses_them_for_good() -> None:
    async with LoopbackServer() as server:
        home, away = server.url("/feed"), server.url("/away").replace("127.0.0.1", "away.example")
        server.answers["/feed"] = Answer(status=302, headers={"Location": away})
        server.answers["/away"] = Answer(status=302, headers={"Location": home.replace("/feed", "/back")})
        server.answers["/back"] = RSS
        assert await sent(server, home) == [(BASIC, "k-1", "s=1"), (None, None, None), (None, None, None)]


def test_a18_a_feed_that_has_moved_to_another_origin_takes_no_secret_along() -> None:
    feed = make_feed("a", url="https://a.example/feed")
    recognition = Recognition(access={feed.id: ACCESS})

    def access(address: str | None) -> Access:
        state = FeedState(move=Move(address=address))
        return recognition.access_to(DueFeed(feed=feed, state=state, group=RateGroup("a.example:443"), lease=1))

    assert access(None) == access("https://a.example/new") == ACCESS
    assert access("https://b.example/feed") == Access()
