from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import Coverage, ParsedEntry, SafeHtml
from aggregator.model.grouping import StoryChanges, StoryMemory
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import Cursor, StoryQuery
from aggregator.model.story import Apart, EventKind, Pinned, Ruling, Story, StoryLine, Together, Veto
from aggregator.ports import Store, Transaction
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.story_changes import (
    make_changes,
    make_closed,
    make_event,
    make_placement,
    make_reading,
    make_state,
)

T = TypeVar("T")
HOUR = timedelta(hours=1)
A, B, C = FeedId("a"), FeedId("b"), FeedId("c")
FEEDS = [
    make_feed("a", publisher="Ay", language="en"),
    make_feed("b", publisher="Bee"),
    make_feed("c", publisher="Bee", category="Sport"),
]


@pytest.fixture
async def _entries(store: Store) -> None:
    """Entries 1 to 3 of a, 4 to 6 of b, 7 to 9 of c, each listed an hour after the one before."""
    await store.write(lambda tx: tx.feeds.synchronise(FEEDS, now=NOON))
    for feed, numbers in ((A, (1, 2, 3)), (B, (4, 5, 6)), (C, (7, 8, 9))):
        new = tuple(make_parsed_entry(str(number), published_at=NOON + number * HOUR) for number in numbers)
        await add(store, *new, feed=feed)


pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_entries")]


async def add(store: Store, *new: ParsedEntry, feed: FeedId = A) -> list[EntryId]:
    return await store.write(lambda tx: tx.entries.save(feed, EntryPlan(new=new), now=NOON + 100 * HOUR))


async def save(store: Store, changes: StoryChanges, signature: str = "rules 1") -> None:
    await store.write(lambda tx: tx.stories.save(changes, signature=signature))


async def read(store: Store, work: Callable[[Transaction], T]) -> T:
    return await store.read(work)


async def get(store: Store, story: int) -> Story | None:
    return await store.read(lambda tx: tx.stories.get(StoryId(story)))


async def found(store: Store, story: int) -> Story:
    story_found = await get(store, story)
    assert story_found
    return story_found


async def memory(store: Store) -> StoryMemory:
    return await store.read(lambda tx: tx.stories.memory())


async def current(store: Store, story: int) -> int | None:
    return await store.read(lambda tx: tx.stories.current(StoryId(story)))


async def page(store: Store, query: StoryQuery) -> list[int]:
    listed = await store.read(lambda tx: tx.stories.page(query))
    return [line.id for line in listed.items]


async def configure(store: Store, *names: FeedId) -> None:
    feeds = [feed for feed in FEEDS if feed.id in names]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


# --- what the engine is given ---


async def given(store: Store, entry: ParsedEntry, feed: FeedId = A) -> dict[str, object]:
    (entry_id,) = await add(store, entry, feed=feed)
    (story_entry,) = await store.read(lambda tx: tx.stories.entries([entry_id]))
    return {name: getattr(story_entry, name) for name in story_entry.__slots__}


async def test_entries_are_given_in_order_of_time_then_id(store: Store) -> None:
    same, early = await add(
        store,
        make_parsed_entry("10", published_at=NOON + 5 * HOUR),
        make_parsed_entry("11", published_at=NOON - HOUR),
    )
    ids = [EntryId(7), same, EntryId(5), EntryId(99), EntryId(1), early]
    entries = await store.read(lambda tx: tx.stories.entries(ids))
    assert [entry.id for entry in entries] == [early, 1, 5, same, 7]


async def test_an_entry_is_given_with_what_its_feed_says_of_it(store: Store) -> None:
    entry = replace(make_parsed_entry("10", language=None, url_key="a.example/10"), headline="Tower collapses")
    fields = await given(store, entry)
    assert fields == {
        "id": 10,
        "publisher": "Ay",
        "headline": "Tower collapses",
        "body": entry.text,
        "url_key": "a.example/10",
        "links": frozenset(),
        "language": "en",
        "at": NOON,
        "seen_at": NOON + 100 * HOUR,
        "copy_set": 10,
    }


async def test_an_entry_of_a_feed_no_longer_configured_is_given_too(store: Store) -> None:
    await configure(store, B)
    (entry,) = await store.read(lambda tx: tx.stories.entries([EntryId(1)]))
    assert entry.publisher == "Ay"


async def test_the_language_of_the_entry_comes_before_that_of_its_feed(store: Store) -> None:
    assert (await given(store, make_parsed_entry("10", language="fr-CA")))["language"] == "fr-CA"
    assert (await given(store, make_parsed_entry("11", language=None), feed=B))["language"] is None


