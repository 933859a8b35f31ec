"""Digests in the store: what they are chosen from, and that they stay as they were."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from aggregator.model.digest import Digest, DigestCandidate, DigestPlan, MailState, SectionKind
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Feed
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import EntryPlan
from aggregator.ports import Store, Transaction
from aggregator.services.grouping import Grouping
from tests.digest_made import SUNDAY, make_digest, make_item, make_section, whole_digest
from tests.factories import NOON, make_feed, make_parsed_entry

pytestmark = pytest.mark.anyio
DAILY = DigestPlan()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
START, END = NOON - DAY, NOON
QUAKE = (
    "Strong earthquake strikes northern Japan, tsunami warning for 12 towns issued",
    "Tsunami warning for 12 towns after strong earthquake hits northern Japan",
    "Japan issues tsunami warning for 12 towns as earthquake strikes north",
)
TOLD = {
    "before": ("Museum returns looted bronzes to Nigeria", "Statues were handed over."),
    "first": ("Frog found in Ecuador cloud forest", "It is green and sings."),
    "last": ("Central bank raises interest rates", "Inflation climbs."),
    "after": ("Ferry runs aground off Norwegian coast", "Nobody was hurt."),
}
FEEDS = (
    make_feed("gazette", publisher="Gazette", category="World", tags=["press"]),
    make_feed("courier", publisher="Courier", category="Europe", tags=["press", "local"]),
    make_feed("blog", publisher="Blog", category="Notes"),
)


async def configure(store: Store, feeds: Sequence[Feed] = FEEDS) -> None:
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=START))


async def publish(store: Store, feed: str, *entries: ParsedEntry, seen: datetime = END) -> list[EntryId]:
    ids = await store.write(lambda tx: tx.entries.save(FeedId(feed), EntryPlan(new=entries), now=seen))
    await Grouping(store, window=2 * DAY).group_new()
    return ids


async def candidates(
    store: Store, *, start: datetime = START, end: datetime = END, plan: DigestPlan = DAILY
) -> tuple[DigestCandidate, ...]:
    return await store.read(lambda tx: tx.digests.candidates(plan, start=start, end=end))


async def seal(store: Store, digest: Digest) -> None:
    assert await store.write(lambda tx: tx.digests.seal(digest, recipients=(), now=NOON))


def quake(number: int, at: datetime) -> ParsedEntry:
    return make_parsed_entry(f"quake-{number}", headline=QUAKE[number], text=QUAKE[number], published_at=at)


# --- what they are chosen from ---


async def test_stories_with_an_entry_of_the_period_are_candidates(store: Store) -> None:
    await configure(store)
    times = {"before": START - HOUR, "first": START, "last": END - timedelta(seconds=1), "after": END}
    for name, at in times.items():
        headline, text = TOLD[name]
        entry = make_parsed_entry(name, headline=headline, text=text, published_at=at)
        await publish(store, "gazette", entry, seen=END + DAY)
    found = await candidates(store)
    assert [one.story.lead.url for one in found] == ["https://news.example/first", "https://news.example/last"]


async def test_what_came_after_the_end_counts_for_nothing(store: Store) -> None:
    await configure(store)
    await publish(store, "gazette", quake(0, END - 2 * HOUR), seen=END + DAY)
    before = await candidates(store)
    await publish(store, "courier", quake(1, END + HOUR), seen=END + DAY)
    (after,) = await candidates(store)
    assert [one.story.lead for one in before] == [after.story.lead]
    assert (after.story.coverage, after.story.size, after.categories) == (1, 1, frozenset({"World"}))
    assert after.story.last_at == END - 2 * HOUR
    assert all(event.at < END for event in after.story.events)


async def test_a_candidate_says_what_its_feeds_and_its_lead_are(store: Store) -> None:
    await configure(store)
    await publish(store, "gazette", quake(0, END - 3 * HOUR))
    await publish(store, "courier", quake(1, END - 2 * HOUR))
    (one,) = await candidates(store)
    assert one.story.publishers == ("Gazette", "Courier")
    assert one.tags == {"press", "local"}
    assert one.categories == {"World", "Europe"}
    assert set(one.pace) == {"gazette", "courier"}
    assert one.text in QUAKE
    assert one.told is None


async def test_pace_is_of_a_month_or_of_as_long_as_the_feed_is_known(store: Store) -> None:
    await configure(store)
    busy = [make_parsed_entry(f"b{n}", headline=f"Busy {n}", published_at=END - n * HOUR) for n in range(1, 25)]
    quiet = [
        make_parsed_entry(f"q{n}", headline=f"Quiet {n}", published_at=END - HOUR - n * 10 * DAY) for n in range(6)
    ]
    await publish(store, "gazette", *busy)
    await publish(store, "blog", *quiet)
    paces = {feed: pace for one in await candidates(store) for feed, pace in one.pace.items()}
    assert paces["gazette"] == 24.0
    assert paces["blog"] == pytest.approx(3 / 20.04, abs=0.01)


async def test_of_a_feed_that_has_left_nothing_is_told(store: Store) -> None:
    await configure(store)
    await publish(store, "gazette", quake(0, END - HOUR))
    await configure(store, FEEDS[1:])
    assert await candidates(store) == ()


async def test_an_entry_that_came_too_late_for_its_digest_is_told_in_the_next(store: Store) -> None:
    await configure(store)
    await store.write(lambda tx: tx.digests.seal(_sealed(END), recipients=(), now=END))
    late = make_parsed_entry("late", headline="Museum returns looted bronze statues", published_at=END - HOUR)
    old = make_parsed_entry("old", headline="Frog found in Ecuador cloud forest", published_at=END - 4 * DAY)
    await publish(store, "blog", late, old, seen=END + HOUR)
    (one,) = await candidates(store, start=END, end=END + DAY)
    assert one.story.lead.url == "https://news.example/late"
    await store.write(lambda tx: tx.digests.seal(_sealed(END + DAY), recipients=(), now=END + DAY))
    assert await candidates(store, start=END + DAY, end=END + 2 * DAY) == ()


async def test_what_was_told_is_known_by_the_story_and_by_the_entry_that_led_it(store: Store) -> None:
    await configure(store)
    await publish(store, "gazette", quake(0, END - HOUR))
    (one,) = await candidates(store)
    item = make_item(one.story.id, headline="Two dead in quake", publisher="Gazette", others=("Courier",))
    by_story = make_digest(make_section(SectionKind.TOP, "Top", item), day=START.date(), days=1)
    await store.write(lambda tx: tx.digests.seal(by_story, recipients=(), now=END))
    await publish(store, "courier", quake(1, END + HOUR), seen=END + DAY)
    (again,) = await candidates(store, start=END, end=END + DAY)
    assert again.told
    assert (again.told.date, again.told.headline) == (START.date(), "Two dead in quake")
    assert (again.told.publishers, again.told.numbers) == (("Gazette", "Courier"), ("2",))
    assert again.numbers == ("12",)
    assert one.numbers == ()  # nothing was told to compare them with
    assert (await candidates(store, start=END, end=END + DAY, plan=DigestPlan(name="other")))[0].told is None


async def test_entries_are_counted_by_category_and_tag(store: Store) -> None:
    await configure(store)
    for feed in ("gazette", "courier", "blog"):
        await publish(store, feed, make_parsed_entry(feed, headline=f"News of {feed}", published_at=END - HOUR))

    async def counted(plan: DigestPlan) -> tuple[int, int]:
        return await store.read(lambda tx: tx.digests.counted(plan, start=START, end=END))

    assert await counted(DAILY) == (3, 3)
    assert await counted(DigestPlan(tags=("press",))) == (2, 2)
    assert await counted(DigestPlan(tags=("press",), categories=("Europe", "Notes"))) == (1, 1)


# --- sealed ---


async def test_a_sealed_digest_comes_back_as_it_was(store: Store) -> None:
    digest = whole_digest()
    assert await store.write(lambda tx: tx.digests.seal(digest, recipients=(), now=NOON))
    assert await store.read(lambda tx: tx.digests.get(digest.name, digest.date)) == digest
    assert await store.read(lambda tx: tx.digests.get("other", digest.date)) is None


async def test_a_digest_is_sealed_once(store: Store) -> None:
    first, second = whole_digest(), make_digest(title="Another")
    await store.write(lambda tx: tx.digests.seal(first, recipients=["a@example.org"], now=NOON))
    assert not await store.write(lambda tx: tx.digests.seal(second, recipients=["b@example.org"], now=NOON))
    assert await store.read(lambda tx: tx.digests.get("daily", SUNDAY)) == first
    assert [mail.recipient for mail in await store.read(lambda tx: tx.mails.of("daily", SUNDAY))] == ["a@example.org"]


async def test_a_message_waits_for_each_recipient_from_the_moment_of_sealing(store: Store) -> None:
    recipients = ["a@example.org", "b@example.org"]
    await store.write(lambda tx: tx.digests.seal(whole_digest(), recipients=recipients, now=NOON))
    waiting = await store.read(lambda tx: tx.mails.due(now=NOON, limit=10))
    assert [(mail.recipient, mail.state, mail.attempts, mail.date) for mail in waiting] == [
        (recipient, MailState.WAITING, 0, SUNDAY) for recipient in recipients
    ]
    assert len({mail.message_id for mail in waiting}) == 2


async def test_sealing_that_fails_keeps_neither_digest_nor_mail(store: Store) -> None:
    class Crash(Exception):
        pass

    def work(tx: Transaction) -> None:
        tx.digests.seal(whole_digest(), recipients=["a@example.org"], now=NOON)
        raise Crash

    with pytest.raises(Crash):
        await store.write(work)
    assert await store.read(lambda tx: tx.digests.latest("daily")) is None
    assert await store.read(lambda tx: tx.mails.due(now=NOON, limit=10)) == ()


async def test_digests_are_listed_newest_first_and_by_name(store: Store) -> None:
    days = [date(2018, 8, 30), date(2018, 9, 2), date(2018, 8, 31)]
    for day in days:
        await seal(store, make_digest(day=day))
    await seal(store, make_digest(name="weekly"))
    lines = await store.read(lambda tx: tx.digests.lines("daily", limit=10))
    assert [line.date for line in lines] == sorted(days, reverse=True)
    assert (lines[0].headlines, lines[0].stories, lines[0].end) == (("Headline number 1",), 1, make_digest().end)
    before = await store.read(lambda tx: tx.digests.page("daily", before=date(2018, 9, 2), limit=1))
    assert before == (make_digest(day=date(2018, 8, 31)),)
    assert await store.read(lambda tx: tx.digests.latest("daily")) == date(2018, 9, 2)


async def test_the_digests_beside_a_day_are_found_whether_or_not_it_has_one(store: Store) -> None:
    for day in (date(2018, 8, 30), date(2018, 9, 2)):
        await seal(store, make_digest(day=day))

    async def beside(day: date) -> tuple[date | None, date | None]:
        return await store.read(lambda tx: tx.digests.beside("daily", day))

    assert await beside(date(2018, 8, 31)) == (date(2018, 8, 30), date(2018, 9, 2))
    assert await beside(date(2018, 9, 2)) == (date(2018, 8, 30), None)
    assert await beside(date(2018, 8, 30)) == (None, date(2018, 9, 2))


async def test_a_sealed_digest_stays_although_its_stories_go_on(store: Store) -> None:
    await configure(store)
    await publish(store, "gazette", quake(0, END - HOUR))
    digest = whole_digest()
    await store.write(lambda tx: tx.digests.seal(digest, recipients=(), now=END))
    await publish(store, "courier", quake(1, END + HOUR), seen=END + DAY)
    await configure(store, ())
    assert await store.read(lambda tx: tx.digests.get("daily", digest.date)) == digest


def _sealed(end: datetime) -> Digest:
    return replace(make_digest(day=end.date()), start=end - DAY, end=end, sections=())
