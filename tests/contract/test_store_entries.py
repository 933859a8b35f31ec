from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import Byline, Enclosure, Entry, EntrySummary, Link, ParsedEntry, SafeHtml
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.imprint import NOTHING_KNOWN, KnownImprints
from aggregator.model.poll import EntryPlan, Totals
from aggregator.model.query import Cursor, EntryQuery, Page
from aggregator.ports import Store
from tests.factories import NOON, make_feed, make_parsed_entry

HOUR = timedelta(hours=1)
A, B = FeedId("a"), FeedId("b")


@pytest.fixture
async def _feeds(store: Store) -> None:
    feeds = [make_feed("a", category="World"), make_feed("b", category="Sport")]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("_feeds")]


async def add(store: Store, *new: ParsedEntry, feed: FeedId = A, now: datetime = NOON) -> list[EntryId]:
    return await store.write(lambda tx: tx.entries.save(feed, EntryPlan(new=new), now=now))


async def change(store: Store, entry_id: EntryId, parsed: ParsedEntry, *, now: datetime = NOON + HOUR) -> None:
    await store.write(lambda tx: tx.entries.save(A, EntryPlan(changed=((entry_id, parsed),)), now=now))


async def get(store: Store, entry_id: int) -> Entry:
    entry = await store.read(lambda tx: tx.entries.get(EntryId(entry_id)))
    assert entry is not None
    return entry


async def page(store: Store, query: EntryQuery = EntryQuery()) -> Page[Entry]:  # noqa: B008 - frozen
    return await store.read(lambda tx: tx.entries.page(query))


async def listed(store: Store, query: EntryQuery = EntryQuery()) -> list[int]:  # noqa: B008 - frozen
    return [entry.id for entry in (await page(store, query)).items]


WHOLE = ParsedEntry(
    guid=" tag:A,1 ",
    url="https://news.example/a?x=1&y=%20",
    headline="Café: “Größe” القاهرة 東京 😀",
    summary=SafeHtml("<p>short</p>"),
    content=SafeHtml("<p>whole</p>"),
    text="whole",
    teaser="whole",
    author="A. Writer",
    published_at=NOON - 3 * HOUR,
    updated_at=NOON - 2 * HOUR,
    tags=("politics", 'a "quoted" tag', "ثقافة"),
    language="en-GB",
    image_url="https://news.example/i.jpg",
    comments_url="https://news.example/c",
    source=Link(url="https://origin.example/", text="Origin"),
    enclosures=(Enclosure(url="https://news.example/a.mp3", media_type="audio/mpeg", length=1), Enclosure(url="b")),
    byline=Byline(
        author="AFP",
        source_id="1550642699890643100",
        dated="Wed, 2019-02-20 05:59",
        categories=("World", "Africa"),
        related=(Link(url="https://news.example/r", text="R"),),
        dateline="BAMAKO, Mali",
    ),
    url_key="news.example/a",
    headline_key="cafe grosse",
    fingerprint="f1",
)


# --- storing ---


async def test_every_field_of_an_entry_comes_back(store: Store) -> None:
    (entry_id,) = await add(store, WHOLE)
    entry = await get(store, entry_id)
    shared = {field.name for field in fields(Entry)} & {field.name for field in fields(ParsedEntry)}
    assert {name: getattr(entry, name) for name in shared} == {name: getattr(WHOLE, name) for name in shared}
    assert len(shared) == 17
    assert (entry.feed_id, entry.feed_title, entry.publisher, entry.category) == (A, "Example News", "Example", "World")
    assert (entry.first_seen_at, entry.changed_at, entry.listed_at) == (NOON, NOON, NOON - 3 * HOUR)
    assert entry.copy_set == CopySetId(entry_id)


async def test_an_entry_that_says_nothing_comes_back_empty(store: Store) -> None:
    (entry_id,) = await add(store, ParsedEntry())
    entry = await get(store, entry_id)
    assert (entry.guid, entry.url, entry.headline, entry.body, entry.published_at) == (None, None, "", "", None)
    assert (entry.source, entry.enclosures, entry.tags, entry.byline) == (None, (), (), Byline())
    assert entry.listed_at == NOON


