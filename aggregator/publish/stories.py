"""Stories as entries of feeds: one story is one entry, which stays the same one for as long as the story lives.

It is called after its lead and leads to the lead's article. `updated` moves when the story changes materially (one more
publisher, another lead, another number), not with every entry that joins: a reader that shows changed entries anew is told
when there is news, and only then.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import Final, Generic, TypeVar

from aggregator.model.entry import EntrySummary, Link, PublishedEntry
from aggregator.model.feed import FeedOutline
from aggregator.model.story import PublishedStory, StoryEvent, StoryLine
from aggregator.publish import atom, jsonfeed, rss
from aggregator.publish.jsonfeed import Json
from aggregator.publish.listed import (
    KEPT,
    SHORT_CONTENT,
    Listed,
    article_url,
    categories,
    joined,
    links,
    own_feed,
    plain,
    prepared,
    row,
    rows,
    shown_publisher,
    text_of,
    told_apart,
)
from aggregator.publish.site import EMPTY_UPDATED_AT, Channel, Site
from aggregator.text.dates import rfc3339

T = TypeVar("T")

MOST_LISTED = 50
"""Other entries that the text names; the story's page has all. Some stories have hundreds."""
LARGEST: Final = 300
"""Entries of a story that is remembered: thirty of those come to 9 MB at most."""


class _Remembering(Generic[T]):
    """Writes stories, and remembers what was written of most.

    Nothing else of a feed of stories takes as long, and most of the stories that it has are as they were. What is remembered holds
    the story, too, a kilobyte an entry: of large ones only a few, of the largest none.
    """

    def __init__(self, write: Callable[[Site, FeedOutline | None, PublishedStory], T]) -> None:
        self._write = write
        self._of_small = lru_cache(maxsize=KEPT)(write)
        self._of_large = lru_cache(maxsize=KEPT // 10)(write)

    def of(self, item: PublishedStory) -> Callable[[Site, FeedOutline | None, PublishedStory], T]:
        """Give what writes a story."""
        if len(item.lead.body) > SHORT_CONTENT or item.story.size > LARGEST:
            return self._write
        return self._of_small if item.story.size <= MOST_LISTED else self._of_large


def write_atom(channel: Channel, stories: Sequence[PublishedStory]) -> bytes:
    """Write a whole Atom document. Equal input gives equal bytes."""
    return atom.written(channel, [_listed(channel, story) for story in stories])


def write_rss(channel: Channel, stories: Sequence[PublishedStory]) -> bytes:
    """Write a whole RSS document. Equal input gives equal bytes."""
    return rss.written(channel, [_listed(channel, story) for story in stories])


def write_json(channel: Channel, stories: Sequence[PublishedStory]) -> bytes:
    """Write a whole JSON Feed document. Equal input gives equal bytes.

    An item's `_aggregator` object has, beside `page` and `feed`: `coverage` (publishers) and `entries` (how many),
    `also_covered_by` and `related` (as in the feeds of entries; of a related story also its `page` and `coverage`), and
    `events` (kind, date, url of the entry that brought it, detail).
    """
    items = [_encoding.of(story)(channel.site, _origin(channel, story), story) for story in stories]
    return jsonfeed.whole(channel, items)


def _encoded(site: Site, origin: FeedOutline | None, item: PublishedStory) -> str:
    return jsonfeed.encoded(jsonfeed.item_of(_prepared(site, origin, item), _about(site, item)))


_encoding = _Remembering(_encoded)


def newest_change(stories: Sequence[PublishedStory]) -> datetime:
    """Find when these stories last changed: the feed's `updated`, a fixed time where there are none."""
    return max((item.story.updated_at for item in stories), default=EMPTY_UPDATED_AT)


def report_this(line: StoryLine) -> str:
    """Say how many report a story: "12 publishers report this", "1 publisher reports this"."""
    return f"{line.coverage:,} publishers report this" if line.coverage > 1 else "1 publisher reports this"


def others(item: PublishedStory) -> list[EntrySummary]:
    """List the entries of a story beside its lead, earliest first."""
    return [member.entry for member in item.story.members if member.entry.id != item.lead.id]


def _listed(channel: Channel, item: PublishedStory) -> Listed:
    return _preparing.of(item)(channel.site, _origin(channel, item), item)


def _origin(channel: Channel, item: PublishedStory) -> FeedOutline | None:
    return channel.origins.get(item.lead.feed_id)


def _prepared(site: Site, origin: FeedOutline | None, item: PublishedStory) -> Listed:
    story, lead = item.story, item.lead
    page_url = site.address(f"stories/{story.id}")
    told = others(item)
    named = [(other, shown_publisher(other, lead)) for other in told[:MOST_LISTED]]
    named += [(line.lead, line.lead.publisher) for line in item.related]
    alone = prepared(site, origin, PublishedEntry(entry=lead))
    page = Link(url=page_url, text=plain(f"{lead.label}: {report_this(story)} - {site.title}"))
    return replace(
        alone,
        id=site.story_tag(story.id),
        published_at=story.first_at,
        updated_at=told_apart(story.updated_at, story.id),
        page_url=page_url,
        content=joined(*_parts(site, item, told, page_url)),
        categories=categories(*alone.categories, *(other.category for other in told)),
        mentions=(page, *links(site, lead, named)),
    )


_preparing = _Remembering(_prepared)


def _parts(site: Site, item: PublishedStory, told: Sequence[EntrySummary], page_url: str) -> list[str]:
    lead = item.lead
    covering = [_covering(site, other, shown_publisher(other, lead)) for other in told[:MOST_LISTED]]
    if len(told) > MOST_LISTED:
        covering.append(f'<li>and <a href="{escape(page_url)}">{len(told) - MOST_LISTED:,} more</a></li>')
    return [
        text_of(lead),
        rows("Also covered by", covering),
        rows("Related stories", [row(site, line.lead, line.lead.publisher, _shared(line)) for line in item.related]),
        f'<p>{report_this(item.story)}: <a href="{escape(page_url)}">the story at {escape(site.title)}</a></p>',
    ]


def _covering(site: Site, other: EntrySummary, publisher: str) -> str:
    return (
        f'<li dir="auto">{escape(publisher)}: <a href="{escape(article_url(site, other))}">{escape(other.label)}</a>,'
        f" {site.local_text(other.listed_at)}</li>"
    )


def _shared(line: StoryLine) -> str:
    return f", {line.coverage:,} publishers" if line.coverage > 1 else ""


def _about(site: Site, item: PublishedStory) -> Json:
    story = item.story
    return jsonfeed.given(
        coverage=story.coverage,
        entries=story.size,
        also_covered_by=[jsonfeed.mention(site, other, own_feed(other, item.lead)) for other in others(item)],
        related=[
            jsonfeed.mention(site, line.lead) | {"page": site.address(f"stories/{line.id}"), "coverage": line.coverage}
            for line in item.related
        ],
        events=_events(site, item),
    )


def _events(site: Site, item: PublishedStory) -> list[Json]:
    entries = {member.entry.id: member.entry for member in item.story.members}
    return [_event(site, event, entries.get(event.entry) if event.entry else None) for event in item.story.events]


def _event(site: Site, event: StoryEvent, entry: EntrySummary | None) -> Json:
    return jsonfeed.given(
        kind=event.kind.value,
        date=rfc3339(event.at),
        url=article_url(site, entry) if entry else None,
        detail=plain(event.detail),
    )
