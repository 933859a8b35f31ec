from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.errors import LeaseLost
from aggregator.model.feed import (
    DueFeed,
    Feed,
    FeedState,
    FreshnessHints,
    GroupLease,
    Move,
    Outcome,
    ParsedFeed,
    Validators,
)
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import EntryPlan, GroupPause, Heed, PollRecord
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
    lifetime=timedelta(minutes=30),
    failures=3,
    failing_since=NOON - 5 * HOUR,
    malformed_since=NOON - 30 * HOUR,
    repeats=2,
    slowdown=7,
    move=Move(address="https://a.example/new", candidate="https://a.example/newer", seen=2, since=NOON - 100 * HOUR),
    next_poll_at=NOON + HOUR,
    next_poll_reason="back-off",
    fresh_until=NOON + HOUR / 4,
    blocked_until=NOON + HOUR / 2,
    gone=False,
)


async def synchronise(store: Store, *feeds: Feed) -> None:
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


async def claim_due(store: Store, *, now: datetime = NOON, groups: int = 100, per_group: int = 100) -> list[GroupLease]:
    return await store.write(lambda tx: tx.feeds.claim_due(now=now, groups=groups, per_group=per_group, lease=LEASE))


async def claim(
    store: Store, *ids: str, now: datetime = NOON, groups: int = 100, heed: Heed = Heed.BANS
) -> list[GroupLease]:
    names = [FeedId(name) for name in ids]
    return await store.write(lambda tx: tx.feeds.claim(names, now=now, groups=groups, lease=LEASE, heed=heed))


async def claim_one(store: Store, feed_id: str, *, now: datetime = NOON) -> DueFeed:
    ((due,),) = [lease.feeds for lease in await claim(store, feed_id, now=now, heed=Heed.NOTHING)]
    return due


def record(at: datetime = NOON, **fields: object) -> PollRecord:
    return replace(PollRecord(at=at, outcome=Outcome.FETCHED), **fields)  # type: ignore[arg-type]


async def finish(
    store: Store,
    due: DueFeed,
    state: FeedState,
    document: ParsedFeed | None = None,
    *,
    told: PollRecord | None = None,
    pause: GroupPause | None = None,
) -> None:
    await store.write(lambda tx: tx.feeds.finish(due, state, told or record(), document=document, pause=pause))


async def release(
    store: Store, leases: Sequence[GroupLease], *, now: datetime = NOON, gap: timedelta = timedelta()
) -> None:
    await store.write(lambda tx: tx.feeds.release(leases, now=now, gap=gap))


async def leave(
    store: Store, feed_id: str, state: FeedState, *, pause: GroupPause | None = None, document: ParsedFeed | None = None
) -> None:
    """Poll a feed from lease to release."""
    leases = await claim(store, feed_id, heed=Heed.NOTHING)
    await finish(store, leases[0].feeds[0], state, document, pause=pause)
    await release(store, leases)


def together(*names: str) -> list[Feed]:
    """Feeds of one rate group."""
    return [make_feed(name, url=f"https://news.example/{name}") for name in names]


def ids(found: Sequence[GroupLease]) -> list[str]:
    return [due.feed.id for lease in found for due in lease.feeds]


def groups(found: Sequence[GroupLease]) -> list[str]:
    return [lease.group for lease in found]


async def overview_ids(store: Store) -> list[str]:
    return [row.feed.id for row in await store.read(lambda tx: tx.feeds.overview())]


# --- what feeds.yaml says ---


