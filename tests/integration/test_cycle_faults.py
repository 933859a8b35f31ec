"""Poll cycles that are cut short: by a database that refuses, by a cancellation, by a machine that slept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import FeedState, Outcome
from aggregator.model.fetch import FetchOutcome, FetchRequest
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import PollRecord, PollResult
from aggregator.ports import Transaction
from aggregator.services.answer import Polled
from aggregator.services.cycle import CycleSettings
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_feed
from tests.lease_worker import NoParser, Notes, poller
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio

T = TypeVar("T")

SETTINGS = CycleSettings(look_again=timedelta(milliseconds=10), grouping=False)
CLAIMS = "PollCycle._claim."
RELEASES = "PollCycle._abandon."


class Faulty:
    """A store that refuses some transactions, or holds them after they were kept, known by the name of their work."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self.refuses: tuple[str, ...] = ()
        self.refuses_all_but: tuple[str, ...] = ()
        self.refused = asyncio.Event()
        self.holds: tuple[str, ...] = ()
        self.held = asyncio.Event()
        self.may_go = asyncio.Event()

    async def read(self, work: Callable[[Transaction], T]) -> T:
        if work.__qualname__.startswith(self.refuses):
            raise ZeroDivisionError("what a bug looks like")
        return await self._store.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        name = getattr(work, "__qualname__", "")
        if name.startswith(self.refuses) or (self.refuses_all_but and not name.startswith(self.refuses_all_but)):
            self.refused.set()
            raise DatabaseUnusable("the disk is full; make room")
        answer = await self._store.write(work)
        if name.startswith(self.holds):
            self.held.set()
            await self.may_go.wait()
        return answer

    async def aclose(self) -> None:
        await self._store.aclose()


