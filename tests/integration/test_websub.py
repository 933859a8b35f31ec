"""WebSub from discovery to delivery: a hub, a publisher and our own site on loopback; time moved by hand (P30)."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.hub import HubClient
from aggregator.model.entry import Entry
from aggregator.model.feed import Document, DueFeed, Feed, FeedState, Outcome
from aggregator.model.poll import Heed, PollResult
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.model.query import EntryQuery
from aggregator.parse_pool import ParsePool
from aggregator.services.deliveries import Deliveries
from aggregator.services.digest import Digests
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.push import Subscriber
from aggregator.services.read import Reader
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.web.app import create_app
from aggregator.web.desk import Callbacks
from aggregator.web.server import WebServer
from tests.documents import Item, rss
from tests.factories import make_feed
from tests.hub import Hub
from tests.integration.conftest import Program, free_port
from tests.loopback import Answer, LoopbackServer
from tests.manual_clock import ManualClock
from tests.published import make_site

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RSS = "application/rss+xml"
CHIEFS = Item(name="chiefs", headline="Iraq hosts military chiefs from Iran, Russia and Syria")
REBELS = Item(name="rebels", headline="Filipino rebel chiefs become officials under peace deal")


@dataclass
class Room:
    """A publisher, its hub, and us."""

    publisher: LoopbackServer
    hub: Hub
    store: SqliteStore
    clock: ManualClock
    poller: FeedPoller
    subscriber: Subscriber
    deliveries: Deliveries
    site: str
    feed: Feed
    parts: Callable[[Subscriber], FeedPoller]
    """What polls, with another subscriber."""
    silent: Subscriber
    """WebSub as it is when it is switched off."""

    @property
    def topic(self) -> str:
        return self.publisher.url("/self.xml")

    def publish(self, *items: Item) -> bytes:
        """Put a document at the feed's address; it names its hub and its own address as most do, in Link headers."""
        body = rss(items)
        links = f'<{self.hub.url}>; rel="hub", <{self.topic}>; rel="self"'
        headers = {"Content-Type": RSS, "Link": links, "ETag": f'"{hash(body)}"'}
        self.publisher.answers["/feed.xml"] = Answer(body=body, headers=headers)
        return body

    @asynccontextmanager
    async def claimed(self) -> AsyncIterator[DueFeed]:
        now = self.clock.now()
        (lease,) = await self.store.write(
            lambda tx: tx.feeds.claim([self.feed.id], now=now, groups=1, lease=HOUR, heed=Heed.NOTHING)
        )
        yield lease.feeds[0]
        await self.store.write(lambda tx: tx.feeds.release([lease], now=now, gap=timedelta(0)))

    async def poll(self, *, subscriber: Subscriber | None = None) -> PollResult:
        poller = self.parts(subscriber) if subscriber else self.poller
        async with self.claimed() as due:
            (result,) = await poller.settle([await poller.keep(await poller.ask(due))])
        return result

    async def step(self) -> int:
        asked = await self.subscriber.steps()
        await self.hub.settle()
        return asked

    async def push(self, body: bytes, *, secret: str | None = None) -> list[int]:
        statuses = await self.hub.publish(self.topic, body, RSS, secret=secret)
        await self.deliveries.settle()
        return statuses

    async def subscriptions(self) -> tuple[Subscription, ...]:
        return await self.store.read(lambda tx: tx.pushes.of_feed(self.feed.id))

    async def subscription(self) -> Subscription:
        (only,) = await self.subscriptions()
        return only

    async def entries(self) -> list[Entry]:
        page = await self.store.read(lambda tx: tx.entries.page(EntryQuery(with_copies=True)))
        return sorted(page.items, key=lambda entry: entry.id)

    async def state(self) -> FeedState:
        overview = await self.store.read(lambda tx: tx.feeds.get(self.feed.id))
        assert overview
        return overview.state

    async def subscribe(self) -> None:
        self.publish(CHIEFS)
        await self.poll()
        await self.step()
        assert (await self.subscription()).stage is PushStage.ACTIVE


