from dataclasses import replace
from datetime import datetime, timedelta
from typing import NoReturn

import pytest

from aggregator.errors import QueryError
from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import SearchQuery
from aggregator.ports import Store, Transaction
from aggregator.services.grouping import INDEXED, Grouping
from tests.factories import NOON, make_feed, make_parsed_entry

DAY = timedelta(days=1)
A, B = FeedId("a"), FeedId("b")

OTHER_NEWS = (
    "Central bank keeps interest rates unchanged",
    "Volcano erupts near capital of Iceland",
    "Museum returns stolen paintings after decades",
    "Teachers vote to end strike in Chicago",
    "Scientists find water beneath crater on Mars",
    "Opera house opens with gala concert",
    "Airline cancels flights after software failure",
    "Wheat harvest falls short in dry summer",
    "Champion sprinter retires from athletics",
    "Mayor resigns over housing contracts",
)
"""So that a word is rare enough to tell anything."""


@pytest.fixture
async def _feeds(store: Store) -> None:
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a"), make_feed("b")], now=NOON))
    await add(store, *(news(headline) for headline in OTHER_NEWS))


pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_feeds")]


def news(headline: str, *, text: str = "", teaser: str = "", at: datetime = NOON) -> ParsedEntry:
    entry = make_parsed_entry(headline[:40], headline=headline, text=text, published_at=at)
    return replace(entry, teaser=teaser or text[:150])


async def add(store: Store, *new: ParsedEntry, feed: FeedId = A, now: datetime = NOON) -> list[EntryId]:
    ids = await save(store, *new, feed=feed, now=now)
    await catch_up(store)
    return ids


async def save(store: Store, *new: ParsedEntry, feed: FeedId = A, now: datetime = NOON) -> list[EntryId]:
    """Store entries, and leave them out of the index."""
    return await store.write(lambda tx: tx.entries.save(feed, EntryPlan(new=new), now=now))


async def catch_up(store: Store, limit: int = 100) -> int:
    return await store.write(lambda tx: tx.searching.catch_up(limit=limit))


async def change(store: Store, entry_id: EntryId, parsed: ParsedEntry) -> None:
    await store.write(lambda tx: tx.entries.save(A, EntryPlan(changed=((entry_id, parsed),)), now=NOON))


async def search(store: Store, words: str, limit: int = 50) -> list[int]:
    found = await store.read(lambda tx: tx.searching.search(SearchQuery(words=words, limit=limit)))
    return [entry.id for entry in found]


async def copies(store: Store, lead: EntryId, *others: EntryId) -> None:
    copy_set = CopySetId(min(lead, *others))
    placed = [
        CopyAssignment(entry_id=other, copy_set=copy_set, copy_of=lead, reason="same address") for other in others
    ]
    placed.append(CopyAssignment(entry_id=lead, copy_set=copy_set, copy_of=None, reason="same address"))
    await store.write(lambda tx: tx.copies.assign(placed))


# --- catching up ---


async def test_a_new_entry_is_found_once_the_index_caught_up(store: Store) -> None:
    (entry_id,) = await save(store, news("Gale closes harbour"))
    assert await search(store, "gale") == []
    assert await catch_up(store) == 1
    assert await search(store, "gale") == [entry_id]
    assert await catch_up(store) == 0


async def test_the_index_catches_up_oldest_first_as_many_at_a_time_as_it_is_told(store: Store) -> None:
    ids = await save(store, *(news(f"Gale closes harbour number {number}") for number in range(5)))
    steps = [(await catch_up(store, limit), sorted(await search(store, "gale"))) for limit in (2, 0, -1, 2, 2)]
    assert steps == [(2, ids[:2]), (0, ids[:2]), (0, ids[:2]), (2, ids[:4]), (1, ids)]


async def test_an_entry_that_changed_while_it_waited_is_found_by_what_it_says_now_alone(store: Store) -> None:
    first, second = await save(store, news("Gale closes harbour"), news("Gale warning"))
    await change(store, first, news("Tornado closes harbour"))
    assert await search(store, "tornado") == []
    assert await catch_up(store) == 2
    assert await search(store, "tornado") == [first]
    assert await search(store, "gale") == [second]


async def test_an_entry_that_changed_after_the_index_caught_up_does_not_hide_those_that_wait(store: Store) -> None:
    (first,) = await add(store, news("Gale closes harbour"))
    (second,) = await save(store, news("Gale warning"))
    await change(store, first, news("Tornado closes harbour"))
    assert await search(store, "tornado") == [first]
    assert await catch_up(store) == 1
    assert await search(store, "gale") == [second]


