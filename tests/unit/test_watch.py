"""What the process knows of itself."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import anyio
import pytest

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import Outcome
from aggregator.model.fetch import FailureKind
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.ports import Transaction
from aggregator.services import watch as watching
from aggregator.services.watch import PollTally, Watch, WatchedStore
from tests.factories import NOON
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio

T = TypeVar("T")


class SmallStore:
    """Implements `ports.Store`; refuses writes while `full`."""

    def __init__(self) -> None:
        self.full = False

    async def read(self, work: Callable[[Transaction], T]) -> T:
        raise NotImplementedError

    async def write(self, work: Callable[[Transaction], T]) -> T:
        if self.full:
            raise DatabaseUnusable("the disk is full")
        return work(None)  # type: ignore[arg-type]

    async def aclose(self) -> None:
        pass


def result(outcome: Outcome = Outcome.FETCHED, seconds: float = 0.0, **fields: object) -> PollResult:
    return PollResult(
        feed_id=FeedId("a"),
        feed_title="A",
        outcome=outcome,
        elapsed=timedelta(seconds=seconds),
        **fields,  # type: ignore[arg-type]
    )


def test_a_tally_counts_outcomes_failures_entries_and_bytes() -> None:
    tally = PollTally()
    tally.record(result(new=3, changed=1, received=500))
    tally.record(result(new=2, received=700))
    tally.record(result(Outcome.FAILED, failure=FailureKind.TIMEOUT))
    assert tally.outcomes == {Outcome.FETCHED: 2, Outcome.FAILED: 1}
    assert tally.failures == {FailureKind.TIMEOUT: 1}
    assert (tally.new, tally.changed, tally.received) == (5, 1, 1200)


def test_durations_are_counted_up_to_each_bound_inclusively() -> None:
    tally = PollTally()
    for seconds in (0.05, 0.051, 2.0, 61.0):
        tally.record(result(seconds=seconds))
    counts = dict(tally.durations())
    assert (counts[0.05], counts[0.1], counts[2.5], counts[60.0], counts[float("inf")]) == (1, 2, 3, 3, 4)
    assert tally.seconds == pytest.approx(63.101)


async def fine() -> None:
    pass


def polling(clock: ManualClock) -> tuple[Watch, WatchedStore, SmallStore]:
    store = SmallStore()
    watched = WatchedStore(store, clock)
    return Watch(polling=watched, started_at=clock.now()), watched, store


async def test_a_process_that_does_not_poll_is_ready_while_its_database_answers() -> None:
    assert (await Watch().readiness(fine, now=NOON)).ready


async def test_a_stopping_process_is_not_ready() -> None:
    watch = Watch()
    watch.stop()
    assert (await watch.readiness(fine, now=NOON)).reasons == ("the program is stopping",)


async def test_a_database_that_can_t_be_used_is_a_reason_that_names_no_file() -> None:
    async def broken() -> None:
        raise DatabaseUnusable("/home/me/aggregator.db is locked")

    (reason,) = (await Watch().readiness(broken, now=NOON)).reasons
    assert "database" in reason
    assert "/home/me" not in reason


async def test_a_probe_that_hangs_is_a_reason_and_is_asked_once_however_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watching, "DEADLINE", timedelta(seconds=0.05))
    begun, release = 0, anyio.Event()

    async def hanging() -> None:
        nonlocal begun
        begun += 1
        await release.wait()

    watch = Watch()
    for _ in range(3):
        assert (await watch.readiness(hanging, now=NOON)).reasons == ("the database does not answer in time",)
    assert begun == 1
    release.set()
    assert (await watch.readiness(hanging, now=NOON)).ready
    assert begun == 1
    assert (await watch.readiness(fine, now=NOON)).ready


async def test_polling_has_a_minute_to_begin_and_no_more() -> None:
    watch, _, _ = polling(ManualClock())
    assert (await watch.readiness(fine, now=NOON + timedelta(seconds=60))).ready
    assert not (await watch.readiness(fine, now=NOON + timedelta(seconds=61))).ready


async def test_polling_that_stands_still_for_more_than_a_minute_is_a_reason() -> None:
    clock = ManualClock()
    watch, watched, _ = polling(clock)
    clock.move(timedelta(minutes=5))
    await watched.write(lambda _: None)
    last = clock.now()
    readiness = await watch.readiness(fine, now=last + timedelta(seconds=60))
    assert (readiness.ready, readiness.last_polling_at) == (True, last)
    (reason,) = (await watch.readiness(fine, now=last + timedelta(seconds=61))).reasons
    assert "polling has not looked for due feeds" in reason


async def test_d3_a_refused_write_is_a_reason_for_a_minute_also_when_an_empty_one_is_taken_since() -> None:
    clock = ManualClock()
    watch, watched, store = polling(clock)
    store.full = True
    with pytest.raises(DatabaseUnusable):
        await watched.write(lambda _: None)
    store.full = False
    clock.move(timedelta(seconds=50))
    await watched.write(lambda _: None)
    (reason,) = (await watch.readiness(fine, now=clock.now())).reasons
    assert "refused to store polls" in reason
    assert (await watch.readiness(fine, now=clock.now() + timedelta(seconds=20))).ready


@pytest.mark.parametrize(("left", "ready"), [(watching.LEAST_FREE, True), (watching.LEAST_FREE - 1, False), (0, False)])
async def test_d3_a_full_disk_is_a_reason(left: int, *, ready: bool) -> None:
    readiness = await Watch(free_bytes=lambda: left).readiness(fine, now=NOON)
    assert readiness.ready is ready
    assert ready or readiness.reasons == ("the disk of the database is as good as full",)


async def test_a_disk_that_can_t_be_asked_is_a_reason_that_names_no_file() -> None:
    def gone() -> int:
        raise FileNotFoundError(2, "No such file or directory", "/secret/place")

    (reason,) = (await Watch(free_bytes=gone).readiness(fine, now=NOON)).reasons
    assert "FileNotFoundError" in reason
    assert "secret" not in reason


def test_requests_are_counted_up_to_each_bound_inclusively() -> None:
    tally = watching.RequestTally()
    for seconds in (0.005, 0.006, 7.0):
        tally.record("/", 200, seconds)
    assert tally.answers == {("/", 200): 3}
    assert tally.durations()[:2] == [(0.005, 1), (0.01, 2)]
    assert tally.durations()[-2:] == [(5.0, 2), (float("inf"), 3)]