async def test_strings_that_no_file_may_hold_keep_no_other_entry_out(store: Store) -> None:
    """They stop a statement that is run for many rows at once in the midst of them."""
    odd = [make_parsed_entry(name, text="odd \udfff" if name in "036" else "even") for name in "0123456"]
    ids = await add(store, *odd)
    assert [(await get(store, one)).guid for one in ids] == [entry.guid for entry in odd]
    assert [(await get(store, one)).text for one in ids] == [entry.text.replace("\udfff", "?") for entry in odd]
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 7


async def test_a_plan_without_anything_new_stores_nothing(store: Store) -> None:
    assert await add(store) == []
    assert (await store.read(lambda tx: tx.entries.totals())).entries == 0


async def test_ids_are_given_in_the_order_of_the_plan_and_grow(store: Store) -> None:
    first = await add(store, make_parsed_entry("1"), make_parsed_entry("2"), make_parsed_entry("3"))
    second = await add(store, make_parsed_entry("4"), feed=B)
    assert first + second == sorted({*first, *second})
    assert [(await get(store, entry_id)).guid for entry_id in first] == [f"tag:news.example,{n}" for n in "123"]


async def test_an_entry_dated_in_the_future_is_listed_at_its_arrival(store: Store) -> None:
    (entry_id,) = await add(store, make_parsed_entry(published_at=NOON + 24 * HOUR))
    entry = await get(store, entry_id)
    assert entry.listed_at == NOON
    assert entry.published_at == NOON + 24 * HOUR


@pytest.mark.parametrize("year", [1, 1969, 1970, 9999])
async def test_odd_dates_are_kept(store: Store, year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC)
    (entry_id,) = await add(store, make_parsed_entry(published_at=at))
    assert (await get(store, entry_id)).published_at == at


async def test_a_feed_without_a_title_is_called_by_its_address(store: Store) -> None:
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a", title="")], now=NOON))
    (entry_id,) = await add(store, make_parsed_entry())
    assert (await get(store, entry_id)).feed_title == "https://a.example/rss.xml"


@pytest.mark.parametrize("entry_id", [0, -1, 7, 2**63, -(2**70)])
async def test_an_entry_that_is_not_there_is_none(store: Store, entry_id: int) -> None:
    assert await store.read(lambda tx: tx.entries.get(EntryId(entry_id))) is None
    assert await store.read(lambda tx: tx.entries.revisions(EntryId(entry_id))) == []


async def test_strings_that_no_file_may_hold_do_no_harm(store: Store) -> None:
    odd = replace(WHOLE, headline="a\0b\ud800c", tags=("\udfff",), summary=SafeHtml("x\0y"), text="a\0b \ud800")
    (entry_id,) = await add(store, odd)
    assert (await get(store, entry_id)).headline == "a\0b?c"
    await change(store, entry_id, replace(odd, text="other"))
    assert len(await listed(store)) == 1


# --- recognising ---


async def test_known_entries_are_found_by_guid_or_address_and_those_with_neither_by_headline(store: Store) -> None:
    nameless = make_parsed_entry("1", guid=None, url=None)
    stored = await add(store, nameless, *(make_parsed_entry(str(number)) for number in range(2, 6)))
    asked = [
        ParsedEntry(guid="tag:news.example,4"),
        ParsedEntry(url="https://news.example/2"),
        ParsedEntry(headline="Headline number 1 of the day"),
        ParsedEntry(guid="tag:news.example,4", url="https://news.example/4"),
    ]
    found = await store.read(lambda tx: tx.entries.known(A, asked))
    assert [entry.id for entry in found] == [stored[0], stored[1], stored[3]]
    assert found[0].fingerprint == nameless.fingerprint
    assert found[1].guid == "tag:news.example,2"
    assert found[1].url == "https://news.example/2"
    assert found[1].headline == "Headline number 2 of the day"
    assert found[1].published_at == NOON
    assert found[1].fingerprint == make_parsed_entry("2").fingerprint


async def test_what_has_a_guid_or_an_address_is_not_looked_up_by_its_headline(store: Store) -> None:
    nameless = make_parsed_entry("1", guid=None, url=None, headline="Weather")
    (entry_id,) = await add(store, nameless)
    asked = [make_parsed_entry("2", guid=None, headline="Weather"), make_parsed_entry("3", headline="Weather")]
    assert await store.read(lambda tx: tx.entries.known(A, asked)) == []
    assert [entry.id for entry in await store.read(lambda tx: tx.entries.known(A, [nameless]))] == [entry_id]


