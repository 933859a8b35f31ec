"""Searching through the store gives what reading every entry would give, in order, page by page, every entry once."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model.copies import CopyAssignment
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import Cursor
from aggregator.model.search import Found, Rank, SearchQuery, Sort
from aggregator.ports import Store, Transaction
from aggregator.text.search_language import parse
from tests.blank import open_blank
from tests.factories import NOON, make_feed, make_parsed_entry

HOUR = timedelta(hours=1)
FEEDS = ("a", "b", "c")


class Said(NamedTuple):
    feed: str
    words: str
    hours: int
    """Between when it was published and when it came."""
    copies: int | None
    """The entry before it that it repeats."""


saids = st.lists(
    st.builds(
        Said,
        feed=st.sampled_from(FEEDS),
        words=st.sampled_from(["gale", "gale storm", "storm", "sun", "東京 gale", "Gales"]),
        hours=st.integers(0, 50),
        copies=st.none() | st.integers(0, 20),
    ),
    max_size=24,
)
QUERIES: dict[str, Callable[[str, str], bool]] = {
    "gale": lambda words, feed: "gale" in words.split(),
    "gale -storm": lambda words, feed: "gale" in words.split() and "storm" not in words.split(),
    "gale* OR sun": lambda words, feed: "gale" in words.lower() or "sun" in words,
    "gale feed:a OR feed:b": lambda words, feed: "gale" in words.split() and feed in "ab",
    "publisher:house": lambda words, feed: feed != "c",
    "-storm publisher:house": lambda words, feed: feed != "c" and "storm" not in words,
    "after:2020": lambda words, feed: True,
}


@pytest.mark.slow
@given(saids=saids, query=st.sampled_from(sorted(QUERIES)), sort=st.sampled_from(Sort), limit=st.integers(1, 9))
@settings(max_examples=40)
def test_a_search_finds_what_reading_everything_finds(
    saids: Sequence[Said], query: str, sort: Sort, limit: int
) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), saids, query.replace("2020", "2020-01"), sort, limit))


async def _compare(folder: Path, saids: Sequence[Said], query: str, sort: Sort, limit: int) -> None:
    store = await open_blank(folder / "a.db")
    try:
        expected = await _fill(store, saids, query)
        found = await _walk(store, query, sort, limit)
    finally:
        await store.aclose()
    if sort is Sort.NEWEST or not parse(query).words:
        assert found == sorted(expected, reverse=True)
    assert sorted(found) == sorted(expected)


async def _fill(store: Store, saids: Sequence[Said], query: str) -> list[tuple[int, int]]:
    """Store what was said, an hour apart, and tell what is to be found: times and ids."""
    feeds = [make_feed(name, publisher="Elsewhere" if name == "c" else f"House {name}") for name in FEEDS]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    sets: dict[int, list[tuple[int, Said, int]]] = {}
    of_set: list[int] = []
    for number, said in enumerate(saids):
        now = NOON + number * HOUR
        entry = make_parsed_entry(str(number), headline=said.words, text="", published_at=now - said.hours * HOUR)
        plan = EntryPlan(new=(entry,))
        (entry_id,) = await store.write(partial(_save, FeedId(said.feed), plan, now))
        copied = said.copies is not None and said.copies < number
        of_set.append(of_set[said.copies] if copied and said.copies is not None else entry_id)
        sets.setdefault(of_set[-1], []).append((number - said.hours, said, entry_id))
    await store.write(
        lambda tx: tx.copies.assign([each for name, held in sets.items() for each in _assigned(name, held)])
    )
    await store.write(lambda tx: tx.searching.catch_up(limit=100))
    return [found for held in sets.values() for found in _expected(held, query)]


def _lead(held: Sequence[tuple[int, Said, int]]) -> tuple[int, Said, int]:
    return min(held, key=lambda each: (each[0], each[2]))


def _assigned(name: int, held: Sequence[tuple[int, Said, int]]) -> list[CopyAssignment]:
    lead = EntryId(_lead(held)[2])
    return [
        CopyAssignment(entry_id=EntryId(each), copy_set=CopySetId(name), copy_of=None if each == lead else lead)
        for _, _, each in held
    ]


def _expected(held: Sequence[tuple[int, Said, int]], query: str) -> list[tuple[int, int]]:
    matches = [each for each in held if QUERIES[query.replace("2020-01", "2020")](each[1].words, each[1].feed)]
    if parse(query).names_feeds:
        return [(at, entry) for at, _, entry in matches]
    at, _, entry = _lead(held)
    return [(at, entry)] if matches else []


def _save(feed: FeedId, plan: EntryPlan, now: datetime, tx: Transaction) -> list[EntryId]:
    return tx.entries.save(feed, plan, now=now)


def _search(query: SearchQuery, tx: Transaction) -> Found:
    return tx.searching.search(query)


async def _walk(store: Store, query: str, sort: Sort, limit: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    after: Cursor | Rank | None = None
    while True:
        asked = SearchQuery(asked=parse(query), sort=sort, limit=limit, after=after)
        page = await store.read(partial(_search, asked))
        found += [((entry.listed_at - NOON) // HOUR, entry.id) for entry in page.items]
        assert len(page.items) <= limit
        if page.next is None:
            return found
        after = page.next
