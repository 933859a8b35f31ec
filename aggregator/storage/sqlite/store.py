"""The database as services see it: transactions on threads.

    event loop                 threads                                         file
    ──────────                 ───────                                         ────
    await store.write(work) ─► one writer thread ─► BEGIN IMMEDIATE, work, COMMIT ─► aggregator.db-wal
    await store.read(work)  ─► reader threads    ─► BEGIN, work, ROLLBACK ◄───────── a snapshot; never waits for a writer

One connection writes, so that writers of this process stand in line in order of arrival and none waits for a lock. Other
processes may use the same file (`poll` beside `serve`): among processes SQLite's lock decides, and a
write tries for it `connect.LOCK_TRIES` times before it gives up with `DatabaseUnusable`; `work` has not begun by then.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aggregator.errors import DatabaseUnusable
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.copies import SqliteCopies
from aggregator.storage.sqlite.digests import SqliteDigests
from aggregator.storage.sqlite.entries import SqliteEntries
from aggregator.storage.sqlite.feeds import SqliteFeeds
from aggregator.storage.sqlite.full_texts import SqliteFullTexts
from aggregator.storage.sqlite.lists import SqliteLists
from aggregator.storage.sqlite.mails import SqliteMails
from aggregator.storage.sqlite.progress import SqliteProgress
from aggregator.storage.sqlite.pushes import SqlitePushes
from aggregator.storage.sqlite.search import SqliteSearch
from aggregator.storage.sqlite.session import Session, Tracer
from aggregator.storage.sqlite.stories import SqliteStories
from aggregator.storage.sqlite.versions import SqliteVersions, raise_mark

if TYPE_CHECKING:
    from aggregator.storage.sqlite.database import Database

T = TypeVar("T")

READERS = 4
"""Reads at once. A page takes a few milliseconds and Python runs one thread at a time: more would only wait."""


class SqliteTransaction:
    """`ports.Transaction`."""

    def __init__(self, session: Session) -> None:
        self._feeds = SqliteFeeds(session)
        self._entries = SqliteEntries(session)
        self._copies = SqliteCopies(session)
        self._stories = SqliteStories(session)
        self._searching = SqliteSearch(session)
        self._pushes = SqlitePushes(session)
        self._digests = SqliteDigests(session)
        self._mails = SqliteMails(session)
        self._full_texts = SqliteFullTexts(session)
        self._lists = SqliteLists(session)
        self._progress = SqliteProgress(session)

    @property
    def feeds(self) -> SqliteFeeds:
        """Feeds and their state."""
        return self._feeds

    @property
    def entries(self) -> SqliteEntries:
        """Entries and their revisions."""
        return self._entries

    @property
    def copies(self) -> SqliteCopies:
        """Which entries repeat which."""
        return self._copies

    @property
    def stories(self) -> SqliteStories:
        """Which entries report one event."""
        return self._stories

    @property
    def searching(self) -> SqliteSearch:
        """The full-text index."""
        return self._searching

    @property
    def full_texts(self) -> SqliteFullTexts:
        """Articles that were fetched beside what feeds say."""
        return self._full_texts

    @property
    def lists(self) -> SqliteLists:
        """Subscription lists that feeds.yaml includes."""
        return self._lists

    @property
    def progress(self) -> SqliteProgress:
        """How far the work behind the pages has come."""
        return self._progress

    @property
    def pushes(self) -> SqlitePushes:
        """WebSub subscriptions."""
        return self._pushes

    @property
    def digests(self) -> SqliteDigests:
        """Sealed digests, and what the next are made of."""
        return self._digests

    @property
    def mails(self) -> SqliteMails:
        """Messages to send."""
        return self._mails


class SqliteStore:
    """`ports.Store`. Made by `open`."""

    def __init__(self, path: Path, connecting: Callable[..., "Database"], writer: "Database") -> None:
        self._path = path
        self._connect = connecting
        self._writer = writer
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="store-writer")
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="store-reader")
        self._idle: deque[Database] = deque()
        self._versions = SqliteVersions(partial(connecting, writing=False, busy_timeout=timedelta()))

    @property
    def versions(self) -> SqliteVersions:
        """Which state the database is in, as `ports.Versions`."""
        return self._versions

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        pages: bool = False,
        tracer: Tracer | None = None,
        busy_timeout: timedelta = connect.BUSY_TIMEOUT,
    ) -> "SqliteStore":
        """Open the database, and make or upgrade it where needed.

        Args:
            path: The file; its folder must exist.
            pages: Whether pages are made of what is read: they look at more of it, and more of it is held in memory.
            tracer: Is told every statement with its parameters, on the thread that runs it.
            busy_timeout: How long a statement waits for another process's lock.

        Raises:
            DatabaseUnusable: no folder, no permission, no SQLite database, another program's, damaged, or written by
                a newer version. The file is left as it was.
        """
        connecting = partial(connect.connect, path, pages=pages, tracer=tracer, busy_timeout=busy_timeout)
        return cls(path, connecting, await asyncio.to_thread(_prepare, path, connecting))

    async def read(self, work: Callable[[SqliteTransaction], T]) -> T:
        """Run `work` on one consistent state of the database; writes are refused.

        A cancelled read ends on its thread, and its answer is dropped.
        """
        return await asyncio.wrap_future(self._reading.submit(self._read, work))

    async def write(self, work: Callable[[SqliteTransaction], T]) -> T:
        """Run `work` alone among writers; all of it is kept, or, if it raises, nothing.

        If the task is cancelled, the transaction is either dropped before it began, or waited for: when
        `CancelledError` comes out, nothing is under way any more.

        Raises:
            DatabaseUnusable: the file is locked by another process for too long, the disk is full, or the like.
        """
        job = self._writing.submit(self._write, work)
        ending = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(ending)
        except asyncio.CancelledError:
            # Also where `work` itself raised it: then it has ended already.
            await _ended(job, ending)
            raise

    async def aclose(self) -> None:
        """Finish what runs, then close the file; a second time does nothing."""
        await asyncio.to_thread(self._close)

    def _read(self, work: Callable[[SqliteTransaction], T]) -> T:
        with connect.usable(self._path, writing=False):
            db = self._idle.pop() if self._idle else self._connect(writing=False)
            try:
                with connect.reading(db):
                    return work(SqliteTransaction(Session(db)))
            finally:
                self._idle.append(db)

    def _write(self, work: Callable[[SqliteTransaction], T]) -> T:
        with connect.usable(self._path), connect.writing(self._writer):
            session = Session(self._writer)
            done = work(SqliteTransaction(session))
            if session.has_news:
                raise_mark(session)
            return done

    def _close(self) -> None:
        self._reading.shutdown()
        self._writing.shutdown()
        self._versions.close()
        while self._idle:
            self._idle.pop().close()
        # Last: the last connection to close moves what is in the WAL into the file, and a reader may not.
        self._writer.close()


def _prepare(path: Path, connecting: Callable[..., "Database"]) -> "Database":
    if not path.parent.is_dir():
        raise DatabaseUnusable(f"{path}: there is no folder {path.parent}; create it, or name another with --database")
    if path.is_dir():
        raise DatabaseUnusable(f"{path}: is a folder; name a file with --database")
    migrations.refuse_strangers(path)
    db = connecting(writing=True)
    try:
        migrations.upgrade(db, path)
    except BaseException:
        db.close()
        raise
    return db


async def _ended(job: "Future[T]", ending: "asyncio.Future[T]") -> None:
    """Wait until a cancelled caller's transaction is over, however often it is cancelled meanwhile."""
    if job.cancel():
        return
    while not ending.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([ending])
    if not ending.cancelled():
        ending.exception()  # looked at, or asyncio would report that nobody did: the cancellation is the answer
