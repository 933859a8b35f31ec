"""What becomes of stories when their entries are deleted: nothing dangles, and nothing raises."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import Coverage
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import StoryQuery
from aggregator.model.story import Apart, EventKind, Pinned
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.database import Database
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.store import SqliteTransaction
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.story_changes import make_changes, make_closed, make_event, make_reading, make_state

FEEDS = [make_feed("a", publisher="Ay"), make_feed("b", publisher="Bee"), make_feed("c", category="Sport")]
ONE, TWO = StoryId(1), StoryId(2)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "a.db"
    with closing(connect.connect(path, writing=True)) as database:
        migrations.upgrade(database, path)
        yield database


@pytest.fixture
def tx(database: Database) -> SqliteTransaction:
    """Story 1 of entries 1 (its lead), 2 and 3, of three publishers; story 2 of entry 4."""
    tx = SqliteTransaction(Session(database))
    tx.feeds.synchronise(FEEDS, now=NOON)
    for number, feed in enumerate("abca", 1):
        parsed = make_parsed_entry(str(number), published_at=NOON + number * timedelta(minutes=1))
        tx.entries.save(FeedId(feed), EntryPlan(new=(parsed,)), now=NOON + timedelta(hours=1))
    changes = make_changes(
        make_state(1, 1),
        make_state(2, 4),
        placed={1: [1, 2, 3], 2: [4]},
        events=[make_event(1, entry=1), make_event(1, EventKind.PUBLISHER, entry=3, detail="Example")],
        readings=[make_reading(number, number) for number in (1, 2, 3, 4)],
        related={1: [(2, 0.5)]},
        next_story=3,
    )
    tx.stories.save(changes, signature="")
    return tx


def delete(database: Database, *entries: int) -> None:
    for entry in entries:
        database.execute("DELETE FROM entries WHERE id = ?", [entry])
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def page(tx: SqliteTransaction, query: StoryQuery) -> list[int]:
    return [line.id for line in tx.stories.page(query).items]


def test_a_story_whose_lead_was_deleted_is_led_by_its_earliest_entry(database: Database, tx: SqliteTransaction) -> None:
    delete(database, 1)
    story = tx.stories.get(ONE)
    assert story
    assert (story.lead.id, story.coverage, story.size) == (2, 2, 2)
    assert [event.entry for event in story.events] == [2, 3], "what founded it is gone"
    assert tx.stories.lines([ONE])[ONE].lead.id == 2
    assert tx.stories.memory().states[0] == make_state(1, 1)


def test_lists_choose_by_what_is_left(database: Database, tx: SqliteTransaction) -> None:
    assert page(tx, StoryQuery(least_coverage=3)) == page(tx, StoryQuery(category="Sport")) == [1]
    delete(database, 3)
    assert page(tx, StoryQuery(least_coverage=3)) == page(tx, StoryQuery(category="Sport")) == []
    assert page(tx, StoryQuery(least_coverage=2)) == [1]
    assert page(tx, StoryQuery(least_coverage=2, category="World")) == [1]


def test_a_story_without_entries_is_closed_and_shown_nowhere(database: Database, tx: SqliteTransaction) -> None:
    delete(database, 4)
    assert tx.stories.get(TWO) is None
    assert tx.stories.lines([TWO]) == {}
    assert page(tx, StoryQuery()) == [1]
    assert page(tx, StoryQuery(category="World")) == [1]
    assert tx.stories.related([ONE]) == {ONE: ()}
    assert tx.stories.current(TWO) == TWO
    assert tx.stories.closed(TWO) == (make_state(2, 4), ())
    assert [state.id for state in tx.stories.memory().states] == [1]


def test_who_holds_an_engine_learns_that_an_entry_was_deleted(database: Database, tx: SqliteTransaction) -> None:
    mark = tx.stories.mark()
    delete(database, 2)
    memory = tx.stories.memory()
    assert tx.stories.mark() == memory.mark > mark
    assert memory.assigned == {1: 1, 3: 1, 4: 2}
    assert [reading.entry.id for reading in memory.readings] == [1, 2, 3, 4]
    assert memory.readings[1].entry.copy_set == 2


def test_an_entry_that_has_been_deleted_is_placed_no_more(database: Database, tx: SqliteTransaction) -> None:
    delete(database, 2, 4)
    changes = make_changes(
        make_state(1, 4),
        placed={1: [4]},
        merged=[(2, 1)],
        events=[make_event(1, EventKind.MERGED, entry=4)],
        closed=[make_closed(1, 1, 2, 3, 4)],
    )
    tx.stories.save(changes, signature="")
    story = tx.stories.get(ONE)
    assert story
    assert [member.entry.id for member in story.members] == [1, 3]
    assert tx.stories.closed(ONE) == (make_state(1, 1), (1, 3))
    assert tx.stories.coverage([EntryId(1)]) == {1: Coverage(story=ONE, publishers=2, entries=2)}


def test_rulings_on_deleted_entries_hold_for_the_others(database: Database, tx: SqliteTransaction) -> None:
    pinned = Pinned(entries=frozenset({EntryId(1), EntryId(2)}))
    apart = Apart(entries=frozenset({EntryId(4)}), others=frozenset({EntryId(2)}))
    for ruling in (pinned, apart):
        tx.stories.rule(ruling)
    delete(database, 2, 4)
    assert tx.stories.memory().rulings == (pinned, apart)
    story = tx.stories.get(ONE)
    assert story
    assert story.is_pinned


def test_ties_go_with_either_entry(database: Database, tx: SqliteTransaction) -> None:
    tx.copies.tie([(EntryId(1), EntryId(2)), (EntryId(3), EntryId(2)), (EntryId(3), EntryId(4))], anew=[])
    place = CopyAssignment(entry_id=EntryId(1), copy_set=CopySetId(1), copy_of=None)
    tx.copies.assign([place])
    delete(database, 2, 4)
    assert database.execute("SELECT count(*) FROM copy_ties").fetchone()[0] == 0
    connected = tx.copies.connected([EntryId(1), EntryId(3)], reach=timedelta(hours=1))
    assert [(candidate.id, set(candidate.near)) for candidate in connected] == [(1, set()), (3, set())]


def test_leftovers_of_a_story_that_merged_go_along(database: Database, tx: SqliteTransaction) -> None:
    """An engine that does not know of all entries of a story places only those that it knows."""
    tx.stories.save(make_changes(make_state(2, 4), placed={2: [1]}, merged=[(1, 2)]), signature="")
    story = tx.stories.get(TWO)
    assert story
    assert [member.entry.id for member in story.members] == [1, 2, 3, 4]
    assert page(tx, StoryQuery(least_coverage=3)) == [2]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def test_redirects_that_lead_in_a_circle_lead_nowhere(database: Database, tx: SqliteTransaction) -> None:
    database.execute("INSERT INTO story_redirects (story_id, target) VALUES (8, 9), (9, 8), (7, 1)")
    assert [tx.stories.current(StoryId(story)) for story in (7, 8, 9)] == [1, None, None]
