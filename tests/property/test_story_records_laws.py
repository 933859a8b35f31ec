"""Laws of stored stories: where addresses lead, and that lists choose by what is shown, whatever happens in whatever order."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model.entry import EntrySummary
from aggregator.model.grouping import Reading
from aggregator.model.ids import FeedId, StoryId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import StoryQuery
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.database import Database
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.store import SqliteTransaction
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.story_changes import make_changes, make_reading, make_state

FEEDS = "abcd"
STORIES = range(1, 9)
"""At first each of the entry of its number; two entries a feed."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    path = tmp_path_factory.mktemp("stories") / "a.db"
    with closing(connect.connect(path, writing=True)) as database:
        migrations.upgrade(database, path)
        with connect.writing(database):
            first_stories(SqliteTransaction(Session(database)))
        yield database


def first_stories(tx: SqliteTransaction) -> None:
    configure(tx, FEEDS)
    for name in FEEDS:
        parsed = tuple(make_parsed_entry(f"{name}{n}", published_at=NOON + n * timedelta(hours=1)) for n in (1, 2))
        tx.entries.save(FeedId(name), EntryPlan(new=parsed), now=NOON + timedelta(days=1))
    states = [make_state(number, number, hours=number % 3) for number in STORIES]
    tx.stories.save(make_changes(*states, placed={number: [number] for number in STORIES}), signature="")


@contextmanager
def undone(database: Database) -> Iterator[SqliteTransaction]:
    """Give a transaction that leaves the first stories as they are for the next example."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield SqliteTransaction(Session(database))
    finally:
        database.rollback()


def configure(
    tx: SqliteTransaction, names: Collection[str], *, sport: Collection[str] = (), renamed: Collection[str] = ()
) -> None:
    feeds = [
        make_feed(
            name,
            category="Sport" if name in sport else "World",
            publisher="one" if name in renamed else f"publisher of {name}",
        )
        for name in FEEDS
        if name in names
    ]
    tx.feeds.synchronise(feeds, now=NOON)


merges = st.lists(st.tuples(st.sampled_from(STORIES), st.sampled_from(STORIES)), max_size=12)
batches = st.lists(st.integers(1, 3), max_size=6)


@settings(max_examples=150, deadline=None)
@given(pairs=merges, sizes=batches)
def test_every_address_leads_to_the_story_that_it_became_in_one_step(
    database: Database, pairs: list[tuple[int, int]], sizes: list[int]
) -> None:
    """However many merges are saved together."""
    now = {number: number for number in STORIES}
    with undone(database) as tx:
        while pairs:
            size = sizes.pop() if sizes else 1
            batch, pairs = pairs[:size], pairs[size:]
            gone: set[int] = set()
            for one, other in batch:
                new, old = sorted((now[one], now[other]))
                if new != old:
                    gone.add(old)
                    now = {number: new if target == old else target for number, target in now.items()}
            members = {new: [number for number, target in now.items() if target == new] for new in now.values()}
            changes = make_changes(
                *(make_state(new, new) for new in sorted(members)),
                placed=members,
                merged=[(old, now[old]) for old in sorted(gone)],
            )
            tx.stories.save(changes, signature="")
        assert {number: tx.stories.current(StoryId(number)) for number in STORIES} == now
        redirects = {row[0]: row[1] for row in database.execute("SELECT story_id, target FROM story_redirects")}
        assert redirects == {number: target for number, target in now.items() if target != number}
        for number in STORIES:
            story = tx.stories.get(StoryId(number))
            assert (story is not None) == (now[number] == number)


@dataclass(frozen=True)
class Move:
    """The engine puts each of these entries into a story."""

    story_of: dict[int, int]

    def do(self, _: Database, tx: SqliteTransaction) -> None:
        placed: dict[int, list[int]] = {}
        for entry, story in self.story_of.items():
            placed.setdefault(story, []).append(entry)
        states = [make_state(story, story, hours=story % 3) for story in placed]
        tx.stories.save(make_changes(*states, placed=placed), signature="")


@dataclass(frozen=True)
class Configure:
    """feeds.yaml names these feeds, some of them under Sport, and some of one publisher."""

    names: set[str]
    sport: set[str]
    renamed: set[str]

    def do(self, _: Database, tx: SqliteTransaction) -> None:
        configure(tx, self.names, sport=self.sport, renamed=self.renamed)


@dataclass(frozen=True)
class Delete:
    """An entry is deleted."""

    entry: int

    def do(self, database: Database, _: SqliteTransaction) -> None:
        database.execute("DELETE FROM entries WHERE id = ?", [self.entry])


numbers_of = st.sampled_from(STORIES)
feeds = st.sets(st.sampled_from(FEEDS))
moves = st.builds(Move, st.dictionaries(numbers_of, numbers_of, min_size=1, max_size=4))
actions = st.lists(moves | st.builds(Configure, feeds, feeds, feeds) | st.builds(Delete, numbers_of), max_size=8)


@settings(max_examples=150, deadline=None)
@given(done=actions)
def test_lists_choose_by_what_is_shown_of_a_story(
    database: Database, done: Sequence[Move | Configure | Delete]
) -> None:
    with undone(database) as tx:
        for action in done:
            action.do(database, tx)
        shown = shown_stories(database, tx)
        for category in (None, "World", "Sport"):
            for least in (1, 2, 3):
                query = StoryQuery(category=category, least_coverage=least)
                assert [line.id for line in tx.stories.page(query).items] == chosen(shown, category, least)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def shown_stories(database: Database, tx: SqliteTransaction) -> dict[int, list[EntrySummary]]:
    """Collect the entries of every story that are shown, the long way."""
    found: dict[int, list[EntrySummary]] = {}
    for entry_id, story in database.execute("SELECT entry_id, story_id FROM story_entries").fetchall():
        entry = tx.entries.get(entry_id)
        assert entry
        if tx.feeds.get(entry.feed_id):
            found.setdefault(story, []).append(entry)
    return found


def chosen(shown: dict[int, list[EntrySummary]], category: str | None, least: int) -> list[int]:
    fit = (
        story
        for story, entries in shown.items()
        if len({entry.publisher for entry in entries}) >= least
        and (category is None or any(entry.category == category for entry in entries))
    )
    return sorted(fit, key=lambda story: (story % 3, story), reverse=True)


texts = st.text(st.characters(codec="utf-8"), max_size=5)
numbers = st.floats(allow_nan=False)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    headline, body = draw(st.lists(texts, max_size=4)), draw(st.lists(texts, max_size=4))
    known = list(dict.fromkeys((*headline, *body)))
    weighed = draw(st.one_of(st.just(known), st.permutations(known), st.lists(texts, unique=True, max_size=3)))
    return make_reading(
        1,
        1,
        headline_terms=headline,
        body_terms=body,
        weights={term: draw(numbers) for term in weighed},
        meaning=draw(st.none() | st.lists(numbers, max_size=3)),
        links=draw(st.sets(texts, max_size=3).map(sorted)),
        language=draw(st.none() | st.just("ar")),
    )


@settings(max_examples=150, deadline=None)
@given(reading=readings())
def test_a_reading_comes_back_as_it_was_in_the_order_of_its_weights(database: Database, reading: Reading) -> None:
    with undone(database) as tx:
        tx.stories.save(make_changes(readings=[reading]), signature="")
        (kept,) = tx.stories.memory().readings
    assert kept == replace(reading, entry=replace(reading.entry, publisher="publisher of a")), "as it is called now"
    assert list(kept.weights.items()) == list(reading.weights.items())
