"""Bringing a database up to date, and refusing one that is not ours. The steps themselves are in steps.py."""

from contextlib import closing
from pathlib import Path

from aggregator.errors import DatabaseUnusable
from aggregator.storage.sqlite import connect, search_index
from aggregator.storage.sqlite.database import Database
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.steps import STEPS

_OURS = "aggregator"
"""What the steps are called together in a database."""
# sqlite-utils' own table (https://sqlite-utils.datasette.io/en/stable/migrations.html).
_APPLIED = "SELECT name FROM _sqlite_migrations WHERE migration_set = ?"
_TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table'"


def upgrade(db: Database, path: Path) -> None:
    """Bring the tables up to date, and the words of the search index to today's rules.

    One transaction, begun as a writer: of two processes that start at once one upgrades, and the other finds it done.

    Raises:
        DatabaseUnusable: the file belongs to a newer version or to another program; nothing was written.
    """
    with connect.usable(path), connect.writing(db):
        # Again: the file may have become another one's since.
        if _known(db, path) != names():
            apply(db)
        search_index.renew(Session(db))


def refuse_strangers(path: Path) -> None:
    """Look whose file it is, before anything of it is changed.

    Raises:
        DatabaseUnusable: the file belongs to a newer version or to another program, or is no database.
    """
    if not path.exists():
        return
    with connect.usable(path), closing(connect.connect_as_it_is(path)) as db:
        _known(db, path)


def names() -> set[str]:
    """Give the names of all steps this version knows."""
    return set(STEPS)


def apply(db: Database, *, before: str | None = None) -> None:
    """Take the steps that were not taken yet, in a transaction of the caller's; up to the one named, or all of them."""
    # A database that is up to date needs no tools for tables: see database.py.
    import sqlite_utils  # noqa: PLC0415 -- see above

    steps = sqlite_utils.Migrations(_OURS)
    for name, step in STEPS.items():
        steps(name=name)(step)
    # Plugins of sqlite-utils that a person installed are no part of this program.
    steps.apply(sqlite_utils.Database(db.conn, execute_plugins=False), stop_before=before)


def _known(db: Database, path: Path) -> set[str]:
    """Give the names of the steps that a database has behind it, all of which are known."""
    tables = {row[0] for row in db.execute(_TABLES)}
    applied = {row[0] for row in db.execute(_APPLIED, (_OURS,))} if "_sqlite_migrations" in tables else set()
    if tables and not applied:
        raise DatabaseUnusable(f"{path}: is the database of another program; name another with --database")
    if unknown := sorted(applied - names()):
        raise DatabaseUnusable(
            f"{path}: was written by a newer version of aggregator ({', '.join(unknown)}); install that, or restore a backup"
        )
    return applied