@pytest.mark.parametrize(
    ("teaser", "text", "body"),
    [
        ("teaser", "the text that is longer", "the text that is longer"),
        ("a teaser of its own, longer", "text", "a teaser of its own, longer"),
        ("", "", ""),
        ("ü" * 150, "ü" * 5000, "ü" * 2000),
        ("t" * 3000, "t", "t" * 2000),
    ],
)
async def test_the_body_is_the_longer_of_teaser_and_beginning(store: Store, teaser: str, text: str, body: str) -> None:
    assert (await given(store, replace(make_parsed_entry("10"), teaser=teaser, text=text)))["body"] == body


@pytest.mark.parametrize("field", ["content", "summary"])
async def test_links_are_the_articles_that_the_text_links_to(store: Store, field: str) -> None:
    html = (
        '<p>See <a href="https://www.other.example/story?id=2&amp;utm_source=x" rel="nofollow">this</a>, '
        '<a title="t" href="http://other.example/story?id=2">again</a>, <a href="https://front.example/">home</a>, '
        '<a href="mailto:a@b.example">mail</a>, <a href="https://own.example/10">itself</a> and '
        '<img src="https://pictures.example/1.jpg"> href="https://quoted.example/1"</p>'
    )
    entry = make_parsed_entry("10", url_key="own.example/10")
    said = {"content": replace(entry, content=SafeHtml(html)), "summary": replace(entry, summary=SafeHtml(html))}
    assert (await given(store, said[field]))["links"] == {"other.example/story?id=2"}


async def test_a_page_of_links_is_not_followed_to_its_end(store: Store) -> None:
    html = "".join(f'<a href="https://other.example/{number}">x</a>' for number in range(500))
    links = (await given(store, replace(make_parsed_entry("10"), content=SafeHtml(html))))["links"]
    assert links == {f"other.example/{number}" for number in range(100)}


# --- what an engine is made of again ---


async def test_nothing_is_remembered_of_a_new_database(store: Store) -> None:
    assert await memory(store) == StoryMemory(
        mark=0, signature="", next_story=StoryId(1), states=(), readings=(), assigned={}, rulings=()
    )


async def test_states_come_back_as_they_were_and_only_of_open_stories(store: Store) -> None:
    late = make_state(2, 2, hours=3, review_at=NOON + HOUR, publishers=("Ay", "Bee"), numbers=("12", "3"))
    changes = make_changes(
        make_state(1, 1), late, placed={1: [1], 2: [2, 4], 3: [3]}, closed=[make_closed(3, 3)], next_story=4
    )
    await save(store, changes)
    kept = await memory(store)
    assert kept.states == (make_state(1, 1), late)
    assert kept.next_story == 4
    again = replace(late, lead=EntryId(4), review_at=None, numbers=())
    await save(store, make_changes(again, next_story=4))
    assert (await memory(store)).states == (make_state(1, 1), again)


async def test_readings_come_back_to_the_last_bit(store: Store) -> None:
    readings = (
        make_reading(1, 1),
        make_reading(2, 2, links=("b.example/1", "a.example/2"), language=None),
        make_reading(3, 3, weights={}, headline_terms=(), body_terms=()),
        make_reading(4, 4, weights={"reactor": 1 / 7, "tower": 5e-324}, headline_terms=("weather",)),
        make_reading(5, 1, weights={"collapse": 0.1, "tower": 0.7, "reactor": -0.0}, meaning=(0.1, -1 / 3)),
        make_reading(6, 2, headline_terms=('quo"te', "line\nbreak", "भारत"), body_terms=(), weights={"भारत": 1.0}),
    )
    await save(store, make_changes(readings=readings))
    kept = await memory(store)
    assert kept.readings == readings
    assert [list(reading.weights) for reading in kept.readings] == [list(reading.weights) for reading in readings]
    assert kept.signature == "rules 1"


async def outline(store: Store, signature: str) -> list[tuple[str, bytes]]:
    return await store.read(lambda tx: list(tx.stories.outline(signature)))