@asynccontextmanager
async def listening(room: Room) -> AsyncIterator[None]:
    """Serve our site on its port."""
    site = make_site(url=room.site)
    callbacks = Callbacks(subscriber=room.subscriber, deliveries=room.deliveries, max_bytes=100_000)
    digests = Digests(room.store, room.clock, site.timezone)
    app = create_app(Reader(room.store), digests, room.clock, site, callbacks=callbacks)
    server = WebServer(app, host="127.0.0.1", port=int(room.site.rstrip("/").rpartition(":")[2]))
    running = asyncio.create_task(server.run(server.listen()))
    try:
        yield
    finally:
        server.stop()
        await running


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    clock, pace, timeout = ManualClock(), HostPacing(gap=timedelta()), timedelta(seconds=5)
    site = f"http://127.0.0.1:{free_port()}/"
    store, parser = await SqliteStore.open(tmp_path / "news.db"), ParsePool(workers=1)
    fetcher = HttpFetcher(user_agent="test/1", timeout=timeout, max_bytes=1_000_000, pace=pace)
    client = HubClient(user_agent="test/1", timeout=timeout, pace=pace)
    subscriber = Subscriber(store, client, clock, callbacks=f"{site}websub/", enabled=True)
    silent = Subscriber(store, client, clock, callbacks=f"{site}websub/", enabled=False)

    def parts(pushes: Subscriber) -> FeedPoller:
        return FeedPoller(store, fetcher, parser, clock, Recognition(), pushes=pushes)

    poller = parts(subscriber)
    deliveries = Deliveries(store, poller, clock)
    async with LoopbackServer() as publisher, Hub(clock) as hub:
        feed = make_feed("news", url=publisher.url("/feed.xml"), allow_private_address=True)
        await store.write(lambda tx: tx.feeds.synchronise([feed], now=clock.now()))
        made = Room(publisher, hub, store, clock, poller, subscriber, deliveries, site, feed, parts, silent)
        async with listening(made):
            yield made
    await deliveries.aclose()
    await client.aclose()
    await fetcher.aclose()
    await parser.aclose()
    await store.aclose()


async def test_p30_a_feed_that_names_a_hub_is_subscribed_and_verified(room: Room) -> None:
    room.publish(CHIEFS)
    await room.poll()
    assert await room.step() == 1
    (form,) = room.hub.asked
    assert form["hub.topic"] == room.topic
    assert form["hub.callback"].startswith(f"{room.site}websub/")
    assert "hub.secret" not in form, "the hub is not asked over HTTPS"
    assert room.hub.confirmed == [True]
    assert (await room.subscription()).lease_until == room.clock.now() + 10 * DAY


async def test_p30_polls_are_slower_while_a_subscription_lives_and_never_stop(room: Room) -> None:
    room.publish(CHIEFS)
    await room.poll()
    before = (await room.state()).next_poll_at
    await room.step()
    room.publish(CHIEFS, REBELS)
    await room.poll()
    after = (await room.state()).next_poll_at
    assert before
    assert after
    assert before - room.clock.now() < 2 * HOUR
    assert 12 * HOUR <= after - room.clock.now() <= DAY + HOUR


async def test_p30_what_a_hub_sends_is_stored_exactly_as_a_poll_stores_it(room: Room) -> None:
    await room.subscribe()
    assert await room.push(room.publish(CHIEFS, REBELS)) == [202]
    pushed = await room.entries()
    assert [entry.headline for entry in pushed] == [CHIEFS.headline, REBELS.headline]
    result = await room.poll()
    assert (result.entries, result.new, result.changed) == (2, 0, 0)
    assert await room.entries() == pushed


async def test_a_hub_may_send_only_what_is_new(room: Room) -> None:
    await room.subscribe()
    await room.push(rss([REBELS]))
    assert len(await room.entries()) == 2


async def test_what_a_hub_sends_changes_nothing_of_how_the_feed_is_polled(room: Room) -> None:
    await room.subscribe()
    before = await room.state()
    await room.push(rss([REBELS]))
    assert await room.state() == replace(before, pushes=1)


async def test_p30_a_poll_that_began_before_a_hub_sent_something_newer_changes_nothing(room: Room) -> None:
    await room.subscribe()
    room.publish(replace(CHIEFS, headline="Old headline"), REBELS)
    async with room.claimed() as due:
        answer = await room.poller.ask(due)
        await room.push(rss([replace(CHIEFS, headline="New headline")]))
        before = await room.state()
        polled = await room.poller.keep(answer)
    assert (polled.result.outcome, polled.result.new, polled.result.changed) == (Outcome.FETCHED, 0, 0)
    assert [entry.headline for entry in await room.entries()] == ["New headline"]
    after = await room.state()
    assert (after.validators, after.body_hash) == (before.validators, before.body_hash), "asked for what is newer still"
    assert after.last_polled_at == room.clock.now()
    assert after.next_poll_at
    assert HOUR <= after.next_poll_at - room.clock.now() < 2 * HOUR, "not as slowly as while a hub sends all there is"
    (record, *_) = await room.store.read(lambda tx: tx.feeds.history(room.feed.id))
    assert (record.new, record.changed, record.next_poll_at) == (0, 0, after.next_poll_at)
    room.publish(replace(CHIEFS, headline="New headline"), REBELS)
    assert (await room.poll()).new == 1, "what the hub did not send comes with the next poll"


