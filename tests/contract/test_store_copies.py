from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator.model.copies import CopyAssignment, CopyCandidate, CopyText
from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan, Totals
from aggregator.ports import Store, Transaction
from aggregator.services.grouping import Grouping
from tests.factories import NOON, make_feed, make_parsed_entry

HOUR = timedelta(hours=1)
REACH = 48 * HOUR
A, B = FeedId("a"), FeedId("b")
NEWS = "cooling tower of old reactor collapses"


@pytest.fixture
async def _feeds(store: Store) -> None:
    feeds = [make_feed("a", publisher="Ay"), make_feed("b", publisher="Bee")]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_feeds")]


async def add(store: Store, *new: ParsedEntry, feed: FeedId = A, now: datetime = NOON) -> list[EntryId]:
    return await store.write(lambda tx: tx.entries.save(feed, EntryPlan(new=new), now=now))


async def place(store: Store, copy_set: EntryId, lead: EntryId, *others: EntryId) -> None:
    def at(entry_id: EntryId) -> CopyAssignment:
        copy_of = None if entry_id == lead else lead
        return CopyAssignment(
            entry_id=entry_id, copy_set=CopySetId(copy_set), copy_of=copy_of, reason="same address" if others else ""
        )

    await store.write(lambda tx: tx.copies.assign([at(entry_id) for entry_id in (lead, *others)]))


async def ungrouped(store: Store, limit: int = 100) -> list[EntryId]:
    return await store.read(lambda tx: tx.copies.ungrouped(limit=limit))


async def connected(store: Store, *entry_ids: EntryId, reach: timedelta = REACH) -> list[EntryId]:
    found = await store.read(lambda tx: tx.copies.connected(entry_ids, reach=reach))
    assert len({candidate.id for candidate in found}) == len(found)
    return sorted(candidate.id for candidate in found)


def named(name: str, *, url: str | None = None, headline: str = "", at: datetime = NOON) -> ParsedEntry:
    return make_parsed_entry(name, url_key=url, headline_key=headline, published_at=at)


# --- what waits for a place ---


async def test_new_entries_wait_for_a_place_oldest_first(store: Store) -> None:
    ids = await add(store, *(make_parsed_entry(name) for name in "123"))
    assert await ungrouped(store) == ids
    assert await ungrouped(store, 2) == ids[:2]
    assert await ungrouped(store, 0) == []
    assert await ungrouped(store, -1) == []


async def test_entries_wait_in_order_of_time_then_id(store: Store) -> None:
    late, one, two = await add(store, named("1"), named("2", at=NOON - HOUR), named("3", at=NOON - HOUR))
    (first,) = await add(store, named("4", at=NOON - 2 * HOUR), feed=B)
    assert await ungrouped(store) == [first, one, two, late]
    assert await ungrouped(store, 3) == [first, one, two]


async def test_a_placed_entry_waits_no_longer_also_when_it_has_no_copies(store: Store) -> None:
    one, two = await add(store, make_parsed_entry("1"), make_parsed_entry("2"))
    await place(store, one, one)
    assert await ungrouped(store) == [two]


@pytest.mark.parametrize(
    ("change", "waits"),
    [({"url_key": "other"}, True), ({"headline_key": "other"}, True), ({"text": "other", "fingerprint": "2"}, False)],
)
async def test_a_changed_entry_waits_again_if_its_keys_changed(
    store: Store,
    change: dict[str, str],
    waits: bool,  # noqa: FBT001 - a case of the test
) -> None:
    (entry_id,) = await add(store, make_parsed_entry("1"))
    await place(store, entry_id, entry_id)
    plan = EntryPlan(changed=((entry_id, replace(make_parsed_entry("1"), **change)),))  # type: ignore[arg-type]
    await store.write(lambda tx: tx.entries.save(A, plan, now=NOON + HOUR))
    assert await ungrouped(store) == ([entry_id] if waits else [])


