"""After a kill a process begins with what was outlined before, and what came since: it knows what one knows that reads back everything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.story import Apart, Together
from aggregator.services.grouping import Grouping
from aggregator.storage.sqlite.store import SqliteStore
from tests.begun import WINDOW, as_begun, as_read_back
from tests.blank import open_blank
from tests.newswire import EVENTS, Grouped, Report, configure, correct, fortnight, grouped, publish

pytestmark = pytest.mark.anyio

PARTS = 12
NEVER = 10**6
"""Entries after which an outline is kept."""
SHORT = StorySettings(
    idle=timedelta(hours=30), span=timedelta(hours=80), memory=timedelta(hours=60), late=timedelta(hours=20)
)
"""So that a fortnight sees much of what was read forgotten."""


def grouping(store: SqliteStore, outlined: int) -> Grouping:
    return Grouping(store, window=WINDOW, settings=SHORT, batch=7, held=5, outlined=outlined)


def parts(seed: int) -> list[list[Report]]:
    """Part a fortnight of news, some of which comes in late."""
    random, found = Random(seed), [list[Report]() for _ in range(PARTS)]
    reports = fortnight(seed)
    for place, report in enumerate(reports):
        late = random.choice((0, 0, 0, 1, 3))
        found[min(place * PARTS // len(reports) + late, PARTS - 1)].append(report)
    return found


async def run(path: Path, seed: int, *, outlined: int = NEVER, killed: bool = False, goes_on: bool = True) -> Grouped:
    """Group the parts one after another, correct, delete and rule meanwhile; `killed`: by a new process now and then.

    Only the first process keeps outlines unless it `goes_on`.
    """
    store, random = await open_blank(path), Random(seed)
    await configure(store)
    worker, known, ids = grouping(store, outlined), list[Report](), list[EntryId]()
    for part in parts(seed):
        ids += await publish(store, part)
        known += part
        await disturb(store, known, ids, random)
        if killed and Random(f"{seed} {len(known)}").random() < 2 / 3:
            worker = grouping(store, outlined if goes_on else NEVER)
        await worker.group_new()
        if killed:
            begun, read_back = (partial(each, settings=SHORT) for each in (as_begun, as_read_back))
            assert await store.read(begun) == await store.read(read_back)
    found = await grouped(store)
    await store.aclose()
    return found


async def disturb(store: SqliteStore, known: Sequence[Report], ids: Sequence[EntryId], random: Random) -> None:
    """Correct four entries, two of them in their address and in words that tell nothing; delete one or rule on two stories, now and then."""
    for number in range(min(4, len(ids))):
        place = random.randrange(len(ids))
        report, headline = known[place], random.choice(random.choice(EVENTS))
        if number % 2:
            # By its new address it is placed again; its headline and its terms are what they were.
            text = report.parsed.text.replace(" ", " and the ", 9)
            report = Report(feed=report.feed, parsed=replace(report.parsed, text=text, url_key=f"x/moved-{len(ids)}"))
            headline = report.parsed.headline
        if await store.read(lambda tx, place=place: tx.entries.get(ids[place])):  # type: ignore[misc]
            await correct(store, ids[place], report, headline)
    if not ids:
        return
    gone, one, other = (random.randrange(len(ids)) for _ in range(3))
    what = random.randrange(4)
    if what == 0:
        await store.write(lambda tx: tx.entries.remove(FeedId(known[gone].feed), [ids[gone]]))
    if what == 1 and one != other:
        first, second = frozenset([ids[one]]), frozenset([ids[other]])
        rulings = Together(entries=first | second), Apart(entries=first, others=second)
        ruling = random.choice(rulings)
        await store.write(lambda tx: tx.stories.rule(ruling))


@pytest.mark.parametrize("seed", range(4))
async def test_an_old_outline_and_what_came_since_are_all_that_is_stored(tmp_path: Path, seed: int) -> None:
    undisturbed = await run(tmp_path / "1.db", seed)
    outlined = Random(seed).choice((9, 20, 45))
    assert await run(tmp_path / "2.db", seed, outlined=outlined, killed=True) == undisturbed


async def test_an_outline_that_is_too_old_is_of_no_use(tmp_path: Path) -> None:
    undisturbed = await run(tmp_path / "1.db", 2)
    assert await run(tmp_path / "2.db", 2, outlined=3, killed=True, goes_on=False) == undisturbed
