"""Put together what is shown of stories. A handful of queries for a page, however long it is."""

from collections.abc import Mapping
from dataclasses import dataclass

from aggregator.model.entry import EntrySummary, Revision
from aggregator.model.feed import FeedOutline
from aggregator.model.ids import EntryId, FeedId, StoryId
from aggregator.model.query import PAGE_SIZE, Cursor, Page, StoryQuery
from aggregator.model.story import EventKind, PublishedStory, Story, StoryLine
from aggregator.ports import Transaction
from aggregator.services.read_entries import (
    RELATED_IN_FEED,
    RELATED_ON_PAGE,
    FeedContents,
    feed_contents,
    published,
    related_stories,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A story that turned out to be another one."""

    to: StoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeStory:
    """What a story's page shows."""

    published: PublishedStory
    revisions: Mapping[EntryId, tuple[Revision, ...]]
    """What its entries said before, newest first; of those that have changed."""
    named: Mapping[StoryId, StoryLine]
    """Other stories that its events and vetoes name, as they are now; without those that have nothing to show any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryContents:
    """What a published feed of stories holds."""

    page: Page[PublishedStory]
    origins: Mapping[FeedId, FeedOutline]
    """The feeds that the leads were taken from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryFeed:
    """What a published feed of one story's entries holds."""

    line: StoryLine
    contents: FeedContents


def published_stories(tx: Transaction, query: StoryQuery, *, events: bool) -> StoryContents:
    """Collect what a feed of stories holds; its stories with what happened to them, or without."""
    found = tx.stories.whole_page(query, events=events)
    leads = tx.entries.several([story.lead.id for story in found.items])
    related = related_stories(tx, {story.id: story for story in found.items}, most=RELATED_IN_FEED)
    items = tuple(
        PublishedStory(story=story, lead=leads[story.lead.id], related=related[story.id]) for story in found.items
    )
    return StoryContents(
        page=Page(items=items, next=found.next), origins=tx.feeds.outlines({item.lead.feed_id for item in items})
    )


def whole_story(tx: Transaction, story_id: StoryId) -> WholeStory | Moved | None:
    """Collect a story's page; None where there is no such story, or nothing of it that is shown."""
    story = _found(tx, story_id)
    if not isinstance(story, Story):
        return story
    lead = tx.entries.get(story.lead.id)
    if lead is None:
        return None
    related = related_stories(tx, {story.id: story}, most=RELATED_ON_PAGE)
    changed = [each.entry.id for each in story.members if each.entry.changed_at > each.entry.first_seen_at]
    return WholeStory(
        published=PublishedStory(story=story, lead=lead, related=related[story.id]),
        revisions=_by_entry(tx.entries.revisions(*changed)) if changed else {},
        named=_named(tx, story),
    )


def story_feed(tx: Transaction, story_id: StoryId, after: Cursor | None) -> StoryFeed | Moved | None:
    """Collect the entries of a story, copies once, newest first, as its feed has them."""
    story = _found(tx, story_id)
    if not isinstance(story, Story):
        return story
    wanted = _copies_once(story, after)
    page = wanted[:PAGE_SIZE]
    entries = tx.entries.several([entry.id for entry in page])
    shown = published(tx, [entries[each.id] for each in page if each.id in entries], related=RELATED_IN_FEED)
    following = Cursor(listed_at=page[-1].listed_at, id=page[-1].id) if len(wanted) > len(page) else None
    return StoryFeed(line=story, contents=feed_contents(tx, Page(items=shown, next=following)))


def _found(tx: Transaction, story_id: StoryId) -> Story | Moved | None:
    story = tx.stories.get(story_id)
    if story is not None:
        return story
    current = tx.stories.current(story_id)
    return None if current in {None, story_id} else Moved(to=current)


def _named(tx: Transaction, story: Story) -> Mapping[StoryId, StoryLine]:
    names = {veto.story for member in story.members for veto in member.vetoes}
    names |= {
        StoryId(int(event.detail))
        for event in story.events
        if event.kind is EventKind.SPLIT and event.detail.isdecimal()
    }
    if not names:
        return {}
    current = {name: tx.stories.current(name) for name in names}
    now = {name: each for name, each in current.items() if each is not None and each != story.id}
    lines = tx.stories.lines(set(now.values()))
    return {name: lines[each] for name, each in now.items() if each in lines}


def _copies_once(story: Story, after: Cursor | None) -> list[EntrySummary]:
    """List what follows the cursor: of each set of copies the entry that was listed first."""
    first: dict[int, EntrySummary] = {}
    for member in story.members:
        first.setdefault(member.entry.copy_set, member.entry)
    ordered = sorted(first.values(), key=lambda entry: (entry.listed_at, entry.id), reverse=True)
    bound = (after.listed_at, after.id) if after else None
    return [entry for entry in ordered if bound is None or (entry.listed_at, entry.id) < bound]


def _by_entry(revisions: list[Revision]) -> Mapping[EntryId, tuple[Revision, ...]]:
    found: dict[EntryId, tuple[Revision, ...]] = {}
    for revision in revisions:
        found[revision.entry_id] = (*found.get(revision.entry_id, ()), revision)
    return found
