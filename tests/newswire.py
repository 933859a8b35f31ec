"""A fortnight of news that stories can be made of: some events, each under several headlines, from four feeds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Feed
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.poll import EntryPlan
from aggregator.model.query import EntryQuery, StoryQuery
from aggregator.model.story import EventKind
from aggregator.ports import Store, Transaction
from tests.factories import NOON, make_feed, make_parsed_entry

EVENTS: tuple[tuple[str, ...], ...] = (
    (
        "Strong earthquake strikes northern Japan, tsunami warning issued",
        "Tsunami warning after strong earthquake hits northern Japan",
        "Japan issues tsunami warning as earthquake strikes north",
        "Earthquake in northern Japan: tsunami warning lifted",
    ),
    (
        "Airline cancels flights as Atlantis pilots begin strike",
        "Atlantis pilots begin strike, flights cancelled",
        "Pilots' strike grounds Atlantis flights, passengers stranded",
        "Stranded passengers wait as Atlantis pilots strike",
    ),
    (
        "Parliament passes budget after night of debate",
        "Budget passed by parliament after debate lasting all night",
        "After night of debate parliament approves budget",
    ),
    (
        "Iraq hosts military chiefs from Iran, Russia and Syria",
        "Military chiefs of Iran, Russia and Syria meet in Iraq",
        "Baghdad meeting of military chiefs from Iran, Syria, Russia ends",
    ),
    (
        "Wildfire near Athens forces thousands to flee homes",
        "Thousands flee as wildfire spreads near Athens",
        "Greek wildfire: thousands evacuated from homes near Athens",
        "Firefighters battle wildfire near Athens, 3 villages empty",
        "Wildfire near Athens: 5 villages empty, firefighters say",
    ),
    (
        "Central bank raises interest rates to fight inflation",
        "Interest rates raised by central bank as inflation climbs",
        "Inflation: central bank raises interest rates again",
    ),
    (
        "Filipino rebel chiefs become officials under peace deal",
        "Muslim rebel commanders sworn in as officials in Manila",
    ),
    ("Museum returns looted bronze statues to Nigeria", "Looted bronzes: museum hands statues back to Nigeria"),
    ("New species of frog found in Ecuador cloud forest",),
    ("Ferry runs aground off Norwegian coast, nobody hurt", "Norwegian ferry aground, all passengers safe"),
)
TEXTS = (
    "Officials said on the record that the matter would be examined, while residents described what they had seen in the hours before.",
    "Reporters at the scene spoke of confusion; a spokeswoman promised details by the evening and asked for patience until then.",
    "It was the first time in years that anything of this kind had been seen, according to people who have followed it closely.",
)
FEEDS = (
    make_feed("gazette", publisher="Gazette", category="World"),
    make_feed("gazette-europe", publisher="Gazette", category="Europe"),
    make_feed("courier", publisher="Courier", category="World"),
    make_feed("herald", publisher="Herald", category="World"),
)
SEEN_AT = NOON + timedelta(days=30)
"""When everything is seen: `listed_at` is then the published time, in whatever order entries come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """An entry on its way to the database."""

    feed: FeedId
    parsed: ParsedEntry


def fortnight(seed: int = 1) -> list[Report]:
    """Write a fortnight of news, in order of time: about fifty reports, every seventh printed by another feed, too."""
    random = Random(seed)
    reports: list[Report] = []
    for number, headlines in enumerate(EVENTS):
        at = NOON + timedelta(hours=random.randrange(320))
        for place, headline in enumerate(headlines):
            at += timedelta(minutes=random.randrange(10, 600))
            name = f"{number}-{place}"
            reports.append(_report(random, name, headline, at))
            if random.random() < 1 / 3:
                later = at + timedelta(minutes=random.randrange(10, 200))
                reports.append(_copy(random, reports[-1], f"{name}-copy", later))
    return sorted(reports, key=lambda report: (report.parsed.published_at or NOON, report.parsed.guid or ""))


def _report(random: Random, name: str, headline: str, at: datetime) -> Report:
    text = f"{headline}, {random.choice(('reports', 'we hear', 'sources said', 'it emerged'))}. {random.choice(TEXTS)}"
    return Report(
        feed=random.choice(FEEDS).id, parsed=called(make_parsed_entry(name, published_at=at, text=text), headline)
    )


def _copy(random: Random, report: Report, name: str, at: datetime) -> Report:
    """Print a report under its headline, or its text under another one."""
    headline, text = report.parsed.headline, report.parsed.text
    other = headline if random.random() < 1 / 2 else f"Update: {headline.split(',', maxsplit=1)[0]}"
    feed = random.choice([feed.id for feed in FEEDS if feed.id != report.feed])
    return Report(feed=feed, parsed=called(make_parsed_entry(name, published_at=at, text=text), other))


def called(parsed: ParsedEntry, headline: str) -> ParsedEntry:
    """Give an entry another headline."""
    return replace(
        parsed, headline=headline, headline_key=headline.lower(), fingerprint=f"{headline}|{parsed.url}|{parsed.text}"
    )


async def configure(store: Store, feeds: Sequence[Feed] = FEEDS) -> None:
    """Make these the feeds that are polled and shown."""
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=NOON))


async def publish(store: Store, reports: Sequence[Report]) -> list[EntryId]:
    """Store entries, in this order, and group none of them."""
    ids: list[EntryId] = []
    for report in reports:
        ids += await _save(store, report.feed, EntryPlan(new=(report.parsed,)))
    return ids


async def correct(store: Store, entry_id: EntryId, report: Report, headline: str) -> None:
    """Let a feed change the headline of an entry that is stored."""
    await _save(store, report.feed, EntryPlan(changed=((entry_id, called(report.parsed, headline)),)))


async def _save(store: Store, feed: FeedId, plan: EntryPlan) -> list[EntryId]:
    return await store.write(lambda tx: tx.entries.save(feed, plan, now=SEEN_AT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """What grouping made of what is stored: equal where the stories are the same."""

    copies: dict[EntryId, CopySetId]
    members: dict[StoryId, frozenset[EntryId]]
    leads: dict[StoryId, EntryId]
    events: dict[StoryId, tuple[tuple[EventKind, datetime, EntryId | None], ...]]
    open: frozenset[StoryId]
    related: dict[StoryId, frozenset[tuple[StoryId, float]]]

    def story_of(self, entry: EntryId) -> StoryId:
        """Give the story of an entry."""
        (found,) = (story for story, members in self.members.items() if entry in members)
        return found


async def grouped(store: Store) -> Grouped:
    """Look at all that is shown."""
    return await store.read(_grouped)


def _grouped(tx: Transaction) -> Grouped:
    assert tx.copies.ungrouped(limit=1) == []
    lines = tx.stories.page(StoryQuery(limit=10_000)).items
    stories = [story for line in lines if (story := tx.stories.get(line.id)) is not None]
    entries = tx.entries.page(EntryQuery(with_copies=True, limit=10_000)).items
    related = tx.stories.related([story.id for story in stories])
    return Grouped(
        related={story: frozenset((other.id, score) for other, score in found) for story, found in related.items()},
        copies={entry.id: entry.copy_set for entry in entries},
        members={story.id: frozenset(member.entry.id for member in story.members) for story in stories},
        leads={story.id: story.lead.id for story in stories},
        events={story.id: tuple((event.kind, event.at, event.entry) for event in story.events) for story in stories},
        open=frozenset(story.id for story in stories if story.is_open),
    )