@pytest.mark.parametrize("named", [{"guid": None}, {"url": None}, {}])
async def test_what_is_stored_with_a_guid_or_an_address_is_not_found_by_its_headline(
    store: Store, named: dict[str, None]
) -> None:
    """It is another entry than one that has neither: only that one's name is its headline."""
    await add(store, make_parsed_entry("1", headline="Weather", **named))  # type: ignore[arg-type]
    nameless = make_parsed_entry("2", guid=None, url=None, headline="Weather")
    assert await store.read(lambda tx: tx.entries.known(A, [nameless])) == []


async def test_entries_of_another_feed_are_not_known(store: Store) -> None:
    await add(store, make_parsed_entry("1"))
    assert await store.read(lambda tx: tx.entries.known(B, [make_parsed_entry("1")])) == []


async def test_an_entry_without_guid_address_and_headline_is_known_by_having_none(store: Store) -> None:
    bare = ParsedEntry(summary=SafeHtml("<p>x</p>"), published_at=NOON)
    (entry_id,) = await add(store, bare)
    assert [entry.id for entry in await store.read(lambda tx: tx.entries.known(A, [bare]))] == [entry_id]
    with_guid = replace(bare, guid="g")
    assert await store.read(lambda tx: tx.entries.known(A, [with_guid])) == []


async def test_a_document_of_two_thousand_entries_is_known_in_one_go(store: Store) -> None:
    entries = [make_parsed_entry(str(number)) for number in range(2000)]
    await add(store, *entries)
    assert len(await store.read(lambda tx: tx.entries.known(A, entries))) == 2000


async def test_entries_are_found_by_their_ids_in_their_own_feed(store: Store) -> None:
    first, second = await add(store, make_parsed_entry("1"), make_parsed_entry("2"))
    other = (await add(store, make_parsed_entry("3"), feed=B))[0]
    found = await store.read(lambda tx: tx.entries.by_ids(A, [second, other, first, EntryId(99)]))
    assert [(entry.id, entry.guid) for entry in found] == [
        (first, "tag:news.example,1"),
        (second, "tag:news.example,2"),
    ]


IMPRINTS = KnownImprints(context=b"c" * 16, entries=((b"1" * 16, EntryId(1)), (b"\0" * 16, EntryId(2**62))))


async def test_imprints_are_remembered_until_others_take_their_place(store: Store) -> None:
    assert await store.read(lambda tx: tx.entries.remembered(A)) == NOTHING_KNOWN
    for imprints in (IMPRINTS, replace(IMPRINTS, entries=IMPRINTS.entries[1:])):
        await store.write(lambda tx, made=imprints: tx.entries.remember(A, made))  # type: ignore[misc]
        assert await store.read(lambda tx: tx.entries.remembered(A)) == imprints
    assert await store.read(lambda tx: tx.entries.remembered(B)) == NOTHING_KNOWN
    await store.write(lambda tx: tx.entries.remember(A, NOTHING_KNOWN))
    assert await store.read(lambda tx: tx.entries.remembered(A)) == NOTHING_KNOWN


async def test_imprints_are_forgotten_when_an_entry_changes_and_kept_when_one_comes(store: Store) -> None:
    (first,) = await add(store, make_parsed_entry("1"))
    await store.write(lambda tx: tx.entries.remember(A, IMPRINTS))
    await add(store, make_parsed_entry("2"))
    assert await store.read(lambda tx: tx.entries.remembered(A)) == IMPRINTS
    await change(store, first, make_parsed_entry("1", text="Other"))
    assert await store.read(lambda tx: tx.entries.remembered(A)) == NOTHING_KNOWN


async def test_nothing_is_known_of_nothing(store: Store) -> None:
    await add(store, make_parsed_entry("1"))
    assert await store.read(lambda tx: tx.entries.known(A, [])) == []


# --- changes ---


