"""Bringing a database up to date, and refusing one that is not ours. The steps themselves are in steps.py."""

from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from aggregator.errors import DatabaseUnusable
from aggregator.storage.sqlite import connect, search_index
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.steps import MIGRATIONS


def upgrade(db: Database, path: Path) -> None:
    """Bring the tables up to date, and the words of the search index to today's rules.

    One transaction, begun as a writer: of two processes that start at once one upgrades, and the other finds it done.

    Raises:
        DatabaseUnusable: the file belongs to a newer version or to another program; nothing was written.
    """
    with connect.usable(path), connect.writing(db):
        _refuse_unknown(db, path)  # again: the file may have become another one's since
        MIGRATIONS.apply(db)
        search_index.renew(Session(db))


def refuse_strangers(path: Path) -> None:
    """Look whose file it is, before anything of it is changed.

    Raises:
        DatabaseUnusable: the file belongs to a newer version or to another program, or is no database.
    """
    if not path.exists():
        return
    with connect.usable(path), closing(connect.connect_as_it_is(path)) as db:
        _refuse_unknown(db, path)


def _refuse_unknown(db: Database, path: Path) -> None:
    applied = [migration.name for migration in MIGRATIONS.applied(db)]
    if not applied and db.table_names():
        raise DatabaseUnusable(f"{path}: is the database of another program; name another with --database")
    unknown = sorted(set(applied) - names())
    if unknown:
        raise DatabaseUnusable(
            f"{path}: was written by a newer version of aggregator ({', '.join(unknown)}); install that, or restore a backup"
        )


def names() -> set[str]:
    """Give the names of all steps this version knows."""
    return {migration.name for migration in MIGRATIONS.pending(Database(memory=True))}
