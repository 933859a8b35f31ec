"""The laws of grouping, through the real store.

Copies: order of arrival, batches and detours change nothing. Stories: neither batches nor restarts do.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, cycle, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model.entry import Entry, ParsedEntry
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import EntryQuery
from aggregator.ports import Transaction
from aggregator.services.grouping import Grouping
from aggregator.storage.sqlite.store import SqliteStore
from tests.begun import as_begun, as_read_back
from tests.blank import open_blank
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.newswire import EVENTS, TEXTS, Grouped, Report, configure, correct, grouped, publish
from tests.newswire import FEEDS as SOURCES
from tests.newswire import called as retitled

FEEDS = ("a", "b", "c")
HEADLINES = ("iraq hosts military chiefs from iran", "rebels become officials under peace deal", "weather forecast")
TOO_SHORT = "Details follow."
"""To be nearly the same as another text: those are only looked for among what came in lately, whatever the order."""
WINDOW = timedelta(hours=48)
LATER = NOON + timedelta(days=365)
"""When everything is seen: `listed_at` is then the published time, whatever the order of arrival."""


@dataclass(frozen=True, kw_only=True)
class Story:
    """An entry, with what its feed first called it."""

    feed: str
    parsed: ParsedEntry
    first_headline: str
    """Equal to its headline unless the feed retitled it after it was seen."""


@st.composite
def stories(draw: st.DrawFn) -> list[Story]:
    made: list[Story] = []
    for number in range(draw(st.integers(2, 9))):
        headline = draw(st.sampled_from(HEADLINES))
        parsed = make_parsed_entry(
            str(number),
            headline=headline,
            text=TOO_SHORT,
            published_at=NOON + timedelta(hours=draw(st.sampled_from([0, 1, 30, 47, 80, 200, 500, 520]))),
            url_key=draw(st.sampled_from(["x/1", "x/2", f"x/own-{number}", f"y/own-{number}"])),
        )
        first = draw(st.sampled_from([headline, headline, *HEADLINES]))
        made.append(Story(feed=draw(st.sampled_from(FEEDS)), parsed=parsed, first_headline=first))
    return made


def called(parsed: ParsedEntry, headline: str) -> ParsedEntry:
    return replace(parsed, headline=headline, headline_key=headline, fingerprint=f"{headline}|{parsed.url}")


async def arrive(
    store: SqliteStore, batches: Sequence[Sequence[Story]]
) -> dict[str, tuple[str | None, frozenset[str]]]:
    """Let entries come batch by batch, retitle those that are to be; tell each one's lead and set, by guid."""
    await store.write(lambda tx: tx.feeds.synchronise([make_feed(name) for name in FEEDS], now=NOON))
    ids: dict[str, EntryId] = {}
    for batch in batches:
        for story in batch:
            new = EntryPlan(new=(called(story.parsed, story.first_headline),))
            (entry_id,) = await store.write(saving(story, new))
            ids[str(story.parsed.guid)] = entry_id
        await Grouping(store, window=timedelta(hours=48)).group_new()
        for story in batch:
            if story.first_headline != story.parsed.headline:
                final = called(story.parsed, story.parsed.headline)
                await store.write(saving(story, EntryPlan(changed=((ids[str(story.parsed.guid)], final),))))
        await Grouping(store, window=timedelta(hours=48)).group_new()
    page = await store.read(lambda tx: tx.entries.page(EntryQuery(with_copies=True, limit=1000)))
    leads = await store.read(lambda tx: tx.entries.page(EntryQuery(limit=1000)))
    return described(page.items, leads.items)


def saving(story: Story, plan: EntryPlan) -> Callable[[Transaction], list[EntryId]]:
    def work(tx: Transaction) -> list[EntryId]:
        return tx.entries.save(FeedId(story.feed), plan, now=LATER)

    return work


def described(entries: Sequence[Entry], leads: Sequence[Entry]) -> dict[str, tuple[str | None, frozenset[str]]]:
    by_set = {lead.copy_set: lead.guid for lead in leads}
    sets: dict[int, set[str]] = {}
    for entry in entries:
        sets.setdefault(entry.copy_set, set()).add(str(entry.guid))
    return {str(entry.guid): (by_set[entry.copy_set], frozenset(sets[entry.copy_set])) for entry in entries}


async def both_ways(made: list[Story], shuffled: list[Story], cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(shuffled)]
    batches = [shuffled[first:last] for first, last in pairwise(bounds)]
    settled = [replace(story, first_headline=story.parsed.headline) for story in made]
    with TemporaryDirectory() as folder:
        one, other = await open_blank(Path(folder) / "1.db"), await open_blank(Path(folder) / "2.db")
        try:
            assert await arrive(one, batches) == await arrive(other, [settled])
        finally:
            await one.aclose()
            await other.aclose()


