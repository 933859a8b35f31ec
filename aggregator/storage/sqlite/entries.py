"""Entries: finding, listing and counting them. Storing them is saving.py's."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from operator import itemgetter

from aggregator.model.entry import Entry, EntrySummary, KnownEntry, ParsedEntry, Revision
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.imprint import KnownImprints
from aggregator.model.poll import EntryPlan, Totals
from aggregator.model.query import CLOSING, Cursor, EntryQuery, Page, closes_archive
from aggregator.polling.retention import Stored
from aggregator.storage.sqlite import entry_rows, imprints, removing
from aggregator.storage.sqlite.muting import judge_next
from aggregator.storage.sqlite.saving import save
from aggregator.storage.sqlite.session import MOST, Row, Session, Value, many, seconds

# Three index searches, because the planner would answer an OR of them by reading the whole feed.
_KNOWN = f"""
    SELECT {entry_rows.KNOWN_COLUMNS} FROM entries WHERE id IN (
        SELECT id FROM entries WHERE feed_id = :feed AND guid IN (SELECT value FROM json_each(:guids))
        UNION ALL SELECT id FROM entries WHERE feed_id = :feed AND url IN (SELECT value FROM json_each(:urls))
        UNION ALL SELECT id FROM entries WHERE feed_id = :feed AND headline IN (SELECT value FROM json_each(:headlines))
            AND guid IS NULL AND url IS NULL
    ) ORDER BY id
"""

_BY_IDS = f"""
    SELECT {entry_rows.KNOWN_COLUMNS} FROM entries
    WHERE id IN (SELECT value FROM json_each(:ids)) AND feed_id = :feed ORDER BY id
"""

# CROSS JOIN keeps the order of tables: the entries, in the order of their index, decide.
_WHOLE = f"""
    SELECT {entry_rows.ENTRY_COLUMNS}
    FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id CROSS JOIN entry_texts AS t ON t.entry_id = e.id
