"""What people rule about stories is true at once, and stays so whatever is grouped by whom."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from aggregator.errors import InputError
from aggregator.model.grouping import StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, EventKind, Pinned, Story, StoryEvent, Together
from aggregator.ports import Transaction
from aggregator.services.grouping import Grouping
from aggregator.services.story_rulings import TRIES, StoryRulings
from aggregator.storage.sqlite.store import SqliteStore
from tests.blank import open_blank
from tests.factories import NOON, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.newswire import FEEDS, SEEN_AT, Report, called, configure, grouped, publish

pytestmark = pytest.mark.anyio
T = TypeVar("T")
WINDOW = timedelta(hours=48)
QUAKE = (
    "Strong earthquake strikes northern Japan, tsunami warning issued",
    "Tsunami warning after strong earthquake hits northern Japan",
    "Japan issues tsunami warning as earthquake strikes north",
)
BUDGET = ("Parliament passes budget after night of debate", "After night of debate parliament approves budget")
LATER_QUAKE = "Northern Japan: strong earthquake, tsunami warning issued again"


def report(name: str, headline: str, *, hours: float) -> Report:
    parsed = make_parsed_entry(name, published_at=NOON + timedelta(hours=hours), text=f"{headline}.")
    return Report(feed=FEEDS[len(name) % len(FEEDS)].id, parsed=called(parsed, headline))


class Desk:
    """A server that groups, and a person beside it."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.grouping = Grouping(store, window=WINDOW)
        self.clock = ManualClock(SEEN_AT + timedelta(days=60))
        self.rulings = StoryRulings(store, self.clock, StorySettings())

    async def bring(self, *headlines: str, hours: float = 0) -> list[EntryId]:
        """Let entries come, a quarter of an hour apart, and group them."""
        reports = [
            report(f"{hours}-{number}-{'x' * number}", headline, hours=hours + number / 4)
            for number, headline in enumerate(headlines)
        ]
        ids = await publish(self.store, reports)
        await self.grouping.group_new()
        return ids

    async def story_of(self, entry: EntryId) -> StoryId:
        return (await grouped(self.store)).story_of(entry)

    async def story(self, story_id: StoryId) -> Story:
        found = await self.store.read(lambda tx: tx.stories.get(story_id))
        assert found
        return found


class Overtaken:
    """Implements `ports.Store`: after so many of its reads somebody else does something before the next write."""

    def __init__(self, store: SqliteStore, meanwhile: Callable[[], Awaitable[object]], *, times: int) -> None:
        self._store = store
        self._meanwhile = meanwhile
        self._left = times
        self.reads = 0

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self.reads += 1
        found = await self._store.read(work)
        if self._left:
            self._left -= 1
            await self._meanwhile()
        return found

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self._store.write(work)

    async def aclose(self) -> None:
        await self._store.aclose()


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[Desk]:
    store = await open_blank(folder / "news.db")
    try:
        await configure(store)
        yield Desk(store)
    finally:
        await store.aclose()