async def test_p30_a_push_that_a_newer_poll_has_overtaken_is_dropped(room: Room) -> None:
    await room.subscribe()
    arrived = room.clock.now()
    room.clock.move(2 * timedelta(seconds=1))
    room.publish(replace(CHIEFS, headline="Newest headline"))
    await room.poll()
    room.clock.move(timedelta(minutes=1))
    old = Document(body=rss([replace(CHIEFS, headline="Old headline")]), url=room.feed.url, content_type=RSS)
    result = await room.poller.receive(room.feed.id, old, arrived_at=arrived)
    assert (result.new, result.changed) == (0, 0)
    assert [entry.headline for entry in await room.entries()] == ["Newest headline"]
    assert (await room.state()).pushes == 0
    assert (await room.poller.receive(room.feed.id, old, arrived_at=room.clock.now())).changed == 1


async def test_t1_a_poll_of_a_clock_that_ran_ahead_drops_no_push(room: Room) -> None:
    room.clock.move(3650 * DAY)
    room.publish(CHIEFS)
    await room.poll()
    room.clock.move(-3650 * DAY)
    pushed = Document(body=rss([REBELS]), url=room.feed.url, content_type=RSS)
    assert (await room.poller.receive(room.feed.id, pushed, arrived_at=room.clock.now())).new == 1


@pytest.mark.parametrize("conditional", [True, False], ids=["304", "the same bytes"])
async def test_p30_switched_on_later_it_reaches_feeds_that_have_nothing_new(room: Room, *, conditional: bool) -> None:
    room.publish(CHIEFS)
    await room.poll(subscriber=room.silent)
    assert await room.silent.steps() == 0
    assert await room.subscriptions() == ()
    if conditional:
        room.publisher.answers["/feed.xml"] = Answer(status=304)
    result = await room.poll()
    assert result.outcome is (Outcome.NOT_MODIFIED if conditional else Outcome.SAME_DOCUMENT)
    assert await room.step() == 1
    assert (await room.subscription()).stage is PushStage.ACTIVE


async def test_p30_a_hub_with_a_new_topic_is_asked_for_it_once_the_old_one_is_ended(room: Room) -> None:
    await room.subscribe()
    links = f'<{room.hub.url}>; rel="hub", <{room.publisher.url("/new.xml")}>; rel="self"'
    headers = {"Content-Type": RSS, "Link": links, "ETag": '"new"'}
    room.publisher.answers["/feed.xml"] = Answer(body=rss([REBELS]), headers=headers)
    await room.poll()
    await room.step()
    assert await room.subscriptions() == ()
    room.publisher.answers["/feed.xml"] = Answer(status=304)
    await room.poll()
    await room.step()
    assert (await room.subscription()).topic == room.publisher.url("/new.xml")
    assert len(room.hub.leases) == 1


async def test_p30_an_unchanged_document_without_a_word_of_hubs_ends_no_subscription(
    room: Room, tmp_path: Path
) -> None:
    """Of a database of an earlier release nobody knows what the documents named."""
    await room.subscribe()
    before = await room.subscription()
    with closing(sqlite3.connect(tmp_path / "news.db")) as database, database:
        database.execute("UPDATE feeds SET advertised = NULL")
    room.publisher.answers["/feed.xml"] = Answer(status=304)
    await room.poll()
    assert await room.subscription() == before


async def test_p12_a_hub_that_says_429_hears_no_more_of_us_until_its_time(room: Room) -> None:
    room.hub.refuses = Answer(status=429, headers={"Retry-After": "80000"})
    feeds = [make_feed(f"f{number}", allow_private_address=True) for number in range(3)]
    await room.store.write(lambda tx: tx.feeds.synchronise([room.feed, *feeds], now=room.clock.now()))
    said = Advertised(topic=room.topic, hubs=(room.hub.url,))
    async with room.claimed() as due:
        for feed in feeds:
            await room.subscriber.offered(replace(due, feed=feed), said)
    asked = 0
    for _ in range(24):
        asked += await room.step()
        room.clock.move(HOUR)
    assert asked == 2, "one at the beginning, one after 22 hours"