async def test_a_changed_entry_keeps_what_it_said_before(store: Store) -> None:
    (entry_id,) = await add(store, WHOLE)
    later = replace(
        WHOLE, headline="New", url="https://news.example/new", summary=SafeHtml("<p>n</p>"), fingerprint="2"
    )
    await change(store, entry_id, later)
    entry = await get(store, entry_id)
    assert (entry.headline, entry.url, entry.summary) == ("New", "https://news.example/new", "<p>n</p>")
    assert (entry.first_seen_at, entry.changed_at) == (NOON, NOON + HOUR)
    (revision,) = await store.read(lambda tx: tx.entries.revisions(entry_id))
    assert revision.entry_id == entry_id
    assert revision.replaced_at == NOON + HOUR
    assert (revision.headline, revision.url) == (WHOLE.headline, WHOLE.url)
    assert (revision.summary, revision.content) == (WHOLE.summary, WHOLE.content)
    (known,) = await store.read(lambda tx: tx.entries.known(A, [later]))
    assert known.fingerprint == "2"


async def test_several_entries_are_given_at_once_and_those_that_are_not_there_are_missing(store: Store) -> None:
    ids = await add(store, WHOLE, make_parsed_entry("2"), make_parsed_entry("3"))
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("b")], now=NOON))
    found = await store.read(lambda tx: tx.entries.several([ids[2], EntryId(99), ids[0]]))
    assert found == {each: await get(store, each) for each in (ids[0], ids[2])}
    assert await store.read(lambda tx: tx.entries.several([])) == {}


@pytest.mark.parametrize("query", [EntryQuery(), EntryQuery(limit=2), EntryQuery(limit=0), EntryQuery(feed_id=B)])
async def test_a_list_in_brief_has_the_same_entries_in_the_same_order(store: Store, query: EntryQuery) -> None:
    await add(store, WHOLE, make_parsed_entry("2"), make_parsed_entry("3"))
    page = await store.read(lambda tx: tx.entries.page(query))
    brief = await store.read(lambda tx: tx.entries.lines(query))
    names = EntrySummary.__slots__
    assert [[getattr(entry, name) for name in names] for entry in brief] == [
        [getattr(entry, name) for name in names] for entry in page.items
    ]


async def test_revisions_of_several_entries_are_listed_newest_first(store: Store) -> None:
    one, two, other = await add(store, make_parsed_entry("1"), make_parsed_entry("2"), make_parsed_entry("3"))
    for entry_id, headline in ((two, "b"), (one, "a"), (other, "c"), (two, "d")):
        await change(store, entry_id, make_parsed_entry(str(entry_id), headline=headline))
    found = await store.read(lambda tx: tx.entries.revisions(one, two))
    assert [revision.entry_id for revision in found] == [two, one, two]


async def test_revisions_are_listed_newest_first(store: Store) -> None:
    (entry_id,) = await add(store, replace(WHOLE, headline="one"))
    await change(store, entry_id, replace(WHOLE, headline="two"), now=NOON + HOUR)
    await change(store, entry_id, replace(WHOLE, headline="three"), now=NOON + 2 * HOUR)
    revisions = await store.read(lambda tx: tx.entries.revisions(entry_id))
    assert [revision.headline for revision in revisions] == ["two", "one"]


async def test_a_changed_entry_keeps_its_first_date_and_its_place(store: Store) -> None:
    (entry_id,) = await add(store, WHOLE)
    await change(store, entry_id, replace(WHOLE, published_at=NOON, updated_at=NOON))
    entry = await get(store, entry_id)
    assert entry.published_at == entry.listed_at == NOON - 3 * HOUR
    assert entry.updated_at == NOON


async def test_a_date_that_comes_later_is_taken_and_places_the_entry(store: Store) -> None:
    (entry_id,) = await add(store, replace(WHOLE, published_at=None))
    assert (await get(store, entry_id)).listed_at == NOON
    await change(store, entry_id, WHOLE)
    entry = await get(store, entry_id)
    assert entry.published_at == entry.listed_at == NOON - 3 * HOUR


async def test_a_guid_that_comes_later_is_taken_and_then_kept(store: Store) -> None:
    (entry_id,) = await add(store, replace(WHOLE, guid=None))
    await change(store, entry_id, replace(WHOLE, guid="g1"))
    assert (await get(store, entry_id)).guid == "g1"
    await change(store, entry_id, replace(WHOLE, guid="g2"))
    assert (await get(store, entry_id)).guid == "g1"