@pytest.mark.slow
@settings(max_examples=60)
@given(st.data())
def test_sets_and_leads_are_the_same_whatever_the_order_the_batches_and_earlier_headlines(data: st.DataObject) -> None:
    made = data.draw(stories())
    shuffled = data.draw(st.permutations(made))
    cuts = data.draw(st.lists(st.integers(0, len(made)), max_size=4))
    asyncio.run(both_ways(made, shuffled, cuts))


# --- stories ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What comes between two times of grouping."""

    reports: tuple[Report, ...]
    corrections: tuple[tuple[int, str], ...]
    """Which of all reports that have come gets which headline."""


@st.composite
def polls(draw: st.DrawFn) -> list[Poll]:
    """Draw reports of few events, in no order of time, some of them copies by address, headline or text."""
    headlines = [headline for event in EVENTS[:3] for headline in event]
    made: list[Poll] = []
    for poll in range(draw(st.integers(1, 6))):
        reports = [_drawn(draw, f"{poll}-{number}", headlines) for number in range(draw(st.integers(0, 7)))]
        corrections = draw(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(headlines)), max_size=2))
        made.append(Poll(reports=tuple(reports), corrections=tuple(corrections)))
    return made


def _drawn(draw: st.DrawFn, name: str, headlines: Sequence[str]) -> Report:
    parsed = make_parsed_entry(
        name,
        published_at=NOON + timedelta(hours=draw(st.sampled_from([0, 1, 2, 5, 30, 47, 80, 100, 170, 300]))),
        text=draw(st.sampled_from(TEXTS)),
        url_key=draw(st.sampled_from(["x/1", *(f"x/own-{name}-{one}" for one in range(4))])),
    )
    feed = draw(st.sampled_from(SOURCES))
    return Report(feed=feed.id, parsed=retitled(parsed, draw(st.sampled_from(headlines))))


def grouping_with(store: SqliteStore, batch: int, seconds: int, outlined: int) -> Grouping:
    """Make a grouping with so much time a transaction; by its stopwatch a second passes whenever it looks.

    It holds as few stories as its batches have entries: the others are looked up.
    """
    within, ticking = timedelta(seconds=seconds), count(0.0).__next__
    return Grouping(store, window=WINDOW, batch=batch, held=batch, outlined=outlined, within=within, stopwatch=ticking)


async def group_polls(
    path: Path, made: Sequence[Poll], *, batch: int, restarts: Iterator[str], seconds: int = 1000, outlined: int = 1000
) -> Grouped:
    """Group after every poll, by one grouping, or by a new one after it was left or killed; `seconds` is what a transaction has time for.

    After so many entries as `outlined` is kept what the next one begins with.
    """
    store = await open_blank(path)
    try:
        await configure(store)
        grouping = grouping_with(store, batch, seconds, outlined)
        ids: list[EntryId] = []
        known: list[Report] = []
        for poll in made:
            ids += await publish(store, poll.reports)
            known += poll.reports
            for number, headline in poll.corrections:
                if known:
                    place = number % len(known)
                    await correct(store, ids[place], known[place], headline)
            end = next(restarts)
            if end == "left":
                await grouping.leave()
            if end:
                grouping = grouping_with(store, batch, seconds, outlined)
                assert await store.read(as_begun) == await store.read(as_read_back)
            await grouping.group_new()
        return await grouped(store)
    finally:
        await store.aclose()


async def in_two_ways(made: Sequence[Poll], batch: int, seconds: int, restarts: Sequence[str], outlined: int) -> None:
    with TemporaryDirectory() as folder:
        one = await group_polls(Path(folder) / "1.db", made, batch=500, restarts=cycle([""]))
        two = Path(folder) / "2.db"
        other = await group_polls(two, made, batch=batch, restarts=iter(restarts), seconds=seconds, outlined=outlined)
    assert other == one


@pytest.mark.slow
@settings(max_examples=60)
@given(
    polls(),
    st.sampled_from([1, 2, 3, 4, 50]),
    st.integers(1, 4),
    st.lists(st.sampled_from(["", "left", "killed"]), min_size=6, max_size=6),
    st.sampled_from([1, 3, 8, 1000]),
)
def test_neither_batches_nor_their_time_nor_restarts_change_a_story(
    made: list[Poll], batch: int, seconds: int, restarts: list[str], outlined: int
) -> None:
    asyncio.run(in_two_ways(made, batch, seconds, restarts, outlined))
