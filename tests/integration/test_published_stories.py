"""From entries that come in to stories that are read: the real engine and database, through the pages and feeds."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.services.grouping import Grouping
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newsroom import Newsroom, newsroom

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
RWANDA = "'Hotel Rwanda' hero Rusesabagina found guilty of terrorism charges"
BLAST = "Killer blast strikes market in Idlib as regime troops advance on rebel towns"
TRENCHES = "Hayat Tahrir Al-Sham digs trenches around Idlib and rebel villages before winter"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Newsroom]:
    async with newsroom(tmp_path) as made:
        await made.configure(*(make_feed(name, title=name, publisher=name.title()) for name in ("one", "two", "three")))
        yield made


class Desk:
    """Takes entries in as polls do."""

    def __init__(self, room: Newsroom) -> None:
        self._room = room
        self._grouping = Grouping(room.store, window=timedelta(hours=48))

    async def take(self, feed: str, *new: ParsedEntry, at: datetime) -> list[EntryId]:
        ids = await self._room.store.write(lambda tx: tx.entries.save(FeedId(feed), EntryPlan(new=new), now=at))
        await self._grouping.group_new()
        return ids

    async def change(self, feed: str, entry_id: EntryId, entry: ParsedEntry, *, at: datetime) -> None:
        await self._room.change(feed, entry_id, entry, at=at)
        await self._grouping.group_new()


def report(name: str, headline: str, *, hours: float = 0) -> ParsedEntry:
    return make_parsed_entry(
        name, headline=headline, text=f"{headline}.", published_at=NOON + hours * HOUR, guid=f"tag:news.example,{name}"
    )


async def _stories(room: Newsroom) -> list[dict[str, Any]]:
    response = await room.get("/stories.json")
    items: list[dict[str, Any]] = json.loads(response.text)["items"]
    return items


async def test_a_second_publisher_changes_the_story_and_another_entry_of_the_first_does_not(room: Newsroom) -> None:
    desk = Desk(room)
    await desk.take("one", report("1", RWANDA), at=NOON)
    (alone,) = await _stories(room)
    await desk.take("one", report("2", f"{RWANDA}, court says", hours=1), at=NOON + HOUR)
    (again,) = await _stories(room)
    assert (again["id"], again["date_modified"]) == (alone["id"], alone["date_modified"])
    await desk.take(
        "two", report("3", "Hotel Rwanda hero Rusesabagina guilty of terrorism", hours=2), at=NOON + 2 * HOUR
    )
    (joined,) = await _stories(room)
    assert (joined["id"], joined["date_published"]) == (alone["id"], alone["date_published"])
    assert joined["date_modified"] == "2026-03-10T14:00:00Z"
    assert joined["_aggregator"]["coverage"] == 2
    assert "Two: " in joined["content_html"]


async def test_a_publisher_that_is_called_otherwise_now_is_not_one_more(room: Newsroom) -> None:
    await Desk(room).take("one", report("1", RWANDA), at=NOON)
    (alone,) = await _stories(room)
    await room.configure(
        make_feed("one", title="one", publisher="The One"),
        *(make_feed(name, title=name, publisher=name.title()) for name in ("two", "three")),
    )
    desk = Desk(room)
    await desk.take("one", report("2", f"{RWANDA}, court says", hours=1), at=NOON + HOUR)
    (again,) = await _stories(room)
    assert again["_aggregator"]["coverage"] == 1
    assert again["_aggregator"]["entries"] == 2
    assert again["date_modified"] == alone["date_modified"]
    await desk.take(
        "two", report("3", "Hotel Rwanda hero Rusesabagina guilty of terrorism", hours=2), at=NOON + 2 * HOUR
    )
    (joined,) = await _stories(room)
    assert joined["date_modified"] != alone["date_modified"]


async def test_a_reader_finds_the_story_from_the_front_page_and_from_every_entry_of_it(room: Newsroom) -> None:
    desk = Desk(room)
    (first,) = await desk.take("one", report("1", RWANDA), at=NOON)
    (second,) = await desk.take("two", report("2", RWANDA.upper(), hours=1), at=NOON + HOUR)
    (other,) = await desk.take("three", report("3", "Wheat harvest falls short in dry summer", hours=1), at=NOON + HOUR)
    (shared,) = [item for item in await _stories(room) if item["_aggregator"]["coverage"] == 2]
    page = shared["_aggregator"]["page"].removeprefix("https://news.example")
    for path in ("/", f"/entries/{first}", f"/entries/{second}"):
        assert f'href="{page}"' in (await room.get(path)).text, path
    assert f'href="{page}"' not in (await room.get(f"/entries/{other}")).text
    whole = (await room.get(page)).text
    assert "2 publishers report this" in whole
    assert f'href="/entries/{second}"' in whole


async def test_stories_on_one_subject_are_related_everywhere_and_nothing_else_is(room: Newsroom) -> None:
    desk = Desk(room)
    (miners,) = await desk.take("three", report("3", "Hope fades for miners trapped underground"), at=NOON)
    (blast,) = await desk.take("one", report("1", BLAST), at=NOON)
    (trenches,) = await desk.take("two", report("2", TRENCHES, hours=1), at=NOON + HOUR)
    items = json.loads((await room.get("/feed.json")).text)["items"]
    related = {
        int(item["_aggregator"]["page"].rpartition("/")[2]): [
            other["title"] for other in item["_aggregator"].get("related", [])
        ]
        for item in items
    }
    assert related == {blast: [TRENCHES], trenches: [BLAST], miners: []}
    assert "Related Stories" in (await room.get(f"/entries/{trenches}")).text


async def test_a_corrected_headline_stands_in_the_timeline(room: Newsroom) -> None:
    desk = Desk(room)
    (entry,) = await desk.take("one", report("1", "Quake of magnitude 6.1 strikes off Honshu"), at=NOON)
    await desk.change("one", entry, report("1", "Quake of magnitude 6.8 strikes off Honshu"), at=NOON + HOUR)
    (story,) = await _stories(room)
    page = (await room.get(story["_aggregator"]["page"].removeprefix("https://news.example"))).text
    assert "Quake of magnitude 6.1 strikes off Honshu" in page
    assert "another number" not in page, "the headline shows it"
    assert story["date_modified"] == "2026-03-10T13:00:00Z", "a changed number is news"
