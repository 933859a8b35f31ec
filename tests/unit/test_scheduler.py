"""The schedule: polls again and again, survives failures, ends in good order."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.ids import FeedId
from aggregator.scheduler import MOST_NAMED, PollSchedule

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=20)


class Cycles:
    """A poller that only counts."""

    def __init__(self, takes: float = 0.0, fails: list[Exception] | None = None) -> None:
        self.begun = self.ended = 0
        self.under_way: list[FeedId] = []
        self.stopped = False
        self.may_end = asyncio.Event()
        self.may_end.set()
        self._takes = takes
        self._fails = fails or []

    def stop(self) -> None:
        self.stopped = True

    async def keep_up(self) -> None:
        self.begun += 1
        if self._fails:
            raise self._fails.pop()
        await asyncio.sleep(self._takes)
        await self.may_end.wait()
        self.ended += 1


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 -- conditions of many kinds, none with an event
            await asyncio.sleep(0.005)


async def test_it_polls_at_once_and_then_on_every_tick() -> None:
    cycles = Cycles()
    schedule = PollSchedule(cycles, tick=SOON)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.ended >= 3)
    schedule.stop()
    await running
    assert cycles.stopped


async def test_a_cycle_that_fails_is_not_the_last() -> None:
    cycles = Cycles(fails=[DatabaseUnusable("locked"), OSError("no space left")])
    schedule = PollSchedule(cycles, tick=SOON)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.ended >= 1)
    schedule.stop()
    await running
    assert cycles.begun >= 3


async def test_stopping_waits_for_the_cycle_that_runs() -> None:
    cycles = Cycles()
    cycles.may_end.clear()
    schedule = PollSchedule(cycles, tick=SOON)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.begun == 1)
    schedule.stop()
    await asyncio.sleep(0.05)
    assert not running.done()
    cycles.may_end.set()
    await running
    assert (cycles.begun, cycles.ended) == (1, 1)


async def test_a_cycle_that_takes_longer_than_the_grace_is_broken_off(caplog: pytest.LogCaptureFixture) -> None:
    cycles = Cycles(takes=60)
    cycles.under_way = [FeedId("arab-news"), FeedId("slow")]
    schedule = PollSchedule(cycles, tick=SOON, grace=SOON)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.begun == 1)
    schedule.stop()
    await running
    assert cycles.ended == 0
    # APScheduler speaks, too, where a busy machine misses its ticks.
    said = [record.message for record in caplog.records if record.name == "aggregator.scheduler"]
    assert said == ["broke off the polls of arab-news, slow after 0.02 s; the next start polls them"]


async def test_a_second_stop_waits_for_no_poll_and_names_those_it_gave_back(caplog: pytest.LogCaptureFixture) -> None:
    cycles = Cycles(takes=60)
    cycles.under_way = [FeedId(f"feed-{number}") for number in range(MOST_NAMED + 3)]
    schedule = PollSchedule(cycles, tick=SOON)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.begun == 1)
    schedule.stop()
    await asyncio.sleep(0.01)
    assert not running.done()
    schedule.stop_at_once()
    async with asyncio.timeout(1):
        await running
    assert cycles.ended == 0
    assert "polls of feed-0, feed-1, " in caplog.text
    assert "feed-19 and 3 more as asked; the next start polls them" in caplog.text


async def test_t1_no_cycle_begins_while_one_runs() -> None:
    cycles = Cycles()
    cycles.may_end.clear()
    schedule = PollSchedule(cycles, tick=SOON)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.begun == 1)
    await asyncio.sleep(0.08)
    assert cycles.begun == 1
    schedule.stop()
    cycles.may_end.set()
    await running


async def test_t1_a_loop_that_was_blocked_for_many_ticks_makes_up_for_them_with_one_cycle() -> None:
    cycles = Cycles()
    tick = timedelta(milliseconds=50)
    schedule = PollSchedule(cycles, tick=tick)
    running = asyncio.create_task(schedule.run())
    await until(lambda: cycles.ended >= 1)
    begun = cycles.begun
    time.sleep(20 * tick.total_seconds())  # noqa: ASYNC251 -- what this is about
    await asyncio.sleep(tick.total_seconds() / 2)
    assert 1 <= cycles.begun - begun <= 2, "the ticks that were missed are one, and perhaps the next is due"
    schedule.stop()
    await running
