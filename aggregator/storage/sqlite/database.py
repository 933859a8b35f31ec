"""A connection, as everything here holds it.

Not sqlite-utils' own `Database`: to import that takes 60 ms of CPU, and 120 more where numpy is installed, which it imports if it can; as much as a
poll of five hundred feeds that have nothing new. It makes and upgrades tables, and is imported where there are any to make: see migrations.py.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
else:
    # sqlite-utils takes pysqlite3 where that is installed. Two copies of SQLite in one process break each other's
    # POSIX locks on a file (https://sqlite.org/howtocorrupt.html section 2.2.1), so that one is used throughout.
    try:
        sqlite3 = import_module("pysqlite3")
    except ImportError:
        import sqlite3

from aggregator.storage.sqlite.session import Tracer

__all__ = ["Database", "sqlite3"]


class Database:
    """A connection in which transactions are begun and ended by hand.

    Args:
        conn: with `isolation_level=None`.
        tracer: is told every statement with its parameters, but not those that run on `conn` itself.
    """

    def __init__(self, conn: sqlite3.Connection, *, tracer: Tracer | None = None) -> None:
        self.conn = conn
        self._tracer = tracer
        self.execute("PRAGMA recursive_triggers = ON")

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Run a statement."""
        if self._tracer:
            self._tracer(sql, parameters)
        return self.conn.execute(sql, parameters)

    def commit(self) -> None:
        """Keep what the transaction has written."""
        self.conn.commit()

    def rollback(self) -> None:
        """Undo what the transaction has written; nothing where there is none."""
        self.conn.rollback()

    def close(self) -> None:
        """Close the connection."""
        self.conn.close()
