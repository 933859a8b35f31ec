"""Digests, sealed once made."""

from collections.abc import Sequence
from datetime import date, datetime

from aggregator.model.digest import Digest, DigestCandidate, DigestLine, DigestPlan
from aggregator.model.ids import EntryId
from aggregator.storage.sqlite import digest_rows
from aggregator.storage.sqlite.mails import put
from aggregator.storage.sqlite.session import Row, Session, as_json, seconds

# ON CONFLICT and not OR IGNORE: that would pass over whatever else is wrong with a row.
_SEAL = """
    INSERT INTO digests (
        name, date, title, start_at, end_at, stories, entries, publishers, told, headlines, last_entry, sealed_at, sections
    ) VALUES (
        :name, :date, :title, :start_at, :end_at, :stories, :entries, :publishers, :told, :headlines, :last_entry,
        :sealed_at, :sections
    ) ON CONFLICT (name, date) DO NOTHING
"""
_ITEM = """
    INSERT INTO digest_items (digest_id, place, story_id, entry_id, headline, language, publishers)
    VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_DATED = "FROM digests WHERE name = :name AND date = :date"
_NEWEST_FIRST = "FROM digests WHERE name = :name AND date < :before ORDER BY date DESC LIMIT :limit"
_AFTER_ALL = "~"
"""Greater than every date, which begins with a digit."""
_COUNTED = """
    SELECT count(*) AS entries, count(DISTINCT f.publisher) AS publishers
    FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE e.shown = 1 AND e.listed_at >= :start AND e.listed_at < :end
        AND (:categories IS NULL OR e.category IN (SELECT value FROM json_each(:categories)))
        AND (:tags IS NULL OR EXISTS (
            SELECT 1 FROM json_each(f.tags) AS t WHERE t.value IN (SELECT value FROM json_each(:tags))
        ))
"""


class SqliteDigests:
    """`digest_records.DigestRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def candidates(self, plan: DigestPlan, *, start: datetime, end: datetime) -> tuple[DigestCandidate, ...]:
        """Give the stories with something new in [start, end), or that came in too late for the digest before, in order of id."""
        # It reads headlines, which takes 40 ms of CPU to import, and polls choose nothing.
        from aggregator.storage.sqlite import digest_candidates  # noqa: PLC0415 -- see above

        return digest_candidates.candidates(self._session, plan.name, start=start, end=end)

    def counted(self, plan: DigestPlan, *, start: datetime, end: datetime) -> tuple[int, int]:
        """Count the shown entries of the plan's categories and tags listed in [start, end), and the publishers that they are of."""
        (row,) = self._session.rows(
            _COUNTED,
            start=seconds(start),
            end=seconds(end),
            categories=as_json(plan.categories),
            tags=as_json(plan.tags),
        )
        return row["entries"], row["publishers"]

    def newest_entry(self) -> EntryId:
        """Give the greatest id of all entries; 0: there are none."""
        (row,) = self._session.rows("SELECT coalesce(max(id), 0) AS id FROM entries")
        return EntryId(row["id"])

    def seal(self, digest: Digest, *, recipients: Sequence[str], now: datetime, newest: EntryId | None = None) -> bool:
        """Keep a digest for good, with one message waiting for each recipient; False, and nothing kept, if there is one already."""
        last_entry = self.newest_entry() if newest is None else newest
        columns = digest_rows.columns(digest, last_entry=last_entry, now=now)
        if not self._session.run(_SEAL, **columns):
            return False
        (sealed,) = self._session.rows(f"SELECT id {_DATED}", name=digest.name, date=digest.date.isoformat())
        items = enumerate(digest.items)
        self._session.run_each(_ITEM, (digest_rows.item_columns(sealed["id"], place, item) for place, item in items))
        put(self._session, digest.name, digest.date, recipients, now=now)
        return True

    def get(self, name: str, day: date) -> Digest | None:
        """Find a sealed digest."""
        row = self._session.row(f"SELECT * {_DATED}", name=name, date=day.isoformat())
        return None if row is None else digest_rows.digest(row)

    def latest(self, name: str) -> date | None:
        """Give the date of the newest sealed digest of a name."""
        row = self._session.row(f"SELECT date {_NEWEST_FIRST}", name=name, before=_AFTER_ALL, limit=1)
        return None if row is None else date.fromisoformat(row["date"])

    def beside(self, name: str, day: date) -> tuple[date | None, date | None]:
        """Give the dates of the sealed digests before and after one, whether or not that one is sealed."""
        before = "SELECT max(date) AS date FROM digests WHERE name = :name AND date < :date"
        after = "SELECT min(date) AS date FROM digests WHERE name = :name AND date > :date"
        return self._date(before, name, day), self._date(after, name, day)

    def _date(self, sql: str, name: str, day: date) -> date | None:
        row = self._session.row(sql, name=name, date=day.isoformat())
        return None if row is None or row["date"] is None else date.fromisoformat(row["date"])

    def page(self, name: str, *, before: date | None = None, limit: int) -> tuple[Digest, ...]:
        """List sealed digests, newest first, from before a date."""
        return tuple(map(digest_rows.digest, self._listed("*", name, before, limit)))

    def lines(self, name: str, *, before: date | None = None, limit: int) -> tuple[DigestLine, ...]:
        """Do the same, as a list shows them."""
        return tuple(map(digest_rows.line, self._listed(digest_rows.LINE_COLUMNS, name, before, limit)))

    def _listed(self, columns: str, name: str, before: date | None, limit: int) -> list[Row]:
        until = before.isoformat() if before else _AFTER_ALL
        return self._session.rows(f"SELECT {columns} {_NEWEST_FIRST}", name=name, before=until, limit=max(limit, 0))
