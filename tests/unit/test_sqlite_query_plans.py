"""Every statement the store issues is answered by an index, whatever there is in the database."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.model.copies import CopyAssignment
from aggregator.model.digest import DigestPlan
from aggregator.model.feed import FeedState, Move, Outcome, ParsedFeed
from aggregator.model.ids import CopySetId, EntryId, FeedId, RateGroup, StoryId
from aggregator.model.poll import EntryPlan, GroupPause, Heed, PollRecord
from aggregator.model.push import Subscription
from aggregator.model.query import CLOSING, Cursor, EntryQuery, StoryQuery
from aggregator.model.search import Rank, SearchQuery, Sort
from aggregator.model.story import Together
from aggregator.storage.sqlite.store import SqliteStore, SqliteTransaction
from aggregator.text.search_language import parse
from tests.digest_made import SUNDAY, whole_digest
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.story_changes import make_changes, make_closed, make_event, make_reading, make_state

pytestmark = pytest.mark.anyio

A = FeedId("a")
LEASE = timedelta(minutes=5)
QUERIES = [
    EntryQuery(category=category, feed_id=feed, since=since, with_copies=with_copies, after=after, until=until)
    for category in (None, "World")
    for feed in (None, A)
    for since, until in ((None, None), (NOON, NOON))
    for with_copies in (False, True)
    for after in (None, Cursor(listed_at=NOON - LEASE, id=EntryId(1)))
]
STORY_QUERIES = [
    StoryQuery(category=category, since=since, least_coverage=least, after=after)
    for category in (None, "World")
    for since in (None, NOON)
    for least in (1, 2)
    for after in (None, Cursor(listed_at=NOON - LEASE, id=1))
]
SEARCHES = [
    SearchQuery(asked=parse(f"{words} {names} {without}"), since=since, until=since, sort=sort, after=after)
    for words in ("words", "words OR title:other*", "")
    for names in ("after:2018-01", "publisher:example", "category:world -publisher:b")
    for without in ("", "-sport")
    for since in (None, NOON)
    for sort, after in (
        (Sort.BEST, None),
        (Sort.BEST, Rank(newest=EntryId(5), given=1)),
        (Sort.NEWEST, None),
        (Sort.NEWEST, Cursor(listed_at=NOON, id=1)),
    )
    if words or sort is Sort.NEWEST
]


def everything_about_digests(tx: SqliteTransaction) -> None:
    """Make a digest of what there is, and look for it."""
    plan = DigestPlan(categories=("World",), tags=("local",))
    tx.digests.seal(whole_digest(), recipients=["a@example.org"], now=NOON)
    tx.digests.candidates(plan, start=NOON, end=NOON + LEASE)
    tx.digests.counted(plan, start=NOON, end=NOON + LEASE)
    tx.digests.get("daily", SUNDAY)
    tx.digests.latest("daily")
    tx.digests.beside("daily", SUNDAY)
    tx.digests.page("daily", limit=1)
    tx.digests.lines("daily", before=SUNDAY, limit=1)
    tx.mails.ask_again("daily", SUNDAY, ["a@example.org"], now=NOON)
    for mail in tx.mails.due(now=NOON, limit=1):
        tx.mails.save(mail)
    tx.mails.of("daily", SUNDAY)


def everything(tx: SqliteTransaction) -> None:
    """Call each method of the port at least once, on every way through it."""
    tx.feeds.synchronise([make_feed("a", url="https://old.example/"), make_feed("b")], now=NOON)
    tx.feeds.synchronise([make_feed("a", category="Sport")], now=NOON)
    tx.feeds.synchronise([make_feed("a"), make_feed("b")], now=NOON)
    leases = tx.feeds.claim_due(now=NOON, groups=5, per_group=1, lease=LEASE)
    tx.feeds.extend(leases, now=NOON, lease=LEASE)
    tx.feeds.finish(
        leases[0].feeds[0],
        FeedState(move=Move(address="https://new.example/")),
        PollRecord(at=NOON, outcome=Outcome.FETCHED),
        document=ParsedFeed(format="rss20"),
        pause=GroupPause(group=RateGroup("b.example:443"), until=NOON, reason="429"),
    )
    tx.feeds.release(leases, now=NOON, gap=LEASE)
    tx.feeds.claim([A], now=NOON, groups=1, lease=LEASE, heed=Heed.FRESHNESS)
    tx.feeds.groups([A])
    tx.feeds.history(A)
    tx.feeds.pauses(now=NOON)
    tx.feeds.get(A)
    tx.feeds.overview()
    tx.feeds.glances(now=NOON)
    tx.feeds.suspects(silent=LEASE)
    tx.feeds.figures(now=NOON)
    parsed = make_parsed_entry("1")
    ids = tx.entries.save(A, EntryPlan(new=(parsed, make_parsed_entry("2"))), now=NOON)
    tx.entries.save(A, EntryPlan(changed=((ids[0], make_parsed_entry("1", headline="New words")),)), now=NOON)
    tx.entries.known(A, [parsed])
    entry = tx.entries.get(ids[0])
    assert entry is not None
    for query in QUERIES:
        tx.entries.page(query)
        tx.entries.lines(query)
        tx.entries.archive(query)
        tx.entries.newer_archive(replace(query, after=Cursor(listed_at=NOON, id=CLOSING)))
    tx.entries.revisions(ids[0])
    tx.entries.categories()
    tx.entries.totals()
    everything_about_digests(tx)
    tx.copies.ungrouped(limit=1)
    tx.copies.connected(ids, reach=LEASE)
    tx.copies.assign(
        [
            CopyAssignment(entry_id=ids[0], copy_set=CopySetId(ids[0]), copy_of=None),
            CopyAssignment(entry_id=ids[1], copy_set=CopySetId(ids[0]), copy_of=ids[0]),
        ]
    )
    tx.copies.members([CopySetId(ids[0])])
    tx.copies.count_copies(ids)
    tx.copies.texts(ids)
    tx.copies.texts_since(NOON)
    tx.copies.tie([(ids[0], ids[1])], anew=ids)
    tx.copies.connected(ids, reach=LEASE)
    everything_of_stories(tx, ids)
    tx.searching.catch_up(limit=1)
    for search in SEARCHES:
        tx.searching.search(search)
    tx.entries.several(ids)
    tx.feeds.several([A])
    tx.feeds.outlines([A])
    everything_of_pushes(tx)


def everything_of_pushes(tx: SqliteTransaction) -> None:
    subscription = Subscription(feed_id=A, hub="https://hub.example/", topic="https://a.example/", token="t")
    tx.pushes.save(subscription)
    tx.pushes.of_feed(A)
    tx.pushes.by_token("t")
    tx.pushes.next_steps(now=NOON, limit=5)
    tx.pushes.remove(subscription)


def everything_of_stories(tx: SqliteTransaction, ids: list[EntryId]) -> None:
    one, two = StoryId(1), StoryId(2)
    founded = make_changes(
        make_state(1, ids[0]),
        make_state(2, ids[1]),
        placed={1: [ids[0]], 2: [ids[1]]},
        readings=[make_reading(1, ids[0])],
        events=[make_event(1)],
        related={1: [(2, 0.5)]},
    )
    tx.stories.save(founded, signature="")
    tx.feeds.synchronise([make_feed("a", publisher="Another")], now=NOON)
    for query in STORY_QUERIES:
        tx.stories.page(query)
        tx.stories.whole_page(query, events=True)
    tx.stories.entries(ids)
    tx.stories.placed(ids)
    tx.stories.get(one)
    tx.stories.lines([one, two])
    tx.stories.coverage(ids)
    tx.stories.coverage_within("World", [one, two])
    tx.stories.related([one, two])
    tx.stories.rule(Together(entries=frozenset(ids)))
    tx.stories.save(make_changes(placed={1: ids}, merged=[(2, 1)], closed=[make_closed(1, *ids)]), signature="")
    tx.stories.closed(one)
    tx.stories.current(two)
    tx.stories.memory()
    tx.stories.keep_outlines([("a", [("read", b"")])])
    tx.stories.add_to_outline("b", b"")
    tx.stories.outlined_at("a")
    list(tx.stories.outline("a"))
    tx.stories.news(since=1)
    tx.stories.open_stories([one, two])
    tx.stories.readings([1, 2])
    tx.stories.terms([1, 2])
    tx.stories.forget_readings()


@pytest.fixture
async def issued(tmp_path: Path) -> set[str]:
    seen: set[str] = set()
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: seen.add(sql))
    seen.clear()
    await store.write(everything)
    await store.aclose()
    return {sql for sql in seen if re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)", sql)}


def plan(database: sqlite3.Connection, sql: str) -> list[str]:
    named = re.findall(r":(\w+)", sql)
    values = dict.fromkeys(named) if named else [None] * sql.count("?")
    return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


async def test_no_statement_reads_a_table_of_entries_from_end_to_end(issued: set[str], tmp_path: Path) -> None:
    assert len(issued) > 40
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        plans = {sql: plan(database, sql) for sql in issued}
    whole = re.compile(r"SCAN (entries|revisions|entry_texts|copy_ties|e|m|o|t)\b(?! VIRTUAL)")
    scans = {sql: steps for sql, steps in plans.items() if any(map(whole.match, steps))}
    assert scans == {}


async def test_what_refers_to_a_row_that_is_deleted_is_found_by_an_index(issued: set[str], tmp_path: Path) -> None:
    """SQLite looks for it with every row that is deleted, and without an index reads the whole table each time."""
    assert issued
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        keys = [(table, key[3]) for table in tables for key in database.execute(f"PRAGMA foreign_key_list({table})")]
        plans = {key: plan(database, "SELECT 1 FROM {} WHERE {} = ?".format(*key)) for key in keys}
    assert len(plans) > 10
    assert {key: steps for key, steps in plans.items() if any(step.startswith("SCAN") for step in steps)} == {}


async def test_stories_are_only_read_whole_where_an_engine_is_made(issued: set[str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        plans = {sql: plan(database, sql) for sql in issued}
    scans = {
        step
        for steps in plans.values()
        for step in steps
        if re.match(r"SCAN (story_|stories\b|[prs]\b)(?! VIRTUAL)", step)
    }
    assert scans == {
        "SCAN r",  # memory: all readings, in order of position
        "SCAN stories USING INDEX stories_open",  # memory: those that are open
        "SCAN s USING INDEX stories_open",  # news: who is in which
        "SCAN story_rulings",  # what people have decided: few, in order
        "SCAN story_mark",  # one row
        "SCAN story_outlines",  # a dozen rows, whose contents are not read where old ones are dropped
    }


async def test_no_list_is_sorted_after_it_was_read(issued: set[str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        sorts = {sql.strip() for sql in issued if "USE TEMP B-TREE FOR ORDER BY" in plan(database, sql)}
    # Of what hubs are to be told, only subscriptions of feeds that left feeds.yaml are sorted: they wait for one step.
    assert {sql.split(" <= ")[0] for sql in sorts} == {"SELECT * FROM subscriptions WHERE next_step_at"}


async def test_feeds_are_only_read_whole_where_all_of_them_are_wanted(issued: set[str], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        scans = {
            sql.strip().split("\n")[0] for sql in issued if any(s.startswith("SCAN feeds") for s in plan(database, sql))
        }
    assert {re.split(r" (?:FROM|AS) |,(?= position)| \(name", sql)[0] for sql in scans} == {
        "SELECT id, move_address, configured",  # synchronise
        "INSERT INTO rate_groups",  # likewise
        "SELECT *, (SELECT max(listed_at)",  # overview
        "SELECT category, min(position)",  # categories
        "SELECT id, url, title, document_title, home_url, publisher, category, tags, language, ",  # glances
        "SELECT count(*)",  # figures
        "SELECT DISTINCT publisher",  # a search that names one of them; likewise the next two
        "SELECT DISTINCT category",
        "SELECT id",
        "SELECT coalesce(sum(configured), 0)",  # totals
    }


THOSE = ["LIST SUBQUERY 1", "SCAN json_each VIRTUAL TABLE INDEX 1:"]
OF_STORIES = [
    "SCAN i VIRTUAL TABLE INDEX 1:",
    "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)",
    "SEARCH p USING COVERING INDEX story_entries_of_story (story_id=?)",
    "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
    "USE TEMP B-TREE FOR GROUP BY",
    "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
    *THOSE,
    "SEARCH f USING INDEX sqlite_autoindex_feeds_1 (id=?)",
]
"""What is shown of stories: the stories themselves with their entries, then the leads."""

READS: dict[str, tuple[Callable[[SqliteTransaction], object], list[str]]] = {
    "catch_up": (
        lambda tx: tx.searching.catch_up(limit=5),
        [
            "SCAN search_rules",  # one row
            "SEARCH entry_search_docsize",
            "SEARCH e USING INTEGER PRIMARY KEY (rowid>?)",
            "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    "history": (lambda tx: tx.feeds.history(A), ["SEARCH polls USING PRIMARY KEY (feed_id=?)"]),
    "ungrouped": (
        lambda tx: tx.copies.ungrouped(limit=5),
        ["SEARCH entries USING INDEX entries_ungrouped (listed_at>?)"],
    ),
    "mark": (lambda tx: tx.stories.mark(), ["SCAN story_mark"]),  # one row
    "archive of a feed": (
        lambda tx: tx.entries.archive(EntryQuery(feed_id=A, after=Cursor(listed_at=NOON, id=5))),
        [
            "SEARCH feeds USING INDEX sqlite_autoindex_feeds_1 (id=?)",
            "SEARCH e USING INDEX entries_of_feed (feed_id=? AND listed_at=? AND id<?)",
            "SEARCH f USING INDEX sqlite_autoindex_feeds_1 (id=?)",
            "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH e USING INDEX entries_of_feed (feed_id=? AND listed_at>? AND listed_at<?)",
            "SEARCH f USING INDEX sqlite_autoindex_feeds_1 (id=?)",
            "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)",
        ],
    ),
    "page of stories": (
        lambda tx: tx.stories.page(StoryQuery(least_coverage=2, after=Cursor(listed_at=NOON, id=5))),
        [
            "SEARCH stories USING COVERING INDEX stories_listed (updated_at=? AND id<?)",
            "SEARCH stories USING COVERING INDEX stories_listed (updated_at>? AND updated_at<?)",
            *OF_STORIES,
        ],
    ),
    "page of stories of a category": (
        lambda tx: tx.stories.page(StoryQuery(category="World", after=Cursor(listed_at=NOON, id=5))),
        [
            "SEARCH story_categories USING COVERING INDEX story_categories_listed (category=? AND updated_at=? AND story_id<?)",
            "SEARCH story_categories USING COVERING INDEX story_categories_listed (category=? AND updated_at>? AND updated_at<?)",
            *OF_STORIES,
        ],
    ),
    "pauses": (
        lambda tx: tx.feeds.pauses(now=NOON),
        ["SEARCH rate_groups USING INDEX rate_groups_paused (paused_until>?)"],
    ),
    "next_steps": (
        lambda tx: tx.pushes.next_steps(now=NOON, limit=5),
        [
            "MERGE (UNION)",
            "LEFT",
            "SEARCH subscriptions USING INDEX subscriptions_due (next_step_at<?)",
            "USE TEMP B-TREE FOR RIGHT PART OF ORDER BY",
            "RIGHT",
            "SCAN f USING INDEX feeds_dropped",
            "SEARCH s USING INDEX subscriptions_of_feed (feed_id=?)",
            "USE TEMP B-TREE FOR ORDER BY",
        ],
    ),
}
"""What every tick, or every page about a feed, asks of tables that grow: on which way."""


@pytest.mark.parametrize("name", READS)
async def test_what_is_asked_at_every_tick_is_read_along_an_index(name: str, tmp_path: Path) -> None:
    seen: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: seen.append(sql))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    # Rules for words that are of today, or the index would be made anew first.
    await store.write(lambda tx: tx.searching.catch_up(limit=1))
    ask, expected = READS[name]
    seen.clear()
    await store.write(ask)
    await store.aclose()
    reads = [sql for sql in seen if sql.lstrip().startswith("SELECT")]
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        assert [step for sql in reads for step in plan(database, sql)] == expected


THOSE_NAMED = ["LIST SUBQUERY 1", "SCAN json_each VIRTUAL TABLE INDEX"]
LISTS = {
    "after:2018-01": ["SEARCH e USING INDEX entries_listed (listed_at>? AND listed_at<?)"],
    "category:world": [
        *("SCAN feeds USING INDEX feeds_configured", "USE TEMP B-TREE FOR DISTINCT"),  # which categories there are
        *("SCAN feeds USING INDEX feeds_configured", *THOSE_NAMED),
        *("SEARCH feeds USING INDEX sqlite_autoindex_feeds_1 (id=?)", *THOSE_NAMED),
        *("SEARCH e USING INDEX entries_listed (listed_at>? AND listed_at<?)", *THOSE_NAMED),
    ],
    "words": [
        "CO-ROUTINE hits",
        "SCAN entry_search VIRTUAL TABLE INDEX",
        "SCAN hits",
        "SEARCH m USING INTEGER PRIMARY KEY (rowid=?)",
        "SEARCH e USING INDEX entries_copy_set (copy_set=?)",
    ],
}
"""Searches for the newest: none reads more of a list than a page, or sorts it, but for what is found of words."""


@pytest.mark.parametrize("words", LISTS)
async def test_the_newest_are_searched_along_the_lists_they_are_in(words: str, tmp_path: Path) -> None:
    seen: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: seen.append(sql))
    feeds = [make_feed(f"f{number}") for number in range(100)]  # more than are merged
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    seen.clear()
    query = SearchQuery(asked=parse(words), sort=Sort.NEWEST)
    await store.read(lambda tx: tx.searching.search(query))
    await store.aclose()
    asked = [
        sql for sql in seen if sql.lstrip().startswith("SELECT") and "SUMMARY" not in sql and "f.publisher" not in sql
    ]
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        steps = [step for sql in asked for step in plan(database, sql)]
    told = [re.sub(r"(VIRTUAL TABLE INDEX) .*", r"\1", step) for step in steps]
    assert told == LISTS[words]


async def test_a_page_deep_in_entries_of_one_second_reads_no_more_than_a_page(tmp_path: Path) -> None:
    """10,000 undated entries arrive with a first poll; SQLite counts the steps it takes."""
    store = await SqliteStore.open(tmp_path / "a.db")
    new = tuple(make_parsed_entry(str(number), text="", published_at=None) for number in range(1500))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    await store.write(lambda tx: tx.entries.save(A, EntryPlan(new=new), now=NOON))
    steps: list[int] = []

    def count(tx: SqliteTransaction, after: Cursor | None) -> None:
        taken = [0]
        connection = tx.entries._session._db.conn
        connection.set_progress_handler(lambda: taken.__setitem__(0, taken[0] + 1), 10)
        tx.entries.page(EntryQuery(after=after, limit=10))
        connection.set_progress_handler(None, 0)
        steps.append(taken[0])

    await store.read(lambda tx: count(tx, None))
    await store.read(lambda tx: count(tx, Cursor(listed_at=NOON, id=EntryId(1490))))
    await store.read(lambda tx: count(tx, Cursor(listed_at=NOON, id=EntryId(20))))
    await store.aclose()
    assert max(steps) < 2 * min(steps)


async def test_l4_claiming_reads_the_two_indexes_of_what_is_due_and_sorts_nothing(tmp_path: Path) -> None:
    seen: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: seen.append(sql))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a"), make_feed("b")], now=NOON))
    seen.clear()
    leases = await store.write(lambda tx: tx.feeds.claim_due(now=NOON, groups=2, per_group=5, lease=LEASE))
    assert len(leases) == 2
    reads = [sql for sql in seen if sql.lstrip().startswith("SELECT")]
    with closing(sqlite3.connect(tmp_path / "a.db")) as database:
        steps = [step for sql in reads for step in plan(database, sql)]
    assert steps == [
        "SEARCH rate_groups USING INDEX rate_groups_due (next_at<?)",
        "SCAN g VIRTUAL TABLE INDEX 1:",
        "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)",
        "CORRELATED LIST SUBQUERY 1",
        "SEARCH feeds USING INDEX feeds_due (rate_group=? AND <expr><?)",
    ]
    await store.aclose()


@pytest.mark.parametrize("overdue", [20, 2000])
async def test_l4_claiming_takes_as_many_statements_and_steps_however_many_feeds_are_overdue(
    tmp_path: Path, overdue: int
) -> None:
    seen: list[str] = []
    store = await SqliteStore.open(tmp_path / "a.db", tracer=lambda sql, _: seen.append(sql))
    feeds = [make_feed(f"f{number}", url=f"https://big.example/{number}") for number in range(overdue)]
    feeds += [make_feed(f"g{number}") for number in range(20)]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    seen.clear()

    def claim(tx: SqliteTransaction) -> int:
        taken = [0]
        connection = tx.entries._session._db.conn
        connection.set_progress_handler(lambda: taken.__setitem__(0, taken[0] + 1), 10)
        leases = tx.feeds.claim_due(now=NOON, groups=16, per_group=10, lease=LEASE)
        connection.set_progress_handler(None, 0)
        assert sum(len(lease.feeds) for lease in leases) == 25
        return taken[0]

    steps = await store.write(claim)
    await store.aclose()
    assert len([sql for sql in seen if re.match(r"\s*(SELECT|UPDATE)", sql)]) == 3
    assert steps < 1000
