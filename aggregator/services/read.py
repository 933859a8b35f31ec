"""Answer what pages and feeds ask."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.model.entry import PublishedEntry, Revision
from aggregator.model.feed import FeedFigures, FeedGlance, FeedOverview
from aggregator.model.full_text import FullText
from aggregator.model.glance import FeedMark
from aggregator.model.ids import EntryId, FeedId, StoryId
from aggregator.model.poll import GroupPause, PollRecord, Totals
from aggregator.model.progress import Progress
from aggregator.model.push import Subscription
from aggregator.model.query import Cursor, EntryQuery, Page, StoryQuery
from aggregator.model.search import SearchQuery, Sort
from aggregator.model.story import StoryLine
from aggregator.polling.groups import group_of
from aggregator.polling.health import SILENT_FOR, FeedProblem, problems
from aggregator.ports import Store, Transaction
from aggregator.services.read_entries import (
    RELATED_ON_PAGE,
    FeedContents,
    archive,
    contents,
    published,
    published_page,
)
from aggregator.services.read_front import Front, FrontQuery, count_new, front
from aggregator.services.read_stories import (
    Moved,
    StoryContents,
    StoryFeed,
    WholeStory,
    published_stories,
    story_feed,
    whole_story,
)
from aggregator.services.search import Results, results, search_contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What an article page shows."""

    published: PublishedEntry
    revisions: tuple[Revision, ...]
    """Newest first."""
    full_text: FullText | None = None
    """What was fetched from the publisher; None where that was not asked for, or not possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is measured of all feeds."""

    conditions: Mapping[str, int]
    """How many there are of each `FeedGlance.kind`."""
    problems: tuple[FeedProblem, ...]
    """Newest first."""
    pauses: tuple[GroupPause, ...]
    """Longest first."""
    totals: Totals
    figures: FeedFigures


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFeeds:
    """What /feeds says of all feeds."""

    problems: tuple[FeedProblem, ...]
    """Newest first; none where they were not asked for."""
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
        return await self._store.read(lambda tx: published_page(tx, query))

    async def contents(self, query: EntryQuery) -> FeedContents:
        """List entries with their copies, up to five related entries each, and the feeds they come from."""
        return await self._store.read(lambda tx: contents(tx, query))

    async def stories(self, query: StoryQuery) -> Page[StoryLine]:
        """List stories, the latest to change materially first."""
        return await self._store.read(lambda tx: tx.stories.page(query))

    async def story_contents(self, query: StoryQuery, *, events: bool) -> StoryContents:
        """List whole stories, up to five related stories each, and the feeds that their leads come from; with their events, or without."""
        return await self._store.read(lambda tx: published_stories(tx, query, events=events))

    async def story(self, story_id: StoryId) -> WholeStory | Moved | None:
        """Collect a story's page; None where there is no such story, or nothing of it to show."""
        return await self._store.read(lambda tx: whole_story(tx, story_id))

    async def story_feed(self, story_id: StoryId, after: Cursor | None) -> StoryFeed | Moved | None:
        """List the entries of a story, copies once, newest first; None as `story`."""
        return await self._store.read(lambda tx: story_feed(tx, story_id, after))

    async def front(self, query: FrontQuery) -> Front:
        """Collect the front page: top stories, the newest entries, and a section for every category."""
        return await self._store.read(lambda tx: front(tx, query))

    async def new_stories(self, since: datetime, *, most: int) -> int:
        """Count the stories that changed materially after `since`, up to `most`."""
        return await self._store.read(lambda tx: count_new(tx, since, most=most))

    async def article(self, entry_id: EntryId) -> Article | None:
        """Collect an article page; None where there is no such entry."""
        return await self._store.read(lambda tx: _article(tx, entry_id))

    async def archive(self, query: EntryQuery) -> FeedContents:
        """List the entries of an archive, with their copies: what is related to them is left out, for it changes without them."""
        return await self._store.read(lambda tx: archive(tx, query))

    async def search(self, query: SearchQuery) -> Results:
        """Find entries, and mark what was asked for."""
        return await self._store.read(lambda tx: results(tx, query))

    async def search_contents(self, query: SearchQuery) -> FeedContents:
        """Find entries, newest first, as `contents` lists them."""
        return await self._store.read(lambda tx: search_contents(tx, replace(query, sort=Sort.NEWEST)))

    async def feeds(self, *, now: datetime) -> list[FeedGlance]:
        """List the configured feeds in the order of feeds.yaml."""
        return await self._store.read(lambda tx: tx.feeds.glances(now=now))

    async def marks(self, *, now: datetime) -> list[FeedMark]:
        """List the configured feeds as far as they are counted."""
        return await self._store.read(lambda tx: tx.feeds.marks(now=now))

    async def several_feeds(self, feed_ids: Collection[FeedId]) -> Mapping[FeedId, FeedOverview]:
        """Give those of these feeds that are configured."""
        return await self._store.read(lambda tx: tx.feeds.several(feed_ids))

    async def feed(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        return await self._store.read(lambda tx: tx.feeds.get(feed_id))

    async def all_feeds(self, *, now: datetime, with_problems: bool = True) -> AllFeeds:
        """Collect how every configured feed is doing."""
        return await self._store.read(lambda tx: _all_feeds(tx, now, with_problems=with_problems))

    async def standing(self, *, now: datetime) -> Standing:
        """Measure all configured feeds."""
        return await self._store.read(lambda tx: _standing(tx, now))

    async def problems(self, *, now: datetime) -> list[FeedProblem]:
        """List what is wrong with configured feeds, newest first."""
        return await self._store.read(lambda tx: _problems(tx, now))

    async def progress(self, digests: Collection[str]) -> Progress:
        """Count what waits, and the sealed digests of these names."""
        return await self._store.read(lambda tx: tx.progress.look(digests))

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


def _all_feeds(tx: Transaction, now: datetime, *, with_problems: bool) -> AllFeeds:
    return AllFeeds(
        problems=tuple(_problems(tx, now)) if with_problems else (),
        pauses=tx.feeds.pauses(now=now),
        totals=tx.entries.totals(),
    )


def _standing(tx: Transaction, now: datetime) -> Standing:
    return Standing(
        conditions=tx.feeds.conditions(now=now),
        problems=tuple(_problems(tx, now)),
        pauses=tx.feeds.pauses(now=now),
        totals=tx.entries.totals(),
        figures=tx.feeds.figures(now=now),
    )


def _problems(tx: Transaction, now: datetime) -> list[FeedProblem]:
    return problems(tx.feeds.suspects(silent=SILENT_FOR), now=now, among=_if_wanted(tx, now))


def _if_wanted(tx: Transaction, now: datetime) -> Iterator[FeedGlance]:
    """Give all feeds; they are not even looked up where no feed may be another's duplicate."""
    yield from tx.feeds.glances(now=now)


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


def _article(tx: Transaction, entry_id: EntryId) -> Article | None:
    entry = tx.entries.get(entry_id)
    if entry is None:
        return None
    (whole,) = published(tx, (entry,), related=RELATED_ON_PAGE)
    return Article(
        published=whole, revisions=tuple(tx.entries.revisions(entry_id)), full_text=tx.full_texts.get(entry_id)
    )
