"""What this process knows of itself: how its polls went, and whether it can do its work. In memory, gone with it."""

import asyncio
from bisect import bisect_left
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TypeVar

from aggregator.errors import DatabaseUnusable
from aggregator.model.digest import MailState, Outgoing
from aggregator.model.poll import PollResult
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.care import CareStanding
from aggregator.services.doctor import HELD_OPEN, LONG_WAL
from aggregator.services.in_force import InForce

T = TypeVar("T")

DURATIONS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histogram, in seconds: a 304 nearby takes 0.05, a whole document 0.5, the default timeout is 20."""

LEAST_FREE = 4 * 1024**2
"""Bytes: the pages and journal of a poll of one large document. A write may fail any moment with less, and looking whether one does would not show it."""

ANSWERED = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""The same of requests: a page takes 0.01, an image that has to be fetched a second."""

SILENCE = timedelta(minutes=1)
"""Polling looks for due feeds every five seconds; where it has not for so long, it stands still."""

DEADLINE = timedelta(seconds=5)
"""A database that takes longer for its shortest question is as good as gone."""


class _Durations:
    """Counts what took how long.

    Args:
        bounds: seconds, in rising order.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)

    def note(self, seconds: float) -> None:
        self._counts[bisect_left(self._bounds, seconds)] += 1

    def added_up(self) -> list[tuple[float, int]]:
        return list(zip((*self._bounds, float("inf")), accumulate(self._counts), strict=True))


class PollTally:
    """Counts polls since the process began. `record` fits `on_result` of a `Poller`."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        """Polls by `Outcome`."""
        self.failures: Counter[str] = Counter()
        """Failed polls by `FailureKind`."""
        self.new = 0
        self.changed = 0
        self.received = 0
        """Bytes of documents, unpacked."""
        self.seconds = 0.0
        """All polls together."""
        self._durations = _Durations(DURATIONS)

    def record(self, result: PollResult) -> None:
        """Count one poll."""
        seconds = result.elapsed.total_seconds()
        self.outcomes[result.outcome] += 1
        if result.failure:
            self.failures[result.failure] += 1
        self.new += result.new
        self.changed += result.changed
        self.received += result.received
        self.seconds += seconds
        self._durations.note(seconds)

    def durations(self) -> list[tuple[float, int]]:
        """Give for each bound, in rising order and infinity last, how many polls took at most so long."""
        return self._durations.added_up()


class RequestTally:
    """Counts requests since the process began."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, int]] = Counter()
        """By the pattern of the address and the status: so many as there are addresses, whatever is asked for."""
        self.seconds = 0.0
        self.under_way = 0
        """Requests that wait for their answer now."""
        self._durations = _Durations(ANSWERED)

    def is_quiet(self) -> bool:
        """Tell whether nobody waits for an answer."""
        return self.under_way == 0

    def record(self, route: str, status: int, seconds: float) -> None:
        """Count one; status 0: it was broken off."""
        self.answers[route, status] += 1
        self.seconds += seconds
        self._durations.note(seconds)

    def durations(self) -> list[tuple[float, int]]:
        """Give upper bounds with how many requests took no longer; the last is infinite."""
        return self._durations.added_up()


class WorkTally:
    """Counts what else was done since the process began."""

    def __init__(self) -> None:
        self.grouped = 0
        """Entries that were given their place; one that changes is given it again."""
        self.grouping_seconds = 0.0
        self.mails: Counter[MailState] = Counter()
        """Attempts to send one by what came of them; `WAITING`: it is tried again."""

    def placed(self, entries: int, seconds: float) -> None:
        """Count one transaction of grouping."""
        self.grouped += entries
        self.grouping_seconds += seconds

    def mailed(self, message: Outgoing) -> None:
        """Count an attempt to send."""
        self.mails[message.state] += 1