async def test_a_changed_copy_is_looked_at_together_with_its_old_set(store: Store) -> None:
    one, two = await add(store, named("1", url="u"), named("2", url="u"))
    await place(store, one, one, two)
    plan = EntryPlan(changed=((two, named("2", url="other")),))
    await store.write(lambda tx: tx.entries.save(A, plan, now=NOON + HOUR))
    assert await connected(store, two) == [one, two]


async def left_waiting(store: Store, entry_id: EntryId, changed: ParsedEntry, *placed: EntryId) -> list[EntryId]:
    """Place entries, each alone, change one of them, and tell who of the others waits again."""
    for one in (entry_id, *placed):
        await place(store, one, one)
    await store.write(lambda tx: tx.entries.save(A, EntryPlan(changed=((entry_id, changed),)), now=NOON + HOUR))
    waiting = await ungrouped(store)
    assert entry_id in waiting
    return [one for one in waiting if one != entry_id]


async def test_of_a_headline_that_an_entry_leaves_the_neighbours_in_time_wait_again(store: Store) -> None:
    early, before, leaving, after, late = await add(
        store, *(named(str(n), headline=NEWS, url=str(n), at=NOON + (n - 5) * HOUR) for n in range(5))
    )
    changed = named("2", headline="other", url="2", at=NOON - 3 * HOUR)
    assert await left_waiting(store, leaving, changed, early, before, after, late) == [before, after]
    assert await connected(store, before) == [early, before, after, late]


async def test_a_chain_that_breaks_where_an_entry_leaves_is_looked_at_on_both_sides(store: Store) -> None:
    before, leaving, after = await add(
        store, *(named(str(n), headline=NEWS, url=str(n), at=NOON - (100 - 40 * n) * HOUR) for n in range(3))
    )
    changed = named("1", headline="other", url="1", at=NOON - 60 * HOUR)
    assert await left_waiting(store, leaving, changed, before, after) == [before, after]
    assert await connected(store, before) == [before]


async def test_an_entry_of_the_same_second_waits_again(store: Store) -> None:
    leaving, other = await add(store, named("1", headline=NEWS, url="1"), named("2", headline=NEWS, url="2"))
    assert await left_waiting(store, leaving, named("1", headline="other", url="1"), other) == [other]


async def test_of_an_address_that_an_entry_leaves_another_entry_waits_again(store: Store) -> None:
    leaving, one, two = await add(store, *(named(name, url="u") for name in "123"))
    (stranger,) = await add(store, named("4", url="v"), feed=B)
    waiting = await left_waiting(store, leaving, named("1", url="v"), one, two, stranger)
    assert len(waiting) == 1
    assert await connected(store, *waiting) == [one, two]


async def test_an_entry_whose_date_comes_later_leaves_its_place_among_those_of_its_headline(store: Store) -> None:
    dated = named("1", headline=NEWS, url="1", at=NOON - 1000 * HOUR)
    leaving, other = await add(store, replace(dated, published_at=None), named("2", headline=NEWS, url="2"))
    assert await left_waiting(store, leaving, dated, other) == [other]
    assert await connected(store, leaving) == [leaving]


async def test_entries_without_keys_wait_for_nobody(store: Store) -> None:
    leaving, other = await add(store, named("1"), named("2"))
    assert await left_waiting(store, leaving, named("1", headline="new"), other) == []


async def test_an_entry_whose_name_changed_waits_again(store: Store) -> None:
    """A name breaks ties, and tells entries without an address apart."""
    (entry_id,) = await add(store, replace(named("1"), guid=None))
    await place(store, entry_id, entry_id)
    await store.write(lambda tx: tx.entries.save(A, EntryPlan(changed=((entry_id, named("1")),)), now=NOON))
    assert await ungrouped(store) == [entry_id]


async def test_what_recurred_in_a_feed_until_it_was_retitled_is_decided_again(store: Store) -> None:
    """Three flats under one headline stood alone; when two get headlines of their own, the third is what b reports."""
    flats = await add(store, *(named(name, headline=NEWS, url=name) for name in "123"))
    (report,) = await add(store, named("4", headline=NEWS, url="4"), feed=B)
    await Grouping(store, window=REACH).group_new()
    assert (await store.read(lambda tx: tx.entries.totals())).copies == 0
    for flat, name in zip(flats[1:], "23", strict=True):
        changed = EntryPlan(changed=((flat, named(name, headline=f"flat number {name}", url=name)),))
        await store.write(saving(changed))
        await Grouping(store, window=REACH).group_new()
    members = await store.read(lambda tx: tx.copies.members([CopySetId(flats[0])]))
    assert [entry.id for entry in members[CopySetId(flats[0])]] == [flats[0], report]


