"""Answer what pages and feeds ask."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model.entry import Entry, PublishedEntry, Revision
from aggregator.model.feed import FeedOverview
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.poll import GroupPause, PollRecord, Totals
from aggregator.model.push import Subscription
from aggregator.model.query import EntryQuery, Page
from aggregator.model.search import Rank, SearchQuery, Sort
from aggregator.polling.groups import group_of
from aggregator.polling.health import FeedProblem, problems
from aggregator.ports import Store, Transaction
from aggregator.services.search import Results, entries, results

RELATED_ON_PAGE = 12
"""The article page that this program is measured by shows twelve."""
RELATED_IN_FEED = 5
SECTION_SIZE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What an article page shows."""

    published: PublishedEntry
    revisions: tuple[Revision, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The newest entries of one category."""

    category: str
    entries: tuple[PublishedEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What the front page shows."""

    latest: Page[PublishedEntry]
    sections: tuple[Section, ...]
    totals: Totals


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedContents:
    """What a published feed holds."""

    page: Page[PublishedEntry]
    origins: Mapping[FeedId, FeedOverview]
    """The feeds that the listed entries were taken from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFeeds:
    """What /feeds shows."""

    overviews: tuple[FeedOverview, ...]
    """In the order of feeds.yaml."""
    problems: tuple[FeedProblem, ...]
    """Newest first."""
    pauses: tuple[GroupPause, ...]
    """Longest first."""
    totals: Totals

    def pause_of(self, overview: FeedOverview) -> GroupPause | None:
        """Find the pause of the rate group in which a feed is polled."""
        if not self.pauses:
            return None
        group = group_of(overview)
        return next((pause for pause in self.pauses if pause.group == group), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneFeed:
    """What /feeds/{id} shows besides the entries."""

    overview: FeedOverview
    problems: tuple[FeedProblem, ...]
    history: tuple[PollRecord, ...]
    """Newest first."""
    pause: GroupPause | None
    """Of the rate group in which it is polled."""
    subscriptions: tuple[Subscription, ...]


class Reader:
    """Every question of a reader, each answered in one transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def entries(self, query: EntryQuery) -> Page[PublishedEntry]:
        """List entries with their copies."""
        return await self._store.read(lambda tx: _published_page(tx, query, related=0))

    async def contents(self, query: EntryQuery) -> FeedContents:
        """List entries with their copies, up to five related entries each, and the feeds they come from."""
        return await self._store.read(lambda tx: _contents(tx, query))

    async def front(self, query: EntryQuery) -> Front:
        """Collect the front page: the newest entries, and a section for every category."""
        return await self._store.read(lambda tx: _front(tx, query))

    async def article(self, entry_id: EntryId) -> Article | None:
        """Collect an article page; None where there is no such entry."""
        return await self._store.read(lambda tx: _article(tx, entry_id))

    async def archive(self, query: EntryQuery) -> FeedContents:
        """List the entries of an archive, with their copies: what is related to them is left out, for it changes without them."""
        return await self._store.read(lambda tx: _archive(tx, query))

    async def search(self, query: SearchQuery) -> Results:
        """Find entries, and mark what was asked for."""
        return await self._store.read(lambda tx: results(tx, query))

    async def search_contents(self, query: SearchQuery) -> FeedContents:
        """Find entries, newest first, as `contents` lists them."""
        return await self._store.read(lambda tx: _search_contents(tx, replace(query, sort=Sort.NEWEST)))

    async def feeds(self) -> list[FeedOverview]:
        """List the configured feeds in the order of feeds.yaml."""
        return await self._store.read(lambda tx: tx.feeds.overview())

    async def feed(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        return await self._store.read(lambda tx: tx.feeds.get(feed_id))

    async def all_feeds(self, *, now: datetime) -> AllFeeds:
        """Collect how every configured feed is doing."""
        return await self._store.read(lambda tx: _all_feeds(tx, now))

    async def one_feed(self, feed_id: FeedId, *, now: datetime) -> OneFeed | None:
        """Collect how one configured feed is doing; None where there is none of that name."""
        return await self._store.read(lambda tx: _one_feed(tx, feed_id, now))

    async def probe(self) -> None:
        """Read from the database, and hold its write lock for a moment.

        Raises:
            DatabaseUnusable: one of the two can't be done.
        """
        await self._store.read(lambda tx: tx.entries.categories())
        await self._store.write(lambda _: None)

    async def categories(self) -> list[str]:
        """List categories in the order of feeds.yaml."""
        return await self._store.read(lambda tx: tx.entries.categories())

    async def totals(self) -> Totals:
        """Count what there is."""
        return await self._store.read(lambda tx: tx.entries.totals())


def _all_feeds(tx: Transaction, now: datetime) -> AllFeeds:
    overviews = tx.feeds.overview()
    return AllFeeds(
        overviews=tuple(overviews),
        problems=tuple(problems(overviews, now=now)),
        pauses=tx.feeds.pauses(now=now),
        totals=tx.entries.totals(),
    )


def _one_feed(tx: Transaction, feed_id: FeedId, now: datetime) -> OneFeed | None:
    overview = tx.feeds.get(feed_id)
    if overview is None:
        return None
    group = group_of(overview)
    return OneFeed(
        overview=overview,
        problems=tuple(problems([overview], now=now)),
        history=tx.feeds.history(feed_id),
        pause=next((pause for pause in tx.feeds.pauses(now=now) if pause.group == group), None),
        subscriptions=tx.pushes.of_feed(feed_id),
    )


def published(tx: Transaction, entries: tuple[Entry, ...], *, related: int) -> tuple[PublishedEntry, ...]:
    """Add to each entry who else published it, and up to `related` entries on its subject."""
    members = tx.copies.members({entry.copy_set for entry in entries})
    return tuple(
        PublishedEntry(
            entry=entry,
            also=tuple(other for other in members.get(entry.copy_set, ()) if other.id != entry.id),
            related=tx.searching.related(entry, limit=related) if related else (),
        )
        for entry in entries
    )


def _published_page(tx: Transaction, query: EntryQuery, *, related: int) -> Page[PublishedEntry]:
    page = tx.entries.page(query)
    return Page(items=published(tx, page.items, related=related), next=page.next)


def _contents(tx: Transaction, query: EntryQuery) -> FeedContents:
    return _with_origins(tx, _published_page(tx, query, related=RELATED_IN_FEED))


def _archive(tx: Transaction, query: EntryQuery) -> FeedContents:
    page = tx.entries.archive(query)
    return _with_origins(tx, Page(items=published(tx, page.items, related=0), next=page.next))


def _search_contents(tx: Transaction, query: SearchQuery) -> FeedContents:
    found = tx.searching.search(query)
    assert not isinstance(found.next, Rank)  # noqa: S101 -- the newest come first
    items = published(tx, entries(tx, found), related=RELATED_IN_FEED)
    return _with_origins(tx, Page(items=items, next=found.next))


def _with_origins(tx: Transaction, page: Page[PublishedEntry]) -> FeedContents:
    names = dict.fromkeys(item.entry.feed_id for item in page.items)
    found = (tx.feeds.get(name) for name in names)
    return FeedContents(page=page, origins={overview.feed.id: overview for overview in found if overview})


def _front(tx: Transaction, query: EntryQuery) -> Front:
    sections = (
        Section(
            category=name, entries=_published_page(tx, EntryQuery(category=name, limit=SECTION_SIZE), related=0).items
        )
        for name in tx.entries.categories()
    )
    return Front(
        latest=_published_page(tx, query, related=0),
        sections=tuple(section for section in sections if section.entries),
        totals=tx.entries.totals(),
    )


def _article(tx: Transaction, entry_id: EntryId) -> Article | None:
    entry = tx.entries.get(entry_id)
    if entry is None:
        return None
    (whole,) = published(tx, (entry,), related=RELATED_ON_PAGE)
    return Article(published=whole, revisions=tuple(tx.entries.revisions(entry_id)))
