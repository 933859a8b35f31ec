"""Which state the database is in, told fast enough to be asked with every request.

`PRAGMA data_version` of a connection that never writes is another one after every commit, whoever made it: this process or another
(https://sqlite.org/pragma.html#pragma_data_version). But polls commit about once a second, and nine in ten find nothing new. So every
transaction that writes what readers see raises a mark (`session.Session.run`), which is looked up when the first has changed: 4 us, or 9.

It is asked on the event loop: a read of a WAL database waits for nobody but who repairs or replaces it, and then there is no answer.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aggregator.errors import DatabaseUnusable
from aggregator.model.version import Version
from aggregator.storage.sqlite.connect import Trouble
from aggregator.storage.sqlite.session import Session

if TYPE_CHECKING:
    from aggregator.storage.sqlite.database import Database


def raise_mark(session: Session) -> None:
    """Note that the transaction wrote something that readers see."""
    session.note("UPDATE contents_mark SET mark = mark + 1")


class SqliteVersions:
    """`ports.Versions`, on a connection of its own. To be asked by one thread."""

    def __init__(self, connecting: Callable[[], "Database"]) -> None:
        self._connecting = connecting
        self._db: Database | None = None
        self._last: Version | None = None

    def current(self) -> Version | None:
        """Tell the present state; None where it can't be told at once."""
        try:
            return self._current(self._connected() if self._db is None else self._db)
        except (Trouble, DatabaseUnusable):
            return None

    def _connected(self) -> "Database":
        self._db = self._connecting()
        return self._db

    def _current(self, db: "Database") -> Version:
        commits = db.conn.execute("PRAGMA data_version").fetchone()[0]
        if self._last is None or self._last.commits != commits:
            # Read later than the other: it may be of a state that is newer still, and the next look finds out.
            mark = db.conn.execute("SELECT mark FROM contents_mark").fetchone()[0]
            self._last = Version(contents=mark, commits=commits)
        return self._last

    def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()
            self._db = None
