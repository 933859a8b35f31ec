"""A database that `benchmarks.million` makes is one that polls could have left behind."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.storage.sqlite import connect
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.story_lists import list_stories
from benchmarks.million import Made, found, make
from benchmarks.old_news import COPIES, MAIN_CATEGORY, Shape

OF_ENTRIES = ("entries", "entry_texts", "entry_search_docsize", "story_entries")
"""Tables with a row for each entry."""
SHAPE = Shape(entries=1200, feeds=12, batch=400)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return asyncio.run(make(tmp_path_factory.mktemp("made"), SHAPE))


def ask(made: Made, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(made.database)) as database:
        return database.execute(sql).fetchall()


def dump(path: Path, *tables: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return [row for table in tables for row in database.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]


def test_sqlite_finds_nothing_wrong_with_it(made: Made) -> None:
    assert ask(made, "PRAGMA integrity_check") == [("ok",)]
    assert ask(made, "PRAGMA foreign_key_check") == []
    with closing(sqlite3.connect(made.database)) as database:
        database.execute("INSERT INTO entry_search (entry_search) VALUES ('integrity-check')")


def test_there_is_something_of_everything_and_as_much_as_was_asked_for(made: Made) -> None:
    counts = {
        table: ask(made, f"SELECT count(*) FROM {table}")[0][0]
        for table in (
            *OF_ENTRIES,
            *["feeds", "stories", "story_related", "story_events", "revisions", "digests", "digest_items", "polls"],
        )
    }
    assert all(counts.values())
    assert {counts[table] for table in OF_ENTRIES} == {1200}
    assert counts["feeds"] == 12
    copies = ask(made, "SELECT count(*) FROM entries WHERE copy_of IS NOT NULL")[0][0]
    assert isinstance(copies, int)
    assert 0.5 * COPIES < copies / 1200 < 1.5 * COPIES


def test_half_of_the_entries_are_of_one_category_and_a_tenth_of_one_feed(made: Made) -> None:
    assert 400 < int(str(ask(made, f"SELECT count(*) FROM entries WHERE category = '{MAIN_CATEGORY}'")[0][0])) < 800
    assert 100 < int(str(ask(made, "SELECT count(*) FROM entries WHERE feed_id = 'paper-0'")[0][0])) < 200


def test_what_is_counted_and_chosen_beforehand_is_what_counting_and_choosing_give(made: Made) -> None:
    assert (
        ask(
            made,
            "SELECT id, entry_count, copy_count FROM feeds WHERE entry_count > 0 EXCEPT"
            " SELECT feed_id, count(*), count(copy_of) FROM entries GROUP BY feed_id",
        )
        == []
    )
    chosen = ("entries", "stories", "story_categories")
    before = dump(made.database, *chosen)
    database = connect.connect(made.database, writing=True)
    with connect.writing(database):
        session = Session(database)
        choose_fronts(session, {row["copy_set"] for row in session.rows("SELECT copy_set FROM entries")})
        list_stories(session, {row["id"] for row in session.rows("SELECT id FROM stories")})
    database.close()
    assert dump(made.database, *chosen) == before


def test_nothing_waits_to_be_grouped_and_copies_say_what_their_leads_do(made: Made) -> None:
    assert ask(made, "SELECT id FROM entries WHERE grouped = 0") == []
    assert (
        ask(
            made,
            "SELECT e.id FROM entries AS e JOIN entries AS lead ON lead.id = e.copy_of WHERE e.headline_key <> lead.headline_key"
            " OR e.feed_id = lead.feed_id OR lead.copy_of IS NOT NULL OR lead.listed_at > e.listed_at",
        )
        == []
    )


def test_ids_follow_arrival_and_nothing_is_listed_later_than_it_arrived(made: Made) -> None:
    """Searches of a time, and the newest first, go by that."""
    assert (
        ask(
            made,
            "SELECT a.id FROM entries AS a JOIN entries AS b ON b.id = a.id + 1 WHERE b.first_seen_at < a.first_seen_at",
        )
        == []
    )
    assert ask(made, "SELECT id FROM entries WHERE listed_at > first_seen_at") == []


def test_a_run_that_was_broken_off_is_gone_on_with(made: Made, tmp_path: Path) -> None:
    folder = tmp_path / "half"
    half = Shape(entries=400, feeds=12, batch=400)
    asyncio.run(make(folder, half))
    (folder / "shape.json").write_text((made.folder / "shape.json").read_text(encoding="utf-8"), encoding="utf-8")
    asyncio.run(make(folder, SHAPE))
    tables = ("entries", "stories", "story_entries", "story_events", "digests")
    whole = [row[:8] for row in dump(made.database, *tables)]
    assert [row[:8] for row in dump(found(folder).database, *tables)] == whole


def test_a_folder_with_another_shape_is_left_alone(made: Made) -> None:
    with pytest.raises(ValueError, match="another shape"):
        asyncio.run(make(made.folder, Shape(entries=400, feeds=12, batch=400)))
