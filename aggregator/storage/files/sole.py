"""One server that polls for one database, held by a lock that ends with its process, however that ends.

Leases keep polls of several processes apart (`poll` beside `serve` is meant to be), so two servers would do no harm to feeds. But they
are a mistake: a unit that was started twice, a container that was not stopped. Both would look after the database every night, each would answer from a
configuration of its own, and SQLite before 3.51.3 can damage a file that two processes write and check at one moment.

The lock is on a file of its own beside the database (flock): whoever opens and closes the database's file itself drops the locks that
SQLite has on it in that process (https://sqlite.org/howtocorrupt.html section 2.2). It stays when the lock ends: removing it could let two in.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from aggregator.errors import DatabaseUnusable

SUFFIX = "-serve"
"""Of the file, which holds the number of the process."""
_LONGEST = 20


@contextmanager
def sole(database: Path) -> Iterator[None]:
    """Be the only server that polls for a database, under whatever name it is known.

    Raises:
        DatabaseUnusable: another one does, or nobody can tell.
    """
    real = database.resolve()
    file = real.with_name(f"{real.name}{SUFFIX}")
    try:
        held = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DatabaseUnusable(f"{file}: can't be opened, to be the only server here: {error.strerror}") from error
    try:
        _hold(held, database)
        yield
    finally:
        os.close(held)


def _hold(held: int, database: Path) -> None:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        number = os.pread(held, _LONGEST, 0).decode("ascii", "replace").strip()
        who = f" (process {number})" if number.isdecimal() else ""
        message = f"another `aggregator serve` polls for it{who}; stop that one, or start this one with --no-poll"
        raise DatabaseUnusable(f"{database}: {message}") from None
    except OSError as error:
        raise DatabaseUnusable(f"{database}: can't be locked, to be the only server here: {error.strerror}") from error
    with suppress(OSError):  # a full disk: the lock holds all the same, and only its message is shorter
        os.ftruncate(held, 0)
        os.pwrite(held, b"%d\n" % os.getpid(), 0)
