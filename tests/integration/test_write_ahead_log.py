"""SQLite's journal (`-wal`): what is left of it when it is cut off or garbled, and what becomes of it while somebody reads."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.services.doctor import LONG_WAL
from aggregator.storage.sqlite.inspecting import inspect
from aggregator.storage.sqlite.store import SqliteStore, SqliteTransaction
from tests.blank import open_blank
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio

COMMITS = 120
EACH = 3
POINTS = 200
LIMIT = 64 * 1024**2
"""Bytes: `journal_size_limit`."""


def wal_of(database: Path) -> Path:
    return database.with_name(f"{database.name}-wal")


async def written(store: SqliteStore, number: int, *, words: int = 10) -> None:
    """Commit a few entries that name their commit."""
    new = [make_parsed_entry(f"{number}-{part}", text=f"{number} " * words) for part in range(EACH)]
    plan = EntryPlan(new=tuple(new))
    await store.write(lambda tx: tx.entries.save(FeedId("a"), plan, now=NOON))


def commits_in(database: Path) -> list[int]:
    """Give how many entries of each commit there are, by its number."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
        guids = [guid for (guid,) in connection.execute("SELECT guid FROM entries")]
    counts = [0] * COMMITS
    for guid in guids:
        counts[int(guid.removeprefix("tag:news.example,").partition("-")[0])] += 1
    return counts


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["cut off", "garbled"])
async def test_d2_whatever_is_left_of_the_journal_is_a_prefix_of_what_was_committed(
    tmp_path: Path, damage: str
) -> None:
    store = await open_blank(tmp_path / "whole.db")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    await store.aclose()
    store = await SqliteStore.open(tmp_path / "whole.db")
    for number in range(COMMITS):
        await written(store, number)
    database, journal = (tmp_path / "whole.db").read_bytes(), wal_of(tmp_path / "whole.db").read_bytes()
    await store.aclose()
    random, found = Random(damage), set()
    for point in range(POINTS):
        at, copy = random.randrange(len(journal)), tmp_path / "copy.db"
        rest = b"" if damage == "cut off" else random.randbytes(64) + journal[at + 64 :]
        copy.write_bytes(database)
        wal_of(copy).write_bytes(journal[:at] + rest)
        counts = commits_in(copy)
        kept = sum(count > 0 for count in counts)
        assert counts == [EACH] * kept + [0] * (COMMITS - kept), at
        found.add(kept)
        if point % 50 == 0:
            assert inspect(copy) == []
    assert len(found) > COMMITS / 2, "the points lie all over the journal"


@pytest.mark.slow
async def test_d8_the_journal_of_a_long_reader_grows_and_shrinks_when_it_has_ended(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    store = await open_blank(database)
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    began, may_end = threading.Event(), threading.Event()

    def read(tx: SqliteTransaction) -> int:
        before = tx.entries.totals().entries
        began.set()
        assert may_end.wait(60)
        return tx.entries.totals().entries - before

    reading = asyncio.create_task(store.read(read))
    await asyncio.to_thread(began.wait, 10)
    number = 0
    while wal_of(database).stat().st_size < 1.5 * LIMIT:
        await written(store, number, words=100_000)
        number += 1
    may_end.set()
    assert await reading == 0, "it saw one state all the time"
    for more in range(3):
        await written(store, number + more)
    assert wal_of(database).stat().st_size <= LIMIT < LONG_WAL
    assert (await store.read(lambda tx: tx.entries.totals())).entries == (number + 3) * EACH
    await store.aclose()
    assert not wal_of(database).exists()
