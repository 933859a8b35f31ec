import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import EntryQuery
from aggregator.storage.sqlite import connect, migrations, search_index
from aggregator.storage.sqlite.database import Database
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.store import SqliteStore, SqliteTransaction
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio

SCHEMA = Path(search_index.__file__).with_name("schema.sql").read_text("utf-8")


def shape(connection: sqlite3.Connection) -> dict[str, object]:
    """Everything about the tables but the spelling of their statements, which holds comments."""
    names = connection.execute(
        "SELECT type, name, tbl_name FROM sqlite_schema WHERE name NOT LIKE '%sqlite_migrations%' ORDER BY type, name"
    ).fetchall()
    found: dict[str, object] = {"names": names}
    for kind, name, _ in names:
        pragma = {"table": "table_xinfo", "index": "index_xinfo"}.get(kind)
        if pragma:
            found[f"{kind} {name}"] = connection.execute(f"PRAGMA {pragma}({name})").fetchall()
        if kind == "table":
            found[f"keys {name}"] = connection.execute(f"PRAGMA foreign_key_list({name})").fetchall()
    found["strict"] = connection.execute("SELECT name, strict, wr FROM pragma_table_list ORDER BY name").fetchall()
    return found


def statements(connection: sqlite3.Connection) -> list[str]:
    """The statements themselves, without comments and with spaces folded (ALTER TABLE leaves some)."""
    rows = connection.execute(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE '%sqlite_migrations%' ORDER BY type, name"
    )
    lines = ("\n".join(line.split("--")[0] for line in sql.splitlines()) for (sql,) in rows)
    return [" ".join(sql.split()).replace(" ,", ",").replace(" )", ")") for sql in lines]


async def test_replayed_migrations_give_the_schema_file(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "replayed.db")
    await store.aclose()
    with (
        closing(sqlite3.connect(tmp_path / "replayed.db")) as replayed,
        closing(sqlite3.connect(":memory:")) as written,
    ):
        written.executescript(SCHEMA)
        assert statements(replayed) == statements(written)
        ours, theirs = shape(replayed), shape(written)
        ours.pop("strict")
        theirs.pop("strict")
        assert ours == theirs
        assert len(statements(written)) > 20


async def test_every_table_of_ours_is_strict(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "new.db")
    await store.aclose()
    with closing(sqlite3.connect(tmp_path / "new.db")) as database:
        loose = database.execute(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict AND name NOT GLOB '_sqlite*'"
            " AND name NOT GLOB 'sqlite_*'"
        ).fetchall()
    assert loose == []


async def test_a_second_opening_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "twice.db"
    for _ in range(2):
        store = await SqliteStore.open(path)
        await store.aclose()
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("SELECT count(*) FROM _sqlite_migrations").fetchone() == (len(migrations.names()),)
            assert database.execute("SELECT count(*) FROM search_rules").fetchone() == (1,)


async def test_d5_a_database_of_a_newer_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    store = await SqliteStore.open(path)
    await store.aclose()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('aggregator', '9999_tomorrow', '')"
        )
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match=r"newer\.db: was written by a newer version .*9999_tomorrow"):
        await SqliteStore.open(path)
    assert path.read_bytes() == before


async def test_d5_the_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE songs (title TEXT)")
    before = path.read_bytes()
    with pytest.raises(DatabaseUnusable, match=r"other\.db: is the database of another program"):
        await SqliteStore.open(path)
    assert path.read_bytes() == before


async def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    store = await SqliteStore.open(path)
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 0
    await store.aclose()


def test_a_step_that_fails_leaves_no_half_of_it(tmp_path: Path) -> None:
    database = connect.connect(tmp_path / "half.db", writing=True)

    def upgrade() -> None:
        with connect.writing(database):
            migrations.apply(database)
            database.execute("CREATE TABLE feeds (id TEXT)")

    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        upgrade()
    assert database.execute("SELECT name FROM sqlite_schema").fetchall() == []
    database.close()


def first_release(path: Path) -> None:
    """Make a database as the first release left it, with a feed that was polled and one that is leased."""
    database = connect.connect(path, writing=True)
    with connect.writing(database):
        migrations.apply(database, before="0002_rate_groups_and_polls")
        for name, configured, leased in (("a", 1, "NULL"), ("b", 1, "9999999999"), ("left", 0, "NULL")):
            database.execute(
                "INSERT INTO feeds (id, configured, position, url, host, title, publisher, category, interval,"
                " allow_private_address, etag, failures, next_poll_at, blocked_until, lease_token, lease_until)"
                f" VALUES ('{name}', {configured}, 0, 'https://{name}.example/rss.xml', '{name}.example:443', 'T', 'P',"
                f" 'C', 3600, 0, '\"one\"', 3, {NOON.timestamp():.0f}, {NOON.timestamp() + 60:.0f}, 7, {leased})"
            )
        database.execute(
            "INSERT INTO entries (id, feed_id, headline, teaser, headline_key, fingerprint, first_seen_at, changed_at,"
            " listed_at, category, shown, fronts, copy_set) VALUES (1, 'a', 'Kept', '', '', '', 0, 0, 0, 'C', 1, 1, 1)"
        )
        database.execute("INSERT INTO entry_texts VALUES (1, '', '', '')")
    database.close()