async def test_an_outline_comes_back_part_by_part_with_the_mark_at_which_it_was_kept(store: Store) -> None:
    parts = [("read", b""), ("terms 0", bytes(range(256)))]
    await save(store, make_changes(make_state(1, 1), placed={1: [1]}))
    await store.write(lambda tx: tx.stories.keep_outlines([("one", parts)]))
    await store.write(lambda tx: tx.stories.keep_outlines([("other", [("texts 0", b"x")])]))
    assert sorted(await outline(store, "one")) == parts
    assert await outline(store, "other") == [("texts 0", b"x")]
    assert await outline(store, "another") == []
    await store.write(lambda tx: tx.stories.keep_outlines([("one", parts[:1])]))
    assert await outline(store, "one") == parts[:1]
    mark = await store.read(lambda tx: tx.stories.mark())
    assert await store.read(lambda tx: tx.stories.outlined_at("one")) == mark
    await store.write(lambda tx: tx.stories.rule(Pinned(entries=frozenset([EntryId(1)]))))
    assert await outline(store, "one") == parts[:1]
    assert (
        await store.read(lambda tx: tx.stories.outlined_at("one"))
        == mark
        < await store.read(lambda tx: tx.stories.mark())
    )
    assert await store.read(lambda tx: tx.stories.outlined_at("another")) is None


async def test_who_keeps_an_outline_drops_those_of_other_marks_and_what_was_added_to_them(store: Store) -> None:
    await store.write(lambda tx: tx.stories.keep_outlines([("one", [("read", b"")])]))
    for content in (b"a", b"b"):
        await save(store, make_changes(make_state(1, 1), placed={1: [1]}))
        await store.write(lambda tx, content=content: tx.stories.add_to_outline("more", content))  # type: ignore[misc]
    assert [content for _, content in await outline(store, "more")] == [b"a", b"b"]
    await save(store, make_changes(make_state(1, 1), placed={1: [1]}))
    await store.write(lambda tx: tx.stories.keep_outlines([("other", [("read", b"")])]))
    assert [await outline(store, name) for name in ("one", "more", "other")] == [[], [], [("read", b"")]]


async def test_news_are_what_was_read_since_and_who_is_where_now(store: Store) -> None:
    readings = [make_reading(2, 1, links=["x.example/1"]), make_reading(3, 2), make_reading(4, 3)]
    changes = make_changes(make_state(1, 1), make_state(2, 2), placed={1: [1], 2: [2]}, closed=[make_closed(3, 3)])
    await save(store, replace(changes, readings=tuple(readings), forgotten_before=2))
    news = await store.read(lambda tx: tx.stories.news(since=3))
    assert [one.position for one in news.readings] == [4]
    assert news.first_position == 2
    assert {(entry, story) for entry, story, _ in news.members} == {(1, 1), (2, 2)}
    assert [(position, links) for _, position, links in news.links] == [(2, ("x.example/1",))]


async def test_with_an_outline_the_rest_of_the_memory_is_left_out(store: Store) -> None:
    pinned = Pinned(entries=frozenset([EntryId(1)]))
    await save(store, make_changes(make_state(1, 1), placed={1: [1]}, readings=[make_reading(1, 1)], next_story=7))
    await store.write(lambda tx: tx.stories.rule(pinned))
    whole = await memory(store)
    assert await store.read(lambda tx: tx.stories.memory(outlined=True)) == replace(
        whole, signature="", states=(), readings=(), assigned={}
    )


async def test_open_stories_are_looked_up_with_their_entries(store: Store) -> None:
    states = [make_state(1, 1), make_state(2, 4, publishers=("Ay", "Bee"))]
    await save(store, make_changes(*states, placed={1: [1], 2: [4, 5], 3: [7]}, closed=[make_closed(3, 7)]))
    found = await store.read(lambda tx: tx.stories.open_stories([StoryId(number) for number in (1, 2, 3, 9)]))
    assert sorted(((state, sorted(entries)) for state, entries in found), key=lambda pair: pair[0].id) == [
        (states[0], [1]),
        (states[1], [4, 5]),
    ]


async def test_readings_and_their_terms_are_looked_up_by_position(store: Store) -> None:
    readings = (
        make_reading(1, 1),
        make_reading(
            2,
            4,
            headline_terms=("tower", "tower"),
            body_terms=("reactor", "tower"),
            weights={"tower": 0.5, "reactor": 1.0},
        ),
        make_reading(3, 7, weights={"tower": 0.5}, headline_terms=("weather", "tower"), body_terms=()),
    )
    await save(store, make_changes(readings=readings))
    place = CopyAssignment(entry_id=EntryId(4), copy_set=CopySetId(1), copy_of=EntryId(1), reason="same address")
    await store.write(lambda tx: tx.copies.assign([place]))
    found = await store.read(lambda tx: tx.stories.readings([3, 2, 8]))
    assert sorted(found, key=lambda reading: reading.position) == list((await memory(store)).readings[1:])
    terms = await store.read(lambda tx: tx.stories.terms([3, 1, 2]))
    assert [list(each) for each in terms] == [list(reading.weights) for reading in readings]