class Gated(Notes):
    """Answers after a gate has been opened."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Semaphore(0)
        self.gate = asyncio.Event()

    async def wait_for(self, requests: int) -> None:
        """Wait until so many requests have been begun since the last one was waited for."""
        for _ in range(requests):
            await self.reached.acquire()

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.reached.release()
        await self.gate.wait()
        return await super().fetch(request)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Faulty]:
    store = await SqliteStore.open(tmp_path / "a.db")
    feeds = [make_feed(name, url=f"https://{name[0]}.example/{name}") for name in ("a1", "a2", "b1")]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    yield Faulty(store)
    await store.aclose()


async def polled(store: Faulty) -> dict[str, int]:
    """Count the polls that were kept."""
    return await store.read(lambda tx: {name: len(tx.feeds.history(FeedId(name))) for name in ("a1", "a2", "b1")})


async def test_a_database_that_refuses_to_lease_ends_the_cycle_but_no_poll_that_runs(store: Faulty) -> None:
    """What was asked and is thrown away would be asked again."""
    notes, told = Gated(), list[PollResult]()
    cycle = asyncio.create_task(poller(store, notes, ManualClock(), SETTINGS).poll_due(told.append))
    await notes.wait_for(2)
    store.refuses = (CLAIMS,)
    await store.refused.wait()
    notes.gate.set()
    with pytest.raises(DatabaseUnusable, match="the disk is full"):
        await cycle
    assert {result.outcome for result in told} == {Outcome.NOT_MODIFIED}
    assert await polled(store) == {result.feed_id: 1 for result in told} == {"a1": 1, "a2": 1, "b1": 1}
    store.refuses = ()
    assert await poller(store, notes, ManualClock(), SETTINGS).poll_due() == []


async def test_nothing_that_comes_due_is_begun_after_the_database_refused(store: Faulty) -> None:
    notes = Notes()
    store.refuses = (CLAIMS,)
    with pytest.raises(DatabaseUnusable):
        await poller(store, notes, ManualClock(), SETTINGS).poll_due()
    assert notes.asked == []


async def test_a_cycle_that_is_cancelled_while_it_leases_gives_back_what_it_has_leased(store: Faulty) -> None:
    store.holds = (CLAIMS,)
    cycle = asyncio.create_task(poller(store, Notes(), ManualClock(), SETTINGS).poll_due())
    await store.held.wait()
    cycle.cancel()
    store.may_go.set()
    with pytest.raises(asyncio.CancelledError):
        await cycle
    notes = Notes()
    assert len(await poller(store, notes, ManualClock(), SETTINGS).poll_due()) == 3


async def test_a_cancelled_cycle_ends_as_cancelled_also_when_it_can_give_nothing_back(store: Faulty) -> None:
    """Whoever cancels it waits for that; any other error would be taken for a cycle to be tried again."""
    notes = Gated()
    cycle = asyncio.create_task(poller(store, notes, ManualClock(), SETTINGS).poll_due())
    await notes.wait_for(2)
    store.refuses = (RELEASES,)
    cycle.cancel()
    with pytest.raises(asyncio.CancelledError):
        await cycle
    assert store.refused.is_set()


async def test_l3_a_group_that_is_leased_anew_while_a_poll_of_its_lost_lease_runs_is_polled(store: Faulty) -> None:
    """The machine slept for two days; another one had the groups on the first, and on the second they are due again."""
    clock, notes, told = ManualClock(), Gated(), list[PollResult]()
    cycle = asyncio.create_task(poller(store, notes, clock, SETTINGS).poll_due(told.append))
    await notes.wait_for(2)
    await store.write(poll_elsewhere)
    clock.move(timedelta(days=2))
    await notes.wait_for(2)
    notes.gate.set()
    await cycle
    outcomes = [(result.feed_id[0], result.outcome) for result in told]
    assert sorted(outcomes[:2]) == [("a", Outcome.SKIPPED), ("b", Outcome.SKIPPED)]
    assert sorted(result.feed_id for result in told[2:]) == ["a1", "a2", "b1"]
    assert await polled(store) == {"a1": 2, "a2": 2, "b1": 2}


def poll_elsewhere(tx: Transaction) -> None:
    now = NOON + timedelta(days=1)
    claimed = tx.feeds.claim_due(now=now, groups=9, per_group=9, lease=SETTINGS.lease)
    for due in (due for lease in claimed for due in lease.feeds):
        state = FeedState(next_poll_at=now + timedelta(hours=1))
        tx.feeds.finish(due, state, PollRecord(at=now, outcome=Outcome.NOT_MODIFIED))
    tx.feeds.release(claimed, now=now, gap=timedelta())


class Closing(Notes):
    """A way to servers that is closed under a poll of one of them."""

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        answer = await super().fetch(request)
        if "//b." in request.url:
            raise asyncio.CancelledError
        return answer


async def test_a_poll_that_ends_as_if_cancelled_ends_no_other_and_is_not_asked_again_at_once(store: Faulty) -> None:
    clock, notes = ManualClock(), Closing()
    results = await poller(store, notes, clock, SETTINGS).poll_due()
    assert sorted(result.feed_id for result in results) == ["a1", "a2"]
    assert await poller(store, notes, clock, SETTINGS).poll_due() == []
    assert len(notes.asked) == 3


async def test_what_was_kept_is_told_although_its_copies_could_not_be_counted(store: Faulty) -> None:
    store.refuses = ("FeedPoller.settle.",)
    kept = PollResult(feed_id=FeedId("a1"), feed_title="A", outcome=Outcome.FETCHED, new=1)
    feed_poller = FeedPoller(store, Notes(), NoParser(), ManualClock(), Recognition())
    assert await feed_poller.settle([Polled(result=kept, new_ids=(EntryId(1),))]) == [kept]


async def test_a_full_disk_costs_each_server_one_request_and_no_more_until_the_lease_ends(store: Faulty) -> None:
    """`_work_off`: what writes the polls of a moment down."""
    notes, clock = Notes(), ManualClock()
    store.refuses_all_but = (CLAIMS,)
    results = await poller(store, notes, clock, SETTINGS).poll_due()
    assert {result.outcome for result in results} == {Outcome.FAILED}
    assert len(notes.asked) == len(results) <= 3
    store.refuses_all_but = ()
    assert await poller(store, notes, clock, SETTINGS).poll_due() == []
    clock.move(SETTINGS.lease)
    assert len(await poller(store, notes, clock, SETTINGS).poll_due()) == 3