class WatchedStore:
    """`ports.Store` that notes when it was last written to: polling writes to it whenever it looks for due feeds."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.written_at: datetime | None = None
        """When the last write was kept; None before the first."""
        self.refused_at: datetime | None = None
        """When it last took none. On a full disk, looking for due feeds goes well as long as none is found: a write that
        was kept does not mean that the next one will be."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on one consistent state of the database."""
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` alone among writers, and note how that went."""
        try:
            done = await self._store.write(work)
        except DatabaseUnusable:
            self.refused_at = self._clock.now()
            raise
        self.written_at = self._clock.now()
        return done

    async def aclose(self) -> None:
        """Close the store behind this one."""
        await self._store.aclose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether the process can do its work; `reasons` are sentences why it can't, and name nothing secret."""

    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """Sentences on what a person should look at while it still can."""
    last_polling_at: datetime | None = None
    """When polling last looked for due feeds; None where it never did."""

    @property
    def ready(self) -> bool:
        """No reason speaks against it."""
        return not self.reasons


@dataclass(slots=True, kw_only=True)
class Watch:
    """What supervisors are told. `bootstrap` makes one a process; without arguments it fits one that does not poll."""

    tally: PollTally = field(default_factory=PollTally)
    requests: RequestTally = field(default_factory=RequestTally)
    work: WorkTally = field(default_factory=WorkTally)
    polling: WatchedStore | None = None
    """What the poller writes to; None where this process does not poll."""
    database_bytes: Callable[[], int] | None = None
    """Gives the size of the database with its journals; None where it is in no file."""
    journal_bytes: Callable[[], int] | None = None
    """Gives the size of its write-ahead log alone."""
    free_bytes: Callable[[], int] | None = None
    """Gives the room that is left where the database is."""
    started_at: datetime | None = None
    """Polling has a while from then on to look for due feeds for the first time."""
    in_force: InForce | None = None
    """Which configuration goes; None where the file is read once."""
    care: CareStanding = field(default_factory=CareStanding)
    """How the nightly care of the database went."""
    stopping: bool = False
    _probe: "asyncio.Task[str] | None" = None

    def stop(self) -> None:
        """Say that the process is about to end: nobody shall send it further requests."""
        self.stopping = True

    async def readiness(self, probe: Callable[[], Awaitable[None]], *, now: datetime) -> Readiness:
        """Find out whether the process can do its work.

        Args:
            probe: reads from and writes to the database, or raises.
            now: the time.
        """
        reasons = (
            "the program is stopping" if self.stopping else "",
            await self._database(probe),
            self._stands_still(now),
            self._full(),
        )
        polled = self.polling.written_at if self.polling else None
        told = tuple(reason for reason in reasons if reason)
        return Readiness(reasons=told, warnings=self.warnings(), last_polling_at=polled)

    def warnings(self) -> tuple[str, ...]:
        """Say what a person should look at: a journal that some reader keeps from being moved into the database."""
        journal = self.journal_bytes() if self.journal_bytes else 0
        if journal <= LONG_WAL:
            return ()
        return (f"the journal of the database has grown to {journal // 1024**2} MiB: {HELD_OPEN}",)

    async def _database(self, probe: Callable[[], Awaitable[None]]) -> str:
        """Probe once at a time, whoever asks: a locked database holds up the one probe, and no queue of them."""
        if self._probe is None or self._probe.done():
            self._probe = asyncio.ensure_future(_probed(probe))
        done, _ = await asyncio.wait({self._probe}, timeout=DEADLINE.total_seconds())
        return self._probe.result() if done else "the database does not answer in time"

    def _full(self) -> str:
        try:
            left = self.free_bytes() if self.free_bytes else LEAST_FREE
        except OSError as error:
            return f"the room on the disk of the database can't be told ({type(error).__name__})"
        return "" if left >= LEAST_FREE else "the disk of the database is as good as full"

    def _stands_still(self, now: datetime) -> str:
        if self.polling is None or self.stopping:
            return ""
        if self.polling.refused_at and now - self.polling.refused_at <= SILENCE:
            return "the database refused to store polls within the last minute; the log says why"
        since = self.polling.written_at or self.started_at
        return "polling has not looked for due feeds for more than a minute" if since and now - since > SILENCE else ""


async def _probed(probe: Callable[[], Awaitable[None]]) -> str:
    """Give what is wrong with the database; empty where nothing is."""
    try:
        await probe()
    except Exception as error:  # noqa: BLE001 -- whatever it is, the process is not ready; /healthz logs it
        return f"the database can't be read and written ({type(error).__name__})"
    return ""
