"""Lists that feeds.yaml includes: when they are asked for, what is kept, and which feeds they come to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.config.included import with_lists
from aggregator.config.read import parse
from aggregator.feeds import opml
from aggregator.feeds.opml import FeedList
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, Gone, NotModified
from aggregator.model.ids import FeedId
from aggregator.services.lists import Lists, kept_lists
from tests.newsroom import Newsroom, newsroom

URL = "https://lists.example/feeds.opml"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_list(*outlines: str) -> bytes:
    return f"<opml><body>{''.join(outlines)}</body></opml>".encode()


def outline(name: str, **more: str) -> str:
    attributes = "".join(f' {key}="{value}"' for key, value in more.items())
    return f'<outline text="{name}" xmlUrl="https://{name}.example/"{attributes}/>'


ONE = a_list(outline("one"))


@dataclass(slots=True)
class Server:
    """Implements `ports.Fetcher`."""

    answer: FetchOutcome
    asked: list[FetchRequest] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append(request)
        return self.answer


def fetched(body: bytes = ONE, **headers: str) -> Fetched:
    return Fetched(url=URL, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as opened:
        yield opened


def lists(room: Newsroom, server: Server) -> Lists:
    return Lists(room.store, server, room.clock, [URL])


async def named(room: Newsroom) -> list[str]:
    kept = await kept_lists(room.store, [URL])
    return [feed.title for each in kept.values() for feed in each.feeds]


@pytest.mark.anyio
async def test_a_list_is_asked_for_once_a_day_with_the_validators_it_gave(room: Newsroom) -> None:
    server = Server(fetched(etag='"1"'))
    assert await lists(room, server).refresh_due()
    assert await named(room) == ["one"]
    room.clock.move(DAY - timedelta(seconds=1))
    assert not await lists(room, server).refresh_due()
    room.clock.move(timedelta(seconds=1))
    server.answer = NotModified()
    assert not await lists(room, server).refresh_due()
    assert [request.validators.etag for request in server.asked] == [None, '"1"']
    assert await named(room) == ["one"]


@pytest.mark.anyio
async def test_a_list_is_asked_for_as_seldom_as_its_server_says_but_once_a_week(room: Newsroom) -> None:
    server = Server(fetched(cache_control="max-age=172800"))
    await lists(room, server).refresh_due()
    room.clock.move(DAY)
    await lists(room, server).refresh_due()
    assert len(server.asked) == 1
    room.clock.move(DAY)
    server.answer = fetched(cache_control="max-age=99999999")
    await lists(room, server).refresh_due()
    room.clock.move(7 * DAY)
    await lists(room, server).refresh_due()
    assert len(server.asked) == 3


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        Failed(kind=FailureKind.STATUS, message="HTTP 500", status=500),
        Gone(),
        fetched(b"<html>moved</html>"),
        fetched(b'<!DOCTYPE x [<!ENTITY a "b">]><opml/>'),
    ],
    ids=["500", "410", "a page", "a bomb"],
)
async def test_while_a_list_can_t_be_had_its_last_copy_holds(room: Newsroom, answer: FetchOutcome) -> None:
    server = Server(fetched())
    await lists(room, server).refresh_due()
    server.answer = answer
    waits = []
    for _ in range(7):
        room.clock.move(DAY)
        asked = len(server.asked)
        assert not await lists(room, server).refresh_due()
        assert len(server.asked) == asked + 1
        kept = await room.store.read(lambda tx: tx.lists.get(URL))
        assert kept.next_at
        waits.append(kept.next_at - room.clock.now())
        assert kept.message
    assert waits == [HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR, DAY, DAY]
    assert await named(room) == ["one"]


@pytest.mark.anyio
async def test_a_list_that_is_included_no_more_is_forgotten(room: Newsroom) -> None:
    await lists(room, Server(fetched())).refresh_due()
    await Lists(room.store, Server(fetched()), room.clock, ["https://other.example/"]).refresh_due()
    assert await named(room) == []


def read(body: bytes) -> FeedList:
    found = opml.read(body)
    assert isinstance(found, FeedList)
    return found


def test_feeds_of_a_list_stand_behind_those_of_the_file_and_its_own_win() -> None:
    text = f"include: {URL}\ndefaults: {{interval: 3h}}\nfeeds:\n- {{url: 'https://two.example/', enabled: false, category: World}}\n"
    body = a_list(
        "<outline text='world!'>" + outline("one", category="a,b") + outline("two") + "</outline>",
        '<outline text="again" xmlUrl="http://two.example/"/>',
    )
    whole = with_lists(parse(text, file="x"), {URL: read(body), "https://not.included.example/": read(ONE)})
    assert [(feed.feed_id, feed.enabled) for feed in whole.feeds] == [
        ("two-example", False),
        ("one-example", True),
        ("two-example-2", True),
    ]
    one, again = whole.enabled_feeds()
    assert (one.category, one.tags, one.interval) == ("World", ("a", "b"), timedelta(hours=3))
    assert again.url == "http://two.example/"
    assert whole.origins == {FeedId("one-example"): URL, FeedId("two-example-2"): URL}


def test_a_feed_that_leaves_the_list_is_a_feed_no_more() -> None:
    configuration = parse(f"include: {URL}\nfeeds: []\n", file="x")
    assert len(with_lists(configuration, {URL: read(ONE)}).enabled_feeds()) == 1
    assert with_lists(configuration, {URL: read(a_list())}).enabled_feeds() == ()
    assert configuration.enabled_feeds() == ()