async def test_readings_have_the_copy_set_of_today(store: Store) -> None:
    await save(store, make_changes(readings=[make_reading(1, 4)]))
    place = CopyAssignment(entry_id=EntryId(4), copy_set=CopySetId(1), copy_of=EntryId(1), reason="same address")
    await store.write(lambda tx: tx.copies.assign([place]))
    (reading,) = (await memory(store)).readings
    assert reading.entry.copy_set == 1


async def test_readings_have_the_publisher_of_today(store: Store) -> None:
    """A publisher that is called otherwise now is not one more."""
    await save(store, make_changes(readings=[make_reading(1, 1), make_reading(2, 4)]))
    renamed = [make_feed("a", publisher="Ay Weekly", language="en"), *FEEDS[1:]]
    await store.write(lambda tx: tx.feeds.synchronise(renamed, now=NOON))
    assert [reading.entry.publisher for reading in (await memory(store)).readings] == ["Ay Weekly", "Bee"]
    await store.write(lambda tx: tx.feeds.synchronise(FEEDS[1:], now=NOON))
    assert [reading.entry.publisher for reading in (await memory(store)).readings] == ["Ay Weekly", "Bee"], "removed"


async def test_who_knows_a_publisher_by_its_former_name_knows_too_little(store: Store) -> None:
    """Else a running server would tell of the next entry of a renamed publisher as of one more."""
    mark = await store.read(lambda tx: tx.stories.mark())
    await store.write(lambda tx: tx.feeds.synchronise(FEEDS, now=NOON))
    assert await store.read(lambda tx: tx.stories.mark()) == mark, "nothing has changed"
    renamed = [make_feed("a", publisher="Ay Weekly", language="en"), *FEEDS[1:]]
    await store.write(lambda tx: tx.feeds.synchronise(renamed, now=NOON))
    assert await store.read(lambda tx: tx.stories.mark()) > mark


async def test_a_reading_does_not_change_with_its_entry(store: Store) -> None:
    await save(store, make_changes(readings=[make_reading(1, 1)]))
    changed = EntryPlan(changed=((EntryId(1), make_parsed_entry("1", headline="Something else", url_key="new")),))
    await store.write(lambda tx: tx.entries.save(A, changed, now=NOON + HOUR))
    assert (await memory(store)).readings == (make_reading(1, 1),)


async def test_readings_before_a_position_are_forgotten(store: Store) -> None:
    await save(store, make_changes(readings=[make_reading(number, number) for number in (1, 2, 3)]))
    await save(store, make_changes(readings=[make_reading(4, 4)], forgotten_before=3))
    assert [reading.position for reading in (await memory(store)).readings] == [3, 4]


async def test_readings_are_forgotten_when_the_rules_have_changed_and_stories_stay(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1]}, readings=[make_reading(1, 1)], next_story=2))
    await store.write(lambda tx: tx.stories.forget_readings())
    kept = await memory(store)
    assert (kept.readings, kept.signature, kept.assigned) == ((), "", {})
    assert (kept.states, kept.next_story) == ((make_state(1, 1),), 2)
    await save(store, make_changes(readings=[make_reading(1, 1)]), "rules 2")
    kept = await memory(store)
    assert (kept.signature, kept.assigned) == ("rules 2", {EntryId(1): StoryId(1)})


async def test_only_entries_of_readings_and_open_stories_are_assigned(store: Store) -> None:
    readings = [make_reading(1, 1), make_reading(2, 3), make_reading(3, 5), make_reading(4, 1)]
    await save(
        store,
        make_changes(make_state(1, 1), placed={1: [1, 2], 2: [3]}, closed=[make_closed(2, 3)], readings=readings),
    )
    assert (await memory(store)).assigned == {EntryId(1): StoryId(1)}


async def test_the_mark_grows_with_whatever_is_stored(store: Store) -> None:
    marks = [await read(store, lambda tx: tx.stories.mark())]
    for work in (
        lambda tx: tx.stories.save(make_changes(), signature=""),
        lambda tx: tx.stories.forget_readings(),
        lambda tx: tx.stories.rule(Together(entries=frozenset({EntryId(1)}))),
    ):
        await store.write(work)
        marks.append(await read(store, lambda tx: tx.stories.mark()))
    assert marks == sorted(set(marks))
    assert (await memory(store)).mark == marks[-1]


