"""Digests are made when their time comes: once, of what is grouped, also after the machine was off."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from aggregator.errors import QueryError
from aggregator.model.digest import DigestPlan, SectionKind
from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import FeedId
from aggregator.model.poll import EntryPlan
from aggregator.ports import Transaction
from aggregator.services.digest import PATIENCE, Digests
from aggregator.services.grouping import Grouping
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import make_feed, make_parsed_entry
from tests.manual_clock import ManualClock

pytestmark = pytest.mark.anyio
T = TypeVar("T")
SIX = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MAILED = DigestPlan(recipients=("reader@example.org",))
HEADLINES = (
    "Museum returns looted bronzes to Nigeria",
    "Frog found in Ecuador cloud forest",
    "Central bank raises interest rates",
    "Ferry runs aground off Norwegian coast",
    "Parliament passes budget after long debate",
)


class Desk:
    """A database with one feed, and what makes its digests."""

    def __init__(self, store: SqliteStore, *plans: DigestPlan, zone: str = "UTC") -> None:
        self.store = store
        self.zone = ZoneInfo(zone)
        self.clock = ManualClock(SIX)
        self.digests = self.colleague(*plans)
        self.headlines: Sequence[str] = HEADLINES
        self._told = 0

    def colleague(self, *plans: DigestPlan) -> Digests:
        return Digests(self.store, self.clock, self.zone, plans=plans or [MAILED], title="Site")

    async def publish(self, at: datetime, *, seen: datetime | None = None, grouped: bool = True) -> None:
        entry = self._entry(at)
        plan = EntryPlan(new=(entry,))
        await self.store.write(lambda tx: tx.entries.save(FeedId("feed"), plan, now=seen or at))
        if grouped:
            await self.group()

    async def group(self) -> None:
        await Grouping(self.store, window=2 * DAY).group_new()

    def _entry(self, at: datetime) -> ParsedEntry:
        headline = self.headlines[self._told % len(self.headlines)]
        self._told += 1
        return make_parsed_entry(f"{self._told}", headline=headline, text=headline, published_at=at)

    async def mails(self) -> int:
        return len(await self.store.read(lambda tx: tx.mails.due(now=self.clock.now() + 99 * DAY, limit=99)))


class ReadThen:
    """A store (`ports.Store`) in which something happens after every read, before whoever read can write."""

    def __init__(self, store: SqliteStore, happens: Callable[[], Awaitable[None]]) -> None:
        self._happens = happens
        self._reads = 0
        self._store = store
        self.write = store.write
        self.aclose = store.aclose

    async def read(self, work: Callable[[Transaction], T]) -> T:
        found = await self._store.read(work)
        self._reads += 1
        if self._reads == 2:  # the first asks for the newest digest, the second chooses
            await self._happens()
        return found


@asynccontextmanager
async def desk(folder: Path, *plans: DigestPlan, zone: str = "UTC") -> AsyncIterator[Desk]:
    store = await open_blank(folder / "news.db")
    try:
        await store.write(lambda tx: tx.feeds.synchronise([make_feed("feed", publisher="Gazette")], now=SIX))
        yield Desk(store, *plans, zone=zone)
    finally:
        await store.aclose()


async def test_a_digest_is_made_when_its_period_ends_and_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        room.clock.at = SIX - timedelta(seconds=1)
        assert await room.digests.seal_due() == ()
        room.clock.at = SIX
        (digest,) = await room.digests.seal_due()
        assert (digest.date, digest.title, digest.stories, digest.entries, digest.publishers) == (
            SIX.date(),
            "Site",
            1,
            1,
            1,
        )
        assert [section.kind for section in digest.sections] == [SectionKind.TOP]
        assert await room.digests.seal_due() == ()
        assert await room.digests.get("daily", SIX.date()) == digest
        assert await room.mails() == 1


async def test_before_the_first_news_no_digest_is_made(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        assert await room.digests.seal_due() == ()
        await room.publish(SIX - HOUR, seen=SIX + HOUR)
        assert len(await room.digests.seal_due()) == 1


async def test_a_day_without_news_has_a_digest_that_nobody_is_mailed(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        await room.digests.seal_due()
        room.clock.move(DAY)
        (empty,) = await room.digests.seal_due()
        assert empty.sections == ()
        assert await room.mails() == 1


async def test_sealing_waits_for_entries_of_the_period_that_are_not_grouped(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR, grouped=False)
        assert await room.digests.seal_due() == ()
        await room.group()
        await room.publish(SIX, grouped=False)
        assert len(await room.digests.seal_due()) == 1


async def test_sealing_waits_no_longer_than_an_hour(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - 2 * HOUR)
        await room.publish(SIX - HOUR, grouped=False)
        room.clock.at = SIX + PATIENCE - timedelta(seconds=1)
        assert await room.digests.seal_due() == ()
        room.clock.at = SIX + PATIENCE
        (digest,) = await room.digests.seal_due()
        assert len(digest.items) == 1


async def test_missed_days_are_made_at_the_next_start_and_late_ones_are_not_mailed(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        await room.digests.seal_due()
        for day in range(1, 5):
            await room.publish(SIX - HOUR + day * DAY, seen=SIX + 5 * DAY)
        room.clock.at = SIX + 5 * DAY
        made = await room.colleague(MAILED).seal_due()
        assert [digest.date.day for digest in made] == [11, 12, 13, 14, 15]
        assert [len(digest.items) for digest in made] == [1, 1, 1, 1, 0]
        # The first and the days that ended three days ago or later, but for the empty one.
        assert await room.mails() == 1 + 3


async def test_news_that_came_in_too_late_is_told_the_next_day(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - 2 * HOUR)
        await room.digests.seal_due()
        await room.publish(SIX - HOUR, seen=SIX + HOUR)
        room.clock.move(DAY)
        (digest,) = await room.digests.seal_due()
        assert [item.headline for item in digest.items] == [HEADLINES[1]]


async def test_news_that_comes_in_while_a_digest_is_chosen_is_kept_at_once_and_told_the_next_day(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        choosing = ReadThen(room.store, lambda: room.publish(SIX - 2 * HOUR, seen=SIX))
        slow = Digests(choosing, room.clock, room.zone, plans=[MAILED], title="Site")
        (digest,) = await slow.seal_due()
        assert [item.headline for item in digest.items] == [HEADLINES[0]]
        room.clock.at = SIX + DAY
        (following,) = await room.digests.seal_due()
        assert [item.headline for item in following.items] == [HEADLINES[1]]


async def test_two_processes_make_one_digest(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        made = await asyncio.gather(*(room.colleague(MAILED).seal_due() for _ in range(3)))
        assert sorted(map(len, made)) == [0, 0, 1]
        assert await room.mails() == 1


async def test_a_sealed_digest_stays_as_it_was_and_its_stories_are_not_told_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        (first,) = await room.digests.seal_due()
        for number in range(len(HEADLINES)):
            await room.publish(SIX + (number + 1) * HOUR)
        room.clock.move(DAY)
        (second,) = await room.digests.seal_due()
        assert await room.digests.get("daily", first.date) == first
        assert {item.story for item in first.items}.isdisjoint(item.story for item in second.items)


async def test_the_running_period_can_be_foretold_and_nothing_is_kept(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.publish(SIX - HOUR)
        await room.digests.seal_due()
        room.clock.move(3 * HOUR)
        await room.publish(SIX + 2 * HOUR)
        preview = await room.digests.preview()
        assert (preview.start, preview.end, preview.date) == (SIX, SIX + 3 * HOUR, (SIX + DAY).date())
        assert [item.headline for item in preview.items] == [HEADLINES[1]]
        assert [line.date for line in await room.digests.lines(limit=9)] == [SIX.date()]
        room.clock.at = SIX
        assert (await room.digests.preview()).sections == ()


async def test_a_preview_lasts_as_long_as_is_said_and_no_longer_than_its_period(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        digests = Digests(room.store, room.clock, room.zone, previews_last=timedelta(minutes=1))
        await room.publish(SIX - HOUR)
        room.clock.at = SIX - timedelta(seconds=40)
        first = await digests.preview()
        await room.publish(SIX - HOUR)
        room.clock.move(timedelta(seconds=39))
        assert await digests.preview() is first
        room.clock.move(timedelta(seconds=5))
        assert (await digests.preview()).date == first.date + DAY, "its period is over, the minute is not"


async def test_a_preview_that_is_a_minute_old_is_given_while_another_is_made(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        digests = Digests(room.store, room.clock, room.zone, previews_last=timedelta(minutes=1))
        room.clock.at = SIX + HOUR
        assert (await digests.preview()).items == ()
        await room.publish(SIX + HOUR / 2)
        room.clock.at = SIX + HOUR + timedelta(seconds=59)
        assert (await digests.preview()).items == ()
        room.clock.move(timedelta(seconds=1))
        assert (await digests.preview()).items == ()
        await digests.settle()
        assert [item.headline for item in (await digests.preview()).items] == [HEADLINES[0]]


async def test_a_preview_that_is_ten_minutes_old_is_not_given_any_more(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        digests = Digests(room.store, room.clock, room.zone, previews_last=timedelta(minutes=1))
        room.clock.at = SIX + HOUR
        assert (await digests.preview()).items == ()
        await room.publish(SIX + HOUR / 2)
        room.clock.move(timedelta(minutes=10))
        assert [item.headline for item in (await digests.preview()).items] == [HEADLINES[0]]


async def test_a_preview_that_several_want_at_once_is_made_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        digests = Digests(room.store, room.clock, room.zone, previews_last=timedelta(minutes=1))
        first, second = await asyncio.gather(digests.preview(), digests.preview())
        assert first is second


async def test_several_plans_are_made_each_at_its_time(tmp_path: Path) -> None:
    weekly = DigestPlan(name="weekly", title="The week", at=time(18), weekday=1)
    async with desk(tmp_path, DigestPlan(), weekly) as room:
        for day in range(3):
            await room.publish(SIX - HOUR - day * DAY)
        assert [digest.name for digest in await room.digests.seal_due()] == ["daily"]
        room.clock.at = SIX + 12 * HOUR
        (digest,) = await room.digests.seal_due()
        assert (digest.name, digest.title, len(digest.items)) == ("weekly", "The week", 3)


async def test_a_plan_that_there_is_not_is_named_with_those_that_there_are(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        with pytest.raises(QueryError, match="no digest called 'wekly'; there are: daily"):
            await room.digests.preview("wekly")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Beirut"])
@pytest.mark.parametrize(("first", "hours"), [("2026-03-27", (24, 23, 24)), ("2026-10-23", (24, 25, 24))])
async def test_where_the_clock_changes_every_hour_of_news_is_told_once(
    tmp_path: Path, zone: str, first: str, hours: tuple[int, ...]
) -> None:
    begin = datetime.fromisoformat(f"{first}T06:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    async with desk(tmp_path, zone=zone) as room:
        room.headlines = [f"Borough{number} council{number} elects mayor{number}" for number in range(99)]
        for past in range(sum(hours)):
            await room.publish(begin + past * HOUR + HOUR / 2)
            room.clock.at = begin + (past + 1) * HOUR
            await room.digests.seal_due()
        made = list(reversed(await room.digests.page(limit=9)))
        assert [(digest.end - digest.start) / HOUR for digest in made] == list(hours)
        assert [digest.stories for digest in made] == list(hours)
        assert await room.mails() == len(made)