async def test_what_is_no_feed_is_dropped(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    await room.subscribe()
    assert await room.push(b"<html>Sign in</html>") == [202]
    assert len(await room.entries()) == 1
    assert "no good" in caplog.text


async def test_what_a_hub_sends_is_sanitised(room: Room) -> None:
    await room.subscribe()
    evil = "<p>News</p><script>alert(1)</script><a href='javascript:alert(1)'>x</a>"
    await room.push(rss([Item(name="evil", headline="Evil", description=evil)]))
    (entry,) = (entry for entry in await room.entries() if entry.headline == "Evil")
    assert "News" in entry.summary
    assert "alert" not in entry.summary


async def test_a_lease_is_renewed_before_it_ends_under_the_same_callback(room: Room) -> None:
    await room.subscribe()
    room.clock.move(7.5 * DAY)
    assert await room.step() == 1
    assert room.hub.asked[0] == room.hub.asked[1]
    assert len(room.hub.leases) == 1
    assert (await room.subscription()).lease_until == room.clock.now() + 10 * DAY
    assert await room.push(rss([REBELS])) == [202]


async def test_after_a_lease_that_could_not_be_renewed_polls_are_as_ever(room: Room) -> None:
    await room.subscribe()
    room.hub.refuses = Answer(status=503, body=b"closed for good")
    for _ in range(11):
        room.clock.move(DAY)
        await room.step()
    assert "closed for good" in (await room.subscription()).message
    room.publish(REBELS)
    await room.poll()
    state = await room.state()
    assert state.next_poll_at
    assert state.next_poll_at - room.clock.now() < 2 * HOUR
    for lease in room.hub.leases.values():
        lease.until = room.clock.now() + DAY
    assert await room.push(rss([CHIEFS])) == [410], "and a hub that does not end its leases is told so"
    assert room.hub.leases == {}


async def test_a_hub_that_is_down_is_asked_again_when_it_is_up(room: Room) -> None:
    room.hub.refuses = Answer(status=500)
    room.publish(CHIEFS)
    await room.poll()
    await room.step()
    assert (await room.subscription()).stage is PushStage.WANTED
    room.hub.refuses = None
    assert await room.step() == 0, "not at once"
    room.clock.move(HOUR)
    assert await room.step() == 1
    assert (await room.subscription()).stage is PushStage.ACTIVE


async def test_a_hub_that_never_verifies_is_given_up_for_a_while(room: Room) -> None:
    room.hub.verifies = False
    room.publish(CHIEFS)
    await room.poll()
    await room.step()
    room.clock.move(HOUR)
    assert await room.step() == 0
    subscription = await room.subscription()
    assert (subscription.stage, subscription.failures) == (PushStage.WANTED, 1)
    assert (await room.state()).pushed_until is None


async def test_a_denial_is_respected_for_a_week(room: Room) -> None:
    room.hub.denies = "subscribers only"
    room.publish(CHIEFS)
    await room.poll()
    await room.step()
    subscription = await room.subscription()
    assert (subscription.stage, subscription.message) == (PushStage.DENIED, "the hub denied it: subscribers only")
    room.clock.move(7 * DAY - HOUR)
    assert await room.step() == 0
    room.clock.move(HOUR)
    assert await room.step() == 1


async def test_a_subscription_with_a_secret_takes_only_what_is_signed_with_it(room: Room) -> None:
    await room.subscribe()
    signed = await room.subscription()
    await room.store.write(lambda tx: tx.pushes.save(replace(signed, secret="5ec")))
    assert await room.push(rss([REBELS])) == [202], "unsigned"
    assert await room.push(rss([REBELS]), secret="another") == [202]
    assert len(await room.entries()) == 1
    for number, method in enumerate(("sha1", "sha256", "sha384", "sha512"), start=2):
        room.hub.method = method
        await room.push(rss([Item(name=method, headline=f"Signed with {method}")]), secret="5ec")
        assert len(await room.entries()) == number


async def test_a_hub_that_repeats_its_question_is_answered_again_and_shortens_no_lease(room: Room) -> None:
    await room.subscribe()
    before = await room.subscription()
    callback = room.hub.asked[0]["hub.callback"]
    repeated = {"hub.mode": "subscribe", "hub.topic": room.topic, "hub.challenge": "x", "hub.lease_seconds": "9"}
    async with httpx.AsyncClient(trust_env=False) as hub:
        answer = await hub.get(callback, params=repeated)
    assert (answer.status_code, answer.content) == (200, b"x")
    assert await room.subscription() == before


async def test_strangers_can_neither_confirm_nor_send(room: Room) -> None:
    await room.subscribe()
    callback = room.hub.asked[0]["hub.callback"]
    replayed = {"hub.mode": "subscribe", "hub.topic": room.topic, "hub.challenge": "x", "hub.lease_seconds": "9"}
    async with httpx.AsyncClient(trust_env=False) as stranger:
        assert (await stranger.get(f"{room.site}websub/{'A' * 43}", params=replayed)).status_code == 404
        assert (await stranger.get(callback, params=replayed | {"hub.topic": "x"})).status_code == 404
        assert (await stranger.get(callback, params=replayed | {"hub.mode": "unsubscribe"})).status_code == 404
        assert (await stranger.post(f"{room.site}websub/{'A' * 43}", content=rss([REBELS]))).status_code == 404
        assert (await stranger.post(callback, content=b"x" * 100_001)).status_code == 413
    assert (await room.subscription()).stage is PushStage.ACTIVE
    assert len(await room.entries()) == 1


async def test_a_feed_that_leaves_feeds_yaml_is_unsubscribed(room: Room) -> None:
    await room.subscribe()
    await room.store.write(lambda tx: tx.feeds.synchronise([make_feed("other")], now=room.clock.now()))
    assert await room.push(rss([REBELS])) == [410], "from that moment on nothing is taken"
    assert await room.step() == 1
    assert [form["hub.mode"] for form in room.hub.asked] == ["subscribe", "unsubscribe"]
    assert room.hub.confirmed == [True, True]
    assert room.hub.leases == {}
    assert await room.subscriptions() == ()


async def test_a_hub_that_the_feed_names_no_more_is_left(room: Room) -> None:
    await room.subscribe()
    room.publisher.answers["/feed.xml"] = Answer(body=rss([REBELS]), headers={"Content-Type": RSS})
    await room.poll()
    await room.step()
    assert room.hub.leases == {}
    assert (await room.state()).pushed_until is None


async def test_hubs_on_private_addresses_are_not_asked_unless_the_feed_may_be_private(room: Room) -> None:
    public = make_feed("news", url=room.feed.url)
    room.publish(CHIEFS)
    await room.poll()
    await room.store.write(lambda tx: tx.feeds.synchronise([public], now=room.clock.now()))
    assert await room.step() == 1
    assert room.hub.asked == []
    assert (await room.subscription()).failures == 1


@pytest.mark.slow
async def test_p30_the_program_subscribes_by_itself_and_publishes_what_a_hub_sends(program: Program) -> None:
    """The whole of it: `serve` as its users start it, its tick, its own clock."""
    clock, port = ManualClock(datetime.now(UTC)), free_port()  # noqa: TID251 -- the program's clock is the real one
    async with LoopbackServer() as publisher, Hub(clock) as hub:
        links = f'<{hub.url}>; rel="hub", <{publisher.url("/self.xml")}>; rel="self"'
        publisher.answers["/feed.xml"] = Answer(body=rss([CHIEFS]), headers={"Content-Type": RSS, "Link": links})
        site = f"site:\n  url: http://127.0.0.1:{port}/\npolling:\n  websub: on\n  host_gap: 0s\n"
        feed = f"feeds:\n  - url: {publisher.url('/feed.xml')}\n    id: news\n    allow_private_address: true\n"
        program.config.write_text(site + feed)
        serving = await asyncio.create_subprocess_exec(*program.command("serve", "--port", str(port)))
        try:
            async with asyncio.timeout(60), httpx.AsyncClient(trust_env=False) as reader:
                while not hub.leases:  # noqa: ASYNC110 -- another process makes it true
                    await asyncio.sleep(0.1)
                assert await hub.publish(publisher.url("/self.xml"), rss([REBELS]), RSS) == [202]
                while REBELS.headline not in (await reader.get(f"http://127.0.0.1:{port}/feed.json")).text:  # noqa: ASYNC110 -- as above
                    await asyncio.sleep(0.1)
        finally:
            serving.terminate()
            await serving.wait()
    assert publisher.paths() == ["/feed.xml"]
