"""Write what polls bring down, many in one transaction.

A transaction of its own costs 0.29 ms of CPU (two changes of thread, BEGIN, and a COMMIT that copies pages to the WAL);
what a poll without news writes costs 0.03 ms. Entries of many feeds go to the same pages of the indexes, and each commit
writes each of those again: with 10 ms and a weight of 200 in place of these, and the settings that `connect` had then, 500
first polls took 14 ms each, not 11 to 12. So writes wait `PATIENCE` for one another. Nothing is told to have been
kept before it has been: a caller waits for the transaction that holds its work.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from aggregator.errors import DatabaseUnusable, LeaseLost
from aggregator.ports import Store, Transaction

T = TypeVar("T")

PATIENCE = timedelta(milliseconds=60)
"""A crash loses polls of this long, and they are polled again."""
MOST = 2000
"""Weight of one transaction: 2,000 polls without news, or entries, take about 100 ms, in which no other writer can work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Posting:
    work: Callable[[Transaction], object]
    ended: "asyncio.Future[Any]"


class Ledger:
    """Collects writes. For one event loop."""

    def __init__(self, store: Store, *, patience: timedelta = PATIENCE) -> None:
        self._store = store
        self._patience = patience.total_seconds()
        self._waiting: list[_Posting] = []
        self._weight = 0
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def write(self, work: Callable[[Transaction], T], *, weight: int = 1) -> T:
        """Run `work` in a transaction with others; like `Store.write` otherwise.

        If the task is cancelled, the work is dropped, unless its transaction is on its way already: that ends behind the
        caller's back, but before any transaction that is asked for afterwards.

        Args:
            work: raises `LeaseLost` only before it has written anything: the others of its transaction are kept then.
            weight: how many rows it writes, roughly.
        """
        loop = asyncio.get_running_loop()
        posting = _Posting(work=work, ended=loop.create_future())
        self._waiting.append(posting)
        self._weight += weight
        if self._weight >= MOST:
            self._begin()
        elif self._timer is None:
            self._timer = loop.call_later(self._patience, self._begin)
        kept: T = await posting.ended
        return kept

    def _begin(self) -> None:
        if self._timer:
            self._timer.cancel()
        postings, self._waiting, self._weight, self._timer = self._waiting, [], 0, None
        task = asyncio.create_task(self._write([posting for posting in postings if not posting.ended.done()]))
        self._writing.add(task)
        task.add_done_callback(partial(self._over, postings))

    def _over(self, postings: Sequence[_Posting], task: "asyncio.Task[None]") -> None:
        self._writing.discard(task)
        # Where the task was cancelled, nobody shall wait for an answer that does not come; others have theirs.
        for posting in postings:
            posting.ended.cancel()

    async def _write(self, postings: Sequence[_Posting]) -> None:
        if not postings:
            return
        try:
            endings = await self._store.write(partial(_work_off, postings))
        except DatabaseUnusable as error:
            for posting in postings:
                _end(posting, error)
        except Exception:  # noqa: BLE001 - each hears of its own error when it is tried alone
            for posting in postings:
                await self._write_alone(posting)
        else:
            for posting, ending in zip(postings, endings, strict=True):
                _end(posting, ending)

    async def _write_alone(self, posting: _Posting) -> None:
        """Find out whether it was this one that broke the transaction; what nobody waits for any more is left out."""
        if posting.ended.done():
            return
        try:
            _end(posting, await self._store.write(posting.work))
        except Exception as error:  # noqa: BLE001 - the caller's
            _end(posting, error)


def _work_off(postings: Sequence[_Posting], tx: Transaction) -> list[object]:
    return [_result(posting, tx) for posting in postings]


def _result(posting: _Posting, tx: Transaction) -> object:
    try:
        return posting.work(tx)
    except LeaseLost as error:
        return error


def _end(posting: _Posting, ending: object) -> None:
    """Tell the caller, if it still waits."""
    if posting.ended.done():
        return
    if isinstance(ending, Exception):
        posting.ended.set_exception(ending)
    else:
        posting.ended.set_result(ending)