async def test_a_feed_comes_back_as_it_was_configured(store: Store) -> None:
    feed = make_feed(
        "a",
        title="Aé",
        tags=["x", "y, z"],
        language="ar-LB",
        interval=timedelta(minutes=7),
        unconditional_interval=timedelta(hours=5),
        allow_private_address=True,
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
    assert await claim(store, "a", heed=Heed.NOTHING) == []
    assert ids(await claim_due(store)) == ["b"]


async def test_several_feeds_are_given_at_once_without_those_that_are_not_configured(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"), make_feed("c"))
    await synchronise(store, make_feed("a"), make_feed("b"))
    names = [FeedId("b"), FeedId("c"), FeedId("a"), FeedId("none")]
    found = await store.read(lambda tx: tx.feeds.several(names))
    assert found == {overview.feed.id: overview for overview in await store.read(lambda tx: tx.feeds.overview())}
    assert await store.read(lambda tx: tx.feeds.several([])) == {}
    outlines = await store.read(lambda tx: tx.feeds.outlines(names))
    assert outlines == {name: overview.outline() for name, overview in found.items()}


async def test_a_feed_that_is_named_again_continues_where_it_was(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", POLLED)
    await synchronise(store)
    await synchronise(store, make_feed("a", title="New title"))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == POLLED
    assert row.feed.title == "New title"


async def test_a_new_address_forgets_what_the_old_one_said_and_is_due_at_once(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", replace(POLLED, gone=True))
    await synchronise(store, make_feed("a", url="https://elsewhere.example/feed"))
    ((due,),) = [lease.feeds for lease in await claim_due(store)]
    kept = ("last_polled_at", "last_success_at", "last_outcome", "last_message")
    assert due.state == FeedState(**{name: getattr(POLLED, name) for name in kept})
    assert due.group == "elsewhere.example:443"


async def test_a_new_address_at_the_same_server_still_waits_as_that_server_asked(store: Store) -> None:
    await synchronise(store, make_feed("a", url="https://news.example/old"))
    await leave(store, "a", replace(POLLED, move=Move()))
    await synchronise(store, make_feed("a", url="https://news.example/new"))
    assert await claim_due(store) == []
    ((due,),) = [lease.feeds for lease in await claim_due(store, now=NOON + HOUR / 2)]
    assert due.state.slowdown == POLLED.slowdown


async def test_what_the_old_address_answered_is_not_saved_for_the_new_one(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    due = await claim_one(store, "a")
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
    await leave(store, "a", FeedState(next_poll_at=NOON + 2 * HOUR))
    await leave(store, "c", FeedState(next_poll_at=NOON + HOUR))
    await leave(store, "d", FeedState(next_poll_at=NOON + 4 * HOUR))
    assert ids(await claim_due(store, now=NOON + 3 * HOUR)) == ["b", "e", "c", "a"]


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


async def test_feeds_of_one_server_are_leased_together_the_longest_overdue_first(store: Store) -> None:
    await synchronise(store, *together("a", "b", "c", "d"), make_feed("z"))
    for name, hours in (("a", 4), ("b", 2), ("c", 3), ("d", 9), ("z", 1)):
        await leave(store, name, FeedState(next_poll_at=NOON + hours * HOUR))
    leases = await claim_due(store, now=NOON + 5 * HOUR)
    assert [(lease.group, ids([lease])) for lease in leases] == [
        ("z.example:443", ["z"]),
        ("news.example:443", ["b", "c", "a"]),
    ]
    assert all(due.group == lease.group and due.lease == lease.token for lease in leases for due in lease.feeds)


async def test_a_leased_group_is_not_given_again_until_its_lease_ends(store: Store) -> None:
    await synchronise(store, *together("a", "b"))
    (first,) = await claim_due(store, per_group=1)
    assert await claim_due(store, now=NOON + LEASE - timedelta(seconds=1)) == []
    assert await claim(store, "b", heed=Heed.NOTHING) == []
    (second,) = await claim_due(store, now=NOON + LEASE)
    assert second.token > first.token


async def test_no_more_groups_and_feeds_than_asked_for_are_given(store: Store) -> None:
    await synchronise(store, *together("a", "b", "c"), make_feed("d"), make_feed("e"))
    assert ids(await claim_due(store, groups=2, per_group=2)) == ["a", "b", "d"]
    assert ids(await claim_due(store, groups=2)) == ["e"]
    assert await claim_due(store, groups=0) == await claim_due(store, per_group=0) == []


async def test_l4_one_group_with_many_overdue_feeds_does_not_keep_the_others_waiting(store: Store) -> None:
    await synchronise(store, *together(*(f"big-{number}" for number in range(300))), make_feed("small"))
    assert ids(await claim_due(store, groups=10, per_group=2)) == ["big-0", "big-1", "small"]


async def test_l4_after_its_turn_a_group_stands_behind_those_that_have_waited_longer(store: Store) -> None:
    await synchronise(store, *together(*(f"big-{number}" for number in range(50))), make_feed("x"), make_feed("y"))
    for name in ("x", "y"):
        await leave(store, name, FeedState(next_poll_at=NOON + timedelta(seconds=1)))
    turns = []
    for second in range(0, 8, 2):
        leases = await claim_due(store, now=NOON + timedelta(seconds=second), groups=1, per_group=10)
        turns += groups(leases)
        await store.write(poll_all(leases, NOON + timedelta(seconds=second)))
    assert turns == ["news.example:443", "x.example:443", "y.example:443", "news.example:443"]


def poll_all(leases: Sequence[GroupLease], now: datetime) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for lease in leases:
            for due in lease.feeds:
                tx.feeds.finish(due, replace(due.state, next_poll_at=now + HOUR), record(now))
        tx.feeds.release(leases, now=now, gap=timedelta(seconds=2))

    return work


async def test_a_group_is_what_shares_domain_and_port(store: Store) -> None:
    addresses = ["http://a.h.example/", "http://b.h.example:80/b", "https://h.example/", "http://h.example:8080/"]
    await synchronise(store, *(make_feed(f"f{number}", url=url) for number, url in enumerate(addresses)))
    assert [ids([lease]) for lease in await claim_due(store)] == [["f0", "f1"], ["f2"], ["f3"]]


async def test_p15_no_worker_gets_a_group_before_the_gap_after_its_last_lease_is_over(store: Store) -> None:
    await synchronise(store, *together("a", "b"))
    leases = await claim_due(store, per_group=1)
    ended = NOON + timedelta(seconds=3, milliseconds=400)
    await store.write(lambda tx: tx.feeds.release(leases, now=ended, gap=timedelta(seconds=2)))
    for early in (ended, ended + timedelta(seconds=1.99)):
        assert await claim_due(store, now=early) == []
        assert await claim(store, "b", now=early, heed=Heed.NOTHING) == []
    assert ids(await claim_due(store, now=NOON + timedelta(seconds=6))) == ["a", "b"]


async def test_a_group_whose_feeds_became_due_later_is_passed_over_and_found_in_time(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"))
    leases = await claim_due(store)
    for lease in leases:
        await finish(store, lease.feeds[0], FeedState(next_poll_at=NOON + 2 * HOUR))
    # The worker died before it gave the leases back.
    assert await claim_due(store, now=NOON + HOUR) == []
    assert ids(await claim_due(store, now=NOON + 2 * HOUR)) == ["a", "b"]


# --- a server's wish for all of its feeds ---

PAUSE = GroupPause(group=RateGroup("news.example:443"), until=NOON + HOUR, reason="HTTP 429")


async def test_p14_a_pause_holds_for_every_feed_of_its_group_and_no_other(store: Store) -> None:
    await synchronise(store, *together("a", "b"), make_feed("c"))
    await leave(store, "a", FeedState(next_poll_at=NOON), pause=PAUSE)
    assert ids(await claim_due(store)) == ["c"]
    assert await claim(store, "b", heed=Heed.BANS) == []
    assert ids(await claim(store, "b", heed=Heed.NOTHING)) == ["b"]
    assert ids(await claim_due(store, now=NOON + HOUR)) == ["c", "b", "a"]


async def test_a_pause_may_be_of_another_group_than_the_feed_that_met_it(store: Store) -> None:
    await synchronise(store, *together("a"), make_feed("c"))
    await leave(store, "c", FeedState(next_poll_at=NOON + HOUR), pause=PAUSE)
    assert await claim_due(store) == []
    assert await store.read(lambda tx: tx.feeds.pauses(now=NOON)) == (PAUSE,)


async def test_a_pause_is_never_shortened_and_ends(store: Store) -> None:
    await synchronise(store, *together("a"))
    longer = replace(PAUSE, until=NOON + 2 * HOUR, reason="longer")
    other = GroupPause(group=RateGroup("nobody.example:80"), until=NOON + 3 * HOUR, reason="of no feed of ours")
    for pause in (longer, PAUSE, other):
        await leave(store, "a", FeedState(), pause=pause)
    assert await store.read(lambda tx: tx.feeds.pauses(now=NOON)) == (other, longer)
    assert await store.read(lambda tx: tx.feeds.pauses(now=NOON + 3 * HOUR)) == ()


async def test_a_forced_poll_of_a_paused_group_does_not_end_the_pause(store: Store) -> None:
    await synchronise(store, *together("a", "b"))
    await leave(store, "a", FeedState(), pause=PAUSE)
    await leave(store, "a", FeedState())
    await synchronise(store, *together("a", "b"))
    assert await claim_due(store, now=NOON + HOUR - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=NOON + HOUR)) == ["a", "b"]


# --- claiming by name ---


async def test_named_feeds_are_given_though_not_due_in_the_order_of_the_file(store: Store) -> None:
    await synchronise(store, *(make_feed(name) for name in "abc"))
    for name in "abc":
        await leave(store, name, FeedState(next_poll_at=NOON + HOUR))
    assert ids(await claim(store, "c", "a", "no-such-feed")) == ["a", "c"]
    assert ids(await claim(store, "a", "b", "c")) == ["b"]


async def test_of_named_feeds_no_more_groups_than_asked_for_are_leased_but_those_whole(store: Store) -> None:
    await synchronise(store, *together("a", "b", "c"), make_feed("d"))
    assert [ids([lease]) for lease in await claim(store, "d", "c", "a", groups=1)] == [["a", "c"]]
    assert ids(await claim(store, "d", "c", "a", groups=1)) == ["d"]


@pytest.mark.parametrize(
    ("heed", "given"),
    [
        (Heed.FRESHNESS, ["plain"]),
        (Heed.BANS, ["fresh", "plain"]),
        (Heed.NOTHING, ["gone", "banned", "fresh", "plain"]),
    ],
)
async def test_p28_named_feeds_are_given_as_far_as_their_servers_wishes_are_heeded(
    store: Store, heed: Heed, given: list[str]
) -> None:
    states = {
        "gone": FeedState(gone=True),
        "banned": FeedState(blocked_until=NOON + HOUR),
        "fresh": FeedState(fresh_until=NOON + HOUR),
        "plain": FeedState(fresh_until=NOON, blocked_until=NOON, next_poll_at=NOON + HOUR),
    }
    await synchronise(store, *map(make_feed, states))
    for name, state in states.items():
        await leave(store, name, state)
    assert ids(await claim(store, *states, heed=heed)) == given


async def test_named_feeds_are_sorted_by_the_group_they_are_polled_in(store: Store) -> None:
    await synchronise(store, make_feed("z"), *together("a", "b"))
    sorted_by_group = await store.read(lambda tx: tx.feeds.groups([FeedId(name) for name in ("b", "z", "a", "?")]))
    assert {name: list(members) for name, members in sorted_by_group.items()} == {
        "z.example:443": ["z"],
        "news.example:443": ["a", "b"],
    }
    assert list(sorted_by_group) == ["z.example:443", "news.example:443"]


# --- a feed that has moved ---


async def test_p17_a_feed_that_moved_is_asked_at_its_new_address_in_the_group_of_that(store: Store) -> None:
    await synchronise(store, *together("a"), make_feed("b", url="https://new.example/b"))
    moved = FeedState(next_poll_at=NOON - HOUR, move=Move(address="https://new.example/a"))
    await leave(store, "a", moved)
    await leave(store, "b", FeedState(next_poll_at=NOON))
    (lease,) = await claim_due(store)
    assert (lease.group, [due.url for due in lease.feeds]) == (
        "new.example:443",
        ["https://new.example/a", "https://new.example/b"],
    )
    await finish(store, lease.feeds[0], FeedState(next_poll_at=NOON))
    await release(store, [lease])
    await synchronise(store, *together("a"), make_feed("b", url="https://new.example/b"))
    assert sorted(groups(await claim_due(store))) == ["new.example:443", "news.example:443"]


async def test_a_feed_stays_where_it_moved_to_when_feeds_yaml_is_read_again(store: Store) -> None:
    await synchronise(store, *together("a"))
    await leave(store, "a", FeedState(move=Move(address="https://new.example/a")))
    await synchronise(store, *together("a"))
    assert groups(await claim_due(store)) == ["new.example:443"]


async def test_a_feed_whose_address_was_changed_and_changed_back_during_a_poll_stays_in_the_group_it_is_asked_in(
    store: Store,
) -> None:
    """The change forgot the move; the poll that was under way brings it back, and the group must come with it."""
    await synchronise(store, *together("a"))
    moved = FeedState(move=Move(address="https://new.example/a"))
    await leave(store, "a", moved)
    due = await claim_one(store, "a")
    await synchronise(store, make_feed("a", url="https://elsewhere.example/"))
    await synchronise(store, *together("a"))
    await finish(store, due, moved)
    await release(store, await claim(store, "a"), gap=timedelta())
    (lease,) = await claim_due(store, now=NOON + LEASE)
    assert (lease.group, [each.url for each in lease.feeds]) == ("new.example:443", ["https://new.example/a"])


async def test_l3_what_an_old_address_answered_is_dropped_also_when_the_feed_is_named_no_more(store: Store) -> None:
    """Named again, it continues at the address that it had last, of which the old one's validators say nothing."""
    await synchronise(store, *together("a"))
    due = await claim_one(store, "a")
    await synchronise(store, make_feed("a", url="https://elsewhere.example/"))
    await synchronise(store)
    with pytest.raises(LeaseLost):
        await finish(store, due, POLLED)
    await synchronise(store, make_feed("a", url="https://elsewhere.example/"))
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found
    assert found.state == FeedState()


async def test_a_poll_of_a_feed_that_is_named_no_more_is_kept_for_the_day_it_is_named_again(store: Store) -> None:
    await synchronise(store, *together("a"))
    due = await claim_one(store, "a")
    await synchronise(store)
    await finish(store, due, POLLED)
    await synchronise(store, *together("a"))
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found
    assert found.state == POLLED


# --- the end of a poll ---


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


async def test_a_document_renews_title_home_page_and_icon(store: Store) -> None:
    await synchronise(store, make_feed("a", title=""))
    for icon in ("https://a.example/icon.png", None):
        document = ParsedFeed(format="rss20", title="From the document", home_url="https://a.example/", icon_url=icon)
        await leave(store, "a", POLLED, document=document)
        (row,) = await store.read(lambda tx: tx.feeds.overview())
        assert (row.name, row.document_title, row.home_url) == ("From the document",) * 2 + ("https://a.example/",)
        assert row.icon_url == icon


async def test_whether_a_feed_shows_images_is_what_feeds_yaml_says_now(store: Store) -> None:
    for shown in (True, False, True):
        await synchronise(store, replace(make_feed("a"), shows_images=shown))
        (row,) = await store.read(lambda tx: tx.feeds.overview())
        assert row.feed.shows_images is shown


async def test_a_poll_without_a_document_keeps_title_home_page_and_icon(store: Store) -> None:
    await synchronise(store, make_feed("a", title=""))
    await leave(
        store,
        "a",
        FeedState(),
        document=ParsedFeed(
            format="rss20", title="Kept", home_url="https://a.example/", icon_url="https://a.example/i"
        ),
    )
    await leave(store, "a", POLLED)
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert (row.name, row.home_url, row.icon_url) == ("Kept", "https://a.example/", "https://a.example/i")


async def test_a_poll_does_not_change_until_when_a_hub_sends(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", replace(POLLED, pushed_until=NOON + HOUR))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == POLLED


async def test_the_last_polls_of_a_feed_are_told_newest_first_and_older_ones_forgotten(store: Store) -> None:
    await synchronise(store, make_feed("a"), make_feed("b"))
    told = [
        PollRecord(
            at=NOON + number * timedelta(seconds=number % 2),
            outcome=Outcome.FAILED,
            status=500 + number,
            message="the server answered 500",
            received=number,
            new=1,
            changed=2,
            elapsed=timedelta(milliseconds=1234),
            next_poll_at=NOON + HOUR,
            next_poll_reason="back-off",
        )
        for number in range(45)
    ]
    (lease,) = await claim(store, "a")
    for each in told:
        await finish(store, lease.feeds[0], FeedState(), told=each)
    history = await store.read(lambda tx: tx.feeds.history(FeedId("a")))
    assert 20 <= len(history) < 45
    assert list(history) == told[::-1][: len(history)]
    assert await store.read(lambda tx: tx.feeds.history(FeedId("b"))) == ()
    assert await store.read(lambda tx: tx.feeds.history(FeedId("no-such-feed"))) == ()


# --- the end of a lease ---


async def test_l3_a_late_worker_can_not_save_over_the_one_that_took_over(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (late,) = await claim_due(store)
    (holder,) = await claim_due(store, now=NOON + LEASE)
    with pytest.raises(LeaseLost, match="a: "):
        await finish(store, late.feeds[0], POLLED, ParsedFeed(format="rss20", title="Late"), pause=PAUSE)
    await finish(store, holder.feeds[0], replace(POLLED, failures=0))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state.failures == 0
    assert row.document_title == ""
    assert len(await store.read(lambda tx: tx.feeds.history(FeedId("a")))) == 1
    assert await store.read(lambda tx: tx.feeds.pauses(now=NOON)) == ()


async def test_a_lease_that_ran_out_unnoticed_still_saves(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (lease,) = await claim_due(store)
    await finish(store, lease.feeds[0], POLLED, told=record(NOON + 2 * LEASE))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == POLLED


async def test_l3_a_lost_lease_undoes_what_else_its_transaction_wrote(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    (late,) = await claim_due(store)
    await claim_due(store, now=NOON + LEASE)

    def work(tx: Transaction) -> None:
        tx.entries.save(FeedId("a"), EntryPlan(new=(make_parsed_entry(),)), now=NOON)
        tx.feeds.finish(late.feeds[0], POLLED, record())

    with pytest.raises(LeaseLost):
        await store.write(work)
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 0


async def test_a_released_group_is_as_if_it_had_not_been_claimed(store: Store) -> None:
    await synchronise(store, *together("a", "b"))
    claimed = await claim_due(store)
    await release(store, claimed)
    ((again, _),) = [lease.feeds for lease in await claim_due(store)]
    assert again.state == FeedState()
    with pytest.raises(LeaseLost):
        await finish(store, claimed[0].feeds[0], POLLED)


async def test_a_lost_lease_can_be_neither_released_nor_extended(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    late = await claim_due(store)
    await claim_due(store, now=NOON + LEASE)
    await release(store, late)
    await store.write(lambda tx: tx.feeds.extend(late, now=NOON, lease=10 * LEASE))
    assert await claim_due(store, now=NOON + 2 * LEASE - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=NOON + 2 * LEASE)) == ["a"]


async def test_an_extended_lease_ends_later(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    claimed = await claim_due(store)
    await store.write(lambda tx: tx.feeds.extend(claimed, now=NOON + LEASE / 2, lease=LEASE))
    assert await claim_due(store, now=NOON + LEASE) == []
    assert ids(await claim_due(store, now=NOON + LEASE * 1.5)) == ["a"]


async def test_a_dead_worker_leaves_no_feed_behind_that_was_gone_until_it_was_forced(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", FeedState(gone=True))
    due = await claim_one(store, "a")
    await finish(store, due, FeedState(next_poll_at=NOON + HOUR))
    assert ids(await claim_due(store, now=NOON + HOUR)) == ["a"]


# --- how feeds are doing ---


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
    assert await claim(store, name) == []


@pytest.mark.parametrize(
    ("hours", "rhythm"),
    [
        ([], None),
        ([1, 2, 3, 4], None),
        ([1, 2, 3, 4, 6], timedelta(hours=1)),
        ([0] * 30, None),
        ([*range(0, 40, 2), 500, 1000], timedelta(hours=38) / 20),
    ],
)
async def test_the_rhythm_is_that_of_the_last_twenty_entries(
    store: Store, hours: list[int], rhythm: timedelta | None
) -> None:
    await synchronise(store, make_feed("a"))
    new = tuple(make_parsed_entry(str(n), published_at=NOON - at * HOUR) for n, at in enumerate(hours))
    await store.write(lambda tx: tx.entries.save(FeedId("a"), EntryPlan(new=new), now=NOON))
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found
    assert found.rhythm == rhythm


# --- hours and days that a document asks to skip ---

AFTERNOON = FreshnessHints(skip_hours=frozenset(range(12, 20)))


async def test_p20_a_feed_that_falls_due_in_an_hour_its_document_skips_is_polled_after_it(store: Store) -> None:
    """The machine was off at the time that was planned, and on again at noon."""
    await synchronise(store, make_feed("a"))
    await leave(store, "a", FeedState(hints=AFTERNOON, next_poll_at=NOON - HOUR))
    assert await claim_due(store) == []
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found
    planned = found.state.next_poll_at
    assert planned
    assert NOON + 8 * HOUR <= planned <= NOON + 8 * HOUR + timedelta(minutes=10)
    assert "skipHours" in found.state.next_poll_reason
    assert await claim_due(store, now=planned - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=planned)) == ["a"]


async def test_p20_a_feed_that_falls_due_on_a_day_its_document_skips_is_polled_the_next(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    tuesday = FreshnessHints(skip_days=frozenset({NOON.weekday()}))
    await leave(store, "a", FeedState(hints=tuesday, next_poll_at=NOON))
    assert await claim_due(store, now=NOON + 11 * HOUR) == []
    assert ids(await claim_due(store, now=NOON + 24 * HOUR)) == ["a"]


async def test_p20_a_document_that_skips_every_hour_is_not_believed(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", FeedState(hints=FreshnessHints(skip_hours=frozenset(range(24))), next_poll_at=NOON))
    assert ids(await claim_due(store)) == ["a"]


async def test_p20_the_other_feeds_of_a_server_are_not_held_up_by_those_that_skip(store: Store) -> None:
    await synchronise(store, *together(*"abcdef"))
    for name in "abcd":
        await leave(store, name, FeedState(hints=AFTERNOON, next_poll_at=NOON - HOUR))
    for name in "ef":
        await leave(store, name, FeedState(next_poll_at=NOON))
    assert ids(await claim_due(store, per_group=2)) == ["e", "f"]


async def test_p16_feeds_that_were_put_off_together_do_not_come_back_in_the_same_second(store: Store) -> None:
    names = [f"f{number}" for number in range(20)]
    await synchronise(store, *together(*names))
    for name in names:
        await leave(store, name, FeedState(hints=AFTERNOON, next_poll_at=NOON - HOUR))
    await claim_due(store)
    overviews = await store.read(lambda tx: tx.feeds.overview())
    assert len({row.state.next_poll_at for row in overviews}) > 10


@pytest.mark.parametrize(("heed", "given"), [(Heed.FRESHNESS, []), (Heed.BANS, ["a"]), (Heed.NOTHING, ["a"])])
async def test_p28_a_named_feed_waits_for_the_end_of_the_hours_it_skips_too(
    store: Store, heed: Heed, given: list[str]
) -> None:
    await synchronise(store, make_feed("a"))
    await leave(store, "a", FeedState(hints=AFTERNOON))
    assert ids(await claim(store, "a", heed=heed)) == given
    assert ids(await claim(store, "a", heed=heed, now=NOON + 8 * HOUR)) == ["a"]


# --- a clock that was wrong ---

YEARS = timedelta(days=5000)
WRONG = NOON + YEARS


def polled_at(at: datetime) -> FeedState:
    return FeedState(
        last_polled_at=at,
        last_success_at=at,
        failing_since=at,
        next_poll_at=at + HOUR,
        fresh_until=at + HOUR / 2,
        blocked_until=at + HOUR / 4,
    )


async def poll_in_the_wrong_time(store: Store, name: str, *, pause: GroupPause | None = None) -> None:
    leases = await claim(store, name, now=WRONG, heed=Heed.NOTHING)
    await finish(store, leases[0].feeds[0], polled_at(WRONG), told=record(WRONG), pause=pause)
    await release(store, leases, now=WRONG, gap=timedelta(minutes=1))


async def set_right(store: Store, *feeds: Feed, restarted: bool) -> None:
    """Let the first claim of the right time find nothing; `restarted`: after feeds.yaml was read."""
    if restarted:
        await synchronise(store, *feeds)
    assert await claim_due(store) == []


restarts = pytest.mark.parametrize("restarted", [False, True])


@restarts
async def test_t1_what_was_polled_in_the_future_is_polled_again_an_interval_after_the_clock_was_set_back(
    store: Store, *, restarted: bool
) -> None:
    await synchronise(store, *together("a"))
    await poll_in_the_wrong_time(store, "a")
    await set_right(store, *together("a"), restarted=restarted)
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found
    assert found.state == polled_at(NOON), "no wait is shorter than it was to be"
    assert await claim_due(store, now=NOON + HOUR - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=NOON + HOUR)) == ["a"]


@restarts
async def test_t1_a_pause_of_the_wrong_time_ends_within_a_day(store: Store, *, restarted: bool) -> None:
    await synchronise(store, *together("a", "b"))
    await poll_in_the_wrong_time(store, "a", pause=replace(PAUSE, until=WRONG + HOUR))
    await set_right(store, *together("a", "b"), restarted=restarted)
    assert await claim_due(store, now=NOON + 24 * HOUR - timedelta(seconds=1)) == []
    assert ids(await claim_due(store, now=NOON + 24 * HOUR)) == ["b", "a"]


@restarts
async def test_t1_a_lease_of_the_wrong_time_ends_soon(store: Store, *, restarted: bool) -> None:
    await synchronise(store, *together("a"))
    (dead,) = await claim(store, "a", now=WRONG)
    await set_right(store, *together("a"), restarted=restarted)
    assert await claim_due(store, now=NOON + LEASE - timedelta(seconds=1)) == []
    (lease,) = await claim_due(store, now=NOON + 2 * LEASE)
    assert lease.token > dead.token


async def test_t1_a_person_who_names_a_feed_need_not_wait_for_the_wrong_time(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    await poll_in_the_wrong_time(store, "a")
    assert await claim(store, "a", heed=Heed.FRESHNESS) == []
    assert ids(await claim(store, "a", now=NOON + HOUR, heed=Heed.FRESHNESS)) == ["a"]


async def test_t1_times_that_can_be_are_left_alone_when_the_clock_is_set_back(store: Store) -> None:
    """Waits may be as long as a feed's interval, and what its document asks to skip."""
    slow = make_feed("slow", interval=timedelta(days=30))
    longest = replace(
        POLLED,
        next_poll_at=NOON + timedelta(days=38),
        fresh_until=NOON + timedelta(days=7),
        blocked_until=NOON + timedelta(days=1),
    )
    await synchronise(store, slow)
    await leave(store, "slow", longest)
    await claim_due(store, now=NOON + timedelta(hours=2))
    assert await claim_due(store) == []
    await synchronise(store, slow)
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == longest


async def test_t1_a_clock_that_is_set_back_by_seconds_makes_no_poll_early(store: Store) -> None:
    await synchronise(store, make_feed("a"))
    leases = await claim(store, "a")
    late = NOON + timedelta(seconds=50)
    await finish(store, leases[0].feeds[0], polled_at(late), told=record(late))
    await release(store, leases, now=late)
    assert await claim_due(store) == []
    await synchronise(store, make_feed("a"))
    (row,) = await store.read(lambda tx: tx.feeds.overview())
    assert row.state == polled_at(late)