def saving(plan: EntryPlan) -> Callable[[Transaction], list[EntryId]]:
    return lambda tx: tx.entries.save(A, plan, now=NOON)


# --- what could decide ---


async def test_a_candidate_holds_what_deciding_needs(store: Store) -> None:
    whole = named("1", url="u", headline=NEWS, at=NOON - HOUR)
    (entry_id,) = await add(store, whole, feed=B)
    (found,) = await store.read(lambda tx: tx.copies.connected([entry_id], reach=REACH))
    assert found == CopyCandidate(
        id=entry_id,
        feed_id=B,
        url_key="u",
        headline_key=NEWS,
        at=NOON - HOUR,
        name="tag:news.example,1",
    )


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        (ParsedEntry(guid="g", url="u", headline=NEWS), "g"),
        (ParsedEntry(url="u", headline=NEWS), "u"),
        (ParsedEntry(headline=NEWS), NEWS),
    ],
)
async def test_a_candidate_is_named_by_guid_else_address_else_headline(
    store: Store, entry: ParsedEntry, name: str
) -> None:
    (entry_id,) = await add(store, entry)
    (found,) = await store.read(lambda tx: tx.copies.connected([entry_id], reach=REACH))
    assert found.name == name


async def test_entries_of_one_address_are_connected_however_far_apart(store: Store) -> None:
    one, _ = await add(store, named("1", url="u"), named("2", url="v"))
    (other,) = await add(store, named("3", url="u", at=NOON - 1000 * HOUR), feed=B)
    assert await connected(store, one) == [one, other]


async def test_entries_without_address_or_headline_key_are_not_connected(store: Store) -> None:
    one, _ = await add(store, named("1"), named("2"))
    assert await connected(store, one) == [one]


@pytest.mark.parametrize(("hours", "together"), [(0, True), (48, True), (-48, True), (49, False), (-49, False)])
async def test_entries_of_one_headline_are_connected_within_reach(
    store: Store,
    hours: int,
    together: bool,  # noqa: FBT001 - a case of the test
) -> None:
    (one,) = await add(store, named("1", headline=NEWS, at=NOON - 100 * HOUR))
    (other,) = await add(store, named("2", headline=NEWS, at=NOON + (hours - 100) * HOUR), feed=B)
    assert await connected(store, one) == ([one, other] if together else [one])


@pytest.mark.parametrize("headline", ["weather forecast", "your monday briefing", "h"])
async def test_a_headline_that_says_too_little_to_tie_connects_nothing(store: Store, headline: str) -> None:
    one, _ = await add(store, named("1", headline=headline), named("2", headline=headline))
    assert await connected(store, one) == [one]


async def test_members_of_one_set_are_connected_whatever_their_keys(store: Store) -> None:
    one, two, _ = await add(store, named("1", url="u"), named("2", url="v"), named("3", url="w"))
    await place(store, one, one, two)
    assert await connected(store, two) == [one, two]


async def test_connections_are_followed_to_the_end(store: Store) -> None:
    """1 -address- 2 -headline- 3 -headline, further than the reach from 2- 4 -set- 5 -address- 6."""
    one, two, three, four, five, six, _ = await add(
        store,
        named("1", url="u"),
        named("2", url="u", headline=NEWS),
        named("3", headline=NEWS, at=NOON - 40 * HOUR),
        named("4", headline=NEWS, at=NOON - 80 * HOUR),
        named("5", url="v"),
        named("6", url="v"),
        named("7", url="w", headline="other"),
    )
    await place(store, four, four, five)
    for start in (one, two, three, four, five, six):
        assert await connected(store, start) == [one, two, three, four, five, six]


