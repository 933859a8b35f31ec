"""A hub speaks for an address: what it sends is worth nothing once feeds.yaml names another under the same id."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from aggregator.model.feed import Document, Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.model.push import PushStage
from aggregator.polling.websub import Mode, Verification, answer
from aggregator.services.deliveries import Deliveries, Expected, Push, Taken
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import NOON, make_feed
from tests.manual_clock import ManualClock
from tests.subscriptions import make_subscription

pytestmark = pytest.mark.anyio

TOKEN = "t" * 43
LIVE = make_subscription("a", token=TOKEN, stage=PushStage.ACTIVE, lease_until=NOON + timedelta(days=10))
PUSH = Push(body=b"<rss/>", content_type="text/xml")


@dataclass
class Receiver:
    """Implements `deliveries.Receives`; the first document waits for `gate`."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    received: list[FeedId] = field(default_factory=list)

    async def receive(self, feed_id: FeedId, document: Document, *, arrived_at: datetime) -> PollResult:
        self.begun.set()
        await self.gate.wait()
        self.received.append(feed_id)
        return PollResult(feed_id=feed_id, feed_title="", outcome=Outcome.FETCHED)


async def configure(store: SqliteStore, url: str) -> None:
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a", url=url)], now=NOON))


async def test_p30_a_hub_of_the_old_address_of_a_feed_puts_nothing_under_its_name(tmp_path: Path) -> None:
    store, receiver = await open_blank(tmp_path / "a.db"), Receiver()
    deliveries = Deliveries(store, receiver, ManualClock())
    await configure(store, "https://old.example/")
    await store.write(lambda tx: tx.pushes.save(LIVE))
    await configure(store, "https://new.example/")
    assert await deliveries.expects(TOKEN) is Expected.NO_MORE, "the hub may forget it"
    assert await deliveries.take(TOKEN, PUSH) is Taken.IGNORED
    await configure(store, "https://old.example/")
    assert await deliveries.take(TOKEN, PUSH) is Taken.IGNORED, "ended is ended"
    await deliveries.settle()
    assert receiver.received == []
    await store.aclose()


async def test_p30_what_waited_in_the_queue_while_the_address_changed_is_dropped(tmp_path: Path) -> None:
    store, receiver = await open_blank(tmp_path / "a.db"), Receiver()
    deliveries = Deliveries(store, receiver, ManualClock())
    await configure(store, "https://old.example/")
    await store.write(lambda tx: tx.pushes.save(LIVE))
    taken = [await deliveries.take(TOKEN, PUSH) for _ in range(2)]
    assert taken == [Taken.QUEUED, Taken.QUEUED]
    await receiver.begun.wait()
    await configure(store, "https://new.example/")
    receiver.gate.set()
    await deliveries.settle()
    assert len(receiver.received) == 1, "only what had left the queue already"
    await store.aclose()


async def test_p30_a_hub_can_not_verify_what_the_change_of_address_has_ended(tmp_path: Path) -> None:
    """It was asked before the change; its question comes after."""
    store = await open_blank(tmp_path / "a.db")
    await configure(store, "https://old.example/")
    asked = make_subscription("a", token=TOKEN, stage=PushStage.REQUESTED)
    await store.write(lambda tx: tx.pushes.save(asked))
    await configure(store, "https://new.example/")
    found = await store.read(lambda tx: tx.pushes.by_token(TOKEN))
    await store.aclose()
    assert found
    question = Verification(mode=Mode.SUBSCRIBE, topic=asked.topic, challenge=b"x", lease=timedelta(days=10))
    assert answer(found, question, now=NOON) is None
