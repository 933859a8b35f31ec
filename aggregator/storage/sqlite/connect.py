"""Opening the file, and saying in plain words why it can't be used.

Settings were measured with SQLite 3.40 on a machine of two cores. WAL with `synchronous = NORMAL` commits three times as often
as with FULL; a power cut may take the last commits, never the file, and 25 kills in every mode lost none.
The WAL is moved into the file every 8,000 pages (64 MiB), not every 1,000 of half the size: of the pages of the indexes
that a poll writes, most are written by other polls before that, and the more so the fewer they are moved. Who writes holds 16 MiB
of pages, for a transaction that changes more than fit has to write them twice: with 8 to leave an outline takes half as long again, with 32 all
else takes as long. Who reads to make pages holds 24 MiB, for one about a million entries, or two thousand feeds, looks at more than the
usual 2: it costs a tenth less, or a fifth. Who reads for a poll alone does as well with 4. New files have
pages of 8 KiB: the texts of three entries go into one, while those of one entry fill little more than half of the usual
4 KiB. The file is 12 % smaller for it, and first polls and the search index take a tenth less time.
A write transaction begins with BEGIN IMMEDIATE: with a deferred one, eight writers met 24,716 errors in three
seconds, because raising a read lock to a write lock ignores `busy_timeout`; with IMMEDIATE they met none.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import sleep

from aggregator.errors import DatabaseUnusable
from aggregator.storage.sqlite.database import Database, sqlite3
from aggregator.storage.sqlite.session import Tracer

Trouble = sqlite3.Error
"""Whatever SQLite raises."""

BUSY_TIMEOUT = timedelta(seconds=5)
"""How long a statement waits for another process's lock."""

LOCK_TRIES = 3
"""How often a write waits that long before it gives up: SQLite's lock is unfair (eight writers: 11 ms at the 99th
percentile, 2.2 s at worst), and 15 s stay below the 20 s that a stopping service is given."""

WAL_TRIES = 100
WAL_PAUSE = 0.05
"""Seconds between tries to make a new file a WAL database. The switch needs the file alone, and where another process
is switching it too, SQLite says "locked" at once, without waiting `busy_timeout` (it would be a deadlock)."""

SQLITE: tuple[int, ...] = sqlite3.sqlite_version_info
"""The version in this process."""

_PAGE_SIZE = "PRAGMA page_size = 8192"
"""Of a new file; before it becomes a WAL database, or it comes too late. A file that has pages keeps theirs."""
_WRITING = f"PRAGMA cache_size = -{16 * 1024}"
_READING = f"PRAGMA cache_size = -{4 * 1024}"
_MAKING_PAGES = f"PRAGMA cache_size = -{24 * 1024}"
_SETTINGS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA wal_autocheckpoint = 8000",
    f"PRAGMA journal_size_limit = {64 * 1024 * 1024}",
)

LOCKED_MESSAGE = "database is locked"
READ_ONLY_MESSAGE = "attempt to write a readonly database"

_CAUSES = {
    LOCKED_MESSAGE: "another program has kept it locked; close what else has it open, or try again later",
    "file is not a database": "the file is no SQLite database, or a damaged one; name another with --database",
    "database disk image is malformed": "the database is damaged; restore a backup",
    "malformed database schema": "the database is damaged; restore a backup",
    "database or disk is full": "the disk is full; make room",
    "disk I/O error": "the disk could not be read or written; see whether it is full or failing",
    "unable to open database file": "the file can't be opened; the folder must exist, and both must be readable and writable",
    READ_ONLY_MESSAGE: "the file or its folder can't be written; change their permissions, or name another with --database",
}
"""SQLite's own words (sqlite3_errstr), and what to do. pysqlite3 brings no error names, so words it is."""


@contextmanager
def usable(path: Path, *, writing: bool = True) -> Iterator[None]:
    """Say it as `DatabaseUnusable` when SQLite finds the file unfit.

    Mistakes of this program (constraints, wrong SQL, a write in `read`) stay what they are.

    Args:
        path: Named in the message.
        writing: False where SQLite refuses writes because we told it to.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        words = str(error)
        if words == READ_ONLY_MESSAGE and not writing:
            raise
        for beginning, cause in _CAUSES.items():
            if words.startswith(beginning):
                raise DatabaseUnusable(f"{path}: {cause} (SQLite: {words})") from error
        raise


def connect(
    path: Path,
    *,
    writing: bool,
    pages: bool = False,
    tracer: Tracer | None = None,
    busy_timeout: timedelta = BUSY_TIMEOUT,
) -> Database:
    """Open the file with the settings above; transactions are begun and ended by hand.

    Args:
        path: the file.
        writing: False to read alone.
        pages: whether pages are made of what is read.
        tracer: is told every statement.
        busy_timeout: how long a statement waits for another process's lock.

    Raises:
        DatabaseUnusable: it can't be opened.
    """
    db = connect_as_it_is(path, tracer=tracer, busy_timeout=busy_timeout)
    with usable(path):
        try:
            db.conn.execute(_PAGE_SIZE)
            _keep_wal(db.conn)
            for setting in _SETTINGS:
                db.conn.execute(setting).fetchall()
            if writing:
                db.conn.execute(_WRITING)
            else:
                db.conn.execute(_MAKING_PAGES if pages else _READING)
                db.conn.execute("PRAGMA query_only = ON")
        except BaseException:
            db.close()
            raise
    return db


def connect_as_it_is(path: Path, *, tracer: Tracer | None = None, busy_timeout: timedelta = BUSY_TIMEOUT) -> Database:
    """Open the file without any setting: nothing of it changes, not even that it becomes a WAL database.

    Raises:
        DatabaseUnusable: it can't be opened.
    """
    with usable(path):
        # Threads take turns on a connection, one transaction each: see store.py.
        connection = sqlite3.connect(
            path, isolation_level=None, timeout=busy_timeout.total_seconds(), check_same_thread=False
        )
        db = Database(connection, tracer=tracer)
        connection.row_factory = sqlite3.Row
    return db


def _keep_wal(connection: sqlite3.Connection) -> None:
    for _ in range(WAL_TRIES):
        with _unless_locked():
            connection.execute("PRAGMA journal_mode = WAL").fetchall()
            return
        sleep(WAL_PAUSE)
    connection.execute("PRAGMA journal_mode = WAL").fetchall()


@contextmanager
def _unless_locked() -> Iterator[None]:
    """Go on where another process holds the lock."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if str(error) != LOCKED_MESSAGE:
            raise


@contextmanager
def reading(db: Database) -> Iterator[None]:
    """Hold one state of the database from the first statement on."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.rollback()


@contextmanager
def writing(db: Database) -> Iterator[None]:
    """Be the only writer; keep all that is written, or nothing if the body raises."""
    _begin_writing(db)
    try:
        yield
        db.commit()
    except BaseException:
        db.rollback()
        raise


def _begin_writing(db: Database) -> None:
    for _ in range(LOCK_TRIES - 1):
        with _unless_locked():
            db.execute("BEGIN IMMEDIATE")
            return
    db.execute("BEGIN IMMEDIATE")
