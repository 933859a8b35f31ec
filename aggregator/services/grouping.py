"""Put new entries into the search index, and decide which are copies and which report one event.

    store.write   search index: whatever is not in it yet                           several small transactions
    store.read    StoryDesk: made again from what is stored, if it is not at hand   or knows less than the database
    store.write   StoryDesk.place: about 50 ms of entries, see there                until none is left

While somebody waits for a page, no transaction is begun, and one that runs ends with the entries it is at: Python runs one thread
at a time, and a page that it takes turns with takes three times as long.

Each step finds by itself what is left to do, so what a crash interrupted is done the next time. Between the transactions other
writers have their turn. Several processes may do this at once on one database: see `StoryDesk`.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from aggregator.errors import DatabaseUnusable
from aggregator.model.grouping import StorySettings
from aggregator.ports import Store, Transaction

if TYPE_CHECKING:
    from aggregator.services.story_desk import StoryDesk
    from aggregator.stories.vectors import Vectors

logger = logging.getLogger(__name__)

OnPlaced = Callable[[int, float], None]
"""Is told how many entries a transaction placed, and how many seconds it took."""

INDEXED = 1000
"""Entries a transaction that go into the index: about 50 ms. By 200 they take half as long again: each piece is merged later."""
PLACED = 400
"""Entries a transaction that are placed, at most: 50 to 100 ms, in which pages are read as ever and polls wait to be kept."""
HELD = 1000
"""Stories that stay in memory because they have been looked at lately; at most twice as many, of 4 KB each. With 4,000 a first poll of 60,000 entries
took as long, and 14 MB more: of those that are compared few have to be at hand (`postings.means`)."""
OUTLINED = 10_000
"""Entries after which is kept what the next process begins with, should this one be killed: to read back so many takes three seconds, to keep it 0.1 of 60,000 open ones."""
WITHIN = timedelta(milliseconds=50)
"""How long a transaction goes on placing. Regrouping one large story may take as long as placing a hundred entries, and a poll in
another process gives up when it has waited too long for its turn."""
GLANCE = 0.005
"""Seconds between two looks whether anybody still waits for a page."""
COURTESY = 4
"""Grouping waits for pages so many times `within`, at most: where somebody always waits, it still has a tenth of the time or more."""


def nobody_waits() -> bool:
    """Be what `Grouping` asks where there are no pages."""
    return True


class Grouping:
    """Groups what has come; one a process, for it holds in memory what it decides by.

    Args:
        store: the database.
        window: how far apart two entries of one headline may be to be copies.
        settings: what the story engine goes by; None: the defaults.
        vectors: loads what is known of entries beyond their words; None for nothing.
        batch: entries a transaction, at most; it changes nothing but the time they take, nor do `held`, `outlined` and `within`.
        held: about so many stories stay in memory.
        outlined: after so many entries is kept what the next process begins with, should this one be killed.
        within: how long a transaction goes on placing; some are placed even if that is nothing.
        stopwatch: seconds since some time or other; by default those of CPU that the thread had, for on a machine that is busy with other
            things shorter transactions would only be more of them, and make it busier.
        on_placed: is told of each transaction that was kept.
        is_quiet: tells, on any thread, that nobody waits for a page.
    """

    def __init__(  # noqa: PLR0913 -- by name, and all but two have a default
        self,
        store: Store,
        *,
        window: timedelta,
        settings: StorySettings | None = None,
        vectors: "Callable[[], Vectors] | None" = None,
        batch: int = PLACED,
        held: int = HELD,
        outlined: int = OUTLINED,
        within: timedelta = WITHIN,
        stopwatch: Callable[[], float] = time.thread_time,
        on_placed: OnPlaced = lambda _entries, _seconds: None,
        is_quiet: Callable[[], bool] = nobody_waits,
    ) -> None:
        self._store = store
        self._window = window
        self._settings = settings or StorySettings()
        self._load_vectors = vectors
        self._vectors: Vectors | None = None
        self._batch = batch
        self._held = held
        self._outlined = outlined
        self._within = within.total_seconds()
        self._stopwatch = stopwatch
        self._on_placed = on_placed
        self._is_quiet = is_quiet
        self._desk: StoryDesk | None = None
        self._turn = asyncio.Lock()

    async def group_new(self) -> None:
        """Index what came, and decide about every entry that came or changed, since the last time.

        Raises:
            UserError: the database refuses, or what the configuration names as vectors can't be loaded.
        """
        async with self._turn:
            indexed, waiting = INDEXED, False
            while indexed == INDEXED:
                await self._let_pages_go_first()
                indexed, waiting = await self._store.write(_index)
            while waiting:
                waiting = await self._place_batch()

    async def leave(self) -> None:
        """Keep what the next process can begin with at once; to be called before the end.

        Where it can't be kept, or the process is killed, the next one reads what came since the last time that it was kept: nothing else is lost.
        """
        async with self._turn:
            desk, self._desk = self._desk, None
            if desk is None:
                return
            try:
                await self._store.write(desk.keep_outline)
            except DatabaseUnusable as error:
                logger.warning("the next start will read more of the open stories again: %s", error)

    async def _place_batch(self) -> bool:
        """Place some, and tell whether there may be more.

        The desk is let go of while its decisions are written: if they are not kept, it has decided what never happened.
        """
        desk, self._desk = self._desk or await self._store.read(self._open_desk), None
        if desk is None:
            return False
        await self._let_pages_go_first()
        before, began = desk.placed, time.perf_counter()
        is_more = await self._store.write(partial(self._place, desk))
        if is_more is None:
            return True
        self._on_placed(desk.placed - before, time.perf_counter() - began)
        if desk.since_outline >= self._outlined:
            await self._store.write(desk.keep_outline)
        self._desk = desk
        return is_more

    async def _let_pages_go_first(self) -> None:
        """Wait while somebody waits for a page, but not for long."""
        until = time.monotonic() + COURTESY * self._within
        while not self._is_quiet() and time.monotonic() < until:  # noqa: ASYNC110 -- the web does not know that anybody waits for it
            await asyncio.sleep(GLANCE)

    def _place(self, desk: "StoryDesk", tx: Transaction) -> bool | None:
        until = self._stopwatch() + self._within
        return desk.place(tx, limit=self._batch, left=lambda: until - self._stopwatch(), is_quiet=self._is_quiet)

    def _open_desk(self, tx: Transaction) -> "StoryDesk | None":
        """Make again what decides; None where another process has left nothing to decide."""
        if not tx.copies.ungrouped(limit=1):
            return None
        # All that reads texts takes 0.2 s of CPU to import: as much as all that polls need which bring nothing new.
        from aggregator.services.story_desk import StoryDesk  # noqa: PLC0415 -- see above

        if self._vectors is None and self._load_vectors:
            self._vectors = self._load_vectors()
        return StoryDesk(tx, self._settings, self._vectors, window=self._window, held=self._held)


def _index(tx: Transaction) -> tuple[int, bool]:
    """Index some; tell how many, and whether any entry waits to be placed."""
    return tx.searching.catch_up(limit=INDEXED), bool(tx.copies.ungrouped(limit=1))
