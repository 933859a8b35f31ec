"""An undisturbed run of what another run brought, in the order in which that one placed it.

Which of two stories an entry joins can depend on what was placed before it (docs/adr/0019), and two runs that poll one farm place in two
orders, killed or not: whose answer is there when the first batch is decided is chance. What is promised is that the order alone
decides: not batches, restarts or kills. So the run that is disturbed notes its order, and the same entries are placed one by one,
each before the next one comes, by one grouping that nobody disturbs.
"""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from aggregator.services.grouping import Grouping
from tests.blank import open_blank

WINDOW = timedelta(hours=48)
"""Of copies; the default of feeds.yaml."""

# A transaction that places entries raises the mark at its end, and takes them by time.
_NOTE = """
    CREATE TABLE tested_order (mark INTEGER NOT NULL, entry_id INTEGER NOT NULL);
    CREATE TRIGGER tested_placing AFTER UPDATE OF grouped ON entries WHEN new.grouped = 1 AND old.grouped = 0 BEGIN
        INSERT INTO tested_order SELECT mark, new.id FROM story_mark;
    END;
"""
_ORDER = """
    SELECT e.id FROM disturbed.tested_order JOIN disturbed.entries AS e ON e.id = entry_id ORDER BY mark, e.listed_at, e.id
"""
_BRING = (
    "INSERT INTO entries SELECT * FROM disturbed.entries WHERE id = ?",
    "INSERT INTO entry_texts SELECT * FROM disturbed.entry_texts WHERE entry_id = ?",
    "UPDATE entries SET grouped = 0, copy_set = id, copy_of = NULL, copy_reason = '' WHERE id = ?",
)


def note_order(database: Path) -> None:
    """Make a database that notes in which order its entries are placed."""
    asyncio.run(_make(database))
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(_NOTE)


async def _make(database: Path) -> None:
    await (await open_blank(database)).aclose()


def place_again(database: Path, undisturbed: Path) -> int:
    """Place what a database holds in the order that it noted, in a new one; tell how many that were.

    No entry may have changed since it came: what it said before is not known any more.
    """
    return asyncio.run(_place_again(database, undisturbed))


async def _place_again(database: Path, undisturbed: Path) -> int:
    store = await open_blank(undisturbed)
    grouping = Grouping(store, window=WINDOW)
    with closing(sqlite3.connect(undisturbed, timeout=10)) as connection:
        connection.execute("ATTACH ? AS disturbed", (str(database),))
        with connection:
            connection.execute("INSERT INTO feeds SELECT * FROM disturbed.feeds")
        order = [entry for (entry,) in connection.execute(_ORDER)]
        for entry in order:
            with connection:
                for statement in _BRING:
                    connection.execute(statement, (entry,))
            await grouping.group_new()
    await store.aclose()
    return len(order)