async def test_numbers_of_stories_are_never_given_twice(store: Store) -> None:
    await save(store, make_changes(next_story=7))
    await save(store, make_changes(next_story=1))
    assert (await memory(store)).next_story == 7


async def test_rulings_are_remembered_in_their_order(store: Store) -> None:
    one, two, three = EntryId(1), EntryId(2), EntryId(3)
    rulings: list[Ruling] = [
        Pinned(entries=frozenset({three})),
        Together(entries=frozenset({one, two})),
        Apart(entries=frozenset({one}), others=frozenset({two, three})),
        Together(entries=frozenset({one, two})),
    ]
    for ruling in rulings:
        await store.write(lambda tx, ruling=ruling: tx.stories.rule(ruling))  # type: ignore[misc]
    assert list((await memory(store)).rulings) == rulings


async def test_the_stories_of_entries_are_told_and_those_that_have_none_are_left_out(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1, 4]}))
    asked = [EntryId(number) for number in (1, 2, 4, 99)]
    assert await read(store, lambda tx: tx.stories.placed(asked)) == {1: 1, 4: 1}


async def test_a_closed_story_is_given_with_its_entries_in_order_of_time(store: Store) -> None:
    (early,) = await add(store, make_parsed_entry("10", published_at=NOON - HOUR))
    changes = make_changes(
        make_state(1, 1), placed={1: [1], 2: [7, 4, early]}, closed=[make_closed(2, 7, 4, early, hours=5)]
    )
    await save(store, changes)
    closed = await read(store, lambda tx: tx.stories.closed(StoryId(2)))
    assert closed == (make_state(2, 7, hours=5), (early, 4, 7))
    for other in (1, 3):
        assert await store.read(lambda tx, other=other: tx.stories.closed(StoryId(other))) is None  # type: ignore[misc]


async def test_a_story_may_open_again(store: Store) -> None:
    await save(store, make_changes(placed={1: [1]}, closed=[make_closed(1, 1)]))
    assert not (await found(store, 1)).is_open
    await save(store, make_changes(make_state(1, 1)))
    assert (await found(store, 1)).is_open


async def test_what_fails_on_the_way_leaves_nothing(store: Store) -> None:
    def fail(tx: Transaction) -> None:
        tx.stories.save(make_changes(make_state(1, 1), placed={1: [1]}), signature="")
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        await store.write(fail)
    assert (await memory(store)).mark == 0
    assert await get(store, 1) is None


# --- stories as they are shown ---


async def test_a_story_is_shown_whole(store: Store) -> None:
    founded = make_event(1, hours=1, entry=4)
    publisher = make_event(1, EventKind.PUBLISHER, hours=4, entry=1, detail="Ay")
    merged = make_event(1, EventKind.MERGED, hours=4, detail="3")
    veto = Veto(story=StoryId(2), reason="other numbers")
    changes = make_changes(
        make_state(1, 4, hours=4),
        placements=[
            make_placement(7, 1, score=1 / 3, words=("tower", "Überfall")),
            make_placement(4, 1, vetoes=[veto]),
            make_placement(1, 1, score=0.1),
        ],
        events=[founded, publisher],
    )
    await save(store, changes)
    await save(store, make_changes(events=[merged]))
    story = await found(store, 1)
    assert [member.entry.id for member in story.members] == [1, 4, 7]
    assert [member.score for member in story.members] == [0.1, 1.0, 1 / 3]
    assert [member.words for member in story.members] == [(), (), ("tower", "Überfall")]
    assert [member.vetoes for member in story.members] == [(), (veto,), ()]
    assert story.events == (founded, publisher, merged)
    assert (story.lead.id, story.coverage, story.size) == (4, 2, 3)
    assert (story.first_at, story.last_at, story.updated_at) == (NOON + HOUR, NOON + 7 * HOUR, NOON + 4 * HOUR)
    assert (story.is_open, story.is_pinned) == (True, False)
    line = (await read(store, lambda tx: tx.stories.lines([StoryId(1)])))[StoryId(1)]
    assert line == StoryLine(**{name: getattr(story, name) for name in StoryLine.__slots__})