# --- listing ---


async def test_entries_are_listed_newest_first_and_the_last_to_come_first_among_equals(store: Store) -> None:
    one, two, three, four = await add(
        store,
        make_parsed_entry("1", published_at=NOON - 2 * HOUR),
        make_parsed_entry("2", published_at=NOON - HOUR),
        make_parsed_entry("3", published_at=NOON - 3 * HOUR),
        make_parsed_entry("4", published_at=NOON - HOUR),
    )
    assert await listed(store) == [four, two, one, three]


async def test_a_page_is_an_entry_whole(store: Store) -> None:
    (entry_id,) = await add(store, WHOLE)
    assert (await page(store)).items == (await get(store, entry_id),)


async def test_lists_are_narrowed_by_category_and_feed(store: Store) -> None:
    (world,) = await add(store, make_parsed_entry("1"))
    (sport,) = await add(store, make_parsed_entry("2"), feed=B)
    assert await listed(store, EntryQuery(category="World")) == [world]
    assert await listed(store, EntryQuery(category="Sport")) == [sport]
    assert await listed(store, EntryQuery(category="none")) == []
    assert await listed(store, EntryQuery(feed_id=B)) == [sport]
    assert await listed(store, EntryQuery(feed_id=B, category="Sport")) == [sport]
    assert await listed(store, EntryQuery(feed_id=B, category="World")) == []
    assert await listed(store, EntryQuery(feed_id=FeedId("\ud800"), category="\0")) == []


async def test_since_is_inclusive_and_until_exclusive(store: Store) -> None:
    old, middle, new = await add(
        store, *(make_parsed_entry(str(hours), published_at=NOON - hours * HOUR) for hours in (2, 1, 0))
    )
    assert await listed(store, EntryQuery(since=NOON - HOUR)) == [new, middle]
    assert await listed(store, EntryQuery(until=NOON - HOUR)) == [old]
    assert await listed(store, EntryQuery(since=NOON - HOUR, until=NOON)) == [middle]
    assert await listed(store, EntryQuery(since=NOON, until=NOON)) == []


async def test_the_last_page_has_no_next(store: Store) -> None:
    await add(store, *(make_parsed_entry(str(number)) for number in range(4)))
    first = await page(store, EntryQuery(limit=2))
    assert len(first.items) == 2
    assert first.next == Cursor(listed_at=NOON, id=first.items[-1].id)
    last = await page(store, EntryQuery(limit=2, after=first.next))
    assert len(last.items) == 2
    assert last.next is None


async def test_an_entry_that_comes_between_two_pages_does_not_shift_the_second(store: Store) -> None:
    await add(store, *(make_parsed_entry(str(hours), published_at=NOON - hours * HOUR) for hours in range(4)))
    first = await page(store, EntryQuery(limit=2))
    await add(store, make_parsed_entry("new"))
    second = await page(store, EntryQuery(limit=2, after=first.next))
    assert [entry.published_at for entry in second.items] == [NOON - 2 * HOUR, NOON - 3 * HOUR]


async def test_a_cursor_and_until_both_bound_a_page(store: Store) -> None:
    ids = await add(store, *(make_parsed_entry(str(hours), published_at=NOON - hours * HOUR) for hours in range(4)))
    after = Cursor(listed_at=NOON - HOUR, id=ids[1])
    assert await listed(store, EntryQuery(after=after, until=NOON - HOUR)) == ids[2:]
    assert await listed(store, EntryQuery(after=after, until=NOON - 2 * HOUR)) == ids[3:]
    assert await listed(store, EntryQuery(after=after, until=NOON)) == ids[2:]
    assert await listed(store, EntryQuery(after=after, since=NOON - 2 * HOUR)) == ids[2:3]


async def test_a_limit_of_none_or_less_gives_nothing(store: Store) -> None:
    await add(store, make_parsed_entry("1"))
    assert await page(store, EntryQuery(limit=0)) == Page(items=())
    assert await page(store, EntryQuery(limit=-1)) == Page(items=())


