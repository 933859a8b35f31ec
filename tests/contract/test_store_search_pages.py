"""Searching with conditions, in both orders, page by page."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import Entry, ParsedEntry
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import Cursor, EntryQuery, Page, closes_archive
from aggregator.model.search import Found, Rank, SearchQuery, Sort
from aggregator.ports import Store, Transaction
from aggregator.text.search_language import parse
from tests.factories import NOON, make_feed, make_parsed_entry

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
async def _feeds(store: Store) -> None:
    feeds = [
        make_feed("a", publisher="Arab News", category="Middle East", title="Arab News"),
        make_feed("b", publisher="Le Fígaro", category="World", title="À la une"),
        make_feed("c", publisher="Arab Weekly", category="World", title=""),
    ]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_feeds")]


def news(name: str, headline: str, *, text: str = "", at: datetime | None = NOON) -> ParsedEntry:
    return make_parsed_entry(name, headline=headline, text=text, published_at=at)


async def add(store: Store, feed: str, *new: ParsedEntry, now: datetime = NOON) -> list[EntryId]:
    ids = await store.write(lambda tx: tx.entries.save(FeedId(feed), EntryPlan(new=new), now=now))
    alone = [CopyAssignment(entry_id=each, copy_set=CopySetId(each), copy_of=None) for each in ids]
    await store.write(lambda tx: tx.copies.assign(alone))
    await store.write(lambda tx: tx.searching.catch_up(limit=5000))
    return ids


async def copies(store: Store, lead: EntryId, *others: EntryId) -> None:
    copy_set = CopySetId(min(lead, *others))
    placed = [CopyAssignment(entry_id=lead, copy_set=copy_set, copy_of=None)]
    placed += [CopyAssignment(entry_id=other, copy_set=copy_set, copy_of=lead) for other in others]
    await store.write(lambda tx: tx.copies.assign(placed))


async def find(
    store: Store,
    words: str,
    *,
    sort: Sort = Sort.NEWEST,
    limit: int = 50,
    after: Cursor | Rank | None = None,
) -> Found:
    asked = parse(words)
    since, until = asked.bounds(ZoneInfo("UTC"))
    query = SearchQuery(asked=asked, since=since, until=until, sort=sort, limit=limit, after=after)
    return await store.read(lambda tx: tx.searching.search(query))


async def ids(store: Store, words: str, sort: Sort = Sort.NEWEST) -> list[int]:
    return [entry.id for entry in (await find(store, words, sort=sort)).items]


async def walk(store: Store, words: str, sort: Sort, limit: int) -> list[list[int]]:
    pages: list[list[int]] = []
    after: Cursor | Rank | None = None
    while True:
        found = await find(store, words, sort=sort, limit=limit, after=after)
        pages.append([entry.id for entry in found.items])
        after = found.next
        if after is None:
            return pages


both = pytest.mark.parametrize("sort", list(Sort))


@both
async def test_words_may_be_joined_begun_excluded_and_of_the_headline(store: Store, sort: Sort) -> None:
    one, two, three = await add(
        store,
        "a",
        news("1", "Gale closes harbour", text="lighthouse"),
        news("2", "Tornado closes airport", text="gales and lighthouse keepers", at=NOON - MINUTE),
        news("3", "Quiet day", text="a gale elsewhere", at=NOON - 2 * MINUTE),
    )
    assert sorted(await ids(store, "gale OR tornado", sort)) == [one, two, three]
    assert sorted(await ids(store, "gale*", sort)) == [one, two, three]
    assert sorted(await ids(store, "gale", sort)) == [one, three]
    assert await ids(store, "title:gale", sort) == [one]
    assert await ids(store, "gale -title:gale", sort) == [three]
    assert await ids(store, 'lighthouse -"gale closes"', sort) == [two]
    assert await ids(store, "gale OR tornado -lighthouse", sort) == [three]


@pytest.mark.parametrize(
    "words",
    [
        "gale",
        '"gale warning"',
        "gal*",
        "gale warning",
        "gale OR tempest",
        "gale publisher:arab",
        "gale after:2018-01",
        "title:gale OR gale",
    ],
)
async def test_headlines_come_before_teasers_and_those_before_texts(store: Store, words: str) -> None:
    said = {
        "text": replace(news("text", "Weather tonight", text="A gale warning was given", at=NOON), teaser="A warning"),
        "teaser": replace(news("teaser", "Weather today", at=NOON - MINUTE), teaser="A gale warning"),
        "headline": news("headline", "Gale warning", at=NOON - 2 * MINUTE),
        "other": news("other", "Quiet day", at=NOON - 3 * MINUTE),
    }
    text, teaser, headline, _ = await add(store, "a", *said.values())
    assert await ids(store, words, Sort.BEST) == [headline, teaser, text]


async def test_of_two_words_the_one_that_few_headlines_have_decides(store: Store) -> None:
    common = [news(f"c{n}", f"Minister speaks {n}", text="of an earthquake", at=NOON - n * MINUTE) for n in range(9)]
    rare = news("r", "Earthquake in the hills", text="says a minister", at=NOON - DAY)
    *_, first = await add(store, "a", *common, rare)
    assert (await ids(store, "minister earthquake", Sort.BEST))[0] == first


async def test_what_matches_equally_well_comes_newest_first(store: Store) -> None:
    made = await add(
        store, "a", *(news(str(n), f"Gale number {n}", at=NOON + n * MINUTE) for n in range(9)), now=NOON + DAY
    )
    assert await ids(store, "gale", Sort.BEST) == made[::-1]
    assert await ids(store, "gal*", Sort.BEST) == made[::-1]


@both
async def test_names_choose_entries_by_who_says_them(store: Store, sort: Sort) -> None:
    (a,) = await add(store, "a", news("1", "Gale closes harbour"))
    (b,) = await add(store, "b", news("2", "Gale again", at=NOON - MINUTE))
    (c,) = await add(store, "c", news("3", "Gale still", at=NOON - 2 * MINUTE))
    assert await ids(store, 'gale publisher:"arab news"', sort) == [a]
    assert sorted(await ids(store, "gale publisher:arab", sort)) == [a, c]
    assert await ids(store, "gale publisher:figaro", sort) == [b]
    assert await ids(store, "gale publisher:arab category:world", sort) == [c]
    assert await ids(store, "gale -publisher:arab", sort) == [b]
    assert sorted(await ids(store, "gale feed:b OR feed:c", sort)) == [b, c]
    assert await ids(store, 'gale feed:"à la une"', sort) == [b]
    assert await ids(store, 'gale -category:world -category:"middle east"', sort) == []


@both
async def test_a_name_that_nothing_goes_by_is_told_and_finds_nothing(store: Store, sort: Sort) -> None:
    await add(store, "a", news("1", "Gale closes harbour"))
    found = await find(store, "gale publisher:reuters -feed:x", sort=sort)
    assert found.items == ()
    assert [str(name) for name in found.unknown] == ["publisher:reuters", "feed:x"]
    assert (await find(store, "gale -feed:x", sort=sort)).items != ()


@both
async def test_days_bound_what_is_found_the_last_exclusive(store: Store, sort: Sort) -> None:
    made = [news(str(day), f"Gale of day {day}", at=datetime(2026, 3, day, tzinfo=UTC)) for day in (1, 2, 3)]
    first, second, third = await add(store, "a", *made)
    assert sorted(await ids(store, "gale after:2026-03-02", sort)) == [second, third]
    assert sorted(await ids(store, "gale before:2026-03-02", sort)) == [first]
    assert sorted(await ids(store, "gale after:2026-03-02 before:2026-03-03", sort)) == [second]
    assert sorted(await ids(store, "gale after:2026-03 before:2026-04", sort)) == [first, second, third]
    assert await ids(store, "gale after:2026-04", sort) == []


async def test_without_words_names_and_days_are_enough(store: Store) -> None:
    one, two = await add(store, "a", news("1", "Gale"), news("2", "Football", at=NOON - DAY))
    (three,) = await add(store, "b", news("3", "Tornado", at=NOON - MINUTE))
    assert await ids(store, "publisher:arab") == [one, two]
    assert await ids(store, "publisher:arab OR publisher:figaro") == [one, three, two]
    assert await ids(store, "after:2026-03") == [one, three, two]
    assert await ids(store, "after:2026-03 -football") == [one, three]
    assert await ids(store, "before:2026-03-10") == [two]
    assert await ids(store, "category:world", Sort.BEST) == [three]


@both
async def test_copies_are_told_once_unless_a_feed_or_publisher_is_named(store: Store, sort: Sort) -> None:
    (a,) = await add(store, "a", news("1", "Gale closes harbour"))
    (b,) = await add(store, "b", news("2", "Gale closes harbour", text="lighthouse", at=NOON - MINUTE))
    await copies(store, a, b)
    assert await ids(store, "gale", sort) == [a]
    assert await ids(store, "lighthouse", sort) == [a]
    assert await ids(store, "gale publisher:figaro", sort) == [b]
    assert (
        await ids(store, "gale category:world", sort) == []
    )  # as on the category's page, World's copy is told under its lead
    assert sorted(await ids(store, "gale feed:a OR feed:b", sort)) == [a, b]


@both
async def test_pages_give_every_entry_once_and_keep_the_order(store: Store, sort: Sort) -> None:
    made = [news(str(n), f"Gale {'gale ' * (n % 7)}number {n}", at=NOON - (n * 37 % 100) * MINUTE) for n in range(60)]
    stored = await add(store, "a", *made)
    copied = await add(store, "b", *(news(f"c{n}", f"Gale copy {n}", at=NOON + n * MINUTE) for n in range(20)))
    for lead, copy in zip(stored, copied, strict=False):
        await copies(store, lead, copy)
    (whole,) = await walk(store, "gale", sort, 500)
    pages = await walk(store, "gale", sort, 7)
    assert [each for page in pages for each in page] == whole
    assert sorted(whole) == stored
    assert {len(page) for page in pages[:-1]} == {7}


async def test_newest_are_ordered_by_when_they_are_listed_not_by_when_they_came(store: Store) -> None:
    recent = await add(store, "a", *(news(str(n), f"Gale {n}", at=NOON - n * MINUTE) for n in range(5)))
    late = NOON + 10 * DAY
    old = await add(
        store, "b", *(news(f"o{n}", f"Gale of old {n}", at=NOON - DAY * (n + 1)) for n in range(5)), now=late
    )
    undated = await add(store, "c", news("u", "Gale undated", at=None), now=late + DAY)
    assert await ids(store, "gale") == [*undated, *recent, *old]
    assert await walk(store, "gale", Sort.NEWEST, 4) == [[*undated, *recent[:3]], [*recent[3:], *old[:2]], old[2:]]
    assert await ids(store, "gale before:2026-03-10") == old


async def test_entries_of_one_second_are_paged_by_their_number(store: Store) -> None:
    made = await add(store, "a", *(news(str(n), f"Gale {n}") for n in range(9)))
    for words in ("gale", "publisher:arab"):
        assert [each for page in await walk(store, words, Sort.NEWEST, 4) for each in page] == made[::-1]


async def test_the_best_are_of_the_time_of_the_first_page_whatever_arrives_meanwhile(store: Store) -> None:
    made = await add(store, "a", *(news(str(n), f"Gale number {n}") for n in range(6)))
    first = await find(store, "gale", sort=Sort.BEST, limit=3)
    await add(store, "a", *(news(f"n{n}", f"Gale gale gale {n}") for n in range(6)))
    second = await find(store, "gale", sort=Sort.BEST, limit=3, after=first.next)
    assert sorted(entry.id for found in (first, second) for entry in found.items) == made
    assert second.next is None


@both
async def test_a_limit_of_none_gives_none(store: Store, sort: Sort) -> None:
    await add(store, "a", news("1", "Gale"))
    assert await find(store, "gale", sort=sort, limit=0) == Found(items=())


@both
@pytest.mark.parametrize(
    ("headline", "text", "words"),
    [
        ("السعودية والكويت: اتفاق", "", "السعوديه -عراق"),
        ("東京都知事が記者会見", "", "知事 OR 大阪"),
        ("", "", "publisher:arab"),
        ("Long", "gale " * 50_000, "gale title:long"),
    ],
)
async def test_arabic_chinese_empty_and_very_long_entries_are_found(
    store: Store, sort: Sort, headline: str, text: str, words: str
) -> None:
    (entry,) = await add(store, "a", news("1", headline, text=text))
    assert await ids(store, words, sort) == [entry]


# --- archives ---


def _archive(query: EntryQuery, tx: Transaction) -> Page[Entry]:
    return tx.entries.archive(query)


async def archives(store: Store, query: EntryQuery) -> list[list[int]]:
    found: list[list[int]] = []
    after = Cursor(listed_at=NOON + DAY, id=0)
    while True:
        page = await store.read(partial(_archive, replace(query, after=after, limit=1000)))
        found.append([entry.id for entry in page.items])
        if page.next is None:
            return found
        after = page.next


async def test_archives_end_with_entries_that_close_them_and_newer_entries_do_not_move_them(store: Store) -> None:
    await add(store, "a", *(news(str(n), f"Gale {n}", at=NOON - n % 11 * MINUTE) for n in range(180)))
    before = await archives(store, EntryQuery())
    assert sum(map(len, before)) == 180
    assert [closes_archive(EntryId(each[-1])) for each in before[:-1]] == [True] * (len(before) - 1)
    await add(store, "b", *(news(f"n{n}", f"Gale anew {n}", at=NOON + n * MINUTE) for n in range(70)), now=NOON + DAY)
    assert (await archives(store, EntryQuery()))[-len(before) + 1 :] == before[1:]
    middle = await archives(store, EntryQuery(category="Middle East"))
    assert middle == before


async def test_an_archive_holds_no_more_than_it_may(store: Store) -> None:
    await add(store, "a", *(news(str(n), f"Gale {n}") for n in range(40)))
    page = await store.read(lambda tx: tx.entries.archive(EntryQuery(limit=10)))
    assert len(page.items) == 10
    assert page.next == Cursor(listed_at=page.items[-1].listed_at, id=page.items[-1].id)
    nothing = await store.read(lambda tx: tx.entries.archive(EntryQuery(feed_id=FeedId("none"))))
    assert (nothing.items, nothing.next) == ((), None)