async def test_several_stories_are_shown_at_once_and_those_that_are_not_there_are_missing(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), make_state(2, 4), placed={1: [1], 2: [4, 5]}))
    several = await read(store, lambda tx: tx.stories.several([StoryId(2), StoryId(1), StoryId(9), StoryId(2**70)]))
    assert several == {1: await get(store, 1), 2: await get(store, 2)}


async def test_a_page_of_whole_stories_is_a_page_of_lines_with_what_is_known_of_each(store: Store) -> None:
    event = make_event(1, entry=1, detail="Ay")
    states = [make_state(number, first, hours=number) for number, first in ((1, 1), (2, 4), (3, 7))]
    await save(store, make_changes(*states, placed={1: [1], 2: [4, 5], 3: [7]}, events=[event]))
    query = StoryQuery(limit=2)
    lines = await read(store, lambda tx: tx.stories.page(query))
    whole = await read(store, lambda tx: tx.stories.whole_page(query, events=True))
    assert (whole.next, [story.id for story in whole.items]) == (lines.next, [line.id for line in lines.items])
    first = await read(store, lambda tx: tx.stories.several([StoryId(1)], why=False))
    assert first[StoryId(1)].events == (event,)
    bare = await read(store, lambda tx: tx.stories.several([StoryId(1)], why=False, events=False))
    assert bare[StoryId(1)] == replace(first[StoryId(1)], events=())


async def test_publishers_are_counted_within_a_category(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), make_state(2, 2), placed={1: [1, 4, 7, 8], 2: [2]}))
    ids = [StoryId(1), StoryId(2), StoryId(9)]
    category = (await read(store, lambda tx: tx.entries.get(EntryId(1)))).category  # type: ignore[union-attr]
    assert await read(store, lambda tx: tx.stories.coverage_within(category, ids)) == {1: 2, 2: 1}
    assert await read(store, lambda tx: tx.stories.coverage_within("Sport", ids)) == {1: 1}


@pytest.mark.parametrize(
    ("rulings", "pinned"),
    [
        ([], False),
        ([Together(entries=frozenset({EntryId(1)}))], False),
        ([Pinned(entries=frozenset({EntryId(1), EntryId(4)}))], True),
        ([Pinned(entries=frozenset({EntryId(2)}))], False),
        (
            [
                Pinned(entries=frozenset({EntryId(1)})),
                Apart(entries=frozenset({EntryId(1)}), others=frozenset({EntryId(2)})),
            ],
            False,
        ),
    ],
)
async def test_a_story_is_pinned_when_the_last_ruling_on_one_of_its_entries_says_so(
    store: Store,
    rulings: list[Ruling],
    pinned: bool,  # noqa: FBT001 - a case of the test
) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1, 4]}))
    for ruling in rulings:
        await store.write(lambda tx, ruling=ruling: tx.stories.rule(ruling))  # type: ignore[misc]
    assert (await found(store, 1)).is_pinned is pinned


async def test_an_entry_that_moves_leaves_its_story(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1, 4]}))
    await save(store, make_changes(make_state(2, 4, hours=1), placements=[make_placement(4, 2, score=0.5)]))
    assert [(await found(store, story)).size for story in (1, 2)] == [1, 1]
    assert [(await found(store, story)).coverage for story in (1, 2)] == [1, 1]
    assert await page(store, StoryQuery(least_coverage=2)) == []


async def test_only_entries_of_configured_feeds_count(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1, 4, 7]}))
    await configure(store, B, C)
    story = await found(store, 1)
    assert (story.lead.id, story.coverage, story.size) == (4, 1, 2)
    assert (story.first_at, story.last_at) == (NOON + 4 * HOUR, NOON + 7 * HOUR)
    assert await page(store, StoryQuery(least_coverage=2)) == []
    coverage = await read(store, lambda tx: tx.stories.coverage([EntryId(1), EntryId(7)]))
    assert coverage == dict.fromkeys((1, 7), Coverage(story=StoryId(1), publishers=1, entries=2))
    await configure(store, A, B, C)
    assert (await found(store, 1)).lead.id == 1
    assert await page(store, StoryQuery(least_coverage=2)) == [1]


async def test_a_story_with_nothing_to_show_is_not_shown_but_still_there(store: Store) -> None:
    await save(
        store, make_changes(make_state(1, 1), make_state(2, 4), placed={1: [1, 2], 2: [4]}, related={2: [(1, 0.5)]})
    )
    await configure(store, B, C)
    assert await get(store, 1) is None
    assert await read(store, lambda tx: tx.stories.lines([StoryId(1)])) == {}
    assert await page(store, StoryQuery()) == [2]
    assert await page(store, StoryQuery(category="World")) == [2]
    assert await read(store, lambda tx: tx.stories.coverage([EntryId(1)])) == {}
    assert await read(store, lambda tx: tx.stories.related([StoryId(2)])) == {2: ()}
    assert await current(store, 1) == 1
    assert len((await memory(store)).states) == 2


