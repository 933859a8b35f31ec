"""`/websub/{token}`, as hubs and strangers see it."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest

from aggregator.model.feed import Document, Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.model.push import PushStage, Subscription
from aggregator.polling.websub import Mode
from aggregator.services.deliveries import Deliveries
from aggregator.services.digest import Digests
from aggregator.services.push import Subscriber
from aggregator.services.read import Reader
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.web.app import create_app
from aggregator.web.desk import Callbacks
from aggregator.web.pages import push
from tests.blank import open_blank
from tests.factories import NOON, make_feed
from tests.manual_clock import ManualClock
from tests.published import make_site
from tests.subscriptions import make_subscription
from tests.unit.test_push_subscriber import FakeHubs

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
TOKEN = "t" * 43
TOPIC = "https://a.example/self.xml?x=1&y=ü"
REQUESTED = make_subscription("a", token=TOKEN, topic=TOPIC, stage=PushStage.REQUESTED)
LIVE = replace(REQUESTED, stage=PushStage.ACTIVE, lease_until=NOON + HOUR)
ASKED = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.challenge": "abc", "hub.lease_seconds": "7200"}


@dataclass
class FakeReceiver:
    received: list[tuple[FeedId, Document]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self, feed_id: FeedId, document: Document, *, arrived_at: datetime) -> PollResult:
        await self.gate.wait()
        self.received.append((feed_id, document))
        return PollResult(feed_id=feed_id, feed_title="", outcome=Outcome.FETCHED)


@dataclass
class Room:
    store: SqliteStore
    receiver: FakeReceiver
    deliveries: Deliveries
    client: httpx.AsyncClient

    async def save(self, subscription: Subscription) -> None:
        await self.store.write(lambda tx: tx.pushes.save(subscription))

    async def stage(self) -> PushStage | None:
        subscription = await self.store.read(lambda tx: tx.pushes.by_token(TOKEN))
        return subscription.stage if subscription else None

    async def verify(self, token: str = TOKEN, **changes: str) -> httpx.Response:
        fields = ASKED | {f"hub.{name}": value for name, value in changes.items()}
        return await self.client.get(f"/websub/{token}", params=fields)

    async def post(self, body: bytes, token: str = TOKEN, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(f"/websub/{token}", content=body, headers=named)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    store, clock, receiver = await open_blank(tmp_path / "news.db"), ManualClock(), FakeReceiver()
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    subscriber = Subscriber(store, FakeHubs(), clock, callbacks="https://news.example/websub/", enabled=True)
    deliveries = Deliveries(store, receiver, clock, most=2)
    site = make_site()
    app = create_app(
        Reader(store),
        Digests(store, clock, site.timezone),
        clock,
        site,
        callbacks=Callbacks(
            subscriber=subscriber, deliveries=deliveries, max_bytes=1000, within=timedelta(milliseconds=50)
        ),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield Room(store, receiver, deliveries, client)
    await deliveries.aclose()
    await store.aclose()


async def test_a_verification_is_answered_with_exactly_the_challenge(room: Room) -> None:
    await room.save(REQUESTED)
    answer = await room.verify()
    assert (answer.status_code, answer.content) == (200, b"abc")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert await room.stage() is PushStage.ACTIVE


async def test_a_challenge_comes_back_byte_for_byte(room: Room) -> None:
    await room.save(REQUESTED)
    query = urlencode({name: value for name, value in ASKED.items() if name != "hub.challenge"})
    answer = await room.client.get(f"/websub/{TOKEN}?{query}&hub.challenge=%FF%00+%3Cscript%3E%C3%BC%0D%0A")
    assert answer.content == b"\xff\x00 <script>\xc3\xbc\r\n"


async def test_a_long_challenge_is_not_compressed(room: Room) -> None:
    await room.save(REQUESTED)
    answer = await room.verify(challenge="x" * 1024)
    assert answer.content == b"x" * 1024
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize(
    "changes",
    [
        {"topic": "https://other.example/"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"mode": ""},
        {"challenge": ""},
        {"challenge": "x" * 1025},
        {"token": "u" * 43},
        {"token": "t" * 101},
        {"token": "%00"},
    ],
)
async def test_what_was_not_asked_for_is_not_found(room: Room, changes: dict[str, str]) -> None:
    await room.save(REQUESTED)
    answer = await room.verify(**changes)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert await room.stage() is PushStage.REQUESTED


@pytest.mark.parametrize(
    "query", ["", "hub.mode=subscribe", "hub.topic=%FF&hub.mode=subscribe", "&".join(["a=1"] * 60)]
)
async def test_a_get_that_is_no_verification_is_not_found(room: Room, query: str) -> None:
    await room.save(REQUESTED)
    assert (await room.client.get(f"/websub/{TOKEN}?{query}")).status_code == 404


async def test_a_head_confirms_nothing(room: Room) -> None:
    await room.save(REQUESTED)
    assert (await room.client.head(f"/websub/{TOKEN}", params=ASKED)).status_code == 405
    assert await room.stage() is PushStage.REQUESTED


async def test_a_denial_is_taken_note_of_and_echoes_nothing(room: Room) -> None:
    await room.save(LIVE)
    answer = await room.verify(mode="denied", reason="paid only")
    assert (answer.status_code, answer.content) == (200, b"")
    assert await room.stage() is PushStage.DENIED


@pytest.mark.parametrize(
    ("lease", "seconds"), [("7200", 7200), ("", None), ("-1", None), ("1e9", None), ("9" * 10, None), ("٣", None)]
)
def test_leases_are_plain_numbers(lease: str, seconds: int | None) -> None:
    query = urlencode({"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.lease_seconds": lease}).encode()
    asked = push.verification(query)
    assert asked
    assert asked.mode is Mode.SUBSCRIBE
    assert asked.lease == (None if seconds is None else timedelta(seconds=seconds))


async def test_content_is_answered_before_it_is_read(room: Room) -> None:
    await room.save(LIVE)
    answer = await room.post(b"<rss/>", content_type="application/rss+xml")
    assert answer.status_code == 202
    assert room.receiver.received == []
    room.receiver.gate.set()
    await room.deliveries.settle()
    ((feed_id, document),) = room.receiver.received
    assert (feed_id, document.body, document.content_type) == ("a", b"<rss/>", "application/rss+xml")


async def test_a_wrong_signature_is_thanked_for_and_dropped(room: Room) -> None:
    await room.save(replace(LIVE, secret="5ec"))
    room.receiver.gate.set()
    right = "sha512=" + hmac.new(b"5ec", b"signed", hashlib.sha512).hexdigest()
    wrong = await room.post(b"forged", x_hub_signature=right)
    good = await room.post(b"signed", x_hub_signature=right)
    assert (wrong.status_code, wrong.content) == (good.status_code, good.content)
    await room.deliveries.settle()
    assert [document.body for _, document in room.receiver.received] == [b"signed"]


@pytest.mark.parametrize(
    ("subscription", "status"),
    [
        (REQUESTED, 404),
        (replace(LIVE, lease_until=NOON), 410),
        (replace(LIVE, stage=PushStage.LEAVING, lease_until=None), 410),
    ],
)
async def test_content_that_nobody_waits_for_is_refused(room: Room, subscription: Subscription, status: int) -> None:
    await room.save(subscription)
    assert (await room.post(b"<rss/>")).status_code == status
    assert (await room.post(b"<rss/>", "u" * 43)).status_code == 404


async def test_s13_a_body_beyond_the_limit_is_refused(room: Room) -> None:
    await room.save(LIVE)
    assert (await room.post(b"x" * 1000)).status_code == 202
    assert (await room.post(b"x" * 1001)).status_code == 413


async def test_s13_a_body_that_never_ends_is_broken_off(room: Room) -> None:
    await room.save(LIVE)

    async def endless() -> AsyncIterator[bytes]:
        yield b"<rss>"
        await asyncio.sleep(60)

    assert (await room.client.post(f"/websub/{TOKEN}", content=endless())).status_code == 408


async def test_a_full_queue_asks_the_hub_to_come_again(room: Room) -> None:
    await room.save(LIVE)
    statuses = [(await room.post(b"<rss/>")).status_code for _ in range(3)]
    assert statuses == [202, 202, 503]
    assert "retry-after" in (await room.post(b"<rss/>")).headers


async def test_a_fault_of_ours_asks_the_hub_to_come_again_and_logs_no_token(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    await room.save(REQUESTED)
    await room.store.aclose()
    assert (await room.verify()).status_code == 503
    assert (await room.post(b"<rss/>")).status_code == 503
    assert "a hub could not be answered" in caplog.text
    assert TOKEN not in caplog.text


async def test_without_callbacks_there_is_no_such_address(tmp_path: Path) -> None:
    store, clock, site = await open_blank(tmp_path / "news.db"), ManualClock(), make_site()
    app = create_app(Reader(store), Digests(store, clock, site.timezone), clock, site)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        assert (await client.get(f"/websub/{TOKEN}", params=ASKED)).status_code == 404
        assert (await client.post(f"/websub/{TOKEN}", content=b"")).status_code == 404
    await store.aclose()
