from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.errors import LeaseLost
from aggregator.model.feed import DueFeed, Feed, FeedState, FreshnessHints, Outcome, ParsedFeed, Validators
from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import EntryQuery
from aggregator.ports import Store, Transaction
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio

LEASE = timedelta(minutes=5)
HOUR = timedelta(hours=1)

POLLED = FeedState(
    validators=Validators(
        etag='W/"\xfc1"', last_modified="Tue, 10 Mar 2026 11:00:00 GMT", url="https://a.example/moved"
    ),
    body_hash="ab" * 32,
    hints=FreshnessHints(
        ttl=timedelta(minutes=90), skip_hours=frozenset({0, 23}), skip_days=frozenset({6}), update_period=HOUR / 3
    ),
    last_polled_at=NOON,
    last_success_at=NOON - HOUR,
    last_outcome=Outcome.FAILED,
    last_message="the server answered 500",
    failures=3,
    next_poll_at=NOON + HOUR,
    next_poll_reason="back-off",
    blocked_until=NOON + HOUR / 2,
    gone=False,
)


async def synchronise(store: Store, *feeds: Feed) -> None:
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


async def claim_due(store: Store, *, now: datetime = NOON, limit: int = 100, per_host: int = 100) -> list[DueFeed]:
    return await store.write(lambda tx: tx.feeds.claim_due(now=now, limit=limit, per_host=per_host, lease=LEASE))


async def claim(
    store: Store, ids: Sequence[str] | None = None, *, now: datetime = NOON, force: bool = False
) -> list[DueFeed]:
    names = None if ids is None else [FeedId(name) for name in ids]
    return await store.write(lambda tx: tx.feeds.claim(names, now=now, lease=LEASE, force=force))


async def finish(store: Store, due: DueFeed, state: FeedState, document: ParsedFeed | None = None) -> None:
    await store.write(lambda tx: tx.feeds.finish(due, state, now=NOON, document=document))


async def leave(store: Store, feed_id: str, state: FeedState) -> None:
    (due,) = await claim(store, [feed_id], force=True)
    await finish(store, due, state)


def ids(found: Sequence[DueFeed]) -> list[str]:
    return [due.feed.id for due in found]


async def overview_ids(store: Store) -> list[str]:
    return [row.feed.id for row in await store.read(lambda tx: tx.feeds.overview())]


# --- what feeds.yaml says ---


async def test_a_feed_comes_back_as_it_was_configured(store: Store) -> None:
    feed = make_feed(
        "a", title="Aé", tags=["x", "y, z"], language="ar-LB", interval=timedelta(minutes=7), allow_private_address=True
    )
    await synchronise(store, feed)
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found is not None
    assert found.feed == feed
    assert found.state == FeedState()
    assert (found.document_title, found.home_url, found.entries, found.newest_entry_at) == ("", None, 0, None)


async def test_feeds_stand_in_the_order_of_the_file_also_after_it_changed(store: Store) -> None:
    await synchronise(store, make_feed("b"), make_feed("a"), make_feed("c"))
    assert await overview_ids(store) == ["b", "a", "c"]
    await synchronise(store, make_feed("c"), make_feed("d"), make_feed("b"))
    assert await overview_ids(store) == ["c", "d", "b"]


