"""The main job on 274 real feeds: poll, keep, recognise again."""

import json
import sqlite3
import urllib.request
from collections import Counter
from io import BytesIO
from pathlib import Path

import feedparser
import pytest

from aggregator.config.read import load
from aggregator.model.feed import Feed
from tests.integration.conftest import Program, RealFeeds

pytestmark = pytest.mark.slow

Names = Counter[str]
"""How often a document holds an entry of a name."""


def names_of(feed: Feed) -> Names:
    """Read a feed with nothing of ours: what feedparser or the JSON says is in it."""
    with urllib.request.urlopen(feed.url, timeout=10) as answer:
        body = answer.read()
    if body.lstrip().startswith(b"{"):
        return Counter(str(item.get("id") or item.get("url")) for item in json.loads(body)["items"])
    document = feedparser.parse(BytesIO(body), sanitize_html=False, resolve_relative_uris=False)  # noqa: TID251 -- the oracle
    return Counter(entry.get("id") or entry.get("link") or f"{entry.get('title')}" for entry in document.entries)


def stored(database: Path) -> tuple[int, int]:
    with sqlite3.connect(database) as connection:
        entries, revisions = connection.execute(
            "select (select count(*) from entries), (select count(*) from revisions)"
        ).fetchone()
    connection.close()
    return entries, revisions


def test_274_real_feeds_are_polled_kept_and_recognised_again(all_real_feeds: RealFeeds, program: Program) -> None:
    program.config = all_real_feeds.config
    feeds = load(program.config).enabled_feeds()
    seen = {feed.id: names_of(feed) for feed in feeds}

    first = program.poll("--all")
    assert Counter(str(result["outcome"]) for result in first) == {"fetched": 274}
    assert {result["feed_id"]: result["new"] for result in first} == {
        feed_id: names.total() for feed_id, names in seen.items()
    }
    assert stored(program.database) == (sum(names.total() for names in seen.values()), 0)

    second = program.poll("--all")
    assert Counter(str(result["outcome"]) for result in second) == {"not modified": 274}
    assert stored(program.database) == (sum(names.total() for names in seen.values()), 0)

    for _ in range(10):
        all_real_feeds.tick()
        now = {feed.id: names_of(feed) for feed in feeds}
        polled = {str(result["feed_id"]): result["new"] for result in program.poll("--all")}
        assert polled == {feed_id: (names - seen[feed_id]).total() for feed_id, names in now.items()}
        seen = {feed_id: names | seen[feed_id] for feed_id, names in now.items()}
    assert stored(program.database)[0] == sum(names.total() for names in seen.values())
