"""What hubs send: whose it is, whether it is signed, and the queue before the parser."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.feed import Document, Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.model.push import PushStage, Subscription
from aggregator.services.deliveries import Deliveries, Expected, Push, Taken
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import NOON, make_feed
from tests.manual_clock import ManualClock
from tests.subscriptions import make_subscription

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
TOKEN = "t" * 43
LIVE = make_subscription("a", token=TOKEN, stage=PushStage.ACTIVE, lease_until=NOON + HOUR)
SIGNED = replace(LIVE, secret="5ec")


@dataclass
class FakeReceiver:
    """Implements `deliveries.Receives`."""

    received: list[tuple[FeedId, Document]] = field(default_factory=list)
    arrivals: list[datetime] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0
    fails: Exception | None = None

    async def receive(self, feed_id: FeedId, document: Document, *, arrived_at: datetime) -> PollResult:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        self.received.append((feed_id, document))
        self.arrivals.append(arrived_at)
        if self.fails:
            raise self.fails
        return PollResult(feed_id=feed_id, feed_title="", outcome=Outcome.FETCHED)


@dataclass
class Room:
    store: SqliteStore
    clock: ManualClock
    receiver: FakeReceiver
    deliveries: Deliveries

    async def save(self, subscription: Subscription) -> None:
        await self.store.write(lambda tx: tx.pushes.save(subscription))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    store, clock, receiver = await open_blank(tmp_path / "news.db"), ManualClock(), FakeReceiver()
    receiver.gate.set()
    deliveries = Deliveries(store, receiver, clock, most=3, most_bytes=100)
    feeds = [make_feed("a"), make_feed("b")]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    yield Room(store, clock, receiver, deliveries)
    await deliveries.aclose()
    await store.aclose()


def sign(body: bytes, secret: str = "5ec") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


async def test_content_of_a_live_subscription_goes_to_its_own_feed(room: Room) -> None:
    await room.save(LIVE)
    assert await room.deliveries.take(TOKEN, Push(body=b"<rss/>", content_type="text/xml")) is Taken.QUEUED
    await room.deliveries.settle()
    ((feed_id, document),) = room.receiver.received
    assert feed_id == "a"
    assert (document.body, document.content_type) == (b"<rss/>", "text/xml")
    assert document.url == make_feed("a").url, "what polls resolve relative links against"


@pytest.mark.parametrize(
    ("subscription", "expected"),
    [
        (None, Expected.NOTHING),
        (make_subscription("a", token=TOKEN), Expected.NOTHING),
        (make_subscription("a", token=TOKEN, stage=PushStage.REQUESTED), Expected.NOTHING),
        (LIVE, Expected.CONTENT),
        (replace(LIVE, stage=PushStage.REQUESTED), Expected.CONTENT),
        (replace(LIVE, stage=PushStage.WANTED), Expected.CONTENT),
        (replace(LIVE, lease_until=NOON), Expected.NO_MORE),
        (replace(LIVE, stage=PushStage.LEAVING, lease_until=None), Expected.NO_MORE),
        (replace(LIVE, stage=PushStage.DENIED, lease_until=None), Expected.NO_MORE),
    ],
)
async def test_only_a_hub_that_verified_may_send_and_only_until_its_lease_ends(
    room: Room, subscription: Subscription | None, expected: Expected
) -> None:
    if subscription:
        await room.save(subscription)
    assert await room.deliveries.expects(TOKEN) is expected
    taken = await room.deliveries.take(TOKEN, Push(body=b"<rss/>"))
    assert taken is (Taken.QUEUED if expected is Expected.CONTENT else Taken.IGNORED)


async def test_nothing_is_expected_for_a_feed_that_left_feeds_yaml(room: Room) -> None:
    await room.save(LIVE)
    await room.store.write(lambda tx: tx.feeds.synchronise([make_feed("b")], now=NOON))
    assert await room.deliveries.expects(TOKEN) is Expected.NO_MORE


async def test_what_is_signed_with_the_secret_is_taken(room: Room) -> None:
    await room.save(SIGNED)
    assert await room.deliveries.take(TOKEN, Push(body=b"1", signature=sign(b"1"))) is Taken.QUEUED


@pytest.mark.parametrize("signature", ["", sign(b"2"), sign(b"1", "other"), "md5=00", "sha256="])
async def test_what_is_not_signed_with_the_secret_is_ignored_and_logged(
    room: Room, signature: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await room.save(SIGNED)
    assert await room.deliveries.take(TOKEN, Push(body=b"1", signature=signature)) is Taken.IGNORED
    await room.deliveries.settle()
    assert room.receiver.received == []
    assert "feed=a" in caplog.text
    assert TOKEN not in caplog.text


async def test_documents_are_read_one_at_a_time_in_their_order(room: Room) -> None:
    await room.save(LIVE)
    for body in (b"1", b"2", b"3"):
        await room.deliveries.take(TOKEN, Push(body=body))
    await room.deliveries.settle()
    assert [document.body for _, document in room.receiver.received] == [b"1", b"2", b"3"]
    assert room.receiver.most_at_once == 1


async def test_what_waits_keeps_the_time_of_its_arrival(room: Room) -> None:
    await room.save(LIVE)
    room.receiver.gate.clear()
    await room.deliveries.take(TOKEN, Push(body=b"1"))
    room.clock.move(HOUR / 2)
    await room.deliveries.take(TOKEN, Push(body=b"2"))
    room.clock.move(HOUR)
    room.receiver.gate.set()
    await room.deliveries.settle()
    assert room.receiver.arrivals == [NOON, NOON + HOUR / 2], "not that of its turn"


async def test_a_full_queue_takes_no_more_until_there_is_room(room: Room) -> None:
    await room.save(LIVE)
    room.receiver.gate.clear()
    taken = [await room.deliveries.take(TOKEN, Push(body=b"1")) for _ in range(4)]
    assert taken == [Taken.QUEUED, Taken.QUEUED, Taken.QUEUED, Taken.NO_ROOM]
    room.receiver.gate.set()
    await room.deliveries.settle()
    assert await room.deliveries.take(TOKEN, Push(body=b"1")) is Taken.QUEUED


async def test_the_queue_is_bounded_in_bytes(room: Room) -> None:
    await room.save(LIVE)
    room.receiver.gate.clear()
    assert await room.deliveries.take(TOKEN, Push(body=b"1" * 99)) is Taken.QUEUED
    assert await room.deliveries.take(TOKEN, Push(body=b"22")) is Taken.NO_ROOM


async def test_a_document_that_breaks_the_reader_does_not_stop_the_queue(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    await room.save(LIVE)
    room.receiver.fails = ValueError("surprise")
    await room.deliveries.take(TOKEN, Push(body=b"1"))
    await room.deliveries.take(TOKEN, Push(body=b"2"))
    await room.deliveries.settle()
    assert len(room.receiver.received) == 2
    assert "could not be kept" in caplog.text


async def test_closing_drops_what_waits(room: Room) -> None:
    await room.save(LIVE)
    room.receiver.gate.clear()
    await room.deliveries.take(TOKEN, Push(body=b"1"))
    await room.deliveries.take(TOKEN, Push(body=b"2"))
    await asyncio.sleep(0)
    await room.deliveries.aclose()
    room.receiver.gate.set()
    await room.deliveries.settle()
    assert room.receiver.received == []
