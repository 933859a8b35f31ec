"""Whole texts of articles: one row an entry that was tried."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from aggregator.model.entry import SafeHtml
from aggregator.model.full_text import FullText, WantedText
from aggregator.model.ids import EntryId
from aggregator.storage.sqlite import feed_rows
from aggregator.storage.sqlite.session import Session, many, moment, seconds

FULL_TEXTS = (
    """
    CREATE TABLE full_texts (
        entry_id INTEGER PRIMARY KEY REFERENCES entries (id) ON DELETE CASCADE,
        html TEXT NOT NULL DEFAULT '',
        url TEXT NOT NULL DEFAULT '',
        fetched_at INTEGER,
        attempts INTEGER NOT NULL DEFAULT 0,
        next_at INTEGER,
        message TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
)
"""As step 0015 makes it."""

_DUE = """
    SELECT e.id, e.feed_id, e.url, e.language, coalesce(t.attempts, 0) AS attempts
    FROM entries AS e LEFT JOIN full_texts AS t ON t.entry_id = e.id
    WHERE e.first_seen_at >= :since AND e.listed_at >= :since AND e.shown = 1 AND e.url IS NOT NULL
        AND e.feed_id IN (SELECT value FROM json_each(:feeds)) AND (t.entry_id IS NULL OR t.next_at <= :now)
    ORDER BY e.first_seen_at DESC, e.id DESC LIMIT :limit
"""
_CLAIM = """
    INSERT INTO full_texts (entry_id, attempts, next_at) VALUES (:id, 1, :until)
    ON CONFLICT (entry_id) DO UPDATE SET attempts = attempts + 1, next_at = :until
"""
_SAVE = """
    UPDATE full_texts SET html = :html, url = :url, fetched_at = :at, next_at = NULL, message = '' WHERE entry_id = :id
"""


class SqliteFullTexts:
    """`source_records.FullTextRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def claim(self, *, now: datetime, since: datetime, limit: int, lease: timedelta) -> Sequence[WantedText]:
        """Take entries whose page is to be fetched."""
        rows = self._session.rows("SELECT * FROM feeds WHERE configured = 1 AND wanted IS NOT NULL")
        feeds = {feed.id: feed for feed in map(feed_rows.feed, rows) if feed.full_text}
        if not feeds:
            return ()
        found = self._session.rows(_DUE, since=seconds(since), now=seconds(now), feeds=many(feeds), limit=limit)
        for row in found:
            self._session.run(_CLAIM, id=row["id"], until=seconds(now + lease))
        return [
            WantedText(
                entry_id=EntryId(row["id"]),
                url=row["url"],
                language=row["language"],
                allow_private_address=feeds[row["feed_id"]].allow_private_address,
                attempts=row["attempts"],
            )
            for row in found
        ]

    def save(self, entry_id: EntryId, text: FullText) -> None:
        """Keep a text."""
        self._session.run(_SAVE, id=entry_id, html=text.html, url=text.url, at=seconds(text.fetched_at))

    def fail(self, entry_id: EntryId, message: str, *, next_at: datetime | None) -> None:
        """Remember why there is none."""
        self._session.run(
            "UPDATE full_texts SET next_at = :at, message = :message WHERE entry_id = :id",
            id=entry_id,
            at=seconds(next_at),
            message=message,
        )

    def get(self, entry_id: EntryId) -> FullText | None:
        """Find a text."""
        row = self._session.row("SELECT * FROM full_texts WHERE entry_id = :id AND fetched_at IS NOT NULL", id=entry_id)
        if row is None:
            return None
        return FullText(html=SafeHtml(row["html"]), url=row["url"], fetched_at=moment(row["fetched_at"]))
