import asyncio
import threading
from typing import NoReturn

import pytest

from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.ports import Store, Transaction
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio


def count(tx: Transaction) -> int:
    return tx.entries.totals().entries


def add(tx: Transaction, name: str) -> None:
    tx.feeds.synchronise([make_feed()], now=NOON)
    tx.entries.save(FeedId("news-example"), EntryPlan(new=(make_parsed_entry(name),)), now=NOON)


async def test_what_a_write_returns_is_returned(store: Store) -> None:
    assert await store.write(lambda _: "answer") == "answer"


async def test_a_write_is_seen_by_the_next_read(store: Store) -> None:
    await store.write(lambda tx: add(tx, "1"))
    assert await store.read(count) == 1


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, asyncio.CancelledError])
async def test_a_write_that_raises_keeps_nothing_and_passes_the_error_on(
    store: Store, error: type[BaseException]
) -> None:
    def work(tx: Transaction) -> NoReturn:
        add(tx, "1")
        raise error

    with pytest.raises(error):
        await store.write(work)
    assert await store.read(count) == 0


async def test_after_a_write_that_raised_the_next_one_works(store: Store) -> None:
    def work(tx: Transaction) -> NoReturn:
        add(tx, "1")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await store.write(work)
    await store.write(lambda tx: add(tx, "2"))
    assert await store.read(count) == 1


async def test_a_read_that_writes_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="readonly") as caught:
        await store.read(lambda tx: add(tx, "1"))
    assert type(caught.value).__name__ == "OperationalError"
    assert await store.read(count) == 0


async def test_a_read_sees_one_state_while_others_write(store: Store) -> None:
    began, written = threading.Event(), threading.Event()

    def twice(tx: Transaction) -> tuple[int, int]:
        first = count(tx)
        began.set()
        assert written.wait(5)
        return first, count(tx)

    reading = asyncio.create_task(store.read(twice))
    await asyncio.to_thread(began.wait, 5)
    await store.write(lambda tx: add(tx, "1"))
    written.set()
    assert await reading == (0, 0)
    assert await store.read(count) == 1


async def test_writes_run_one_after_another(store: Store) -> None:
    running: list[int] = []
    overlaps: list[int] = []

    def work(tx: Transaction) -> None:
        running.append(1)
        overlaps.append(len(running))
        add(tx, str(len(overlaps)))
        running.pop()

    await asyncio.gather(*(store.write(work) for _ in range(20)))
    assert overlaps == [1] * 20
    assert await store.read(count) == 20


async def test_a_cancelled_write_is_whole_when_the_cancellation_comes_out(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def work(tx: Transaction) -> None:
        add(tx, "1")
        began.set()
        assert go_on.wait(5)
        add(tx, "2")

    writing = asyncio.create_task(store.write(work))
    await asyncio.to_thread(began.wait, 5)
    writing.cancel()
    await asyncio.sleep(0.01)
    writing.cancel()
    await asyncio.sleep(0.01)
    assert not writing.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await store.read(count) == 2


async def test_a_write_cancelled_before_its_turn_never_runs(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def block(_: Transaction) -> None:
        began.set()
        assert go_on.wait(5)

    first = asyncio.create_task(store.write(block))
    await asyncio.to_thread(began.wait, 5)
    second = asyncio.create_task(store.write(lambda tx: add(tx, "1")))
    await asyncio.sleep(0.01)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    go_on.set()
    await first
    assert await store.read(count) == 0


async def test_a_cancelled_write_that_fails_says_nothing_but_that_it_was_cancelled(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def work(_: Transaction) -> NoReturn:
        began.set()
        assert go_on.wait(5)
        raise ValueError

    writing = asyncio.create_task(store.write(work))
    await asyncio.to_thread(began.wait, 5)
    writing.cancel()
    await asyncio.sleep(0.01)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing


async def test_closing_waits_for_what_runs(store: Store) -> None:
    began, go_on = threading.Event(), threading.Event()

    def work(tx: Transaction) -> str:
        add(tx, "1")
        began.set()
        assert go_on.wait(5)
        return "kept"

    writing = asyncio.create_task(store.write(work))
    await asyncio.to_thread(began.wait, 5)
    closing = asyncio.create_task(store.aclose())
    await asyncio.sleep(0.02)
    assert not closing.done()
    go_on.set()
    await closing
    assert await writing == "kept"


async def test_closing_twice_is_no_error(store: Store) -> None:
    await store.aclose()
    await store.aclose()
