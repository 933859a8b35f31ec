"""What a search looks at is bounded, however many entries match: SQLite counts its steps, and FTS5 is not asked to count for bm25."""

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.search import SearchQuery, Sort
from aggregator.storage.sqlite.search_best import MOST_RANKED, MOST_READ
from aggregator.storage.sqlite.store import SqliteStore, SqliteTransaction
from aggregator.text.search_language import parse
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio
A = FeedId("a")


def add(tx: SqliteTransaction, first: int, count: int) -> None:
    """Let them come ten a minute."""
    for start in range(first, first + count, 10):
        now = NOON + timedelta(minutes=start)
        new = [
            make_parsed_entry(str(each), headline=f"Gale warning {each}", text="of the coast", published_at=now)
            for each in range(start, start + 10)
        ]
        tx.entries.save(A, EntryPlan(new=tuple(new)), now=now)
    tx.searching.catch_up(limit=count)


def steps(tx: SqliteTransaction, words: str) -> int:
    """Count, by tens, the steps of the first page, best first."""
    taken = [0]
    connection = tx.searching._session._db.conn
    connection.set_progress_handler(lambda: taken.__setitem__(0, taken[0] + 1), 10)
    assert len(tx.searching.search(SearchQuery(asked=parse(words), sort=Sort.BEST, limit=25)).items) == 25
    connection.set_progress_handler(None, 0)
    return taken[0]


@pytest.mark.parametrize(
    ("words", "most"),
    [
        ('"gale warning"', MOST_READ),
        ("gal*", MOST_READ),
        pytest.param("gale", MOST_RANKED, marks=pytest.mark.slow),
        pytest.param("gale warning OR storm -tornado", MOST_RANKED, marks=pytest.mark.slow),
    ],
)
async def test_the_best_take_no_more_steps_of_three_times_as_many_matches(
    words: str, most: int, tmp_path: Path
) -> None:
    issued: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: issued.append(sql))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    await store.write(lambda tx: add(tx, 0, most))
    few = await store.read(lambda tx: steps(tx, words))
    await store.write(lambda tx: add(tx, most, 2 * most))
    many = await store.read(lambda tx: steps(tx, words))
    await store.aclose()
    assert many <= 1.2 * few
    assert not any("bm25" in sql for sql in issued)
