"""Many writes in one transaction, each with an ending of its own."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import DatabaseUnusable, LeaseLost
from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.ports import Transaction
from aggregator.services.ledger import MOST, Ledger
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio

T = TypeVar("T")


class Counting:
    """A store that counts transactions, and refuses them when told to."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.writes = 0
        self.refusal: Exception | None = None

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        self.writes += 1
        if self.refusal:
            raise self.refusal
        return await self._store.write(work)

    async def aclose(self) -> None:
        await self._store.aclose()


@pytest.fixture
async def store(tmp_path: Path, anyio_backend: str) -> Counting:
    store = await open_blank(tmp_path / "a.db")
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    return Counting(store)


def save(name: str) -> Callable[[Transaction], int]:
    def work(tx: Transaction) -> int:
        plan = EntryPlan(new=(make_parsed_entry(name),))
        return tx.entries.save(FeedId("a"), plan, now=NOON)[0]

    return work


def lose(tx: Transaction) -> int:
    raise LeaseLost("another worker has it")


def save_and_break(tx: Transaction) -> int:
    save("half")(tx)
    raise ZeroDivisionError("what a bug looks like")


async def headlines(store: Counting) -> int:
    return (await store.read(lambda tx: tx.entries.totals())).entries


async def test_writes_that_come_together_share_a_transaction_and_each_gets_its_own_answer(store: Counting) -> None:
    ledger = Ledger(store)
    assert await asyncio.gather(*(ledger.write(save(str(number))) for number in range(20))) == list(range(1, 21))
    assert store.writes == 1
    assert await headlines(store) == 20
    await store.aclose()


async def test_a_lost_lease_costs_the_others_nothing(store: Counting) -> None:
    ledger = Ledger(store)
    endings = await asyncio.gather(
        ledger.write(save("1")), ledger.write(lose), ledger.write(save("2")), return_exceptions=True
    )
    assert [type(ending) for ending in endings] == [int, LeaseLost, int]
    assert store.writes == 1
    await store.aclose()


async def test_one_that_breaks_is_undone_alone_and_the_others_are_kept(store: Counting) -> None:
    ledger = Ledger(store)
    works = [save("1"), save_and_break, save("2")]
    endings = await asyncio.gather(*map(ledger.write, works), return_exceptions=True)
    assert [type(ending) for ending in endings] == [int, ZeroDivisionError, int]
    assert await headlines(store) == 2
    await store.aclose()


async def test_a_database_that_refuses_is_asked_once_for_all(store: Counting) -> None:
    store.refusal = DatabaseUnusable("the disk is full")
    ledger = Ledger(store)
    endings = await asyncio.gather(*(ledger.write(save(str(n))) for n in range(5)), return_exceptions=True)
    assert {type(ending) for ending in endings} == {DatabaseUnusable}
    assert store.writes == 1
    await store.aclose()


async def test_a_heavy_load_does_not_wait_and_a_transaction_stays_short(store: Counting) -> None:
    ledger = Ledger(store, patience=timedelta(hours=1))
    async with asyncio.timeout(5):
        await asyncio.gather(*(ledger.write(save(str(number)), weight=MOST // 2) for number in range(6)))
    assert store.writes == 3
    await store.aclose()


async def test_what_nobody_waits_for_any_more_is_not_written(store: Counting) -> None:
    ledger = Ledger(store)
    given_up = asyncio.create_task(ledger.write(save("1")))
    await asyncio.sleep(0)
    given_up.cancel()
    await ledger.write(save("2"))
    assert given_up.cancelled()
    assert await headlines(store) == 1
    await store.aclose()


async def test_of_a_transaction_that_broke_nothing_is_written_again_for_who_has_given_up(store: Counting) -> None:
    ledger, asked = Ledger(store), asyncio.Event()

    def break_once(tx: Transaction) -> int:
        if asked.is_set():
            return 0
        loop.call_soon_threadsafe(given_up.cancel)
        asked.set()
        raise ZeroDivisionError("what a bug looks like")

    loop = asyncio.get_running_loop()
    breaking = asyncio.create_task(ledger.write(break_once))
    given_up = asyncio.create_task(ledger.write(save("1")))
    assert await breaking == 0
    await ledger.write(save("2"))
    assert given_up.cancelled()
    assert await headlines(store) == 1
    await store.aclose()


async def test_nobody_waits_for_ever_when_the_writing_itself_is_cancelled(store: Counting) -> None:
    ledger = Ledger(store, patience=timedelta())
    waiting = asyncio.create_task(ledger.write(save("1")))
    while not ledger._writing:  # noqa: ASYNC110 - a timer of the loop begins it, and no event tells
        await asyncio.sleep(0)
    for task in ledger._writing:
        task.cancel()
    await asyncio.wait({waiting}, timeout=5)
    assert waiting.cancelled()
    await store.aclose()
