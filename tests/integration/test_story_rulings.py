"""What people rule about stories is true at once, and stays so whatever is grouped by whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.errors import InputError
from aggregator.model.grouping import StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, Pinned, Together
from aggregator.services.grouping import Grouping
from aggregator.services.story_rulings import StoryRulings
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_parsed_entry
from tests.newswire import FEEDS, Report, called, configure, grouped, publish

pytestmark = pytest.mark.anyio
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
        self.rulings = StoryRulings(store, StorySettings())

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


@asynccontextmanager
async def at_work(folder: Path) -> AsyncIterator[Desk]:
    store = await SqliteStore.open(folder / "news.db")
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
    story = await desk.store.read(lambda tx: tx.stories.get(story_id))
    assert story
    return story.is_pinned


async def test_reasons_are_those_of_today_with_what_was_ruled(tmp_path: Path) -> None:
    async with at_work(tmp_path) as desk:
        first, second, third = await desk.bring(*QUAKE)
        story = await desk.story_of(first)
        await desk.rulings.pin(story)
        await desk.rulings.split(story, [third])
        reasons = await desk.rulings.reasons(story)
        assert reasons.placements.keys() == {first, second}
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
