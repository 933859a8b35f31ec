"""SIGKILL at random times: how many, how one is done, and what is stored afterwards.

KILLS=100 in the environment tries a hundred instead of twenty; KILL_SEED draws other times.
"""

import os
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from tests.waiting import until

KILLS = int(os.environ.get("KILLS", "20"))
SEED = int(os.environ.get("KILL_SEED", "1"))

Name = tuple[str, str | None, str | None, str]


def names(database: Path) -> Counter[Name]:
    """Count stored entries by what their feeds call them; nothing where there is no database yet."""
    if not database.exists():
        return Counter()
    with closing(sqlite3.connect(database)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'entries'").fetchone():
            return Counter()
        return Counter(connection.execute("SELECT feed_id, guid, url, headline FROM entries").fetchall())


def stories(database: Path) -> set[frozenset[Name]]:
    """Give the stories, each as the entries that are in it."""
    found: dict[int, set[Name]] = {}
    with closing(sqlite3.connect(database)) as connection:
        for story, *name in connection.execute(
            "SELECT p.story_id, e.feed_id, e.guid, e.url, e.headline FROM story_entries AS p "
            "JOIN entries AS e ON e.id = p.entry_id"
        ):
            found.setdefault(story, set()).add((name[0], name[1], name[2], name[3]))
    return {frozenset(each) for each in found.values()}


def free_leases(database: Path) -> None:
    """Let two minutes go by for what the dead held."""
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'rate_groups'").fetchone():
            connection.execute("UPDATE rate_groups SET lease_until = 1, next_at = 1 WHERE lease_until IS NOT NULL")


def killed(command: Sequence[str], after: float, *, reached: Callable[[], bool] = lambda: True) -> bool:
    """Start a command and kill it after so many seconds; False where it was done before.

    Args:
        command: what to run.
        after: seconds since its start, or since something was so.
        reached: tells whether that is so.
    """
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or reached(), pause=0.001)
        process.wait(after)
    except subprocess.TimeoutExpired:
        process.kill()
    except AssertionError:
        process.kill()
        raise
    return process.wait() == -signal.SIGKILL