async def test_two_stretches_of_one_headline_stay_apart_unless_both_are_reached(store: Store) -> None:
    early, late = NOON - 500 * HOUR, NOON - 10 * HOUR
    one, two, three, four = await add(
        store,
        named("1", headline=NEWS, at=early),
        named("2", headline=NEWS, at=early + HOUR),
        named("3", headline=NEWS, at=late),
        named("4", headline=NEWS, at=late + HOUR),
    )
    assert await connected(store, one) == [one, two]
    assert await connected(store, four) == [three, four]
    assert await connected(store, two, three) == [one, two, three, four]


async def test_several_entries_may_be_asked_about_and_unknown_ones_are_missing(store: Store) -> None:
    one, two = await add(store, named("1", url="u"), named("2", url="v"))
    assert await connected(store, two, one, EntryId(99), EntryId(2**70)) == [one, two]
    assert await connected(store) == []


async def test_a_headline_that_recurs_a_thousand_times_is_read_in_linear_time(store: Store) -> None:
    ids = await add(store, *(named(str(n), headline=NEWS, at=NOON - n * HOUR) for n in range(1500)))
    assert await connected(store, ids[700]) == sorted(ids)


# --- nearly the same text ---


async def tie(store: Store, *pairs: tuple[int, int], anew: Iterable[int] = ()) -> None:
    tied = [(EntryId(one), EntryId(other)) for one, other in pairs]
    await store.write(lambda tx: tx.copies.tie(tied, anew=[EntryId(one) for one in anew]))


async def near(store: Store, *entry_ids: EntryId) -> dict[int, set[int]]:
    found = await store.read(lambda tx: tx.copies.connected(entry_ids, reach=REACH))
    return {candidate.id: set(candidate.near) for candidate in found}


async def test_tied_entries_are_connected_and_name_each_other(store: Store) -> None:
    one, two, three, four = await add(store, *(named(name) for name in "1234"))
    await tie(store, (two, one), (two, three))
    for start in (one, two, three):
        assert await near(store, start) == {one: {two}, two: {one, three}, three: {two}}
    assert await near(store, four) == {four: set()}


async def test_ties_are_followed_together_with_all_else(store: Store) -> None:
    """1 -tie- 2 -address- 3 -tie- 4 -set- 5"""
    one, two, three, four, five = await add(
        store, named("1"), named("2", url="u"), named("3", url="u"), named("4"), named("5")
    )
    await place(store, four, four, five)
    await tie(store, (one, two), (four, three))
    for start in (one, three, five):
        assert await near(store, start) == {one: {two}, two: {one}, three: {four}, four: {three}, five: set()}


async def test_a_tie_is_kept_once_and_forgotten_where_a_text_is_looked_at_anew(store: Store) -> None:
    one, two, three = await add(store, *(named(name) for name in "123"))
    await tie(store, (one, two), (two, three))
    await tie(store, (two, one), (one, two))
    assert await near(store, one) == {one: {two}, two: {one, three}, three: {two}}
    await tie(store, (one, three), anew=[two, three])
    assert await near(store, one) == {one: {three}, three: {one}}
    assert await near(store, two) == {two: set()}
    await tie(store, anew=[three])
    assert await near(store, one) == {one: set()}


async def test_a_tie_to_an_entry_that_is_not_there_is_left_out(store: Store) -> None:
    one, two = await add(store, named("1"), named("2"))
    await tie(store, (one, 99), (98, 99), (one, two))
    assert await near(store, one) == {one: {two}, two: {one}}


async def test_texts_are_given_in_order_of_time_then_id(store: Store) -> None:
    late, one, two = await add(store, named("1"), named("2", at=NOON - HOUR), named("3", at=NOON - HOUR))
    (other,) = await add(store, replace(named("4"), text="ü" * 5000, headline="Four"), feed=B)
    texts = await store.read(lambda tx: tx.copies.texts([other, two, one, EntryId(99), late]))
    assert [text.id for text in texts] == [one, two, late, other]
    assert texts[-1] == CopyText(id=other, feed_id=B, headline="Four", body="ü" * 2000, at=NOON)


