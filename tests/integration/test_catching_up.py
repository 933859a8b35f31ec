"""After hours without polls: no herd at once, and none an hour later.

Polls go through the real cycle, pacing and store, in hours that pass at once (tests/virtual_time.py).
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.fetch.hosts import HostPacing
from aggregator.model.feed import Feed, FeedState, Outcome, Validators
from aggregator.model.fetch import FetchOutcome, FetchRequest, NotModified
from aggregator.model.poll import Heed, PollRecord
from aggregator.polling.schedule import after_fetch
from aggregator.ports import Transaction
from aggregator.services.cycle import CycleSettings
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from tests.factories import NOON, make_feed
from tests.lease_worker import NoParser
from tests.virtual_time import DirectStore, LoopClock, run

HOUR = timedelta(hours=1)
TICK = 5.0
GAP = timedelta(seconds=2)
CONCURRENCY = CycleSettings().concurrency
SIZES = (1, 1, 2, 3, 5)
"""Feeds of a publisher."""


def farm(groups: int) -> list[Feed]:
    return [
        make_feed(f"f{group}-{number}", url=f"https://h{group}.example/{number}", unconditional_interval=HOUR)
        for group in range(groups)
        for number in range(SIZES[group % len(SIZES)])
    ]


def share(name: str) -> float:
    """Give a number below one that looks like chance."""
    return sha256(name.encode()).digest()[0] / 256


class Servers:
    """Implements `ports.Fetcher` with the real pacing: each server takes 0.2 to 1.8 seconds, and a note is made of it."""

    def __init__(self, pace: HostPacing) -> None:
        self._pace = pace
        self.asked: list[tuple[float, str]] = []
        self.running = 0
        self.most = 0

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        async with self._pace.turn(request.url):
            self.asked.append((asyncio.get_running_loop().time(), request.url))
            self.running += 1
            self.most = max(self.most, self.running)
            await asyncio.sleep(0.2 + 1.6 * share(request.url))
            self.running -= 1
        return NotModified()


async def serve(database: Path, feeds: Sequence[Feed], *, hours: float, tick: float = TICK, polled: bool) -> Servers:
    """Poll as `serve` does; with `polled`, feeds whose polls were spread evenly over the hour that was missed."""
    store, clock, pace = DirectStore(database), LoopClock(), HostPacing(gap=GAP)
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    if polled:
        await store.write(lambda tx: miss_an_hour(tx, feeds))
    servers = Servers(pace)
    settings = CycleSettings(gap_of=pace.gap_of, grouping=False)
    poller = Poller(store, clock, FeedPoller(store, servers, NoParser(), clock, Recognition()), settings)
    while clock.now() < NOON + hours * HOUR:
        await poller.keep_up()
        await asyncio.sleep(tick)
    await store.aclose()
    return servers


def miss_an_hour(tx: Transaction, feeds: Sequence[Feed]) -> None:
    before = NOON - 2 * HOUR
    ids = [feed.id for feed in feeds]
    leases = tx.feeds.claim(ids, now=before, groups=len(ids), lease=HOUR, heed=Heed.NOTHING)
    for due in (due for lease in leases for due in lease.feeds):
        state = FeedState(next_poll_at=NOON - share(due.feed.id) * HOUR, last_outcome=Outcome.NOT_MODIFIED)
        tx.feeds.finish(due, state, PollRecord(at=before, outcome=Outcome.NOT_MODIFIED))
    tx.feeds.release(leases, now=before, gap=timedelta())


def peak(times: Collection[float], *, window: float) -> float:
    """Give the most requests a second, over windows of so many seconds."""
    return max(Counter(int(time // window) for time in times).values()) / window


def peak_of_hour(times: Iterable[float], hour: int) -> float:
    """Give the busiest five minutes of an hour, as a multiple of its mean."""
    of_hour = [time for time in times if hour <= time / 3600 < hour + 1]
    return peak(of_hour, window=300) * 3600 / len(of_hour)


@pytest.mark.parametrize("polled", [True, False], ids=["an hour down", "a start with every feed due"])
def test_t4_what_is_overdue_is_asked_for_steadily(tmp_path: Path, *, polled: bool) -> None:
    """The peak is that of ten seconds. In the first one as many begin as may run at a time, and no more ever run."""
    feeds = farm(200)
    servers = run(serve(tmp_path / "a.db", feeds, hours=0.25, polled=polled))
    times = [time for time, _ in servers.asked]
    assert len(times) == len({url for _, url in servers.asked}) == len(feeds)
    assert peak(times, window=10) <= 2 * len(times) / max(times)
    assert servers.most <= CONCURRENCY


def test_t4_p16_feeds_polled_in_one_minute_are_spread_over_the_hour_some_hours_later() -> None:
    """By the pure schedule: feeds caught up with at seven a second, then asked exactly when they are due."""
    feeds = farm(250)
    times = [time for number, feed in enumerate(feeds) for time in polls(feed, number / 7, hours=11)]
    ratios = [peak_of_hour(times, hour) for hour in range(10)]
    assert ratios[0] > 11
    assert all(after < before for before, after in pairwise(ratios[:7]))
    assert max(ratios[7:]) <= 2


def polls(feed: Feed, first: float, *, hours: int) -> list[float]:
    """Give the times of a feed's polls, in seconds since noon."""
    times, state = [first], FeedState(validators=Validators(etag='"1"'))
    while times[-1] < hours * 3600:
        state = after_fetch(feed, state, NotModified(), now=NOON + timedelta(seconds=times[-1]))
        assert state.next_poll_at
        times.append((state.next_poll_at - NOON).total_seconds())
        assert HOUR <= timedelta(seconds=times[-1] - times[-2]) <= 1.1 * HOUR + timedelta(seconds=1)
    return times


@pytest.mark.slow
def test_t4_p16_a_herd_that_was_caught_up_with_does_not_come_again(tmp_path: Path) -> None:
    # Of 240 feeds, twenty in five minutes, chance alone makes 2.1 of the mean once in twelve runs.
    feeds = farm(250)
    servers = run(serve(tmp_path / "a.db", feeds, hours=11, tick=30, polled=False))
    times = [time for time, _ in servers.asked]
    assert max(peak_of_hour(times, hour) for hour in range(8, 10)) <= 2
    assert servers.most <= CONCURRENCY
    by_url = Counter(url for _, url in servers.asked)
    assert {10, 11} <= set(by_url.values()) <= {10, 11, 12}
