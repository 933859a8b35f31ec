"""Subscriptions in the database."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model.feed import FeedState, Outcome
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause, PollRecord
from aggregator.model.push import Advertised, PushStage, Subscription
from aggregator.ports import Store, Transaction
from tests.factories import NOON, make_feed
from tests.subscriptions import make_subscription

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def configure(store: Store, *feed_ids: str) -> None:
    await store.write(lambda tx: tx.feeds.synchronise([make_feed(each) for each in feed_ids], now=NOON))


async def save(store: Store, *subscriptions: Subscription) -> None:
    for each in subscriptions:
        await store.write(lambda tx, each=each: tx.pushes.save(each))  # type: ignore[misc] # mypy infers no default


async def of_feed(store: Store, feed_id: str) -> tuple[Subscription, ...]:
    return await store.read(lambda tx: tx.pushes.of_feed(FeedId(feed_id)))


async def next_tokens(store: Store, *, now: datetime = NOON, limit: int = 100) -> list[str]:
    return [each.token for each in await store.read(lambda tx: tx.pushes.next_steps(now=now, limit=limit))]


async def pushed_until(store: Store, feed_id: str) -> datetime | None:
    overview = await store.read(lambda tx: tx.feeds.get(FeedId(feed_id)))
    assert overview
    return overview.state.pushed_until


async def test_a_subscription_comes_back_as_it_was_saved(store: Store) -> None:
    await configure(store, "a")
    saved = make_subscription(
        "a",
        secret="5" * 64,
        stage=PushStage.ACTIVE,
        lease_until=NOON + HOUR,
        next_step_at=NOON,
        failures=2,
        message="the hub answered 500",
        allow_private_address=True,
    )
    await save(store, saved)
    assert await of_feed(store, "a") == (saved,)
    assert await store.read(lambda tx: tx.pushes.by_token(saved.token)) == saved


async def test_what_is_not_there_is_nothing(store: Store) -> None:
    await configure(store, "a")
    assert await of_feed(store, "a") == ()
    assert await store.read(lambda tx: tx.pushes.by_token("none")) is None
    assert await next_tokens(store) == []


async def test_a_feed_has_one_subscription_a_hub(store: Store) -> None:
    await configure(store, "a")
    first = make_subscription("a", token="first")
    second = replace(first, token="second", topic="https://a.example/other")
    elsewhere = make_subscription("a", token="elsewhere", hub="https://other.example/hub")
    await save(store, first, elsewhere, second)
    assert set(await of_feed(store, "a")) == {second, elsewhere}
    assert await store.read(lambda tx: tx.pushes.by_token("first")) is None


async def test_a_feed_is_pushed_until_the_latest_lease_ends(store: Store) -> None:
    await configure(store, "a", "b")
    sooner = make_subscription("a", token="1", hub="https://one.example/", lease_until=NOON + HOUR)
    later = make_subscription("a", token="2", hub="https://two.example/", lease_until=NOON + 2 * HOUR)
    await save(store, later, sooner)
    assert await pushed_until(store, "a") == NOON + 2 * HOUR
    assert await pushed_until(store, "b") is None
    await store.write(lambda tx: tx.pushes.remove(later))
    assert await pushed_until(store, "a") == NOON + HOUR
    await save(store, replace(sooner, stage=PushStage.LEAVING, lease_until=None))
    assert await pushed_until(store, "a") is None


async def test_a_removed_subscription_is_forgotten(store: Store) -> None:
    await configure(store, "a")
    subscription = make_subscription("a")
    await save(store, subscription)
    await store.write(lambda tx: tx.pushes.remove(subscription))
    assert await of_feed(store, "a") == ()


async def test_steps_are_given_when_their_time_has_come_the_oldest_first(store: Store) -> None:
    await configure(store, "a", "b", "c", "d")
    await save(
        store,
        make_subscription("a", token="now", next_step_at=NOON),
        make_subscription("b", token="older", next_step_at=NOON - HOUR),
        make_subscription("c", token="later", next_step_at=NOON + HOUR),
        make_subscription("d", token="nothing", next_step_at=None),
    )
    assert await next_tokens(store) == ["older", "now"]
    assert await next_tokens(store, limit=1) == ["older"]
    assert await next_tokens(store, now=NOON + HOUR) == ["older", "now", "later"]


async def test_feeds_that_left_the_configuration_have_a_step_at_once(store: Store) -> None:
    await configure(store, "a", "b")
    await save(
        store,
        make_subscription("a", token="live", stage=PushStage.ACTIVE, next_step_at=NOON + HOUR),
        make_subscription("b", token="leaving", stage=PushStage.LEAVING, next_step_at=NOON + HOUR),
    )
    assert await next_tokens(store) == []
    await configure(store, "c")
    assert await next_tokens(store) == ["live"], "one that is being ended has a time of its own"
    assert [each.token for each in await of_feed(store, "a")] == ["live"]


# --- a feed that feeds.yaml gives another address ---


async def move(store: Store, feed_id: str, *, now: datetime = NOON) -> None:
    elsewhere = make_feed(feed_id, url="https://elsewhere.example/rss.xml")
    await store.write(lambda tx: tx.feeds.synchronise([elsewhere], now=now))


@pytest.mark.parametrize("stage", [PushStage.ACTIVE, PushStage.REQUESTED, PushStage.WANTED])
async def test_what_a_hub_sends_for_the_old_address_of_a_feed_is_ended_with_that_address(
    store: Store, stage: PushStage
) -> None:
    """Or whoever has the old address goes on speaking in the name of the feed."""
    await configure(store, "a")
    live = make_subscription("a", stage=stage, lease_until=NOON + 9 * HOUR, next_step_at=NOON + 5 * HOUR)
    await save(store, live)
    await move(store, "a", now=NOON + HOUR)
    leaving = replace(live, stage=PushStage.LEAVING, lease_until=None, next_step_at=NOON + HOUR)
    assert await of_feed(store, "a") == (leaving,)
    assert await next_tokens(store, now=NOON + HOUR) == [live.token], "the hub is told at once"
    assert await pushed_until(store, "a") is None


@pytest.mark.parametrize("stage", [PushStage.WANTED, PushStage.DENIED])
async def test_subscriptions_of_an_old_address_that_no_hub_knows_of_are_forgotten(
    store: Store, stage: PushStage
) -> None:
    await configure(store, "a")
    await save(store, make_subscription("a", stage=stage))
    await move(store, "a")
    assert await of_feed(store, "a") == ()


async def test_one_that_is_named_again_at_another_address_is_ended_as_well(store: Store) -> None:
    await configure(store, "a")
    await save(store, make_subscription("a", stage=PushStage.ACTIVE, lease_until=NOON + HOUR))
    await configure(store, "b")
    await move(store, "a")
    assert [each.stage for each in await of_feed(store, "a")] == [PushStage.LEAVING]


async def test_reading_the_same_address_again_ends_no_subscription(store: Store) -> None:
    await configure(store, "a", "b")
    live = make_subscription("a", stage=PushStage.ACTIVE, lease_until=NOON + HOUR)
    await save(store, live)
    await move(store, "b")
    await configure(store, "a")
    assert await of_feed(store, "a") == (live,)
    assert await pushed_until(store, "a") == NOON + HOUR


async def test_what_somebody_saves_who_read_it_before_does_not_bring_an_ended_subscription_back(store: Store) -> None:
    await configure(store, "a")
    live = make_subscription("a", stage=PushStage.ACTIVE, lease_until=NOON + HOUR)
    await save(store, live)
    await move(store, "a")
    await save(store, live)
    assert [each.stage for each in await of_feed(store, "a")] == [PushStage.LEAVING]
    assert await pushed_until(store, "a") is None


async def test_a_subscription_that_is_being_ended_counts_for_nothing_whatever_its_lease(store: Store) -> None:
    await configure(store, "a")
    await save(store, make_subscription("a", stage=PushStage.LEAVING, lease_until=NOON + HOUR))
    assert await pushed_until(store, "a") is None


async def test_t1_a_subscription_of_a_clock_that_ran_ahead_is_renewed_at_once(store: Store) -> None:
    await configure(store, "a", "b")
    years = timedelta(days=5000)
    ahead = make_subscription(
        "a", stage=PushStage.ACTIVE, lease_until=NOON + years, next_step_at=NOON + years - 72 * HOUR
    )
    right = make_subscription(
        "b", stage=PushStage.ACTIVE, lease_until=NOON + timedelta(days=30), next_step_at=NOON + timedelta(days=22)
    )
    await save(store, ahead, right)
    assert await next_tokens(store) == []
    await configure(store, "a", "b")
    assert await next_tokens(store) == [ahead.token]
    assert await of_feed(store, "b") == (right,)
    assert await pushed_until(store, "a") == NOON + timedelta(days=30)


# --- what a poll has to know of hubs ---


async def state_of(store: Store, feed_id: str) -> FeedState:
    overview = await store.read(lambda tx: tx.feeds.get(FeedId(feed_id)))
    assert overview
    return overview.state


async def finish(store: Store, state: FeedState) -> None:
    """End a poll of every feed that can be claimed with this state."""
    record = PollRecord(at=NOON, outcome=Outcome.FETCHED)

    def work(tx: Transaction) -> None:
        leases = tx.feeds.claim_due(now=NOON, groups=9, per_group=9, lease=HOUR)
        for due in (due for lease in leases for due in lease.feeds):
            tx.feeds.finish(due, state, record)
        tx.feeds.release(leases, now=NOON, gap=timedelta())

    await store.write(work)


async def test_documents_that_hubs_sent_are_counted_for_each_feed(store: Store) -> None:
    await configure(store, "a", "b")
    for _ in range(2):
        await store.write(lambda tx: tx.pushes.count(FeedId("a")))
    assert [await store.read(lambda tx, each=each: tx.pushes.counted(FeedId(each))) for each in "abc"] == [2, 0, 0]  # type: ignore[misc] # mypy infers no default
    assert (await state_of(store, "a")).pushes == 2


async def test_p30_a_poll_that_ends_takes_no_push_back(store: Store) -> None:
    await configure(store, "a")
    await store.write(lambda tx: tx.pushes.count(FeedId("a")))
    await finish(store, FeedState(pushes=0))
    assert (await state_of(store, "a")).pushes == 1


async def test_p30_the_hubs_that_a_document_named_are_kept_with_its_feed(store: Store) -> None:
    await configure(store, "a")
    said = Advertised(topic="https://a.example/\xe9?x", hubs=("https://one.example/", "https://two.example/"))
    await finish(store, FeedState(advertised=said))
    assert (await state_of(store, "a")).advertised == said
    await finish(store, FeedState())
    assert (await state_of(store, "a")).advertised is None


async def test_a_new_address_forgets_the_hubs_that_the_old_one_named(store: Store) -> None:
    await configure(store, "a")
    await finish(store, FeedState(advertised=Advertised(topic="https://a.example/", hubs=("https://one.example/",))))
    await move(store, "a")
    assert (await state_of(store, "a")).advertised is None


async def test_p14_a_hub_that_pauses_its_group_pauses_it_for_polls(store: Store) -> None:
    await configure(store, "a", "b")
    await store.write(
        lambda tx: tx.feeds.pause(GroupPause(group=RateGroup("a.example:443"), until=NOON + HOUR, reason="HTTP 429"))
    )
    leases = await store.write(lambda tx: tx.feeds.claim_due(now=NOON, groups=9, per_group=9, lease=HOUR))
    assert [lease.group for lease in leases] == ["b.example:443"]
    later = NOON + HOUR
    leases = await store.write(lambda tx: tx.feeds.claim_due(now=later, groups=9, per_group=9, lease=HOUR))
    assert "a.example:443" in {lease.group for lease in leases}
