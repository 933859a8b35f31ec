"""Subscriptions kept in step with what feeds name, through a real store and hubs that are told what to say."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import DueFeed, Feed, FeedState
from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.polling.websub import Mode, Verification
from aggregator.services.push import Subscriber
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import NOON, make_feed
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio

HUB = "https://hub.example/"
PLAIN_HUB = "http://hub.example/"
TOPIC = "https://a.example/self.xml"
CALLBACKS = "https://news.example/websub/"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NO = Failed(kind=FailureKind.STATUS, message="https://hub.example/ answered 500")


@dataclass
class FakeHubs:
    """Implements `ports.Hubs`."""

    fails: Failed | None = None
    asked: list[tuple[str, Mapping[str, str], bool]] = field(default_factory=list)

    async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
        self.asked.append((hub, form, allow_private_address))
        return self.fails

    def modes(self) -> list[str]:
        return [form["hub.mode"] for _, form, _ in self.asked]


@dataclass
class Room:
    store: SqliteStore
    clock: ManualClock
    hubs: FakeHubs
    subscriber: Subscriber

    async def configure(self, *feeds: Feed) -> None:
        await self.store.write(lambda tx: tx.feeds.synchronise(feeds, now=self.clock.now()))

    async def offer(self, *hubs: str, topic: str | None = TOPIC, feed: Feed | None = None) -> None:
        due = DueFeed(feed=feed or make_feed("a"), state=FeedState(), group=RateGroup("a.example:443"), lease=1)
        await self.subscriber.offered(due, Advertised(topic=topic, hubs=hubs) if topic and hubs else None)

    async def known(self, feed_id: str = "a") -> tuple[Subscription, ...]:
        return await self.store.read(lambda tx: tx.pushes.of_feed(FeedId(feed_id)))

    async def only(self) -> Subscription:
        (subscription,) = await self.known()
        return subscription

    async def verify(self, mode: Mode = Mode.SUBSCRIBE, *, lease: timedelta = 9 * DAY, token: str = "") -> bool:
        token = token or (await self.only()).token
        asked = Verification(mode=mode, topic=TOPIC, challenge=b"1", lease=lease)
        return await self.subscriber.verify(token, asked)

    async def subscribe(self) -> None:
        await self.offer(HUB)
        await self.subscriber.steps()
        assert await self.verify()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    store, clock, hubs = await open_blank(tmp_path / "news.db"), ManualClock(), FakeHubs()
    subscriber = Subscriber(store, hubs, clock, callbacks=CALLBACKS, enabled=True)
    made = Room(store, clock, hubs, subscriber)
    await made.configure(make_feed("a"))
    yield made
    await store.aclose()


async def test_a_hub_that_a_document_names_is_wanted(room: Room) -> None:
    await room.offer(HUB)
    wanted = await room.only()
    assert (wanted.hub, wanted.topic, wanted.stage) == (HUB, TOPIC, PushStage.WANTED)
    assert wanted.next_step_at == NOON
    assert room.hubs.asked == [], "a poll asks no hub: the next tick does"


async def test_callbacks_are_unguessable_and_each_of_its_own(room: Room) -> None:
    await room.offer(HUB, PLAIN_HUB)
    over_http, over_https = await room.known()
    assert len(over_http.token) == len(over_https.token) == 43
    assert over_http.token != over_https.token


async def test_a_secret_is_given_over_https_only(room: Room) -> None:
    await room.offer(HUB, PLAIN_HUB)
    over_http, over_https = await room.known()
    assert over_https.secret
    assert len(bytes.fromhex(over_https.secret)) == 32
    assert over_http.secret is None


async def test_the_same_document_again_writes_nothing(room: Room) -> None:
    await room.offer(HUB)
    before = await room.only()
    await room.offer(HUB)
    assert await room.only() == before


async def test_feeds_without_hubs_have_no_subscription(room: Room) -> None:
    await room.offer()
    await room.offer(HUB, topic=None)
    assert await room.known() == ()
    assert await room.subscriber.steps() == 0


async def test_a_wanted_hub_is_asked_once(room: Room) -> None:
    await room.offer(HUB)
    assert await room.subscriber.steps() == 1
    assert await room.subscriber.steps() == 0
    ((hub, form, private),) = room.hubs.asked
    subscription = await room.only()
    assert (hub, private) == (HUB, False)
    assert form["hub.callback"] == CALLBACKS + subscription.token
    assert form["hub.secret"] == subscription.secret
    assert subscription.stage is PushStage.REQUESTED


async def test_the_request_is_saved_before_the_hub_is_asked(room: Room) -> None:
    """A hub may verify before it has answered."""
    await room.offer(HUB)

    class Quick(FakeHubs):
        async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
            assert await room.verify()
            return NO

    quick = Subscriber(room.store, Quick(), room.clock, callbacks=CALLBACKS, enabled=True)
    await quick.steps()
    assert (await room.only()).stage is PushStage.ACTIVE, "what it answers afterwards no longer matters"


async def test_a_hub_that_is_down_is_asked_again_later_and_later(room: Room) -> None:
    room.hubs.fails = NO
    await room.offer(HUB)
    for hours in (1, 2, 4, 8, 16, 24, 24):
        assert await room.subscriber.steps() == 1
        subscription = await room.only()
        assert (subscription.stage, subscription.message) == (PushStage.WANTED, NO.message)
        assert subscription.next_step_at == room.clock.now() + hours * HOUR
        room.clock.move(hours * HOUR - timedelta(seconds=1))
        assert await room.subscriber.steps() == 0
        room.clock.move(timedelta(seconds=1))


def left_alone(status: int = 429, *, url: str = HUB, **headers: str) -> Failed:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(NO, status=status, headers=named, url=url)


async def test_p12_a_hub_that_says_429_is_asked_for_no_other_feed_until_its_time(room: Room) -> None:
    feeds = [make_feed(f"a{number}") for number in range(5)]
    await room.configure(*feeds)
    for feed in feeds[:3]:
        await room.offer(HUB, feed=feed)
    room.hubs.fails = left_alone(retry_after="80000")
    assert await room.subscriber.steps() == 1, "the others of the same tick wait, too"
    await room.offer(f"{HUB}other", feed=feeds[3])
    for _ in range(22):
        room.clock.move(HOUR)
        assert await room.subscriber.steps() == 0
    waiting = [await room.known(feed.id) for feed in feeds[:4]]
    assert [subscription.failures for (subscription,) in waiting].count(0) == 3, "who was not asked did not fail"
    room.hubs.fails = None
    room.clock.move(HOUR)
    assert await room.subscriber.steps() == 4


async def test_p12_a_hub_that_says_429_without_a_time_is_left_alone_for_an_hour(room: Room) -> None:
    await room.configure(make_feed("a"), make_feed("b"))
    await room.offer(HUB)
    room.hubs.fails = left_alone()
    assert await room.subscriber.steps() == 1
    await room.offer(HUB, feed=make_feed("b"))
    room.clock.move(HOUR - timedelta(seconds=1))
    assert await room.subscriber.steps() == 0
    room.clock.move(timedelta(seconds=1))
    assert await room.subscriber.steps() == 1, "and once more it is one that hears of it"


async def test_p14_a_429_of_a_hub_pauses_its_rate_group_for_other_processes_and_for_polls(room: Room) -> None:
    await room.configure(make_feed("a"), make_feed("b"), make_feed("c", url="https://www.hub.example/rss.xml"))
    await room.offer(HUB)
    room.hubs.fails = left_alone(retry_after="7200")
    await room.subscriber.steps()
    (pause,) = await room.store.read(lambda tx: tx.feeds.pauses(now=room.clock.now()))
    assert (pause.group, pause.until) == ("hub.example:443", NOON + 2 * HOUR)
    assert "429" in pause.reason
    await room.offer("https://b.hub.example/", feed=make_feed("b"))
    other = Subscriber(room.store, room.hubs, room.clock, callbacks=CALLBACKS, enabled=True)
    assert await other.steps() == 0
    leases = await room.store.write(lambda tx: tx.feeds.claim_due(now=NOON, groups=9, per_group=9, lease=HOUR))
    assert "hub.example:443" not in {lease.group for lease in leases}
    room.hubs.fails = None
    room.clock.move(2 * HOUR)
    assert await other.steps() == 2


async def test_p14_what_a_poll_heard_is_heeded_when_hubs_are_asked(room: Room) -> None:
    pause = GroupPause(group=RateGroup("hub.example:443"), until=NOON + HOUR, reason="HTTP 429 to c")
    await room.store.write(lambda tx: tx.feeds.pause(pause))
    await room.offer(HUB)
    assert await room.subscriber.steps() == 0
    assert (await room.only()).next_step_at == NOON + HOUR
    room.clock.move(HOUR)
    assert await room.subscriber.steps() == 1


async def test_p14_a_503_with_a_time_holds_for_the_hub_and_for_no_poll(room: Room) -> None:
    await room.configure(make_feed("a"), make_feed("b"))
    await room.offer(HUB)
    room.hubs.fails = left_alone(503, retry_after="7200")
    await room.subscriber.steps()
    await room.offer(HUB, feed=make_feed("b"))
    room.clock.move(2 * HOUR - timedelta(seconds=1))
    assert await room.subscriber.steps() == 0
    assert await room.store.read(lambda tx: tx.feeds.pauses(now=room.clock.now())) == ()


async def test_p14_a_429_of_a_hub_that_is_not_public_pauses_no_poll(room: Room) -> None:
    await room.offer("http://rsshub.local/")
    room.hubs.fails = left_alone(url="http://rsshub.local/", retry_after="7200")
    await room.subscriber.steps()
    assert await room.store.read(lambda tx: tx.feeds.pauses(now=room.clock.now())) == ()
    room.clock.move(HOUR)
    assert await room.subscriber.steps() == 0, "it is heeded all the same"


async def test_a_hub_that_sends_us_on_to_one_that_rests_is_not_followed(room: Room) -> None:
    await room.configure(make_feed("a"), make_feed("b"))
    resting, sends_on = "https://resting.example/", "https://b.example/hub"
    await room.offer(resting)
    room.hubs.fails = left_alone(url=resting, retry_after="7200")
    await room.subscriber.steps()
    room.hubs.fails = replace(NO, status=307, headers={"location": resting}, url=sends_on)
    await room.offer(sends_on, feed=make_feed("b"))
    await room.subscriber.steps()
    assert [hub for hub, *_ in room.hubs.asked] == [resting, sends_on]


async def test_hubs_of_one_group_are_asked_one_after_the_other(room: Room) -> None:
    feeds = [make_feed(f"a{number}") for number in range(4)]
    await room.configure(*feeds)
    at_once: list[int] = []

    class Slow(FakeHubs):
        async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
            at_once.append(1)
            await asyncio.sleep(0)
            assert at_once == [1]
            at_once.clear()
            return None

    for number, feed in enumerate(feeds):
        await room.offer(f"https://{number}.hub.example/", feed=feed)
    assert await Subscriber(room.store, Slow(), room.clock, callbacks=CALLBACKS, enabled=True).steps() == 4


async def test_a_wish_heard_by_a_clock_that_was_wrong_is_not_obeyed_for_years(room: Room) -> None:
    room.clock.move(3650 * DAY)
    await room.offer("http://rsshub.local/")
    room.hubs.fails = left_alone(url="http://rsshub.local/", retry_after="7200")
    await room.subscriber.steps()
    room.clock.move(-3650 * DAY)
    await room.configure(make_feed("a"), make_feed("b"))
    await room.offer("http://rsshub.local/", feed=make_feed("b"))
    assert await room.subscriber.steps() == 1


@pytest.mark.parametrize(
    ("status", "location", "asked"),
    [
        (307, "/other", [HUB, f"{HUB}other"]),
        (308, "https://new.example/", [HUB, "https://new.example/"]),
        (308, "http://new.example/", [HUB]),
        (308, "ftp://new.example/", [HUB]),
        (308, "http://[bad", [HUB]),
        (302, "https://new.example/", [HUB]),
        (500, "https://new.example/", [HUB]),
    ],
)
async def test_a_hub_may_send_us_on_once(room: Room, status: int, location: str, asked: list[str]) -> None:
    room.hubs.fails = replace(NO, status=status, headers={"location": location})
    await room.offer(HUB)
    await room.subscriber.steps()
    assert [hub for hub, *_ in room.hubs.asked] == asked
    assert (await room.only()).hub == HUB
    assert (await room.only()).stage is PushStage.WANTED


async def test_a_verified_subscription_pushes_the_feed_until_its_lease_ends(room: Room) -> None:
    await room.subscribe()
    overview = await room.store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert overview
    assert overview.state.pushed_until == NOON + 9 * DAY


async def test_it_is_renewed_under_the_same_callback_in_time(room: Room) -> None:
    await room.subscribe()
    room.clock.move(6 * DAY - HOUR)
    assert await room.subscriber.steps() == 0
    room.clock.move(0.75 * DAY + HOUR)
    assert await room.subscriber.steps() == 1
    assert (await room.only()).lease_until == NOON + 9 * DAY, "it holds until the hub verifies the new one"
    assert await room.verify()
    assert (await room.only()).lease_until == room.clock.now() + 9 * DAY
    assert room.hubs.asked[0][1] == room.hubs.asked[1][1]


async def test_a_verification_nobody_waits_for_is_not_confirmed(room: Room) -> None:
    await room.offer(HUB)
    assert not await room.verify(), "not asked yet"
    await room.subscriber.steps()
    assert await room.verify()
    assert not await room.verify(Mode.UNSUBSCRIBE)
    assert not await room.verify(token="0" * 43)


async def test_p30_a_hub_that_asks_again_is_confirmed_again(room: Room) -> None:
    """Our answer may have been lost on its way: a 404 would make the hub drop us."""
    await room.subscribe()
    before = await room.only()
    room.clock.move(timedelta(minutes=1))
    assert await room.verify(lease=8 * DAY)
    assert await room.only() == before, "and its lease is no shorter for it"
    assert await room.verify(lease=9 * DAY)
    assert (await room.only()).lease_until == room.clock.now() + 9 * DAY


async def test_a_hub_that_is_named_no_more_is_told_goodbye(room: Room) -> None:
    await room.subscribe()
    await room.offer()
    assert await room.subscriber.steps() == 1
    assert room.hubs.modes() == ["subscribe", "unsubscribe"]
    assert await room.verify(Mode.UNSUBSCRIBE)
    assert await room.known() == ()


async def test_a_feed_that_left_feeds_yaml_is_unsubscribed(room: Room) -> None:
    await room.configure(make_feed("a", allow_private_address=True))
    await room.offer(HUB, feed=make_feed("a", allow_private_address=True))
    await room.subscriber.steps()
    assert await room.verify()
    await room.configure(make_feed("b"))
    assert await room.subscriber.steps() == 1
    assert room.hubs.modes() == ["subscribe", "unsubscribe"]
    assert room.hubs.asked[1][2], "its hub may be private as long as it is spoken to"
    assert await room.subscriber.steps() == 0
    assert await room.verify(Mode.UNSUBSCRIBE)
    assert await room.known() == ()


async def test_a_hub_that_never_lets_go_is_forgotten(room: Room) -> None:
    await room.subscribe()
    room.hubs.fails = NO
    await room.configure()
    for _ in range(5):
        await room.subscriber.steps()
        room.clock.move(DAY)
    assert room.hubs.modes() == ["subscribe", *3 * ["unsubscribe"]]
    assert await room.known() == ()


async def test_the_hub_may_be_private_where_the_feed_may(room: Room) -> None:
    private = make_feed("a", allow_private_address=True)
    await room.configure(private)
    await room.offer(HUB, feed=private)
    await room.subscriber.steps()
    assert room.hubs.asked[0][2]
    await room.configure(replace(private, allow_private_address=False))
    room.clock.move(HOUR)
    await room.subscriber.steps()
    room.clock.move(HOUR)
    await room.subscriber.steps()
    assert [private for *_, private in room.hubs.asked] == [True, False]


async def test_switched_off_it_ends_every_subscription_and_begins_none(room: Room) -> None:
    await room.subscribe()
    off = Subscriber(room.store, room.hubs, room.clock, callbacks=CALLBACKS, enabled=False)
    assert await off.steps() == 1
    assert room.hubs.modes() == ["subscribe", "unsubscribe"]
    overview = await room.store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert overview
    assert overview.state.pushed_until is None
    room.subscriber = off
    assert await room.verify(Mode.UNSUBSCRIBE)
    await room.offer(HUB)
    assert await off.steps() == 0
    assert await room.known() == ()


async def test_several_processes_ask_a_hub_once(room: Room) -> None:
    await room.offer(HUB)
    other = Subscriber(room.store, room.hubs, room.clock, callbacks=CALLBACKS, enabled=True)
    assert await room.subscriber.steps() + await other.steps() == 1


async def test_a_tick_asks_a_bounded_number_of_hubs(room: Room) -> None:
    feeds = [make_feed(f"a{number}") for number in range(60)]
    await room.configure(*feeds)
    for feed in feeds:
        await room.offer(HUB, feed=feed)
    assert [await room.subscriber.steps() for _ in range(3)] == [50, 10, 0]


async def test_neither_tokens_nor_secrets_are_logged(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await room.subscribe()
    subscription = await room.only()
    assert HUB in caplog.text
    assert subscription.secret
    room.hubs.fails = replace(NO, message=f"no such callback: {CALLBACKS}{subscription.token} {subscription.secret}")
    room.clock.move(8 * DAY)
    await room.subscriber.steps()
    assert "no such callback" in caplog.text
    assert subscription.token not in caplog.text + (await room.only()).message
    assert subscription.secret not in caplog.text + (await room.only()).message


async def test_a_broken_database_is_told_to_the_schedule(room: Room) -> None:
    await room.offer(HUB)

    class Broken(FakeHubs):
        async def ask(self, hub: str, form: Mapping[str, str], *, allow_private_address: bool = False) -> Failed | None:
            raise DatabaseUnusable("disk full")

    broken = Subscriber(room.store, Broken(), room.clock, callbacks=CALLBACKS, enabled=True)
    with pytest.raises(ExceptionGroup):
        await broken.steps()
    assert (await room.only()).stage is PushStage.REQUESTED, "given up and asked again after an hour"
