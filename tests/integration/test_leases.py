"""Many workers on one database: nobody is polled twice, no server is asked by two at a time, nobody is forgotten.

LEASED_FEEDS=100000 for a longer run of four processes.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from aggregator.clock import SystemClock
from aggregator.model.feed import Feed, Outcome
from aggregator.model.fetch import Failed, FailureKind, FetchOutcome, FetchRequest, NotModified
from aggregator.model.ids import FeedId
from aggregator.model.poll import Heed
from aggregator.ports import Transaction
from aggregator.services.cycle import CycleSettings
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_feed
from tests.lease_worker import Asked, Notes, poller
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).resolve().parents[2]
GAP = 1.0
LEASE = 3.0
FEEDS = int(os.environ.get("LEASED_FEEDS", "2000"))
"""Of the four processes, which get 4 ms of the clock for each."""


def farm(feeds: int, groups: int) -> list[Feed]:
    return [
        make_feed(f"f{number}", url=f"https://h{number % groups}.example/{number}", interval=timedelta(days=1))
        for number in range(feeds)
    ]


async def configure(store: SqliteStore, feeds: Sequence[Feed], now: datetime = NOON) -> None:
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=now))


@asynccontextmanager
async def opened(path: Path, count: int = 1) -> AsyncIterator[list[SqliteStore]]:
    stores = [await SqliteStore.open(path) for _ in range(count)]
    yield stores
    for store in stores:
        await store.aclose()


def check(asked: Sequence[Asked], *, gap: float = 0.0) -> None:
    """No feed twice, no two at a time in a group, and a gap where another worker takes over."""
    assert [url for url, times in Counter(each.url for each in asked).items() if times > 1] == []
    by_host: defaultdict[str, list[Asked]] = defaultdict(list)
    for each in sorted(asked, key=lambda each: each.begun):
        by_host[each.host].append(each)
    pairs = [pair for requests in by_host.values() for pair in pairwise(requests)]
    assert all(first.ended <= second.begun for first, second in pairs)
    gaps = [second.begun - first.ended for first, second in pairs if first.worker != second.worker]
    assert all(each >= gap - 0.05 for each in gaps)


async def test_l1_four_workers_poll_every_feed_once_and_no_server_twice_at_a_time(tmp_path: Path) -> None:
    async with opened(tmp_path / "a.db", 4) as stores:
        await configure(stores[0], farm(600, 60))
        workers = [Notes(worker=str(number), takes=0.001) for number in range(4)]
        clock, settings = ManualClock(), CycleSettings(concurrency=8, per_group=5, grouping=False)
        await asyncio.gather(
            *(poller(store, notes, clock, settings).poll_due() for store, notes in zip(stores, workers, strict=True))
        )
    asked = [each for notes in workers for each in notes.asked]
    assert len(asked) == 600
    check(asked)
    assert sum(bool(notes.asked) for notes in workers) > 1


def start(database: Path, log: Path, *, takes: float, seconds: float) -> subprocess.Popen[bytes]:
    figures = (GAP, LEASE, takes, seconds)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.lease_worker", str(database), str(log), *map(str, figures)], cwd=ROOT
    )


def read(*logs: Path) -> list[Asked]:
    rows = [json.loads(line) for log in logs for line in log.read_text("utf-8").splitlines()]
    return [Asked(worker=worker, url=url, begun=begun, ended=ended) for worker, url, begun, ended in rows]


@pytest.mark.slow
async def test_l1_four_processes_keep_the_gap_between_their_leases(tmp_path: Path) -> None:
    database, logs = tmp_path / "a.db", [tmp_path / f"{number}.log" for number in range(4)]
    async with opened(database) as (store,):
        await configure(store, farm(FEEDS, FEEDS // 20))
    seconds = 0.004 * FEEDS
    workers = [start(database, log, takes=0.002, seconds=seconds) for log in logs]
    assert [worker.wait(timeout=60 + 2 * seconds) for worker in workers] == [0, 0, 0, 0]
    asked = read(*logs)
    assert len(asked) == FEEDS
    check(asked, gap=GAP)
    assert any(first.worker != second.worker for first, second in pairwise(sorted(asked, key=lambda each: each.host)))


@pytest.mark.slow
async def test_l2_feeds_of_a_killed_process_are_polled_again_once_its_lease_has_ended(tmp_path: Path) -> None:
    database, logs = tmp_path / "a.db", [tmp_path / "killed.log", tmp_path / "heir.log"]
    async with opened(database) as (store,):
        await configure(store, farm(80, 8))
    killed = start(database, logs[0], takes=0.3, seconds=60)
    while not (logs[0].exists() and len(read(logs[0])) >= 16):  # noqa: ASYNC110 - another process, which has no event
        await asyncio.sleep(0.05)
    killed.kill()
    killed.wait()
    died = time.monotonic()
    assert start(database, logs[1], takes=0.0, seconds=LEASE + 4).wait(timeout=60) == 0
    of_the_dead, of_the_heir = read(logs[0]), read(logs[1])
    assert {each.url for each in of_the_dead + of_the_heir} == {feed.url for feed in farm(80, 8)}
    check(of_the_heir)
    # Only what was under way in the last moment can have been asked twice: its end was not written yet.
    assert len(of_the_dead) + len(of_the_heir) <= 80 + 8
    assert min(each.begun for each in of_the_heir) >= died
    assert max(each.begun for each in of_the_heir) <= died + LEASE + 3


async def test_l3_what_a_stale_worker_brings_is_dropped_and_it_asks_no_further(tmp_path: Path) -> None:
    clock, gate = ManualClock(), asyncio.Event()
    async with opened(tmp_path / "a.db", 2) as (first, second):
        await configure(first, farm(3, 1))
        stalled = Stalled(gate)
        settings = CycleSettings(grouping=False)
        stale = asyncio.create_task(poller(first, stalled, clock, settings).poll_due())
        await stalled.reached.wait()
        clock.move(settings.lease)
        heir = Notes()
        assert len(await poller(second, heir, clock, settings).poll_due()) == 3
        gate.set()
        (result,) = await stale
        assert (result.outcome, len(stalled.asked)) == (Outcome.SKIPPED, 1)
        assert "another process polled it meanwhile" in result.message
        histories = [await first.read(partial(history, feed=feed)) for feed in farm(3, 1)]
    assert histories == [1, 1, 1]


def history(tx: Transaction, *, feed: Feed) -> int:
    return len(tx.feeds.history(feed.id))


class Stalled(Notes):
    """A server that answers when a test lets it."""

    def __init__(self, gate: asyncio.Event) -> None:
        super().__init__()
        self._gate = gate
        self.reached = asyncio.Event()

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.reached.set()
        await self._gate.wait()
        return await super().fetch(request)


@pytest.mark.slow
async def test_l4_one_server_with_ten_thousand_overdue_feeds_does_not_hold_up_the_others(tmp_path: Path) -> None:
    others = [make_feed(f"other-{number}") for number in range(40)]
    big = [make_feed(f"big-{number}", url=f"https://big.example/{number}") for number in range(10_000)]
    async with opened(tmp_path / "a.db") as (store,):
        await configure(store, [*big, *others])
        notes, order = Notes(), []
        worker = poller(store, notes, ManualClock(), CycleSettings(concurrency=4, grouping=False))

        def stop_in_time(result: object) -> None:
            order.append(notes.asked[-1].host)
            if len(order) >= 200:
                worker.stop()

        await worker.poll_due(stop_in_time)
    hosts = [each.host for each in notes.asked]
    last_of_the_others = max(place for place, host in enumerate(hosts) if host != "big.example")
    assert set(hosts) == {"big.example", *(f"other-{number}.example" for number in range(40))}
    assert hosts[:last_of_the_others].count("big.example") <= 40


async def test_p14_after_a_429_the_other_feeds_of_the_group_are_given_back_unasked(tmp_path: Path) -> None:
    def answer(request: FetchRequest) -> FetchOutcome:
        if "h0.example" not in request.url:
            return NotModified()
        headers = {"retry-after": "3600"}
        message = "the server answered 429"
        return Failed(kind=FailureKind.STATUS, message=message, status=429, headers=headers, url=request.url)

    clock, notes = ManualClock(), Notes(answer=answer)
    feeds = farm(20, 2)
    async with opened(tmp_path / "a.db") as (store,):
        await configure(store, feeds)
        worker = poller(store, notes, clock, CycleSettings(grouping=False))
        results = await worker.poll([feed.id for feed in feeds], heed=Heed.BANS)
        assert Counter(each.host for each in notes.asked) == {"h0.example": 1, "h1.example": 10}
        outcomes = Counter(result.outcome for result in results)
        assert outcomes == {Outcome.FAILED: 1, Outcome.SKIPPED: 9, Outcome.NOT_MODIFIED: 10}
        told = {(result.message, result.skipped_until) for result in results if result.outcome is Outcome.SKIPPED}
        assert all("is left alone" in message and until == NOON + timedelta(hours=1) for message, until in told)
        assert await worker.poll_due() == []
        clock.move(timedelta(hours=1))
        await worker.poll_due()
        assert Counter(each.host for each in notes.asked)["h0.example"] == 2


async def test_p15_the_feeds_of_a_lease_come_in_an_order_of_their_own_each_time(tmp_path: Path) -> None:
    async with opened(tmp_path / "a.db") as (store,):
        await configure(store, farm(10, 1))
        orders = set()
        for seed in range(4):
            notes = Notes()
            settings = CycleSettings(order=Random(seed), grouping=False)
            ids = [feed.id for feed in farm(10, 1)]
            await poller(store, notes, ManualClock(), settings).poll(ids, heed=Heed.NOTHING)
            orders.add(tuple(each.url for each in notes.asked))
    assert len(orders) == 4


async def test_t1_after_a_day_asleep_every_feed_is_polled_once_and_servers_one_at_a_time(tmp_path: Path) -> None:
    clock, feeds = ManualClock(), farm(60, 6)
    async with opened(tmp_path / "a.db") as (store,):
        await configure(store, feeds)
        settings = CycleSettings(concurrency=3, grouping=False)
        await poller(store, Notes(), clock, settings).poll_due()
        clock.move(timedelta(days=2))
        notes = Notes(takes=0.001)
        assert len(await poller(store, notes, clock, settings).poll_due()) == 60
    check(notes.asked)
    times = sorted([(each.begun, 1) for each in notes.asked] + [(each.ended, -1) for each in notes.asked])
    running = most = 0
    for _, change in times:
        running += change
        most = max(most, running)
    assert most <= 3


@pytest.mark.parametrize("restarted", [False, True])
async def test_t1_a_day_in_the_year_2040_costs_feeds_no_more_than_their_usual_waits(
    tmp_path: Path, *, restarted: bool
) -> None:
    """A machine without a battery for its clock polls everything, is told 429 by one server, and learns the date."""

    def answer(request: FetchRequest) -> FetchOutcome:
        if "h0.example" not in request.url or clock.now() < wrong:
            return NotModified()
        return Failed(kind=FailureKind.STATUS, message="429", status=429, url=request.url)

    wrong, clock, feeds = datetime(2040, 1, 1, tzinfo=UTC), ManualClock(), farm(6, 3)
    settings, notes = CycleSettings(grouping=False), Notes(answer=answer)
    async with opened(tmp_path / "a.db") as (store,):
        clock.at = wrong
        await configure(store, feeds, wrong)
        await poller(store, notes, clock, settings).poll_due()
        assert {each.host for each in notes.asked} == {"h0.example", "h1.example", "h2.example"}
        clock.at = NOON
        if restarted:
            await configure(store, feeds, NOON)
        assert await poller(store, notes, clock, settings).poll_due() == [], (
            "what was asked just now is not asked again"
        )
        notes.asked.clear()
        for _ in range(3 * 24):
            clock.move(timedelta(hours=1))
            await poller(store, notes, clock, settings).poll_due()
    times = Counter(each.url for each in notes.asked)
    assert sorted(times) == sorted(feed.url for feed in feeds)
    assert all(2 <= count <= 3 for count in times.values()), "once a day, as before"


@pytest.mark.slow
async def test_a_poll_of_a_group_that_rests_waits_for_its_gap(tmp_path: Path) -> None:
    """A person polls two feeds of one server in two commands, one right after the other."""
    feeds = farm(2, 1)
    async with opened(tmp_path / "a.db") as (store,):
        await configure(store, feeds, datetime.fromtimestamp(0, UTC))
        log = tmp_path / "a.log"
        assert start(tmp_path / "a.db", log, takes=0.0, seconds=0.1).wait(timeout=30) == 0
        last = max(each.ended for each in read(log))
        notes = Notes(worker="person")
        settings = CycleSettings(gap_of=lambda _: timedelta(seconds=GAP), grouping=False)
        (result,) = await poller(store, notes, SystemClock(), settings).poll([FeedId("f0")], heed=Heed.NOTHING)
    assert result.outcome is Outcome.NOT_MODIFIED
    assert notes.asked[0].begun - last >= GAP - 0.05


async def test_a_poll_that_can_not_be_kept_holds_its_server_off_until_the_lease_ends(tmp_path: Path) -> None:
    clock, notes = ManualClock(), Notes()
    async with opened(tmp_path / "a.db") as (store,):
        await configure(store, farm(3, 1))
        settings = CycleSettings(grouping=False)
        await store.write(break_polls)
        results = await poller(store, notes, clock, settings).poll_due()
        assert {result.outcome for result in results} == {Outcome.FAILED}
        asked = len(notes.asked)
        assert await poller(store, notes, clock, settings).poll_due() == []
        assert len(notes.asked) == asked
        clock.move(settings.lease)
        await poller(store, notes, clock, settings).poll_due()
        assert len(notes.asked) > asked


def break_polls(tx: Transaction) -> None:
    tx.feeds._session.run("DROP TABLE polls")  # type: ignore[attr-defined]