async def test_texts_since_a_time_are_those_of_grouped_entries_of_all_feeds(store: Store) -> None:
    early, late, waiting = await add(store, named("1", at=NOON - 2 * HOUR), named("2"), named("3"))
    (other,) = await add(store, named("4", at=NOON - HOUR), feed=B)
    for entry_id in (early, late, other):
        await place(store, entry_id, entry_id)
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    texts = await store.read(lambda tx: tx.copies.texts_since(NOON - HOUR))
    assert [text.id for text in texts] == [other, late]
    assert waiting in await ungrouped(store)


# --- placing ---


async def test_members_of_a_set_are_given_earliest_first_with_the_lead(store: Store) -> None:
    one, two, three = await add(
        store,
        named("1", url="u"),
        named("2", url="u", at=NOON - HOUR),
        named("3", url="u", at=NOON - 2 * HOUR),
    )
    await place(store, one, three, one, two)
    members = await store.read(lambda tx: tx.copies.members([CopySetId(one), CopySetId(99)]))
    assert {key: [entry.id for entry in found] for key, found in members.items()} == {CopySetId(one): [three, two, one]}
    assert {entry.copy_set for entry in members[CopySetId(one)]} == {CopySetId(one)}


async def test_members_of_a_feed_no_longer_configured_are_still_named(store: Store) -> None:
    (one,) = await add(store, named("1", url="u"))
    (two,) = await add(store, named("2", url="u"), feed=B)
    await place(store, one, one, two)
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    members = await store.read(lambda tx: tx.copies.members([CopySetId(one)]))
    assert [entry.publisher for entry in members[CopySetId(one)]] == ["Example", "Bee"]


async def test_an_entry_is_a_set_of_its_own_before_it_is_placed(store: Store) -> None:
    (one,) = await add(store, make_parsed_entry("1"))
    members = await store.read(lambda tx: tx.copies.members([CopySetId(one)]))
    assert [entry.id for entry in members[CopySetId(one)]] == [one]


async def test_placing_entries_where_they_are_already_changes_nothing(store: Store) -> None:
    one, two, three = await add(store, *(named(name, url="u") for name in "123"))
    await place(store, one, one, two)
    await place(store, one, one, two, three)
    await place(store, one, one, two, three)
    assert await ungrouped(store) == []
    members = await store.read(lambda tx: tx.copies.members([CopySetId(one)]))
    assert [entry.id for entry in members[CopySetId(one)]] == [one, two, three]
    assert (await store.read(lambda tx: tx.entries.totals())).copies == 2


async def test_what_does_not_exist_is_not_placed(store: Store) -> None:
    (one,) = await add(store, named("1"))
    await place(store, one, one, EntryId(99))
    assert await ungrouped(store) == []


async def test_a_set_may_fall_apart_again(store: Store) -> None:
    one, two = await add(store, named("1", url="u"), named("2", url="u"))
    await place(store, one, one, two)
    assert (await store.read(lambda tx: tx.entries.totals())).copies == 1
    await place(store, two, two)
    assert (await store.read(lambda tx: tx.entries.totals())) == Totals(feeds=2, entries=2, copies=0)
    both = {CopySetId(one), CopySetId(two)}
    assert set(await store.read(lambda tx: tx.copies.members(both))) == both


async def count(store: Store, entry_ids: Iterable[EntryId]) -> int:
    asked = list(entry_ids)
    return await store.read(lambda tx: tx.copies.count_copies(asked))


async def test_copies_of_what_was_there_before_are_counted(store: Store) -> None:
    one, two, three, four = await add(store, *(named(name, url="u") for name in "123"), named("4"))
    await place(store, one, one, two, three)
    await place(store, four, four)
    assert await count(store, [two, three, four]) == 2
    assert await count(store, [three]) == 1
    assert await count(store, [four]) == 0
    assert await count(store, []) == 0


async def test_of_copies_that_came_together_the_first_is_not_counted(store: Store) -> None:
    one, two, three = await add(store, *(named(name, url="u") for name in "123"))
    await place(store, one, three, one, two)
    assert await count(store, [one, two, three]) == 2
    assert await count(store, [one]) == 0
