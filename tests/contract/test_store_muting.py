"""Muted entries: kept, in no list, back again when rules change; shown all the same where a story is large."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from aggregator.model.copies import CopyAssignment
from aggregator.model.feed import Feed
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import EntryQuery, StoryQuery
from aggregator.model.search import SearchQuery
from aggregator.model.wanted import NO_FILTERS, Filters, Part, Retention, Rule
from aggregator.ports import Store
from aggregator.services.judging import Judging
from aggregator.text.search_language import parse
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.told import Told, tell

pytestmark = pytest.mark.anyio
A, B, C = FeedId("a"), FeedId("b"), FeedId("c")
GOLF = Filters(mute=(Rule(words=("golf",)),))


async def configure(store: Store, *feeds: Feed) -> None:
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    await Judging(store).run()


async def add(store: Store, feed: FeedId, *headlines: str) -> list[EntryId]:
    new = tuple(make_parsed_entry(f"{feed}-{headline}", headline=headline) for headline in headlines)
    return await store.write(lambda tx: tx.entries.save(feed, EntryPlan(new=new), now=NOON))


async def listed(store: Store, query: EntryQuery = EntryQuery()) -> set[EntryId]:  # noqa: B008 -- frozen
    page = await store.read(lambda tx: tx.entries.page(query))
    return {entry.id for entry in page.items}


async def muted(store: Store, feed: FeedId = A) -> int:
    overview = await store.read(lambda tx: tx.feeds.get(feed))
    assert overview is not None
    return overview.muted


async def test_an_entry_that_a_rule_fits_is_kept_and_in_no_list(store: Store) -> None:
    await configure(store, make_feed("a", filters=GOLF), make_feed("b"))
    golf, chess = await add(store, A, "Golf today", "Chess today")
    (elsewhere,) = await add(store, B, "Golf elsewhere")
    for query in (EntryQuery(), EntryQuery(with_copies=True), EntryQuery(category="World")):
        assert await listed(store, query) == {chess, elsewhere}
    assert await listed(store, EntryQuery(feed_id=A)) == {chess}
    assert await listed(store, EntryQuery(feed_id=A, with_copies=True)) == {chess}
    assert await store.read(lambda tx: tx.entries.get(golf)) is not None
    assert (await muted(store), await muted(store, B)) == (1, 0)


async def test_unmuting_shows_again_and_muting_hides_what_is_stored(store: Store) -> None:
    await configure(store, make_feed("a", filters=GOLF))
    golf, chess = await add(store, A, "Golf today", "Chess today")
    await configure(store, make_feed("a"))
    assert await listed(store) == {golf, chess}
    await configure(store, make_feed("a", filters=Filters(keep=(Rule(words=("golf",)),))))
    assert await listed(store) == {golf}


async def test_rules_reach_all_stored_entries_however_many_steps_it_takes(store: Store) -> None:
    await configure(store, make_feed("a"), make_feed("b"))
    ids = await add(store, A, *(f"Golf number {number}" for number in range(25)))
    others = await add(store, B, *(f"Golf elsewhere {number}" for number in range(25)))
    await store.write(
        lambda tx: tx.feeds.synchronise([make_feed("a", filters=GOLF), make_feed("b", filters=GOLF)], now=NOON)
    )
    steps = []
    while some := await store.write(lambda tx: tx.entries.judge(limit=4)):
        steps.append(some)
    assert max(steps) <= 4
    assert await listed(store) == set()
    assert (await muted(store), await muted(store, B)) == (len(ids), len(others))


async def test_rules_that_stay_the_same_are_not_applied_again(store: Store) -> None:
    await configure(store, make_feed("a", filters=GOLF))
    await add(store, A, "Golf today")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a", filters=GOLF, title="New")], now=NOON))
    assert await store.write(lambda tx: tx.entries.judge(limit=10)) == 0


async def test_an_entry_that_changes_is_judged_anew(store: Store) -> None:
    await configure(store, make_feed("a", filters=GOLF))
    (entry,) = await add(store, A, "Golf today")
    for headline, shown in (("Chess today", {entry}), ("Golf again", set())):
        changed = EntryPlan(changed=((entry, make_parsed_entry("x", headline=headline)),))
        await store.write(lambda tx, plan=changed: tx.entries.save(A, plan, now=NOON))  # type: ignore[misc]
        assert await listed(store) == shown


async def test_rules_look_at_what_the_feed_files_an_entry_under(store: Store) -> None:
    await configure(store, make_feed("a", filters=Filters(mute=(Rule(words=("politics",), fields=(Part.CATEGORY,)),))))
    await add(store, A, "Anything")
    assert await listed(store) == set()


async def test_a_muted_entry_is_neither_found_nor_named_as_a_copy(store: Store) -> None:
    await configure(store, make_feed("a", filters=GOLF), make_feed("b"))
    (golf,) = await add(store, A, "Golf today")
    (other,) = await add(store, B, "Golf today")
    pair = CopySetId(golf)
    await store.write(
        lambda tx: tx.copies.assign(
            [
                CopyAssignment(entry_id=golf, copy_set=pair, copy_of=None),
                CopyAssignment(entry_id=other, copy_set=pair, copy_of=golf, reason="same headline"),
            ]
        )
    )
    await store.write(lambda tx: tx.searching.catch_up(limit=100))
    assert await listed(store) == {other}
    assert [entry.id for entry in (await store.read(lambda tx: tx.copies.members([pair])))[pair]] == [other]
    found = await store.read(lambda tx: tx.searching.search(SearchQuery(asked=parse("golf"), limit=10)))
    assert [hit.id for hit in found.items] == [other]


async def three_publishers(store: Store, filters: Filters) -> Sequence[EntryId]:
    feeds = [
        make_feed("a", publisher="Ay", filters=filters),
        make_feed("b", publisher="Bee"),
        make_feed("c", publisher="Cee"),
    ]
    await configure(store, *feeds)
    return [(await add(store, feed, f"Golf final {feed}"))[0] for feed in (A, B, C)]


async def test_a_muted_entry_breaks_out_once_enough_publishers_have_its_story(store: Store) -> None:
    first, second, third = await three_publishers(store, Filters(mute=GOLF.mute, breakout=3))
    await tell(store, Told(id=1, entries=[first, second]))
    assert await listed(store) == {second, third}
    await tell(store, Told(id=1, entries=[first, second, third]))
    assert await listed(store) == {first, second, third}
    assert await muted(store) == 1
    page = await store.read(lambda tx: tx.stories.page(StoryQuery()))
    assert [line.coverage for line in page.items] == [3]


async def test_a_story_counts_and_shows_no_muted_entry(store: Store) -> None:
    first, second, third = await three_publishers(store, GOLF)
    await tell(store, Told(id=1, entries=[first, second, third]))
    page = await store.read(lambda tx: tx.stories.page(StoryQuery()))
    assert [(line.coverage, line.lead.id) for line in page.items] == [(2, second)]
    await configure(store, *(make_feed(name, publisher=name, filters=NO_FILTERS) for name in "abc"))
    page = await store.read(lambda tx: tx.stories.page(StoryQuery()))
    assert [(line.coverage, line.lead.id) for line in page.items] == [(3, first)]


async def test_another_breakout_counts_for_what_is_stored(store: Store) -> None:
    entries = await three_publishers(store, GOLF)
    await tell(store, Told(id=1, entries=entries))
    await configure(
        store,
        make_feed("a", filters=Filters(mute=GOLF.mute, breakout=3)),
        make_feed("b", publisher="B"),
        make_feed("c", publisher="C"),
    )
    assert await listed(store) == set(entries)
    await configure(
        store,
        make_feed("a", filters=Filters(mute=GOLF.mute, breakout=4)),
        make_feed("b", publisher="B"),
        make_feed("c", publisher="C"),
    )
    assert await listed(store) == set(entries[1:])


async def test_a_feed_that_returns_shows_what_its_rules_let_through(store: Store) -> None:
    await configure(store, make_feed("a", filters=GOLF))
    golf, chess = await add(store, A, "Golf today", "Chess today")
    await configure(store)
    assert await listed(store) == set()
    await configure(store, make_feed("a", filters=GOLF))
    assert await listed(store) == {chess}
    await configure(store)
    await configure(store, make_feed("a"))
    assert await listed(store) == {golf, chess}


async def test_what_feeds_yaml_wants_of_a_feed_comes_back_as_it_was_said(store: Store) -> None:
    feed = make_feed(
        "a",
        filters=Filters(keep=(Rule(words=("a", "b")),), mute=(Rule(regex="x.y", fields=(Part.URL,)),), breakout=3),
        max_entries=9,
        retention=Retention(age=timedelta(days=3), entries=5),
        full_text=True,
        strip_prefix=("A:",),
        strip_suffix=("- B",),
    )
    await configure(store, feed, make_feed("b"))
    overviews = await store.read(lambda tx: tx.feeds.overview())
    assert [overview.feed for overview in overviews] == [feed, make_feed("b")]
