"""Put together the front page: top stories, the newest entries, and a section for every category."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.model.entry import EntrySummary, PublishedEntry
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.poll import Totals
from aggregator.model.query import EntryQuery, Page, StoryQuery
from aggregator.model.story import Story, StoryLine
from aggregator.ports import Transaction
from aggregator.services.read_entries import published, published_page
from aggregator.stories.rank import ranked
from aggregator.stories.turns import take_turns, together, with_room_for_all

DAY = timedelta(hours=24)
WINDOWS = {"24h": DAY, "3d": 3 * DAY, "7d": 7 * DAY}
"""Top stories changed so long before the newest change: of a database that was not polled for a week, the last days it knows."""
USUAL_WINDOW = WINDOWS["3d"]
"""Over a weekend, or of feeds that bring an entry a day, a day alone has no events that two publishers have."""

LATEST_SIZE = 24
"""Entries in the main column: about as long as the sections beside it."""
IN_A_ROW = 2
"""Of a publisher, while another has something to say."""
SECTION_SIZE = 6
OF_ONE_PUBLISHER = 2
"""In a section, unless it would stay short."""
SECTION_CHOICE = 4 * SECTION_SIZE
"""Entries that a section is chosen from: the newest of its category."""

TOP_SIZE = 6
TOP_COVERAGE = (32, 16, 8, 4, 2)
"""Publishers that are asked for, one after another until there are enough: so only the top ones are read, of however many
stories. Two is what makes news more than one publisher's."""
ENOUGH = 4 * TOP_SIZE
"""Stories to rank: among so many, a fresh one of fewer publishers has a chance."""
MOST_RANKED = 60
"""Stories of one such question that are ranked, the latest to change: with 133 candidates the top stories cost 10 ms of CPU, with 60 they cost 7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontQuery:
    """What a front page shall show."""

    window: timedelta = USUAL_WINDOW
    """Of top stories."""
    category: str | None = None
    """None: all, with a section each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The newest entries of one category, of each story the newest alone."""

    category: str
    entries: tuple[PublishedEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the front page shows."""

    top: tuple[Story, ...]
    """Stories that most publishers, of the category if one is asked for, have, the fresher the higher; empty where none has two."""
    latest: Page[PublishedEntry]
    """Newest first, but for publishers that took turns."""
    sections: tuple[Section, ...]
    totals: Totals
    newest_at: datetime | None
    """When a story last changed; None where there is none."""


def front(tx: Transaction, query: FrontQuery) -> Front:
    """Collect the front page."""
    newest = tx.stories.page(StoryQuery(limit=1)).items
    latest = published_page(tx, EntryQuery(category=query.category, limit=LATEST_SIZE))
    return Front(
        top=_top_stories(tx, query, newest[0].updated_at) if newest else (),
        latest=Page(items=tuple(take_turns(latest.items, _voice, in_a_row=IN_A_ROW)), next=latest.next),
        sections=() if query.category else _sections(tx),
        totals=tx.entries.totals(),
        newest_at=newest[0].updated_at if newest else None,
    )


def count_new(tx: Transaction, since: datetime, *, most: int) -> int:
    """Count the stories that changed materially after `since`, up to `most`."""
    # Times are whole seconds.
    after = since + timedelta(seconds=1)
    return len(tx.stories.page(StoryQuery(since=after, limit=most)).items)


def _voice(item: PublishedEntry) -> str:
    return item.entry.publisher


def _publisher(entry: EntrySummary) -> str:
    return entry.publisher


def _sections(tx: Transaction) -> tuple[Section, ...]:
    """Choose from brief entries, for all sections at once: only what is chosen is read whole."""
    newest = {name: tx.entries.lines(_newest_of(name)) for name in tx.entries.categories()}
    stories = tx.stories.placed([entry.id for entries in newest.values() for entry in entries])
    chosen = {name: _choice(entries, stories) for name, entries in newest.items()}
    whole = tx.entries.several([entry.id for entries in chosen.values() for entry in entries])
    items = {item.entry.id: item for item in published(tx, tuple(whole.values()), related=0)}
    return tuple(
        Section(category=name, entries=tuple(items[entry.id] for entry in entries))
        for name, entries in chosen.items()
        if entries
    )


def _newest_of(category: str) -> EntryQuery:
    return EntryQuery(category=category, limit=SECTION_CHOICE)


def _choice(entries: Sequence[EntrySummary], stories: Mapping[EntryId, StoryId]) -> list[EntrySummary]:
    # An entry without a story is alone; numbers of entries and of stories are both above 0.
    told = together(entries, lambda entry: stories.get(entry.id, -entry.id))
    return with_room_for_all([first for first, *_ in told], _publisher, most=SECTION_SIZE, each=OF_ONE_PUBLISHER)


def _counted_within(tx: Transaction, lines: Sequence[StoryLine], category: str | None) -> Sequence[StoryLine]:
    """Let the coverage of stories be that by publishers of a category."""
    if category is None:
        return lines
    coverage = tx.stories.coverage_within(category, [line.id for line in lines])
    return [replace(line, coverage=coverage.get(line.id, 0)) for line in lines]


def _top_stories(tx: Transaction, query: FrontQuery, newest: datetime) -> tuple[Story, ...]:
    """List the stories that most publishers have, of those that changed within the window; of a category, most of its publishers.

    The list of a category goes by all publishers: what many have, and one of the category, is passed over for what follows.
    """
    found: dict[StoryId, StoryLine] = {}
    since = newest - query.window
    for least in TOP_COVERAGE:
        wanted = StoryQuery(category=query.category, since=since, least_coverage=least, limit=MOST_RANKED)
        lines = [line for line in tx.stories.page(wanted).items if line.id not in found]
        found |= {line.id: line for line in _counted_within(tx, lines, query.category)}
        if sum(line.coverage >= least for line in found.values()) >= ENOUGH:
            break
    top = ranked(found.values(), newest=newest, window=query.window)[:TOP_SIZE]
    whole = tx.stories.several([line.id for line in top], why=False, events=False)
    return tuple(whole[line.id] for line in top if line.id in whole)