async def test_coverage_follows_the_names_of_publishers_in_feeds_yaml(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1, 4]}))
    renamed = [replace(FEEDS[0], publisher="Bee"), *FEEDS[1:]]
    await store.write(lambda tx: tx.feeds.synchronise(renamed, now=NOON))
    assert (await found(store, 1)).coverage == 1
    assert await page(store, StoryQuery(least_coverage=2)) == []


async def test_coverage_tells_the_story_of_entries_that_have_one(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), make_state(2, 5), placed={1: [1, 2, 4], 2: [5]}))
    asked = [EntryId(number) for number in (1, 2, 3, 5, 99)]
    both = Coverage(story=StoryId(1), publishers=2, entries=3)
    assert await read(store, lambda tx: tx.stories.coverage(asked)) == {
        1: both,
        2: both,
        5: Coverage(story=StoryId(2), publishers=1, entries=1),
    }


# --- lists ---


async def listed(store: Store) -> None:
    """Stories 1 and 4 changed last at one time; 2 is covered by two publishers, 3 is of Sport, 4 of both."""
    states = [
        make_state(1, 1, hours=4),
        make_state(2, 2, hours=5),
        make_state(3, 7, hours=6),
        make_state(4, 5, hours=4),
    ]
    await save(store, make_changes(*states, placed={1: [1], 2: [2, 4], 3: [7], 4: [5, 8]}))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (StoryQuery(), [3, 2, 4, 1]),
        (StoryQuery(category="World"), [2, 4, 1]),
        (StoryQuery(category="Sport"), [3, 4]),
        (StoryQuery(category="Arts"), []),
        (StoryQuery(least_coverage=2), [2]),
        (StoryQuery(least_coverage=2, category="Sport"), []),
        (StoryQuery(least_coverage=0), [3, 2, 4, 1]),
        (StoryQuery(since=NOON + 5 * HOUR), [3, 2]),
        (StoryQuery(until=NOON + 5 * HOUR), [4, 1]),
        (StoryQuery(since=NOON + 5 * HOUR, until=NOON + 6 * HOUR), [2]),
        (StoryQuery(after=Cursor(listed_at=NOON + 4 * HOUR, id=4)), [1]),
        (StoryQuery(after=Cursor(listed_at=NOON + 5 * HOUR, id=2), category="World"), [4, 1]),
        (StoryQuery(after=Cursor(listed_at=NOON + 9 * HOUR, id=2), until=NOON + 5 * HOUR), [4, 1]),
        (StoryQuery(after=Cursor(listed_at=NOON + 4 * HOUR, id=4), since=NOON + 5 * HOUR), []),
        (StoryQuery(limit=0), []),
        (StoryQuery(limit=-1), []),
    ],
)
async def test_a_list_has_the_stories_that_were_asked_for_the_latest_changed_first(
    store: Store, query: StoryQuery, expected: list[int]
) -> None:
    await listed(store)
    assert await page(store, query) == expected


@pytest.mark.parametrize("category", [None, "World"])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
async def test_pages_together_are_the_list(store: Store, size: int, category: str | None) -> None:
    await listed(store)
    whole = await page(store, StoryQuery(category=category))
    pages: list[list[int]] = []
    cursor: Cursor | None = None
    while not pages or cursor:
        query = StoryQuery(limit=size, after=cursor, category=category)
        one = await store.read(lambda tx, query=query: tx.stories.page(query))  # type: ignore[misc]
        pages.append([line.id for line in one.items])
        cursor = one.next
    assert [story for one_page in pages for story in one_page] == whole
    assert all(len(one_page) == size for one_page in pages[:-1])


async def test_a_story_that_changes_comes_up_in_every_list(store: Store) -> None:
    await listed(store)
    await save(store, make_changes(make_state(1, 1, hours=9)))
    assert await page(store, StoryQuery()) == [1, 3, 2, 4]
    assert await page(store, StoryQuery(category="World")) == [1, 2, 4]


