"""Steps on a tick, and how they end."""

import asyncio
from datetime import timedelta

import pytest

from aggregator.scheduler import DigestSchedule

pytestmark = pytest.mark.anyio

TICK = timedelta(milliseconds=5)


class Steps:
    """One that hangs, after as many that don't as a test wants."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()
        self.ended = ""

    async def hang(self) -> None:
        self.begun.set()
        try:
            await self.let_go.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "finished"


async def test_a_step_that_runs_is_finished_before_the_end() -> None:
    steps = Steps()
    schedule = DigestSchedule(steps.hang, tick=TICK)
    running = asyncio.create_task(schedule.run())
    await steps.begun.wait()
    schedule.stop()
    await asyncio.sleep(0.01)
    assert not running.done()
    steps.let_go.set()
    await running
    assert steps.ended == "finished"


async def test_a_step_that_takes_longer_than_the_grace_is_broken_off() -> None:
    steps = Steps()
    schedule = DigestSchedule(steps.hang, tick=TICK, grace=timedelta(milliseconds=20))
    running = asyncio.create_task(schedule.run())
    await steps.begun.wait()
    schedule.stop()
    await asyncio.wait_for(running, 5)
    assert steps.ended == "cancelled"


async def test_stopping_at_once_waits_for_no_step() -> None:
    steps = Steps()
    schedule = DigestSchedule(steps.hang, tick=TICK, grace=timedelta(hours=1))
    running = asyncio.create_task(schedule.run())
    await steps.begun.wait()
    schedule.stop_at_once()
    await asyncio.wait_for(running, 5)
    assert steps.ended == "cancelled"


async def test_no_step_begins_after_the_stop() -> None:
    first, second = Steps(), Steps()
    schedule = DigestSchedule(first.hang, second.hang, tick=TICK)
    running = asyncio.create_task(schedule.run())
    await first.begun.wait()
    schedule.stop()
    first.let_go.set()
    await asyncio.wait_for(running, 5)
    assert not second.begun.is_set()


async def test_a_step_that_fails_does_not_hold_the_others() -> None:
    steps = Steps()

    async def fails() -> None:
        raise ZeroDivisionError

    schedule = DigestSchedule(fails, steps.hang, tick=TICK)
    running = asyncio.create_task(schedule.run())
    await steps.begun.wait()
    steps.let_go.set()
    schedule.stop()
    await asyncio.wait_for(running, 5)
    assert steps.ended == "finished"
