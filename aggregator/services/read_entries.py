"""Put together what is shown of entries: copies, coverage, related. A handful of queries for a page, however long it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from aggregator.model.entry import Coverage, Entry, EntrySummary, PublishedEntry
from aggregator.model.feed import FeedOutline
from aggregator.model.ids import FeedId, StoryId
from aggregator.model.query import Cursor, EntryQuery, Page
from aggregator.model.story import StoryLine
from aggregator.ports import Transaction
from aggregator.stories.related import shown

RELATED_ON_PAGE = 12
"""The article page that this program is measured by shows twelve."""
RELATED_IN_FEED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContents:
    """What a published feed of entries holds."""

    page: Page[PublishedEntry]
    origins: Mapping[FeedId, FeedOutline]
    """The feeds that the listed entries were taken from."""
    newer: Cursor | None = None
    """Of an archive: where the one of newer entries begins; None where there is none yet."""


def published(tx: Transaction, entries: Sequence[Entry], *, related: int) -> tuple[PublishedEntry, ...]:
    """Add to each entry who else published it, who else reports it, and up to `related` entries on its subject."""
    members = tx.copies.members({entry.copy_set for entry in entries})
    coverage = tx.stories.coverage([entry.id for entry in entries])
    found = _related_leads(tx, coverage.values(), most=related)
    return tuple(
        PublishedEntry(
            entry=entry,
            also=tuple(other for other in members.get(entry.copy_set, ()) if other.id != entry.id),
            related=found.get(coverage[entry.id].story, ()) if entry.id in coverage else (),
            coverage=coverage.get(entry.id),
        )
        for entry in entries
    )


def published_page(tx: Transaction, query: EntryQuery, *, related: int = 0) -> Page[PublishedEntry]:
    """List entries with what belongs to them."""
    page = tx.entries.page(query)
    return Page(items=published(tx, page.items, related=related), next=page.next)


def contents(tx: Transaction, query: EntryQuery) -> FeedContents:
    """Collect what a feed of entries holds."""
    return feed_contents(tx, published_page(tx, query, related=RELATED_IN_FEED))


def archive(tx: Transaction, query: EntryQuery) -> FeedContents:
    """Collect what an archive of a feed of entries holds; nothing related, which changes without them."""
    page = tx.entries.archive(query)
    found = feed_contents(tx, Page(items=published(tx, page.items, related=0), next=page.next))
    return replace(found, newer=tx.entries.newer_archive(query))


def feed_contents(tx: Transaction, page: Page[PublishedEntry]) -> FeedContents:
    """Add to a page the feeds that its entries come from."""
    return FeedContents(page=page, origins=tx.feeds.outlines({item.entry.feed_id for item in page.items}))


def related_stories(
    tx: Transaction, stories: Mapping[StoryId, StoryLine], *, most: int
) -> Mapping[StoryId, tuple[StoryLine, ...]]:
    """Choose, for each of these stories, at most so many others on its subject, newest first; never filled up."""
    if most <= 0 or not stories:
        return {}
    rows = tx.stories.related(stories.keys())
    return {each: shown(rows.get(each, ()), line.last_at, most=most) for each, line in stories.items()}


def _related_leads(
    tx: Transaction, coverage: Iterable[Coverage], *, most: int
) -> Mapping[StoryId, tuple[EntrySummary, ...]]:
    if most <= 0:
        return {}
    lines = tx.stories.lines({each.story for each in coverage})
    found = related_stories(tx, lines, most=most)
    return {story: tuple(line.lead for line in chosen) for story, chosen in found.items()}
