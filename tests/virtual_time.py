"""Hours of polling in a moment: an event loop that leaps over every wait, and a clock and a store that go with it."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from aggregator.ports import Transaction
from aggregator.storage.sqlite import connect, migrations
from aggregator.storage.sqlite.session import Session
from aggregator.storage.sqlite.store import SqliteTransaction
from tests.factories import NOON

T = TypeVar("T")


class _Leaping(selectors.DefaultSelector):
    """Where the loop would sleep, moves its time on."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits and nothing will ever happen")
        self.seconds += max(timeout, 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop of which `time` passes only while everything in it waits. Nothing in it may wait for a thread."""

    def __init__(self) -> None:
        self._leaping = _Leaping()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.seconds


class LoopClock:
    """Implements `ports.Clock`: noon, and what has passed in the loop since it began."""

    def now(self) -> datetime:
        return NOON + timedelta(seconds=asyncio.get_running_loop().time())


class DirectStore:
    """Implements `ports.Store` over a real database, but without threads: a transaction takes no time."""

    def __init__(self, path: Path) -> None:
        self._db = connect.connect(path, writing=True)
        migrations.upgrade(self._db, path)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        with connect.reading(self._db):
            return work(SqliteTransaction(Session(self._db)))

    async def write(self, work: Callable[[Transaction], T]) -> T:
        with connect.writing(self._db):
            return work(SqliteTransaction(Session(self._db)))

    async def aclose(self) -> None:
        self._db.close()


def run(work: Coroutine[object, object, T]) -> T:
    """Run a coroutine in a loop of that kind."""
    with closing(VirtualLoop()) as loop:
        return loop.run_until_complete(work)