async def test_a_database_of_the_first_release_keeps_its_feeds_and_entries(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    first_release(path)
    store = await SqliteStore.open(path)
    found = await store.read(lambda tx: tx.feeds.get(FeedId("a")))
    assert found
    assert (found.entries, found.state.validators.etag, found.state.failures) == (1, '"one"', 3)
    assert (found.state.next_poll_at, found.state.blocked_until) == (NOON, NOON + timedelta(minutes=1))
    assert found.feed.unconditional_interval == timedelta(days=1)
    await store.aclose()


async def test_entries_from_before_stories_were_known_wait_for_one_and_are_listed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    database = connect.connect(path, writing=True)
    with connect.writing(database):
        migrations.apply(database, before="0008_stories")
        database.execute(
            "INSERT INTO feeds (id, configured, position, url, title, publisher, category, interval,"
            " allow_private_address) VALUES ('a', 1, 0, '', '', '', '', 0, 0)"
        )
        database.execute(
            "INSERT INTO entries (id, feed_id, headline, teaser, headline_key, fingerprint, first_seen_at, changed_at,"
            " listed_at, category, shown, fronts, grouped, copy_set)"
            " SELECT value, 'a', 'News', '', '', '', 0, 0, 100 - value, '', 1, 1, 1, value FROM json_each('[1, 2, 3]')"
        )
        database.execute("INSERT INTO entry_texts SELECT id, '', '', '' FROM entries")
    database.close()
    store = await SqliteStore.open(path)
    assert await store.read(lambda tx: tx.copies.ungrouped(limit=9)) == [3, 2, 1]
    assert [entry.id for entry in (await store.read(lambda tx: tx.entries.page(EntryQuery()))).items] == [1, 2, 3]
    assert (await store.read(lambda tx: tx.stories.memory())).next_story == 1
    await store.aclose()


async def test_feeds_of_the_first_release_are_polled_as_soon_as_feeds_yaml_has_been_read(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    first_release(path)
    store = await SqliteStore.open(path)
    now = NOON + timedelta(hours=1)

    def claim(tx: SqliteTransaction) -> list[str]:
        leases = tx.feeds.claim_due(now=now, groups=5, per_group=5, lease=timedelta(minutes=1))
        return [due.feed.id for lease in leases for due in lease.feeds]

    assert await store.write(claim) == []
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a"), make_feed("b")], now=now))
    assert await store.write(claim) == ["a", "b"]
    await store.aclose()


def index_of(database: Database) -> list[tuple[int, str]]:
    database.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, entry_search, instance)")
    found = [tuple(row) for row in database.execute("SELECT doc, term FROM temp.words ORDER BY doc, col, offset")]
    database.execute("DROP TABLE temp.words")
    return found


def test_the_search_index_is_made_anew_when_the_rules_for_words_changed(tmp_path: Path) -> None:
    database = connect.connect(tmp_path / "words.db", writing=True)
    migrations.upgrade(database, tmp_path / "words.db")
    session = Session(database)
    database.execute(
        "INSERT INTO feeds (id, configured, position, url, title, publisher, category, interval,"
        " allow_private_address) VALUES ('a', 1, 0, '', '', '', '', 0, 0)"
    )
    database.execute(
        "INSERT INTO entries (id, feed_id, headline, teaser, headline_key, fingerprint, first_seen_at, changed_at,"
        " listed_at, category, shown, fronts, copy_set)"
        f" SELECT value, 'a', 'New words ' || value, 'x', '', '', {NOON.timestamp():.0f}, 0, 0, '', 1, 1, value"
        " FROM json_each('[1, 2]')"
    )
    database.execute("INSERT INTO entry_texts SELECT id, '', '', 'text', NULL FROM entries")
    search_index.add(session, 1, "old", "old", "old")

    assert not search_index.renew(session)
    assert {term for _, term in index_of(database)} == {"old"}
    database.execute("UPDATE search_rules SET signature = 'other rules'")
    assert search_index.renew(session)
    assert {(doc, term) for doc, term in index_of(database) if doc == 2} == {
        (2, term) for term in ("new", "words", "2", "x", "text")
    }
    assert not search_index.renew(session)
    database.close()


async def test_words_of_other_rules_are_renewed_before_an_entry_changes(tmp_path: Path) -> None:
    """Another program, with another Unicode table, has the file open too."""
    path = tmp_path / "shared.db"
    store = await SqliteStore.open(path)
    new = EntryPlan(new=(make_parsed_entry("1"), make_parsed_entry("2")))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    first, second = await store.write(lambda tx: tx.entries.save(FeedId("a"), new, now=NOON))
    other = connect.connect(path, writing=True)
    with connect.writing(other):
        other.execute("INSERT INTO entry_search (entry_search) VALUES ('delete-all')")
        for entry_id in (first, second):
            search_index.add(Session(other), entry_id, "their word", "", "")
        other.execute("UPDATE search_rules SET signature = 'theirs'")

    changed = EntryPlan(changed=((first, make_parsed_entry("1", headline="Volcano", text="erupts")),))
    await store.write(lambda tx: tx.entries.save(FeedId("a"), changed, now=NOON))
    terms = index_of(other)
    assert [term for doc, term in terms if doc == first] == ["volcano", "erupts", "erupts"]
    assert {"2", "headline", "senior"} <= {term for doc, term in terms if doc == second}
    assert "their" not in {term for _, term in terms}
    other.execute("INSERT INTO entry_search (entry_search) VALUES ('integrity-check')")
    other.close()
    await store.aclose()


def test_an_entry_leaves_nothing_in_the_index(tmp_path: Path) -> None:
    database = connect.connect(tmp_path / "words.db", writing=True)
    migrations.upgrade(database, tmp_path / "words.db")
    session = Session(database)
    texts = ("Café 東京都", "ไทย हिन्दी", "القاهرة 1,5 😀")
    search_index.add(session, 1, *texts)
    assert len(index_of(database)) > 5
    search_index.remove(session, 1, *texts)
    assert index_of(database) == []
    database.execute("INSERT INTO entry_search (entry_search) VALUES ('integrity-check')")
    database.close()