"""
_BRIEF = f"SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id"


_REST = "e.listed_at = :at AND e.id < :id"
_CATEGORIES = "SELECT category, min(position) AS first FROM feeds WHERE configured = 1 GROUP BY category"


class SqliteEntries:
    """`records.EntryRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def known(self, feed_id: FeedId, parsed: Sequence[ParsedEntry | KnownEntry]) -> list[KnownEntry]:
        """Find what is stored of this feed that entries of `parsed` may be, oldest id first."""
        if self._session.row("SELECT 1 FROM entries WHERE feed_id = :feed", feed=feed_id) is None:
            return []
        found = self._session.rows(
            _KNOWN,
            feed=feed_id,
            guids=many({entry.guid for entry in parsed if entry.guid is not None}),
            urls=many({entry.url for entry in parsed if entry.url is not None}),
            headlines=many({entry.headline for entry in parsed if not (entry.guid or entry.url)}),
        )
        return [entry_rows.known(row) for row in found]

    def by_ids(self, feed_id: FeedId, ids: Collection[EntryId]) -> list[KnownEntry]:
        """Find those of these entries that are stored of this feed, oldest id first."""
        return [entry_rows.known(row) for row in self._session.rows(_BY_IDS, feed=feed_id, ids=many(ids))]

    def remembered(self, feed_id: FeedId) -> KnownImprints:
        """Give what `remember` was told last, if no entry of the feed was changed since."""
        return imprints.read(self._session, feed_id)

    def remember(self, feed_id: FeedId, made: KnownImprints) -> None:
        """Keep the imprints of the document that was just stored."""
        imprints.write(self._session, feed_id, made)

    def save(self, feed_id: FeedId, plan: EntryPlan, *, now: datetime) -> list[EntryId]:
        """Store new and changed entries."""
        return save(self._session, feed_id, plan, now=now)

    def judge(self, *, limit: int) -> int:
        """Apply rules of feeds.yaml that have changed to the next stored entries."""
        return judge_next(self._session, limit=limit)

    def get(self, entry_id: EntryId) -> Entry | None:
        """Find one entry, also of a feed that is no longer configured."""
        row = self._session.row(f"{_WHOLE} WHERE e.id = :id", id=entry_id)
        return None if row is None else entry_rows.entry(row)

    def several(self, entry_ids: Collection[EntryId]) -> dict[EntryId, Entry]:
        """Give those of these entries that there are, also of feeds that are no longer configured."""
        found = self._session.rows(f"{_WHOLE} WHERE e.id IN (SELECT value FROM json_each(:ids))", ids=many(entry_ids))
        return {EntryId(row["id"]): entry_rows.entry(row) for row in found}

    def page(self, query: EntryQuery) -> Page[Entry]:
        """List entries of configured feeds, newest first; of copies the one that fronts.py names."""
        limit = max(query.limit, 0)
        if limit == 0 or not self._may_have(query):
            return Page(items=())
        # One more than asked for: it tells whether there is a next page.
        found = [entry_rows.entry(row) for row in islice(self._matching(query, limit + 1), limit + 1)]
        items = tuple(found[:limit])
        more = len(found) > limit
        return Page(items=items, next=Cursor(listed_at=items[-1].listed_at, id=items[-1].id) if more else None)

    def lines(self, query: EntryQuery) -> tuple[EntrySummary, ...]:
        """List the same in brief."""
        limit = max(query.limit, 0)
        if limit == 0 or not self._may_have(query):
            return ()
        return tuple(map(entry_rows.summary, islice(self._matching(query, limit, _BRIEF), limit)))

    def archive(self, query: EntryQuery) -> Page[Entry]:
        """List what follows the cursor up to the entry that closes the archive."""
        items: list[Entry] = []
        if self._may_have(query):
            for row in self._matching(query, max(query.limit, 0) + 1):
                if items and (len(items) >= query.limit or closes_archive(items[-1].id)):
                    return Page(items=tuple(items), next=Cursor(listed_at=items[-1].listed_at, id=items[-1].id))
                items.append(entry_rows.entry(row))
        return Page(items=tuple(items))

    def newer_archive(self, query: EntryQuery) -> Cursor | None:
        """Find where the archive begins that ends with the entry of the cursor."""
        after = query.after
        if after is None or not closes_archive(EntryId(after.id)) or not self._may_have(query):
            return None
        conditions, scope = _scope(query)
        # Two questions, as in `_matching`.
        for bounds in ("e.listed_at = :at AND e.id > :id", "e.listed_at > :at"):
            sql = (
                f"SELECT e.listed_at, e.id FROM entries AS e WHERE {conditions} AND {bounds} AND e.id % {CLOSING} = 0"
                " ORDER BY e.listed_at, e.id LIMIT 1"
            )
            row = self._session.row(sql, **scope, at=seconds(after.listed_at), id=after.id)
            if row is not None:
                return Cursor(listed_at=datetime.fromtimestamp(row["listed_at"], UTC), id=row["id"])
        return None

    def _may_have(self, query: EntryQuery) -> bool:
        """Tell whether the feed of a query is configured, and of the category it asks for."""
        if query.feed_id is None:
            return True
        row = self._session.row("SELECT category FROM feeds WHERE id = :id AND configured = 1", id=query.feed_id)
        return row is not None and query.category in {None, row["category"]}

    def _matching(self, query: EntryQuery, limit: int, chosen: str = _WHOLE) -> Iterator[Row]:
        """Give rows after the cursor: the rest of its second first, then the seconds before.

        One comparison `(listed_at, id) < (..., ...)` would say the same, but SQLite uses only its first half to
        search the index when `id` is the rowid, and a first poll gives thousands of undated entries one second.
        """
        until = MOST if query.until is None else seconds(query.until)
        after = query.after
        if after is None or seconds(after.listed_at) >= until:
            return self._range(query, chosen, "e.listed_at < :below", limit, below=until)
        return chain(
            self._range(query, chosen, _REST, limit, at=seconds(after.listed_at), id=after.id),
            self._range(query, chosen, "e.listed_at < :below", limit, below=seconds(after.listed_at)),
        )

    def _range(self, query: EntryQuery, chosen: str, bounds: str, limit: int, **values: Value) -> Iterator[Row]:
        conditions, scope = _scope(query)
        known = "+" if "at" in values else ""
        # The plus keeps the planner from taking this for the better bound where the time is known: of a feed of 100,000 entries it
        # looked at all that came later, 8 ms for an archive far back.
        sql = f"{chosen} WHERE {conditions} AND {bounds} AND {known}e.listed_at >= :since ORDER BY e.listed_at DESC, e.id DESC LIMIT :limit"
        since = -MOST if query.since is None else seconds(query.since)
        return self._session.walk(sql, **scope, **values, since=since, limit=limit)

    def stored(self, feed_id: FeedId) -> list[Stored]:
        """List all entries of a feed, with what deciding whether they are still kept takes."""
        return removing.stored(self._session, feed_id)

    def remove(self, feed_id: FeedId, entry_ids: Collection[EntryId]) -> int:
        """Take entries of a feed out for good, with all that hangs on them."""
        return removing.remove(self._session, feed_id, entry_ids)

    def revisions(self, *entry_ids: EntryId) -> list[Revision]:
        """List what these entries said before, newest first."""
        sql = "SELECT * FROM revisions WHERE entry_id IN (SELECT value FROM json_each(:ids))"
        rows = sorted(self._session.rows(sql, ids=many(entry_ids)), key=lambda row: -row["id"])
        return [entry_rows.revision(row) for row in rows]

    def categories(self) -> list[str]:
        """List the categories of configured feeds, in the order of feeds.yaml."""
        found = self._session.rows(_CATEGORIES)
        return [row["category"] for row in sorted(found, key=itemgetter("first"))]

    def totals(self) -> Totals:
        """Count configured feeds, and entries and copies of all feeds."""
        (row,) = self._session.rows(
            "SELECT coalesce(sum(configured), 0) AS feeds, coalesce(sum(entry_count), 0) AS entries,"
            " coalesce(sum(copy_count), 0) AS copies FROM feeds"
        )
        return Totals(feeds=row["feeds"], entries=row["entries"], copies=row["copies"])


def _scope(query: EntryQuery) -> tuple[str, dict[str, Value]]:
    """Give the condition that chooses the index, and its values.

    `e.shown = 1` stands in letters, not as a value: the planner takes a partial index only where the condition is
    the index's own.
    """
    copies = "" if query.with_copies else " AND e.fronts = 1"
    if query.feed_id is not None:
        # The plus keeps the planner to the index of the feed's entries; the list of a feed that left stays what it was.
        muted = "(+e.muted = '' OR +e.shown = 1)"
        return f"e.feed_id = :feed AND {muted}{copies}", {"feed": query.feed_id}
    if query.category is not None:
        return f"e.shown = 1 AND e.category = :category{copies}", {"category": query.category}
    return f"e.shown = 1{copies}", {}
