"""Bringing images to readers: each once, and none again at once that failed."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.fetch import Failed, FailureKind
from aggregator.model.media import ImageOutcome, NotAnImage
from aggregator.services.images import AT_ONCE, BUSY, FAILED_FOR, KEPT, MOST, REFUSED_FOR, Failures, ReaderImages
from tests.factories import NOON
from tests.manual_clock import ManualClock
from tests.pictures import MISSING, SLOW, MemoryCache, ScriptedImages, image

pytestmark = pytest.mark.anyio

URL = "https://img.example/a.png"
LIMITED = Failed(kind=FailureKind.STATUS, message="HTTP 429", status=429)


class Room:
    """What is tested, and what stands around it."""

    def __init__(self, outcome: ImageOutcome | None = None) -> None:
        self.publisher = ScriptedImages(outcome)
        self.cache = MemoryCache()
        self.clock = ManualClock()
        self.images = ReaderImages(self.publisher, self.cache, self.clock)

    async def asks_again_after(self, pause: timedelta) -> bool:
        before = len(self.publisher.asked)
        self.clock.move(pause)
        await self.images.get(URL)
        return len(self.publisher.asked) > before


async def test_an_image_is_fetched_once_and_then_kept() -> None:
    room = Room()
    assert await room.images.get(URL) == image()
    assert await room.images.get(URL) == image()
    assert room.publisher.asked == [(URL, False)]
    assert not await room.asks_again_after(KEPT - timedelta(seconds=1))
    assert await room.asks_again_after(timedelta(seconds=1))


async def test_a05_no_private_address_is_opened_for_an_image() -> None:
    room = Room()
    await room.images.get("http://127.0.0.1/a.png")
    assert room.publisher.asked == [("http://127.0.0.1/a.png", False)]


async def test_readers_who_come_together_share_one_request() -> None:
    room = Room()
    room.publisher.open.clear()
    waiting = [asyncio.create_task(room.images.get(URL)) for _ in range(10)]
    await asyncio.sleep(0.01)
    room.publisher.open.set()
    assert await asyncio.gather(*waiting) == [image()] * 10
    assert len(room.publisher.asked) == 1


async def test_a_reader_who_goes_takes_the_image_from_nobody() -> None:
    room = Room()
    room.publisher.open.clear()
    first, second = (asyncio.create_task(room.images.get(URL)) for _ in range(2))
    await asyncio.sleep(0.01)
    first.cancel()
    room.publisher.open.set()
    assert await second == image()
    assert len(room.publisher.asked) == 1


async def test_so_many_are_brought_at_once_and_beyond_those_that_wait_readers_are_sent_away() -> None:
    room = Room()
    room.publisher.open.clear()
    urls = [f"https://img-{number}.example/a.png" for number in range(MOST)]
    waiting = [asyncio.create_task(room.images.get(url)) for url in urls]
    await asyncio.sleep(0.01)
    assert room.publisher.most_at_once == AT_ONCE
    assert await room.images.get(f"{URL}?more") is BUSY
    room.publisher.open.set()
    assert await asyncio.gather(*waiting) == [image()] * MOST
    assert room.publisher.most_at_once == AT_ONCE
    assert await room.images.get(f"{URL}?more") == image()


async def test_p15_a_server_is_asked_for_one_image_at_a_time_and_holds_up_no_other() -> None:
    room = Room()
    room.publisher.open.clear()
    slow = [asyncio.create_task(room.images.get(f"https://{number}.slow.example/a.png")) for number in range(20)]
    await asyncio.sleep(0.01)
    assert room.publisher.at_once == 1, "one registrable domain is one server"
    other = asyncio.create_task(room.images.get(URL))
    await asyncio.sleep(0.01)
    assert room.publisher.at_once == 2
    room.publisher.open.set()
    assert await asyncio.gather(*slow, other) == [image()] * 21
    assert room.publisher.most_at_once == 2


async def test_nobody_waits_for_ever_and_what_comes_later_is_kept() -> None:
    room = Room()
    images = ReaderImages(room.publisher, room.cache, room.clock, longest_wait=timedelta(seconds=0.01))
    room.publisher.open.clear()
    assert await images.get(URL) is BUSY
    room.publisher.open.set()
    await asyncio.sleep(0.01)
    assert room.cache.kept[URL].image == image()


@pytest.mark.parametrize(
    ("outcome", "pause"),
    [
        (SLOW, FAILED_FOR),
        (Failed(kind=FailureKind.NETWORK, message=""), FAILED_FOR),
        (Failed(kind=FailureKind.STATUS, message="", status=500), FAILED_FOR),
        (LIMITED, REFUSED_FOR),
        (MISSING, REFUSED_FOR),
        (NotAnImage(message=""), REFUSED_FOR),
        (Failed(kind=FailureKind.REFUSED_ADDRESS, message=""), REFUSED_FOR),
        (Failed(kind=FailureKind.TOO_LARGE, message=""), REFUSED_FOR),
    ],
)
async def test_what_failed_is_left_alone_for_a_while(outcome: ImageOutcome, pause: timedelta) -> None:
    room = Room(outcome)
    assert await room.images.get(URL) == outcome
    assert await room.images.get(URL) == outcome
    assert not await room.asks_again_after(pause - timedelta(seconds=1))
    assert await room.asks_again_after(timedelta(seconds=1))
    assert room.cache.kept == {}


async def test_a_server_that_is_asked_too_much_is_not_asked_for_its_other_images() -> None:
    room = Room(LIMITED)
    await room.images.get(URL)
    assert await room.images.get("https://img.example/other.png") == LIMITED
    await room.images.get("https://elsewhere.example/a.png")
    assert [url for url, _ in room.publisher.asked] == [URL, "https://elsewhere.example/a.png"]


async def test_p12_retry_after_is_obeyed_for_a_day_at_most() -> None:
    room = Room(replace(LIMITED, headers={"retry-after": "7200"}))
    await room.images.get(URL)
    assert not await room.asks_again_after(timedelta(seconds=7199))
    assert await room.asks_again_after(timedelta(seconds=1))
    room.publisher.outcome = replace(LIMITED, headers={"retry-after": "99999999"})
    assert await room.asks_again_after(timedelta(hours=2))
    assert not await room.asks_again_after(timedelta(hours=24) - timedelta(seconds=1))
    assert await room.asks_again_after(timedelta(seconds=1))


async def test_what_waits_for_its_turn_hears_that_a_server_wants_to_be_left_alone() -> None:
    room = Room(LIMITED)
    outcomes = await asyncio.gather(*(room.images.get(f"{URL}?{number}") for number in range(20)))
    assert outcomes == [LIMITED] * 20
    assert len(room.publisher.asked) == 1


async def test_when_it_is_closed_nothing_goes_on() -> None:
    room = Room()
    room.publisher.open.clear()
    waiting = asyncio.create_task(room.images.get(URL))
    await asyncio.sleep(0.01)
    await room.images.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert room.publisher.at_once == 0


def test_only_so_many_failures_are_remembered() -> None:
    failures = Failures(most=2)
    for name in "abc":
        failures.note(name, MISSING, now=NOON)
    assert [failures.of(name, now=NOON) for name in "abc"] == [None, MISSING, MISSING]
