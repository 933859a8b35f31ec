"""Looking for due subscriptions happens on every tick: it may walk along indexes only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.model.ids import FeedId
from aggregator.ports import Transaction
from aggregator.storage.sqlite import connect
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_feed
from tests.subscriptions import make_subscription

pytestmark = pytest.mark.anyio

SUBSCRIPTION = make_subscription("a")
CALLS: dict[str, Callable[[Transaction], object]] = {
    "next_steps": lambda tx: tx.pushes.next_steps(now=NOON, limit=1),
    "by_token": lambda tx: tx.pushes.by_token("token"),
    "of_feed": lambda tx: tx.pushes.of_feed(FeedId("a")),
    "save": lambda tx: tx.pushes.save(SUBSCRIPTION),
    "remove": lambda tx: tx.pushes.remove(SUBSCRIPTION),
}


@pytest.mark.parametrize("name", CALLS)
async def test_no_statement_scans_subscriptions_or_feeds(tmp_path: Path, name: str) -> None:
    traced: list[tuple[str, Any]] = []
    store = await SqliteStore.open(tmp_path / "news.db", tracer=lambda sql, values: traced.append((sql, values)))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    traced.clear()
    await store.write(CALLS[name])
    statements = [(sql, values) for sql, values in traced if "subscriptions" in sql]
    await store.aclose()

    database = connect.connect(tmp_path / "news.db", writing=False)
    steps = [row[3] for sql, values in statements for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    database.close()
    assert statements
    assert [step for step in steps if step.startswith("SCAN ") and "feeds_dropped" not in step] == []