async def test_a_feed_that_is_not_named_any_more_is_neither_shown_nor_polled(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"))
    await synchronise(store, make_feed("b"))
    assert await store.read(lambda tx: tx.feeds.get(FeedId("a"))) is None
    assert ids(await claim(store, ["a"], force=True)) == []
    assert ids(await claim_due(store)) == ["b"]


async def test_a_feed_that_is_named_again_continues_where_it_was(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", POLLED)
    await synchronise(store)
    await synchronise(store, make_feed("a", title="New title"))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == POLLED
    assert row.feed.title == "New title"


async def test_a_new_address_drops_validators_and_body_hash_and_is_due_at_once(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", replace(POLLED, gone=True))
    await synchronise(store, make_feed("a", url="https://elsewhere.example/feed"))
    (due,) = await claim_due(store)
    assert due.state.validators == Validators()
    assert due.state.body_hash is None
    assert due.state.next_poll_at is None
    assert due.state.last_polled_at == POLLED.last_polled_at


async def test_a_new_address_at_the_same_server_still_waits_as_that_server_asked(store: Store) -> None:
    await synchronise(store, make_feed("a", url="https://news.example/old"))
    await leave(store, "a", POLLED)
    await synchronise(store, make_feed("a", url="https://news.example/new"))
    assert await claim_due(store) == []
    assert ids(await claim_due(store, now=NOON + HOUR / 2)) == ["a"]


async def test_what_the_old_address_answered_is_not_saved_for_the_new_one(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (due,) = await claim(store)
    await synchronise(store, make_feed("a", url="https://elsewhere.example/feed"))
    with pytest.raises(LeaseLost):
        await finish(store, due, POLLED)


async def test_entries_move_with_the_category_of_their_feed(store: Store) -> None:
    await synchronise(store, make_feed("a", category="World"))
    await store.write(lambda tx: tx.entries.save(FeedId("a"), EntryPlan(new=(make_parsed_entry(),)), now=NOON))
    await synchronise(store, make_feed("a", category="Sport"))
    assert len((await store.read(lambda tx: tx.entries.page(EntryQuery(category="Sport")))).items) == 1
    assert (await store.read(lambda tx: tx.entries.page(EntryQuery(category="World")))).items == ()
    assert await store.read(lambda tx: tx.entries.categories()) == ["Sport"]


# --- what is due ---


async def test_feeds_never_polled_come_first_in_the_order_of_the_file_then_the_longest_overdue(store: Store) -> None:
    await synchronise(store, *(make_feed(name) for name in "abcde"))
    await leave(store, "a", FeedState(next_poll_at=NOON - HOUR))
    await leave(store, "c", FeedState(next_poll_at=NOON - 2 * HOUR))
    await leave(store, "d", FeedState(next_poll_at=NOON + HOUR))
    assert ids(await claim_due(store)) == ["b", "e", "c", "a"]


async def test_a_feed_is_due_at_its_time_and_not_a_second_before(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", FeedState(next_poll_at=NOON + HOUR))
    assert await claim_due(store, now=NOON + HOUR - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=NOON + HOUR)) == ["a"]


async def test_gone_and_blocked_feeds_are_not_due(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"))
    await leave(store, "a", FeedState(gone=True))
    await leave(store, "b", FeedState(blocked_until=NOON + HOUR))
    assert await claim_due(store) == []
    assert ids(await claim_due(store, now=NOON + HOUR)) == ["b"]


async def test_a_leased_feed_is_not_given_again_until_its_lease_ends(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (first,) = await claim_due(store)
    assert await claim_due(store, now=NOON + LEASE - timedelta(seconds=1)) == []
    assert await claim(store, force=True) == []
    (second,) = await claim_due(store, now=NOON + LEASE)
    assert second.lease > first.lease


async def test_no_more_than_the_limit_are_given(store: Store) -> None:
    await synchronise(store, *(make_feed(name) for name in "abc"))
    assert ids(await claim_due(store, limit=2)) == ["a", "b"]
    assert ids(await claim_due(store, limit=2)) == ["c"]
    assert await claim_due(store, limit=0) == []


async def test_one_host_with_many_overdue_feeds_does_not_keep_the_others_waiting(store: Store) -> None:
    big = [make_feed(f"big-{number}", url=f"https://big.example/{number}") for number in range(300)]
    await synchronise(store, *big, make_feed("small"))
    assert ids(await claim_due(store, limit=10, per_host=2)) == ["big-0", "big-1", "small"]


async def test_feeds_of_a_host_that_are_leased_already_count_for_its_limit(store: Store) -> None:
    await synchronise(store, *(make_feed(name, url=f"https://HOST.example/{name}") for name in "abc"))
    assert ids(await claim_due(store, per_host=2)) == ["a", "b"]
    assert await claim_due(store, per_host=2) == []
    assert ids(await claim_due(store, per_host=2, now=NOON + LEASE)) == ["a", "b"]


async def test_another_port_or_scheme_is_another_host(store: Store) -> None:
    addresses = ["http://h.example/", "http://h.example:80/b", "https://h.example/", "http://h.example:8080/"]
    await synchronise(store, *(make_feed(f"f{number}", url=url) for number, url in enumerate(addresses)))
    assert ids(await claim_due(store, per_host=1)) == ["f0", "f2", "f3"]


# --- claiming by name ---


async def test_named_feeds_are_given_though_not_due_in_the_order_of_the_file(store: Store) -> None:
    await synchronise(store, *(make_feed(name) for name in "abc"))
    for name in "abc":
        await leave(store, name, FeedState(next_poll_at=NOON + HOUR))
    assert ids(await claim(store, ["c", "a", "no-such-feed"])) == ["a", "c"]
    assert ids(await claim(store)) == ["b"]


async def test_gone_and_blocked_feeds_are_only_given_by_force(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"))
    await leave(store, "a", FeedState(gone=True))
    await leave(store, "b", FeedState(blocked_until=NOON + HOUR))
    assert await claim(store) == []
    assert ids(await claim(store, force=True)) == ["a", "b"]


# --- the end of a lease ---


async def test_every_field_of_a_state_comes_back(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    state = replace(POLLED, gone=True)
    await leave(store, "a", state)
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == state


async def test_times_come_back_in_whole_seconds(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", FeedState(last_polled_at=NOON + timedelta(milliseconds=999)))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state.last_polled_at == NOON


async def test_a_document_renews_title_and_home_page(store: Store) -> None:
    await synchronise(store, make_feed("a", title=""))
    (due,) = await claim(store)
    await finish(
        store, due, POLLED, ParsedFeed(format="rss20", title="From the document", home_url="https://a.example/")
    )
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert (row.name, row.document_title, row.home_url) == ("From the document",) * 2 + ("https://a.example/",)


async def test_a_poll_without_a_document_keeps_title_and_home_page(store: Store) -> None:
    await synchronise(store, make_feed("a", title=""))
    (due,) = await claim(store)
    await finish(store, due, FeedState(), ParsedFeed(format="rss20", title="Kept", home_url="https://a.example/"))
    await leave(store, "a", POLLED)
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert (row.name, row.home_url) == ("Kept", "https://a.example/")


async def test_a_late_worker_can_not_save_over_the_one_that_took_over(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (late,) = await claim_due(store)
    (holder,) = await claim_due(store, now=NOON + LEASE)
    with pytest.raises(LeaseLost, match="a: "):
        await finish(store, late, POLLED, ParsedFeed(format="rss20", title="Late"))
    await finish(store, holder, replace(POLLED, failures=0))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state.failures == 0
    assert row.document_title == ""


async def test_a_lease_that_ran_out_unnoticed_still_saves(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (due,) = await claim_due(store)
    await store.write(lambda tx: tx.feeds.finish(due, POLLED, now=NOON + 2 * LEASE))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == POLLED


async def test_a_lost_lease_undoes_what_else_its_transaction_wrote(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (late,) = await claim_due(store)
    await claim_due(store, now=NOON + LEASE)

    def work(tx: Transaction) -> None:
        tx.entries.save(FeedId("a"), EntryPlan(new=(make_parsed_entry(),)), now=NOON)
        tx.feeds.finish(late, POLLED, now=NOON)

    with pytest.raises(LeaseLost):
        await store.write(work)
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 0


async def test_a_released_feed_is_as_if_it_had_not_been_claimed(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    claimed = await claim_due(store)
    await store.write(lambda tx: tx.feeds.release(claimed))
    (again,) = await claim_due(store)
    assert again.state == FeedState()
    with pytest.raises(LeaseLost):
        await finish(store, claimed[0], POLLED)


async def test_a_lost_lease_can_be_neither_released_nor_extended(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    late = await claim_due(store)
    await claim_due(store, now=NOON + LEASE)
    await store.write(lambda tx: tx.feeds.release(late))
    await store.write(lambda tx: tx.feeds.extend(late, now=NOON, lease=10 * LEASE))
    assert await claim_due(store, now=NOON + 2 * LEASE - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=NOON + 2 * LEASE)) == ["a"]


async def test_an_extended_lease_ends_later(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    claimed = await claim_due(store)
    await store.write(lambda tx: tx.feeds.extend(claimed, now=NOON + LEASE / 2, lease=LEASE))
    assert await claim_due(store, now=NOON + LEASE) == []
    assert ids(await claim_due(store, now=NOON + LEASE * 1.5)) == ["a"]


async def test_the_overview_counts_entries_and_names_the_newest(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"))
    new = tuple(make_parsed_entry(str(hours), published_at=NOON - hours * HOUR) for hours in (3, 1, 2))
    await store.write(lambda tx: tx.entries.save(FeedId("a"), EntryPlan(new=new), now=NOON))
    first, second = await store.read(lambda tx: tx.feeds.overview())
    assert (first.entries, first.newest_entry_at) == (3, NOON - HOUR)
    assert (second.entries, second.newest_entry_at) == (0, None)


@pytest.mark.parametrize("name", ["", "no-such-feed", "\0", "\ud800", "a' OR 1=1 --"])
async def test_a_feed_that_is_not_there_is_no_error(store: Store, name: str) -> None:
    await synchronise(store, make_feed("a"))
    assert await store.read(lambda tx: tx.feeds.get(FeedId(name))) is None
    assert await claim(store, [name]) == []