async def test_a_split_story_is_two_at_once_and_the_larger_part_keeps_its_number(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second, third = await desk.bring(*QUAKE)
        story = await desk.story_of(first)
        staying, leaving = await desk.rulings.split(story, [third])
        found = await grouped(desk.store)
        assert staying == story
        assert found.members[staying] == {first, second}
        assert found.members[leaving] == {third}
        assert found.story_of(third) == leaving != story


async def test_who_leaves_may_be_the_larger_part_which_keeps_the_number(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second, third = await desk.bring(*QUAKE)
        story = await desk.story_of(first)
        staying, leaving = await desk.rulings.split(story, [second, third])
        assert leaving == story
        assert (await grouped(desk.store)).members[staying] == {first}


async def test_what_was_split_does_not_come_together_again_in_a_running_server_nor_after_a_restart(
    tmp_path: Path,
) -> None:
    async with at_work(tmp_path) as desk:
        first, _, third = await desk.bring(*QUAKE)
        await desk.rulings.split(await desk.story_of(first), [third])
        await desk.bring("Strong earthquake hits northern Japan, tsunami warning", *BUDGET, hours=3)
        assert await desk.story_of(first) != await desk.story_of(third)
        desk.grouping = Grouping(desk.store, window=WINDOW)
        await desk.bring("Japan earthquake: tsunami warning in north", BUDGET[0] + " again", hours=6)
        assert await desk.story_of(first) != await desk.story_of(third)


async def test_merged_stories_are_one_at_once_the_older_stays_and_the_other_leads_to_it(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        quake, budget = await desk.bring(QUAKE[0], BUDGET[0])
        older, newer = await desk.story_of(quake), await desk.story_of(budget)
        assert older != newer
        kept = await desk.rulings.merge(newer, older)
        assert kept == older == await desk.story_of(budget)
        assert await desk.store.read(lambda tx: tx.stories.current(newer)) == older
        await desk.bring(BUDGET[1], QUAKE[1], hours=3)
        assert await desk.story_of(quake) == await desk.story_of(budget)


async def test_a_merge_takes_back_a_split(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second, third = await desk.bring(*QUAKE)
        staying, leaving = await desk.rulings.split(await desk.story_of(first), [third])
        kept = await desk.rulings.merge(staying, leaving)
        await desk.bring(*BUDGET, hours=3)
        assert (await grouped(desk.store)).members[kept] >= {first, second, third}


async def test_copies_that_were_split_stay_apart_also_when_one_more_comes(tmp_path: Path) -> None:
    """They stay copies of one another, and are listed once; what is ruled is about stories."""
    async with at_work(tmp_path) as desk:
        first, second = await desk.bring(QUAKE[0], QUAKE[0])
        assert (await grouped(desk.store)).copies[second] == CopySetId(first)
        await desk.rulings.split(await desk.story_of(first), [second])
        (third,) = await desk.bring(QUAKE[0], hours=2.25)
        found = await grouped(desk.store)
        assert found.story_of(first) != found.story_of(second)
        assert found.story_of(third) in {found.story_of(first), found.story_of(second)}


async def test_closed_stories_can_be_merged_and_split(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second = await desk.bring(*QUAKE[:2])
        (again,) = await desk.bring(LATER_QUAKE, hours=24 * 20)
        await desk.bring(*BUDGET, hours=24 * 40)
        found = await grouped(desk.store)
        older, newer = found.story_of(first), found.story_of(again)
        assert older != newer
        assert not {older, newer} & found.open
        assert await desk.rulings.merge(older, newer) == older
        assert (await grouped(desk.store)).members[older] == {first, second, again}
        staying, leaving = await desk.rulings.split(older, [second])
        await desk.bring("Frog found in Ecuador", hours=24 * 41)
        found = await grouped(desk.store)
        assert found.members[staying] == {first, again}
        assert found.members[leaving] == {second}
        assert not {staying, leaving} & found.open, "it is long past, and closes again"


async def test_a_pinned_story_still_takes_entries_and_says_that_it_is_pinned(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, _ = await desk.bring(*QUAKE[:2])
        story = await desk.story_of(first)
        assert await desk.rulings.pin(story) == 2
        assert await is_pinned(desk, story)
        (third,) = await desk.bring(QUAKE[2], hours=1)
        assert await desk.story_of(third) == story
        assert await desk.rulings.unpin(story) == 3
        assert not await is_pinned(desk, story)
        with pytest.raises(InputError, match=f"^story {story} is not pinned$"):
            await desk.rulings.unpin(story)


async def is_pinned(desk: Desk, story_id: StoryId) -> bool:
    return (await desk.story(story_id)).is_pinned


async def test_what_a_person_rules_happens_when_they_do_though_no_entry_came(tmp_path: Path) -> None:
    """Who subscribes to the story's feed is told by its date that it is another one now."""
    async with at_work(tmp_path) as desk:
        first, second, third = await desk.bring(*QUAKE)
        before = await desk.story(await desk.story_of(first))
        at = desk.clock.now()
        staying, leaving = await desk.rulings.split(before.id, [third])
        for story_id in (staying, leaving):
            split = await desk.story(story_id)
            assert (split.updated_at, new_events(split, before)[0].kind) == (at, EventKind.SPLIT)
            assert {event.at for event in new_events(split, before)} == {at}
        assert (await desk.story(staying)).events[: len(before.events) - 1] == before.events[:-1], (
            "what was is as it was"
        )
        desk.clock.move(timedelta(hours=1))
        kept = await desk.story(await desk.rulings.merge(staying, leaving))
        (merged,) = (event for event in kept.events if event.kind is EventKind.MERGED)
        assert merged.at == kept.updated_at == at + timedelta(hours=1)
        (late,) = await desk.bring("Northern Japan: earthquake strikes, tsunami warning issued", hours=2.5)
        assert (await desk.story(kept.id)).updated_at == kept.updated_at, "the engine goes on from there"
        assert {first, second, third, late} <= (await grouped(desk.store)).members[kept.id]


def new_events(story: Story, before: Story) -> list[StoryEvent]:
    return [event for event in story.events if event not in before.events]


async def test_what_a_person_rules_of_closed_stories_happens_when_they_do(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        quake, budget = await desk.bring(QUAKE[0], BUDGET[0])
        older, newer = await desk.story_of(quake), await desk.story_of(budget)
        await desk.bring("Frog found in Ecuador", hours=24 * 40)
        assert await desk.rulings.merge(older, newer) == older
        merged = await desk.story(older)
        assert merged.updated_at == desk.clock.now()
        await desk.bring("Museum returns bronzes", hours=24 * 50)
        closed = await desk.story(older)
        assert (closed.is_open, closed.updated_at, closed.events) == (False, merged.updated_at, merged.events)


@pytest.mark.parametrize("times", [0, 1, TRIES - 1, TRIES])
async def test_a_ruling_holds_however_often_others_group_while_it_is_prepared(tmp_path: Path, times: int) -> None:
    """At last, it is prepared while nobody else may write; nothing that came meanwhile is lost."""
    async with at_work(tmp_path) as desk:
        first, _, third = await desk.bring(*QUAKE)
        came: list[EntryId] = []

        async def meanwhile() -> None:
            came.extend(await desk.bring(LATER_QUAKE, hours=1 + len(came)))

        store = Overtaken(desk.store, meanwhile, times=times)
        rulings = StoryRulings(store, desk.clock, StorySettings())
        staying, leaving = await rulings.split(await desk.story_of(first), [third])
        found = await grouped(desk.store)
        assert store.reads == min(times + 1, TRIES)
        assert (found.story_of(first), found.story_of(third)) == (staying, leaving)
        assert len(came) == times
        assert all(found.story_of(each) in {staying, leaving} for each in came)


async def test_nothing_that_takes_long_is_read_while_others_cannot_write_also_where_rules_have_changed(
    tmp_path: Path,
) -> None:
    statements: list[str] = []
    async with at_work(tmp_path) as desk:
        first, _, third = await desk.bring(*QUAKE)
        watched = await SqliteStore.open(tmp_path / "news.db", tracer=lambda sql, _: statements.append(sql))
        try:
            statements.clear()
            rulings = StoryRulings(watched, desk.clock, replace(StorySettings(), body_terms=20))
            await rulings.split(await desk.story_of(first), [third])
        finally:
            await watched.aclose()
    (begin,) = (number for number, sql in enumerate(statements) if sql.startswith("BEGIN IMMEDIATE"))
    reading = [
        number for number, sql in enumerate(statements) if "FROM story_readings AS r" in sql or "entry_texts" in sql
    ]
    assert len(reading) == 2, "what was read, and, since that was by other rules, the texts"
    assert max(reading) < begin


async def test_reasons_are_those_of_today_with_what_was_ruled(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second, third = await desk.bring(*QUAKE)
        story = await desk.story_of(first)
        await desk.rulings.pin(story)
        await desk.rulings.split(story, [third])
        reasons = await desk.rulings.reasons(story)
        assert reasons.placements.keys() == {first, second}
        assert reasons.size == 2
        assert 0.3 < reasons.placements[first].score <= 1
        assert {"earthquake", "tsunami"} <= {word.lower() for word in reasons.placements[first].words}
        assert reasons.rulings == (
            Pinned(entries=frozenset({first, second, third})),
            Apart(entries=frozenset({third}), others=frozenset({first, second})),
        )


async def test_reasons_of_a_closed_story_are_what_was_ruled_alone(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        quake, budget = await desk.bring(QUAKE[0], BUDGET[0])
        kept = await desk.rulings.merge(await desk.story_of(quake), await desk.story_of(budget))
        await desk.bring("Frog found in Ecuador", hours=24 * 40)
        reasons = await desk.rulings.reasons(kept)
        assert (reasons.placements, reasons.rulings) == ({}, (Together(entries=frozenset({quake, budget})),))
        assert reasons.size == 2


async def test_a_ruling_that_cannot_be_says_why_and_changes_nothing(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second, budget = await desk.bring(*QUAKE[:2], BUDGET[0])
        story, other = await desk.story_of(first), await desk.story_of(budget)
        before, mark = await grouped(desk.store), await desk.store.read(lambda tx: tx.stories.mark())
        for ruling, message in (
            (desk.rulings.split(StoryId(99), [first]), "there is no story 99; `aggregator stories list` shows"),
            (desk.rulings.split(story, [budget]), f"story {story} has no entry {budget}; it has {first}, {second}$"),
            (desk.rulings.split(story, [first, second]), f"story {story} has no other entry; name fewer of its 2"),
            (desk.rulings.merge(story, story), f"story {story} can't be merged with itself"),
        ):
            with pytest.raises(InputError, match=message):
                await ruling
        with pytest.raises(InputError, match="no story 99"):
            await desk.rulings.pin(StoryId(99))
        assert await grouped(desk.store) == before
        assert await desk.store.read(lambda tx: tx.stories.mark()) == mark
        await desk.rulings.merge(story, other)
        with pytest.raises(InputError, match=f"^story {other} has merged into story {story}; name that one$"):
            await desk.rulings.split(other, [budget])
