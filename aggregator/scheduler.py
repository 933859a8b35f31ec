"""Polls what is due, and makes and sends digests, again and again, until told to stop.

APScheduler only ticks; when a feed is due stands in the database, where a restart finds it again. The tick sets an
event and the polls run in a task of ours: `AsyncIOScheduler.shutdown(wait=True)` was measured to return at once and
to cancel the coroutine that runs, which would cut polls off in the middle.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Protocol

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from aggregator.errors import DatabaseUnusable
from aggregator.model.ids import FeedId
from aggregator.stopping import GRACE

logger = logging.getLogger(__name__)


class Polls(Protocol):
    """What is run on every tick: `services.poll.Poller`."""

    @property
    def under_way(self) -> Sequence[FeedId]:
        """Feeds that are being polled; after `keep_up` was cancelled, those whose polls were given back."""
        ...

    def stop(self) -> None:
        """Begin no further poll."""
        ...

    async def keep_up(self) -> None:
        """Poll every feed that is due."""
        ...


class Steps(Protocol):
    """What is run on every tick beside the polls: `services.push.Subscriber`."""

    async def steps(self) -> int:
        """Ask the hubs whose time has come."""
        ...


TICK = timedelta(seconds=5)
"""How often to look for feeds that are due."""
MOST_NAMED = 20
"""Feeds in one line of the log."""


class PollSchedule:
    """Runs polls on every tick; a tick during a cycle is answered when the cycle is over.

    Hubs are asked beside them, in a task of its own: neither waits for the other, or ends with it.
    """

    def __init__(
        self, poller: Polls, *, hubs: Steps | None = None, tick: timedelta = TICK, grace: timedelta = GRACE
    ) -> None:
        self._poller = poller
        self._hubs = hubs
        self._grace = grace
        self._due = asyncio.Event()
        self._hubs_due = asyncio.Event()
        self._stopping = asyncio.Event()
        self._at_once = asyncio.Event()
        self.caught_up = asyncio.Event()
        """Set once everything that was due at the start has been polled."""
        self._ticks = AsyncIOScheduler(timezone="UTC")
        self._ticks.add_job(
            self._tick,
            "interval",
            seconds=tick.total_seconds(),
            coalesce=True,
            max_instances=1,
            # The default of one second would drop ticks after the loop was busy or the machine slept.
            misfire_grace_time=None,
        )

    async def run(self) -> None:
        """Poll on every tick until `stop`, then finish what runs, within the grace period."""
        self._ticks.start()
        await self._tick()
        cycles = asyncio.create_task(self._again(self._due, self._keep_up, "poll cycle"))
        asking = asyncio.create_task(self._ask_hubs())
        stopped = asyncio.create_task(self._stopping.wait())
        at_once = asyncio.create_task(self._at_once.wait())
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait({cycles, stopped}, return_when=first)
            await asyncio.wait({cycles, at_once}, timeout=self._grace.total_seconds(), return_when=first)
        finally:
            self._ticks.shutdown(wait=False)
            for task in (stopped, at_once, cycles):
                task.cancel()
            # What was not asked for to the end is asked for again: it was saved as pending.
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            (ended,) = await asyncio.gather(cycles, return_exceptions=True)
            if isinstance(ended, asyncio.CancelledError):
                self._say_given_back()
            elif isinstance(ended, Exception):
                raise ended

    def stop(self) -> None:
        """Begin no further poll and let `run` end."""
        self._poller.stop()
        self._stopping.set()
        self._due.set()
        self._hubs_due.set()

    def stop_at_once(self) -> None:
        """Wait for no poll any more: those that run are given back."""
        self.stop()
        self._at_once.set()

    async def _keep_up(self) -> None:
        await self._poller.keep_up()
        self.caught_up.set()

    def _say_given_back(self) -> None:
        feeds = self._poller.under_way
        if not feeds:
            return
        why = "as asked" if self._at_once.is_set() else f"after {self._grace.total_seconds():g} s"
        more = f" and {len(feeds) - MOST_NAMED} more" if len(feeds) > MOST_NAMED else ""
        names = f"{', '.join(feeds[:MOST_NAMED])}{more}"
        logger.warning("broke off the polls of %s %s; the next start polls them", names, why)

    async def _tick(self) -> None:
        self._due.set()
        self._hubs_due.set()

    async def _ask_hubs(self) -> None:
        if self._hubs:
            await self._again(self._hubs_due, self._hubs.steps, "asking hubs")

    async def _again(self, due: asyncio.Event, work: Callable[[], Awaitable[object]], name: str) -> None:
        while True:
            await due.wait()
            due.clear()
            if self._stopping.is_set():
                return
            try:
                await work()
            except DatabaseUnusable as error:
                logger.warning("%s broke off: %s; the next tick tries again", name, error)
            except Exception:
                # A mistake of ours in one cycle must not end polling for ever.
                logger.exception("%s broke off; the next tick tries again", name)


CATCHING_UP = timedelta(minutes=15)
"""How long digests wait at the start until what is due has been polled: those of days on which the machine was off are made of what feeds
still hold of them. Beyond that some server is just slow."""
DIGEST_TICK = timedelta(seconds=20)
"""How often to look whether a period has ended, or a message is due. A look costs a read of one row for each digest."""


class DigestSchedule:
    """Makes digests when their time comes, and sends them; a step that takes longer than a tick is waited for.

    Args:
        steps: what is done on every tick, one after another (`Digests.seal_due`, `Mailing.send_due`); what one raises does not hold the others.
        caught_up: digests are made when it is set, or after a while; None: at once.
        tick: how often.
        patience: how long `caught_up` is waited for.
        grace: how long a step that runs may take to finish after `stop`; a mail server that is mute could hold it for minutes.
        name: what the steps are about, for the log.
    """

    def __init__(
        self,
        *steps: Callable[[], Awaitable[object]],
        caught_up: asyncio.Event | None = None,
        tick: timedelta = DIGEST_TICK,
        patience: timedelta = CATCHING_UP,
        grace: timedelta = GRACE,
        name: str = "digests",
    ) -> None:
        self._name = name
        self._steps = steps
        self._caught_up = caught_up
        self._tick = tick
        self._patience = patience
        self._grace = grace
        self._stopping = asyncio.Event()
        self._at_once = asyncio.Event()

    def stop(self) -> None:
        """Begin no further step and let `run` end."""
        self._stopping.set()
        if self._caught_up:
            self._caught_up.set()

    def stop_at_once(self) -> None:
        """Wait for no step any more: what it has under way is done again after the next start."""
        self._at_once.set()
        self.stop()

    async def run(self) -> None:
        """Do the steps on every tick until `stop`, then finish the one that runs, within the grace period."""
        steps = asyncio.create_task(self._do_steps())
        try:
            await _either(steps, self._stopping)
            await _at_most(self._grace, _either(steps, self._at_once))
        finally:
            steps.cancel()
            await asyncio.gather(steps, return_exceptions=True)

    async def _do_steps(self) -> None:
        if self._caught_up:
            await _at_most(self._patience, self._caught_up.wait())
        while not self._stopping.is_set():
            for step in self._steps:
                if not self._stopping.is_set():
                    await self._do(step)
            await _at_most(self._tick, self._stopping.wait())

    async def _do(self, step: Callable[[], Awaitable[object]]) -> None:
        try:
            await step()
        except DatabaseUnusable as error:
            logger.warning("%s broke off: %s; the next tick tries again", self._name, error)
        except Exception:
            # As above: no mistake in one digest may end all those after it.
            logger.exception("%s broke off; the next tick tries again", self._name)


async def _at_most(time: timedelta, work: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(work, time.total_seconds())


async def _either(task: asyncio.Task[None], event: asyncio.Event) -> None:
    """Wait until a task ends or an event is set."""
    waiting = asyncio.create_task(event.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
