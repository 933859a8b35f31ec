"""How far the work behind the pages has come, counted along indexes that hold nothing but what waits."""

from collections.abc import Collection
from typing import Any

from aggregator.model.progress import Progress, SealedDigests
from aggregator.storage.sqlite.session import MOST, Session, Value, moment

# A bound that all are above: without one SQLite counts along a partial index, too, but calls that a scan.
_UNGROUPED = "SELECT count(*) AS found FROM entries WHERE grouped = 0 AND listed_at >= :ever"
_OPEN = "SELECT count(*) AS found FROM stories WHERE open = 1 AND id >= :ever"
_MAILS = "SELECT count(*) AS found FROM mails WHERE next_at >= :ever"
_OLDEST = """
    SELECT min(d.sealed_at) AS found FROM mails AS m JOIN digests AS d ON d.name = m.name AND d.date = m.date
    WHERE m.next_at >= :ever
"""
_SEALED = "SELECT count(*) AS found FROM digests WHERE name = :name"
_LAST = "SELECT sealed_at AS found FROM digests WHERE name = :name ORDER BY date DESC LIMIT 1"


class SqliteProgress:
    """`progress_records.ProgressRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def look(self, names: Collection[str]) -> Progress:
        """Count what waits, and the sealed digests of these names."""
        return Progress(
            ungrouped=self._found(_UNGROUPED, ever=-MOST),
            open_stories=self._found(_OPEN, ever=-MOST),
            mails=self._found(_MAILS, ever=-MOST),
            oldest_mail_at=moment(self._found(_OLDEST, ever=-MOST)),
            digests={name: self._sealed(name) for name in names},
        )

    def _sealed(self, name: str) -> SealedDigests:
        return SealedDigests(count=self._found(_SEALED, name=name), last_at=moment(self._found(_LAST, name=name)))

    def _found(self, sql: str, **values: Value) -> Any:  # noqa: ANN401 -- what the statement counts
        row = self._session.row(sql, **values)
        return row["found"] if row else None
