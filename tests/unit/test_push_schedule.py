"""The schedule asks hubs beside its polls; neither can hold up or end the other."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.scheduler import PollSchedule
from tests.unit.test_scheduler import Cycles, until

pytestmark = pytest.mark.anyio

SOON = timedelta(milliseconds=20)


class Hubs:
    """Implements `scheduler.Steps`."""

    def __init__(self, *, takes: float = 0.0, fails: list[Exception] | None = None) -> None:
        self.begun = 0
        self._takes = takes
        self._fails = fails or []

    async def steps(self) -> int:
        self.begun += 1
        if self._fails:
            raise self._fails.pop()
        await asyncio.sleep(self._takes)
        return 0


async def run_until(cycles: Cycles, hubs: Hubs, condition: Callable[[], bool]) -> None:
    schedule = PollSchedule(cycles, hubs=hubs, tick=SOON)
    running = asyncio.create_task(schedule.run())
    await until(condition)
    schedule.stop()
    await running


async def test_hubs_are_asked_at_once_and_then_on_every_tick() -> None:
    hubs = Hubs()
    await run_until(Cycles(), hubs, lambda: hubs.begun >= 3)


async def test_a_slow_hub_holds_up_no_poll_and_no_end() -> None:
    cycles, hubs = Cycles(), Hubs(takes=60)
    await run_until(cycles, hubs, lambda: cycles.ended >= 3)
    assert hubs.begun == 1


async def test_a_slow_poll_holds_up_no_hub() -> None:
    cycles, hubs = Cycles(takes=0.15), Hubs()
    await run_until(cycles, hubs, lambda: hubs.begun >= 3)
    assert cycles.begun == 1


async def test_asking_that_fails_is_not_the_last_and_ends_no_poll() -> None:
    cycles, hubs = Cycles(), Hubs(fails=[DatabaseUnusable("locked"), OSError("no space left")])
    await run_until(cycles, hubs, lambda: hubs.begun >= 3 and cycles.ended >= 3)
