import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.copies import CopyAssignment
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.search import SearchQuery
from aggregator.ports import Store
from aggregator.services.grouping import Grouping
from aggregator.services.story_desk import FIRST
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.store import READERS, SqliteStore, SqliteTransaction
from aggregator.text.search_language import parse
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match=r"there is no folder .*missing; create it"):
        await SqliteStore.open(tmp_path / "missing" / "a.db")


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable, match="is a folder"):
        await SqliteStore.open(tmp_path)


@pytest.mark.parametrize(
    "content", [b"feeds:\n  - url: https://a.example/\n" * 100, b"SQLite format 3\0" + b"x" * 5000]
)
async def test_d5_a_file_that_is_no_database_is_refused_by_name_and_left_as_it_is(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match=r"feeds\.yaml: .*(no SQLite database|damaged)"):
        await SqliteStore.open(path)
    assert path.read_bytes() == content


async def test_a_damaged_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = await SqliteStore.open(path)
    await store.aclose()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(DatabaseUnusable, match=r"a\.db: the database is damaged"):
        await SqliteStore.open(path)


WITHOUT_RIGHTS = """
import asyncio, os, sys
from pathlib import Path
from tempfile import TemporaryDirectory
from aggregator.errors import DatabaseUnusable
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_feed

async def use(path):
    store = await SqliteStore.open(path)
    try:
        await store.write(lambda tx: tx.feeds.synchronise([make_feed()], now=NOON))
    finally:
        await store.aclose()

with TemporaryDirectory() as folder:  # imports all it needs while every file can be read
    asyncio.run(use(Path(folder, "b.db")))
if os.geteuid() == 0:
    os.setegid(65534), os.seteuid(65534)
try:
    asyncio.run(use(Path(sys.argv[1])))
except DatabaseUnusable as error:
    print(error)
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Make a folder that every user may enter: pytest's own are closed to others."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.mark.parametrize(
    ("exists", "folder", "file"),
    [(False, 0o555, 0), (True, 0o555, 0o644), (True, 0o555, 0o666), (True, 0o777, 0o444), (True, 0o777, 0)],
    ids=["no file", "neither", "the file alone", "the folder alone", "nor read"],
)
def test_d4_what_can_not_be_written_is_refused_by_name_and_left_as_it_is(
    open_folder: Path, *, exists: bool, folder: int, file: int
) -> None:
    """In a process of its own, which gives up its rights if it is root's. Where the file alone can't be written, it can be read."""
    path = open_folder / "a.db"
    if exists:
        asyncio.run(open_and_close(path))
        path.chmod(file)
    before = path.read_bytes() if exists and os.geteuid() == 0 else b""
    open_folder.chmod(folder)
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WITHOUT_RIGHTS, str(path)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    open_folder.chmod(0o755)
    assert "a.db: the file" in ran.stdout, ran.stderr
    assert "permissions" in ran.stdout or "readable and writable" in ran.stdout
    assert before == (path.read_bytes() if before else b"")
    assert {"a.db"} >= {name for name in names_in(open_folder) if not name.endswith(("-wal", "-shm"))}


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def open_and_close(path: Path) -> None:
    store = await SqliteStore.open(path)
    await store.aclose()


async def test_the_settings_are_in_force_on_both_kinds_of_connection(tmp_path: Path) -> None:
    for writing in (True, False):
        database = connect.connect(tmp_path / "a.db", writing=writing)
        names = (
            "journal_mode", "synchronous", "busy_timeout", "foreign_keys", "journal_size_limit", "wal_autocheckpoint",
            "page_size", "query_only",
        )  # fmt: skip
        found = {name: database.execute(f"PRAGMA {name}").fetchone()[0] for name in names}
        database.close()
        assert found == {
            "journal_mode": "wal",
            "synchronous": 1,
            "busy_timeout": 5000,
            "foreign_keys": 1,
            "journal_size_limit": 64 * 1024 * 1024,
            "wal_autocheckpoint": 8000,
            "page_size": 8192,
            "query_only": int(not writing),
        }


async def test_a_file_with_other_pages_keeps_them(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as older:
        older.execute("PRAGMA page_size = 4096")
        older.execute("CREATE TABLE pages (size)")
    database = connect.connect(tmp_path / "a.db", writing=True)
    assert database.execute("PRAGMA page_size").fetchone()[0] == 4096
    database.close()


async def test_d10_no_statement_leaves_a_transaction_open(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "a.db")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed()], now=NOON))
    await store.read(lambda tx: tx.entries.totals())
    with closing(sqlite3.connect(tmp_path / "a.db", timeout=0)) as other:
        other.execute("BEGIN EXCLUSIVE")
        other.execute("ROLLBACK")
        assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    await store.aclose()


async def test_closing_leaves_one_file(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "a.db")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed()], now=NOON))
    await store.read(lambda tx: tx.entries.totals())
    await store.aclose()
    assert names_in(tmp_path) == ["a.db"]


async def test_as_many_reads_as_there_are_readers_run_at_once(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "a.db")
    together = threading.Barrier(READERS)

    def work(_: SqliteTransaction) -> int:
        return together.wait(5)

    assert sorted(await asyncio.gather(*(store.read(work) for _ in range(READERS)))) == list(range(READERS))
    await store.aclose()


async def test_a_file_locked_by_another_program_for_long_is_said_to_be_and_used_again_after(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    store = await SqliteStore.open(path, busy_timeout=timedelta(milliseconds=20))
    ran: list[str] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnusable, match=r"a\.db: another program has kept it locked"):
            await store.write(lambda _: ran.append("locked"))
        assert (await store.read(lambda tx: tx.entries.totals())).feeds == 0
        other.execute("ROLLBACK")
    await store.write(lambda _: ran.append("free"))
    assert ran == ["free"]
    await store.aclose()


async def test_d7_two_stores_on_one_file_write_in_turns(tmp_path: Path) -> None:
    first = await SqliteStore.open(tmp_path / "a.db")
    second = await SqliteStore.open(tmp_path / "a.db")
    await first.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))

    async def write(store: Store, name: str) -> None:
        for number in range(20):
            plan = EntryPlan(new=(make_parsed_entry(f"{name}{number}"),))
            await store.write(lambda tx, plan=plan: tx.entries.save(FeedId("a"), plan, now=NOON))  # type: ignore[misc]

    await asyncio.gather(write(first, "x"), write(second, "y"))
    assert (await first.read(lambda tx: tx.entries.totals())).entries == 40
    assert (await second.read(lambda tx: tx.feeds.overview()))[0].entries == 40
    await first.aclose()
    await second.aclose()


async def test_two_processes_may_open_a_new_database_at_once(tmp_path: Path) -> None:
    stores = await asyncio.gather(*(SqliteStore.open(tmp_path / "a.db") for _ in range(4)))
    for store in stores:
        assert (await store.read(lambda tx: tx.entries.totals())).feeds == 0
        await store.aclose()


async def test_d3_a_disk_that_is_full_is_said_to_be_and_nothing_is_kept(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "a.db")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
    store._writer.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall()
    large = EntryPlan(new=tuple(make_parsed_entry(str(number), text="word " * 500) for number in range(50)))
    with pytest.raises(DatabaseUnusable, match="the disk is full"):
        await store.write(lambda tx: tx.entries.save(FeedId("a"), large, now=NOON))
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 0
    store._writer.execute("PRAGMA max_page_count = 1000000").fetchall()
    await store.write(lambda tx: tx.entries.save(FeedId("a"), large, now=NOON))
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 50
    await store.aclose()


async def test_one_sqlite_library_is_used(tmp_path: Path) -> None:
    """By sqlite-utils as well, which opens no file of ours, but might one day."""
    database = connect.connect(tmp_path / "a.db", writing=True)
    utils: Any = import_module("sqlite_utils.utils")
    assert type(database.conn) is utils.sqlite3.Connection
    database.close()


async def test_entries_that_stand_where_they_are_placed_are_not_written_again(tmp_path: Path) -> None:
    """One more of a headline that recurred a thousand times has a thousand entries decided again, and one written."""
    written: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: written.append(sql))
    new = EntryPlan(new=tuple(make_parsed_entry(str(number)) for number in range(5)))

    def place(tx: SqliteTransaction, ids: Sequence[EntryId]) -> None:
        written.clear()
        tx.copies.assign([CopyAssignment(entry_id=one, copy_set=CopySetId(one), copy_of=None) for one in ids])

    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    ids = await store.write(lambda tx: tx.entries.save(FeedId("a"), new, now=NOON))
    await store.write(lambda tx: place(tx, ids[:4]))
    await store.write(lambda tx: place(tx, ids))
    assert len([sql for sql in written if sql.startswith("UPDATE")]) == 1
    await store.aclose()


async def test_a_document_of_new_entries_takes_a_handful_of_statements(tmp_path: Path) -> None:
    """However many entries it has: those that are told to the tracer are prepared and bound one by one."""
    told: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: told.append(sql))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    taken = []
    for count in (3, 300):
        new = EntryPlan(new=tuple(make_parsed_entry(f"{count}-{number}") for number in range(count)))
        told.clear()
        await store.write(lambda tx, new=new: tx.entries.save(FeedId("a"), new, now=NOON))  # type: ignore[misc]
        taken.append(len(told))
    assert taken == [7, 7]
    await store.aclose()


async def test_placing_entries_that_share_nothing_takes_a_handful_of_statements(tmp_path: Path) -> None:
    """However many a piece has: those that are told to the tracer are prepared and bound one by one."""
    told: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: told.append(sql))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    taken = []
    for count in (3, FIRST - 1):
        new = EntryPlan(
            new=tuple(
                make_parsed_entry(f"{count}-{number}", headline_key=f"cooling tower reactor {count} {number}")
                for number in range(count)
            )
        )
        await store.write(lambda tx, new=new: tx.entries.save(FeedId("a"), new, now=NOON))  # type: ignore[misc]
        told.clear()
        await Grouping(store, window=timedelta(hours=48)).group_new()
        taken.append(len(told))
    assert taken == [45, 45]
    await store.aclose()


async def test_no_statement_of_saving_or_placing_fires_a_trigger(tmp_path: Path) -> None:
    """A statement that may keeps a copy of every page it changes: that took as long as all the rest."""
    database = connect.connect(tmp_path / "a.db", writing=True)
    migrations.upgrade(database, tmp_path / "a.db")
    triggers = [row[0] for row in database.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger'")]
    database.close()
    assert [sql for sql in triggers if "ON entries" in sql and "AFTER DELETE" not in sql] == []


async def test_a_read_waits_neither_for_a_save_nor_for_the_index(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "a.db")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    began, go_on = threading.Event(), threading.Event()

    def work(tx: SqliteTransaction) -> None:
        tx.entries.save(FeedId("a"), EntryPlan(new=(make_parsed_entry("1"),)), now=NOON)
        tx.searching.catch_up(limit=10)
        began.set()
        assert go_on.wait(5)

    writing = asyncio.create_task(store.write(work))
    await asyncio.to_thread(began.wait, 5)
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 0
    assert (await store.read(lambda tx: tx.searching.search(SearchQuery(asked=parse("headline"))))).items == ()
    go_on.set()
    await writing
    found = await store.read(lambda tx: tx.searching.search(SearchQuery(asked=parse("headline"))))
    assert len(found.items) == 1
    await store.aclose()
