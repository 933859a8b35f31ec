"""`poll --force`: what a person wants all the same waits for the rest between two requests, and for nothing else."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

from aggregator.model.feed import Feed, Outcome
from aggregator.model.fetch import Failed, FailureKind, FetchOutcome, FetchRequest
from aggregator.model.poll import Heed, PollResult
from aggregator.services.cycle import CycleSettings
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from tests.factories import NOON, make_feed
from tests.lease_worker import NoParser
from tests.virtual_time import DirectStore, LoopClock, run

GAP = timedelta(seconds=2)
LEASE = timedelta(minutes=2)


@dataclass
class Refusing:
    """Implements `ports.Fetcher`: every server asks to be left alone for an hour."""

    clock: LoopClock
    asked: list[tuple[str, timedelta]] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        self.asked.append((request.url, self.clock.now() - NOON))
        return Failed(
            kind=FailureKind.STATUS, message="429", status=429, headers={"retry-after": "3600"}, url=request.url
        )


class Room:
    """A database with some feeds of one server, and what polls them."""

    def __init__(self, path: Path, *feeds: Feed) -> None:
        self.clock, self.store, self.feeds = LoopClock(), DirectStore(path), feeds
        self.fetcher = Refusing(self.clock)
        feed_poller = FeedPoller(self.store, self.fetcher, NoParser(), self.clock, Recognition())
        settings = CycleSettings(grouping=False, gap_of=lambda _: GAP, lease=LEASE)
        self.poller = Poller(self.store, self.clock, feed_poller, settings)

    async def poll(self, heed: Heed) -> list[PollResult]:
        return await self.poller.poll([feed.id for feed in self.feeds], heed=heed)


def in_room(path: Path, work: Callable[[Room], Coroutine[object, object, None]], *names: str) -> None:
    async def main() -> None:
        room = Room(path, *(make_feed(name, url=f"https://a.example/{name}") for name in names))
        await room.store.write(lambda tx: tx.feeds.synchronise(room.feeds, now=room.clock.now()))
        await work(room)
        await room.store.aclose()

    run(main())


def test_p28_a_blocked_feed_that_is_forced_twice_in_a_row_is_asked_twice_with_the_rest_between(tmp_path: Path) -> None:
    async def work(room: Room) -> None:
        for _ in range(3):
            (result,) = await room.poll(Heed.NOTHING)
            assert (result.outcome, result.status) == (Outcome.FAILED, 429)
        times = [at for _, at in room.fetcher.asked]
        assert len(times) == 3
        assert all(later - earlier >= GAP for earlier, later in pairwise(times))

    in_room(tmp_path / "a.db", work, "a")


def test_p28_a_named_feed_that_is_blocked_and_not_forced_waits_for_nothing(tmp_path: Path) -> None:
    async def work(room: Room) -> None:
        await room.poll(Heed.NOTHING)
        before = room.clock.now()
        (result,) = await room.poll(Heed.FRESHNESS)
        assert (result.outcome, result.skipped_until) == (Outcome.SKIPPED, NOON + timedelta(hours=1))
        assert (len(room.fetcher.asked), room.clock.now()) == (1, before)
        assert result.next_poll_at
        assert result.next_poll_at >= NOON + timedelta(hours=1)

    in_room(tmp_path / "a.db", work, "a")


def test_p12_a_429_to_a_forced_poll_spares_the_other_feeds_of_its_server(tmp_path: Path) -> None:
    async def work(room: Room) -> None:
        for asked in (1, 2):
            results = await room.poll(Heed.NOTHING)
            assert len(room.fetcher.asked) == asked
            (left,) = [result for result in results if result.outcome is Outcome.SKIPPED]
            assert "a.example:443 is left alone" in left.message
            assert left.skipped_until
            assert "--force" not in left.message

    in_room(tmp_path / "a.db", work, "a", "b")


def test_l1_a_forced_poll_that_another_process_stands_in_the_way_of_does_not_blame_an_old_ban(tmp_path: Path) -> None:
    async def work(room: Room) -> None:
        await room.poll(Heed.NOTHING)
        ids, later = [feed.id for feed in room.feeds], room.clock.now() + timedelta(minutes=1)
        await room.store.write(
            lambda tx: tx.feeds.claim(ids, now=later, groups=1, lease=LEASE, heed=Heed.NOTHING),
        )
        (result,) = await room.poll(Heed.NOTHING)
        assert result.outcome is Outcome.SKIPPED
        assert "another process polls a feed of its server" in result.message
        assert result.skipped_until is None

    in_room(tmp_path / "a.db", work, "a")
