"""The plainest feed reader: httpx, feedparser and sqlite3 in a loop. The yardstick below which a reader does no work.

    python plain_loop.py DATABASE ADDRESSES.txt        needs httpx and feedparser, nothing of this project

Conditional requests, one transaction a feed, entries known by guid; no schedule, no guard, no limits, no recovery.
"""

import json
import sqlite3
import sys
from io import BytesIO
from pathlib import Path

import feedparser
import httpx

SCHEMA = """
CREATE TABLE IF NOT EXISTS feeds (url TEXT PRIMARY KEY, etag TEXT, last_modified TEXT);
CREATE TABLE IF NOT EXISTS entries (
    feed TEXT, guid TEXT, url TEXT, title TEXT, published TEXT, content TEXT, PRIMARY KEY (feed, guid)
);
"""
Row = tuple[str, str, str | None, str | None, str | None, str | None]


def poll(database: sqlite3.Connection, client: httpx.Client, url: str) -> None:
    """Poll one feed."""
    known = database.execute("SELECT etag, last_modified FROM feeds WHERE url = ?", (url,)).fetchone() or (None, None)
    conditions = zip(("If-None-Match", "If-Modified-Since"), known, strict=True)
    response = client.get(url, headers={name: value for name, value in conditions if value})
    if response.status_code == httpx.codes.NOT_MODIFIED:
        return
    response.raise_for_status()
    rows = from_json(url, response.content) if "json" in response.headers["content-type"] else from_xml(url, response)
    validators = (response.headers.get("etag"), response.headers.get("last-modified"))
    with database:
        database.executemany(
            "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (feed, guid) DO UPDATE SET "
            "url = excluded.url, title = excluded.title, published = excluded.published, content = excluded.content",
            rows,
        )
        database.execute("INSERT OR REPLACE INTO feeds VALUES (?, ?, ?)", (url, *validators))


def from_xml(url: str, response: httpx.Response) -> list[Row]:
    """Read RSS, Atom or RDF."""
    # A benchmark's rival reads as most programs do; BytesIO, for bytes could be taken for an address.
    parsed = feedparser.parse(BytesIO(response.content), response_headers=dict(response.headers))  # noqa: TID251
    return [
        (url, entry.id, entry.get("link"), entry.get("title"), entry.get("published"), _text(entry))
        for entry in parsed.entries
    ]


def _text(entry: feedparser.FeedParserDict) -> str | None:
    text: str | None = entry.content[0].value if "content" in entry else entry.get("summary")
    return text


def from_json(url: str, body: bytes) -> list[Row]:
    """Read JSON Feed, which feedparser does not."""
    return [
        (url, item["id"], item.get("url"), item.get("title"), item.get("date_published"), item.get("content_html"))
        for item in json.loads(body)["items"]
    ]


def main() -> None:
    """Poll every address of a file once."""
    database = sqlite3.connect(sys.argv[1])
    database.executescript(SCHEMA)
    with httpx.Client() as client:
        for url in Path(sys.argv[2]).read_text(encoding="ascii").split():
            poll(database, client, url)
    database.close()


if __name__ == "__main__":
    main()
