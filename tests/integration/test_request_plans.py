"""What requests and starts ask of a database that has something of everything: along indexes, whatever there is in it."""

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route

from aggregator.editions import digests, published_site
from aggregator.services.read import Reader
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.web.app import create_app
from aggregator.web.desk import Collectors
from benchmarks.million import Made, make
from benchmarks.old_news import Shape
from benchmarks.pages import Clock, addresses

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SHAPE = Shape(entries=800, feeds=12, batch=400)
BESIDE = (
    "/readyz", "/favicon.ico", "/static/style.css", "/search.rss?q=government", "/digests/daily.atom", "/digests/daily.rss",
    "/digests/daily.json", "/digests/daily/2024-03-02", "/digests?since=2024-03-01", "/digests.atom?since=2024-03-01",
    "/stories/1", "/entries/2", "/feeds.schema.json",
)  # fmt: skip
"""Asked for besides what is measured."""
NOT_WALKED = {
    "/websub/{token}": "hubs ask it; their statements are in test_sqlite_query_plans",
    "/media/{signature}/{address}": "no statement",
    "/feeds/{feed_id}/icon": "media are not switched on",
    "/login": "no statement: sessions are signed, not stored",
    "/logout": "no statement",
}
BOUNDED = {
    "feeds": "as many rows as feeds.yaml has feeds, and some that it had",
    "search_rules": "one row",
    "story_mark": "one row",
    "contents_mark": "one row",
    "story_rulings": "as many rows as a person has decided",
    "rate_groups": "no more rows than feeds",
}
"""Tables that may be read whole, and why that costs no more when there is more news."""
GROWING = re.compile(
    r"SCAN (entries|entry_texts|revisions|copy_ties|stories|story_\w+|digests|digest_items|mails|polls|[emtprs])\b"
)
"""Tables, under their names or those that statements give them, that grow with news or with time."""


@dataclass(slots=True)
class Asked:
    """Statements, as they were issued."""

    statements: set[str] = field(default_factory=set)

    def note(self, sql: str, _: object) -> None:
        if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)", sql):
            self.statements.add(sql.strip())


@pytest.fixture
async def made(tmp_path: Path) -> Made:
    return await make(tmp_path / "made", SHAPE)


def steps(database: sqlite3.Connection, sql: str) -> list[str]:
    named = re.findall(r":(\w+)", sql)
    values = dict.fromkeys(named) if named else [None] * sql.count("?")
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


def scans(made: Made, statements: set[str]) -> dict[str, list[str]]:
    """Find the steps that read a table, or an index, from end to end."""
    with closing(sqlite3.connect(made.database)) as database:
        plans = {sql: steps(database, sql) for sql in statements}
    found = {
        sql: [each for each in plan if each.startswith("SCAN") and "VIRTUAL TABLE" not in each]
        for sql, plan in plans.items()
    }
    return {sql: plan for sql, plan in found.items() if plan}


async def test_no_request_reads_a_table_that_grows_from_end_to_end(made: Made) -> None:
    asked, clock = Asked(), Clock(at=SHAPE.until)
    store = await SqliteStore.open(made.database, tracer=asked.note)
    configuration = made.configuration
    app = create_app(
        Reader(store),
        digests(configuration, store, clock),
        clock,
        published_site(configuration),
        collectors=Collectors(),
    )
    walked = await addresses(store, made)
    asked.statements.clear()
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        statuses = {address: (await client.get(address)).status_code for address in (*walked, *BESIDE)}
    await store.aclose()
    missing = [
        route.path
        for route in app.routes
        if isinstance(route, Route) and route.path not in NOT_WALKED and not _is_walked(route, list(statuses))
    ]
    assert missing == []
    assert {address for address, status in statuses.items() if status not in {200, 301, 308}} == set()
    assert len(asked.statements) > 30
    found = {
        table
        for plan in scans(made, asked.statements).values()
        for each in plan
        for table in re.findall(r"SCAN (\w+)", each)
    }
    assert found - set(BOUNDED) - {"hits"} == set()  # `hits` is what a limited subquery gave


def _is_walked(route: Route, asked: list[str]) -> bool:
    return any(route.path_regex.match(address.partition("?")[0]) for address in asked)


async def test_a_start_reads_no_more_than_two_growing_tables_from_end_to_end(made: Made) -> None:
    asked = Asked()
    store = await SqliteStore.open(made.database, tracer=asked.note)
    feeds = made.configuration.enabled_feeds()
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=SHAPE.until))
    await store.read(lambda tx: tx.stories.memory())  # what grouping begins with
    await store.write(lambda tx: (tx.copies.ungrouped(limit=1), tx.searching.catch_up(limit=1)))
    await store.aclose()
    growing = {sql: plan for sql, plan in scans(made, asked.statements).items() if any(map(GROWING.match, plan))}
    growing = {sql: plan for sql, plan in growing.items() if not re.search(r"FROM (story_mark|story_rulings)", sql)}
    whole = [each for plan in growing.values() for each in plan if GROWING.match(each)]
    # Readings of the last days, and, along an index that has nothing else, the stories that are open.
    assert sorted(whole) == ["SCAN r", "SCAN stories USING INDEX stories_open"]