async def test_what_a_catching_up_that_fails_had_done_is_done_again(store: Store) -> None:
    (entry_id,) = await save(store, news("Gale closes harbour"))

    def fail(tx: Transaction) -> NoReturn:
        assert tx.searching.catch_up(limit=100) == 1
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        await store.write(fail)
    assert await search(store, "gale") == []
    assert await catch_up(store) == 1
    assert await search(store, "gale") == [entry_id]


async def test_grouping_indexes_everything_that_waits(store: Store) -> None:
    count = INDEXED + 3
    await save(store, *(news(f"Gale closes harbour number {number}") for number in range(count)))
    await Grouping(store, window=2 * DAY).group_new()
    assert await catch_up(store) == 0
    assert await store.read(lambda tx: tx.copies.ungrouped(limit=1)) == []
    assert len(await search(store, "gale", limit=1000)) == count


# --- searching ---


@pytest.mark.parametrize("words", ["gale", "GALE", "Gale harbour", "gale teasing", "wording", '"wording of text"'])
async def test_headline_teaser_and_text_are_searched(store: Store, words: str) -> None:
    (entry_id,) = await add(store, news("Gale closes harbour", teaser="a teasing line", text="the wording of text"))
    assert await search(store, words) == [entry_id]


async def test_every_word_must_occur_and_a_phrase_side_by_side(store: Store) -> None:
    (entry_id,) = await add(store, news("Gale closes the old harbour"))
    assert await search(store, "gale tornado") == []
    assert await search(store, '"gale harbour"') == []
    assert await search(store, '"old harbour"') == [entry_id]


async def test_a_word_in_the_headline_counts_for_more_than_in_the_text(store: Store) -> None:
    (in_text,) = await add(store, news("Weather tonight", text="A gale was reported by the lighthouse"))
    (in_headline,) = await add(store, news("Gale warning", text="It was reported by the lighthouse"))
    (also_in_text,) = await add(store, news("Weather again", text="A gale was reported by the lighthouse"))
    assert await search(store, "gale") == [in_headline, also_in_text, in_text]
    assert await search(store, "gale", limit=1) == [in_headline]
    assert await search(store, "gale", limit=0) == []


@pytest.mark.parametrize(
    ("headline", "words"),
    [
        ("Le café où José dîne", "cafe jose"),
        ("السعودية والكويت: اتفاق قريب", "السعوديه"),
        ("東京都知事が記者会見", "知事"),
        ("हिन्दी समाचार आज", "समाचार"),
        ("ข่าวประเทศไทยวันนี้", "ประเทศ"),
        ("Ёлка в Москве", "елка"),
    ],
)
async def test_other_scripts_are_found(store: Store, headline: str, words: str) -> None:
    (entry_id,) = await add(store, news(headline))
    assert await search(store, words) == [entry_id]


async def test_a_changed_entry_is_found_by_what_it_says_now(store: Store) -> None:
    (entry_id,) = await add(store, news("Gale closes harbour"))
    await change(store, entry_id, news("Tornado closes harbour"))
    assert await search(store, "gale") == []
    assert await search(store, "tornado") == [entry_id]
    assert await catch_up(store) == 0


async def test_copies_are_found_once_as_their_lead(store: Store) -> None:
    one, two = await add(store, news("Gale closes harbour"), news("Gale closes harbour", text="lighthouse"))
    await copies(store, two, one)
    assert await search(store, "gale") == [two]
    await copies(store, one, two)
    assert await search(store, "gale") == [one]
    assert await search(store, "lighthouse") == [one]


async def test_entries_of_feeds_no_longer_configured_are_not_found(store: Store) -> None:
    (gone,) = await add(store, news("Gale closes harbour", text="lighthouse"), feed=B)
    (kept,) = await add(store, news("Gale closes harbour"))
    await copies(store, gone, kept)
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    assert await search(store, "gale") == [kept]
    assert await search(store, "lighthouse") == []


@pytest.mark.parametrize("words", ["", " ", '""', "!?", "\0", "\ud800", "()*:^-"])
async def test_a_search_without_a_word_is_refused(store: Store, words: str) -> None:
    with pytest.raises(QueryError, match="word to search for"):
        await search(store, words)


@pytest.mark.parametrize(
    "words",
    [
        "gale\0harbour",
        "gale\ud800",
        'gale"',
        "gale AND",
        "NEAR(gale",
        "headline:gale",
        "gale*",
        "-gale",
        "x" * 100_000,
        "gale " * 10_000,
        "'; DROP TABLE entries; --",
        "{gale}",
        "^gale",
        "\u202egale",
    ],
)
async def test_nothing_a_person_types_breaks_the_search(store: Store, words: str) -> None:
    await add(store, news("Gale closes harbour"))
    assert len(await search(store, words)) <= 1
    assert await search(store, "gale") != []