async def test_a_cursor_beyond_all_numbers_is_the_end_of_a_list(store: Store) -> None:
    (entry_id,) = await add(store, make_parsed_entry("1"))
    after = Cursor(listed_at=NOON, id=EntryId(2**80))
    assert await listed(store, EntryQuery(after=after)) == [entry_id]
    assert await listed(store, EntryQuery(after=replace(after, id=EntryId(-(2**80))))) == []


# --- copies in lists ---


def copy(entry_id: EntryId, lead: EntryId, copy_set: EntryId) -> CopyAssignment:
    return CopyAssignment(
        entry_id=entry_id,
        copy_set=CopySetId(copy_set),
        copy_of=None if entry_id == lead else lead,
        reason="same address",
    )


async def pair(store: Store) -> tuple[EntryId, EntryId]:
    """Make an entry of World that was published an hour after its lead, which is of Sport."""
    (world,) = await add(store, make_parsed_entry("1"))
    (sport,) = await add(store, make_parsed_entry("1", published_at=NOON - HOUR), feed=B)
    await store.write(lambda tx: tx.copies.assign([copy(world, sport, world), copy(sport, sport, world)]))
    return world, sport


async def test_copies_are_listed_once_under_their_lead(store: Store) -> None:
    world, sport = await pair(store)
    assert await listed(store) == [sport]
    assert await listed(store, EntryQuery(category="Sport")) == [sport]
    assert await listed(store, EntryQuery(category="World")) == []
    assert await listed(store, EntryQuery(feed_id=A)) == []
    assert await listed(store, EntryQuery(with_copies=True)) == [world, sport]
    assert await listed(store, EntryQuery(category="World", with_copies=True)) == [world]
    assert await listed(store, EntryQuery(feed_id=A, with_copies=True)) == [world]


async def test_where_the_leads_feed_is_not_configured_the_earliest_of_the_others_is_listed(store: Store) -> None:
    world, sport = await pair(store)
    both = [make_feed("a", category="World"), make_feed("b", category="Sport")]
    await store.write(lambda tx: tx.feeds.synchronise(both[:1], now=NOON))
    assert await listed(store) == [world]
    assert await listed(store, EntryQuery(with_copies=True)) == [world]
    assert await listed(store, EntryQuery(feed_id=B)) == []
    assert (await get(store, sport)).category == "Sport"
    await store.write(lambda tx: tx.feeds.synchronise([], now=NOON))
    assert await listed(store) == []
    await store.write(lambda tx: tx.feeds.synchronise(both, now=NOON))
    assert await listed(store) == [sport]


async def test_what_an_unconfigured_feed_still_brings_is_not_listed(store: Store) -> None:
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    (entry_id,) = await add(store, make_parsed_entry("1"), feed=B)
    assert await listed(store) == []
    assert (await get(store, entry_id)).feed_id == B


async def test_totals_count_feeds_that_are_configured_and_entries_of_all(store: Store) -> None:
    await pair(store)
    await add(store, make_parsed_entry("2"))
    assert await store.read(lambda tx: tx.entries.totals()) == Totals(feeds=2, entries=3, copies=1)
    await store.write(lambda tx: tx.feeds.synchronise([make_feed("a")], now=NOON))
    assert await store.read(lambda tx: tx.entries.totals()) == Totals(feeds=1, entries=3, copies=1)


async def test_categories_stand_in_the_order_of_the_file_each_once(store: Store) -> None:
    feeds = [make_feed("x", category="Z"), make_feed("y", category="A"), make_feed("z", category="Z")]
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))
    assert await store.read(lambda tx: tx.entries.categories()) == ["Z", "A"]


@pytest.mark.parametrize("guid", ["1", "/entries/1", "../../feeds", "https://news.example/1", "tag:news.example,1"])
async def test_a28_what_another_feed_calls_its_entries_changes_none_of_ours(store: Store, guid: str) -> None:
    first = replace(make_parsed_entry("1"), guid=guid)
    (ours,) = await add(store, first)
    theirs = replace(first, headline="Another headline", text="Another text")
    assert await store.read(lambda tx: tx.entries.known(B, [theirs])) == []
    (other,) = await add(store, theirs, feed=B)
    assert other != ours
    assert (await get(store, ours)).headline == first.headline
    assert (await get(store, other)).feed_id == B
