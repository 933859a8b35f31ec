"""A process that groups what waits: `python -m tests.grouping_worker DATABASE BATCH [KILLED_AT]`.

With KILLED_AT it kills itself before that statement, counted from when it begins to group: wherever that is in a transaction.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from aggregator.services.grouping import Grouping
from aggregator.storage.sqlite.store import SqliteStore


class Assassin:
    """Counts statements."""

    def __init__(self, killed_at: int) -> None:
        self.left = killed_at
        self.is_armed = False

    def __call__(self, statement: str, parameters: object) -> None:
        del statement, parameters
        self.left -= self.is_armed
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


async def group(database: Path, batch: int, killed_at: int) -> None:
    assassin = Assassin(killed_at)
    store = await SqliteStore.open(database, tracer=assassin)
    assassin.is_armed = killed_at > 0
    await Grouping(store, window=timedelta(hours=48), batch=batch).group_new()
    await store.aclose()


if __name__ == "__main__":
    asyncio.run(group(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0))
