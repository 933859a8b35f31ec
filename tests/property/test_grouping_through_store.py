"""The law of copies, through the real store: order of arrival, batches and detours change nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
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
from aggregator.services.group import group_new
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import NOON, make_feed, make_parsed_entry

FEEDS = ("a", "b", "c")
HEADLINES = ("iraq hosts military chiefs from iran", "rebels become officials under peace deal", "weather forecast")
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
        await group_new(store, window=timedelta(hours=48))
        for story in batch:
            if story.first_headline != story.parsed.headline:
                final = called(story.parsed, story.parsed.headline)
                await store.write(saving(story, EntryPlan(changed=((ids[str(story.parsed.guid)], final),))))
        await group_new(store, window=timedelta(hours=48))
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
        one, other = await SqliteStore.open(Path(folder) / "1.db"), await SqliteStore.open(Path(folder) / "2.db")
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
