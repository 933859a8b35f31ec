"""Subscriptions in the database."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model.ids import FeedId
from aggregator.model.push import PushStage, Subscription
from aggregator.ports import Store
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