async def test_a_feed_that_changes_its_category_takes_its_stories_along(store: Store) -> None:
    await listed(store)
    moved = [FEEDS[0], FEEDS[1], replace(FEEDS[2], category="Arts")]
    await store.write(lambda tx: tx.feeds.synchronise(moved, now=NOON))
    assert await page(store, StoryQuery(category="Sport")) == []
    assert await page(store, StoryQuery(category="Arts")) == [3, 4]


# --- stories that merge ---


async def test_a_story_that_merged_redirects_to_what_it_is_now(store: Store) -> None:
    await save(store, make_changes(*(make_state(n, n) for n in (1, 2, 3)), placed={1: [1], 2: [2], 3: [3]}))
    await save(store, make_changes(make_state(2, 2), placed={2: [3]}, merged=[(3, 2)]))
    assert [await current(store, story) for story in (1, 2, 3, 4)] == [1, 2, 2, None]
    await save(store, make_changes(make_state(1, 1), placed={1: [2, 3]}, merged=[(2, 1)]))
    assert [await current(store, story) for story in (1, 2, 3, 2**70)] == [1, 1, 1, None]
    assert await get(store, 2) is None
    assert await page(store, StoryQuery()) == [1]
    assert [state.id for state in (await memory(store)).states] == [1]
    assert (await found(store, 1)).size == 3


async def test_a_story_that_was_founded_and_merged_at_once_redirects_too(store: Store) -> None:
    await save(store, make_changes(make_state(1, 1), placed={1: [1, 2]}, merged=[(2, 1)], next_story=3))
    assert await current(store, 2) == 1


async def test_what_was_related_to_a_story_that_merged_is_related_to_what_it_is_now(store: Store) -> None:
    states = [make_state(number, number) for number in (1, 2, 3, 4)]
    related = {1: [(3, 0.3)], 2: [(3, 0.4), (4, 0.6)], 3: [(4, 0.1)], 4: [(3, 0.9)]}
    await save(store, make_changes(*states, placed={n: [n] for n in (1, 2, 3, 4)}, related=related))
    await save(store, make_changes(make_state(4, 4), placed={4: [3]}, merged=[(3, 4)], related={4: [(1, 0.2)]}))
    assert await related_to(store, 1, 2, 3, 4) == {
        1: {4: 0.3},
        2: {4: 0.6},
        3: {},
        4: {1: 0.3, 2: 0.6},
    }


# --- what is related ---


async def related_to(store: Store, *stories: int) -> dict[int, dict[int, float]]:
    found_related = await store.read(lambda tx: tx.stories.related([StoryId(story) for story in stories]))
    return {story: {line.id: score for line, score in pairs} for story, pairs in found_related.items()}


async def test_related_stories_are_found_from_both_sides_with_the_higher_score(store: Store) -> None:
    states = [make_state(number, number) for number in (1, 2, 3)]
    related = {1: [(2, 0.3), (3, 0.4)], 2: [(1, 1 / 3)]}
    await save(store, make_changes(*states, placed={n: [n] for n in (1, 2, 3)}, related=related))
    assert await related_to(store, 1, 3, 9) == {1: {2: 1 / 3, 3: 0.4}, 3: {1: 0.4}, 9: {}}


async def test_what_is_related_is_replaced_by_what_was_found_anew(store: Store) -> None:
    states = [make_state(number, number) for number in (1, 2, 3)]
    await save(store, make_changes(*states, placed={n: [n] for n in (1, 2, 3)}, related={1: [(2, 0.3)], 3: [(2, 0.2)]}))
    await save(store, make_changes(related={1: [(3, 0.5)], 3: []}))
    assert await related_to(store, 1, 2) == {1: {3: 0.5}, 2: {}}


async def test_a_story_that_closes_keeps_what_was_related_then(store: Store) -> None:
    await save(
        store, make_changes(make_state(1, 1), make_state(2, 2), placed={1: [1], 2: [2]}, related={1: [(2, 0.3)]})
    )
    await save(store, make_changes(closed=[make_closed(1, 1, related=[(2, 0.4)])]))
    assert await related_to(store, 1) == {1: {2: 0.4}}


async def test_a_story_that_closed_before_others_merged_is_related_to_what_they_are_now(store: Store) -> None:
    placed = {1: [1], 3: [3]}
    closed = make_closed(1, 1, related=[(2, 0.3), (3, 0.2)])
    await save(store, make_changes(make_state(3, 3), placed=placed, closed=[closed], merged=[(2, 3)]))
    assert await related_to(store, 1) == {1: {3: 0.3}}
