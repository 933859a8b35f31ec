"""Stored and published values for tests of publish/ and web/: complete, sensible, and overridable field by field."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypedDict, Unpack
from zoneinfo import ZoneInfo

from aggregator.model.entry import (
    Byline,
    Coverage,
    Enclosure,
    Entry,
    EntrySummary,
    Link,
    PublishedEntry,
    SafeHtml,
)
from aggregator.model.feed import FeedGlance, FeedOverview, FeedState
from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId
from aggregator.model.story import EventKind, PublishedStory, Story, StoryEvent, StoryLine, StoryMember, Veto
from aggregator.publish.site import Channel, Site, newest_change
from tests.factories import NOON, make_feed


def make_site(*, url: str = "https://news.example/", timezone: str = "Asia/Beirut", description: str = "") -> Site:
    return Site(title="Related Stories", url=url, timezone=ZoneInfo(timezone), description=description)


class EntryFields(TypedDict, total=False):
    copy_set: int
    feed_id: str
    feed_title: str
    publisher: str
    category: str
    url: str | None
    headline: str
    teaser: str
    language: str | None
    published_at: datetime | None
    changed_at: datetime
    content: str
    author: str | None
    tags: Sequence[str]
    image_url: str | None
    comments_url: str | None
    source: Link | None
    enclosures: Sequence[Enclosure]
    byline: Byline


def make_entry(number: int = 1, **given: Unpack[EntryFields]) -> Entry:
    published_at = given.get("published_at", NOON)
    first_seen_at = NOON + timedelta(minutes=10)
    teaser = given.get("teaser", "Senior commanders met in Baghdad on Sunday.")
    return Entry(
        id=EntryId(number),
        copy_set=CopySetId(given.get("copy_set", number)),
        feed_id=FeedId(given.get("feed_id", "example")),
        feed_title=given.get("feed_title", "Example News"),
        publisher=given.get("publisher", "Example"),
        category=given.get("category", "World"),
        url=given.get("url", f"https://example.org/{number}"),
        headline=given.get("headline", f"Headline number {number}"),
        teaser=teaser,
        language=given.get("language", "en"),
        published_at=published_at,
        first_seen_at=first_seen_at,
        changed_at=given.get("changed_at", first_seen_at),
        listed_at=min(published_at or first_seen_at, first_seen_at),
        guid=f"guid-{number}",
        summary=SafeHtml(""),
        content=SafeHtml(given.get("content", f"<p>{teaser}</p>" if teaser else "")),
        text=teaser,
        author=given.get("author", "A. Writer"),
        updated_at=None,
        tags=tuple(given.get("tags", ())),
        image_url=given.get("image_url"),
        comments_url=given.get("comments_url"),
        source=given.get("source"),
        enclosures=tuple(given.get("enclosures", ())),
        byline=given.get("byline", Byline()),
    )


def make_published(
    entry: Entry | None = None,
    *,
    also: Sequence[EntrySummary] = (),
    related: Sequence[EntrySummary] = (),
    publishers: int = 0,
) -> PublishedEntry:
    """Make a published entry; of story 4, where a number of publishers is given."""
    coverage = Coverage(story=StoryId(4), publishers=publishers, entries=publishers + 1) if publishers else None
    return PublishedEntry(entry=entry or make_entry(), also=tuple(also), related=tuple(related), coverage=coverage)


def make_line(number: int = 1, lead: EntrySummary | None = None, *, coverage: int = 1) -> StoryLine:
    lead = lead or make_entry()
    return StoryLine(
        id=StoryId(number),
        lead=lead,
        coverage=coverage,
        size=coverage,
        first_at=lead.listed_at,
        last_at=lead.listed_at,
        updated_at=lead.listed_at,
    )


def make_story(
    number: int = 1,
    *entries: Entry,
    related: Sequence[StoryLine] = (),
    events: Sequence[StoryEvent] = (),
    updated_at: datetime = NOON + timedelta(hours=3),
    vetoes: Sequence[Veto] = (),
) -> PublishedStory:
    """Make a story of these entries; the first one leads."""
    given = entries or (make_entry(),)
    ordered = sorted(given, key=lambda entry: (entry.listed_at, entry.id))
    story = Story(
        id=StoryId(number),
        lead=given[0],
        coverage=len({entry.publisher for entry in given}),
        size=len(given),
        first_at=ordered[0].listed_at,
        last_at=ordered[-1].listed_at,
        updated_at=updated_at,
        members=tuple(
            StoryMember(entry=each, score=0.5, words=("military",), vetoes=tuple(vetoes)) for each in ordered
        ),
        events=tuple(events),
        is_open=True,
        is_pinned=False,
    )
    return PublishedStory(story=story, lead=given[0], related=tuple(related))


def every_story() -> list[PublishedStory]:
    """Two stories: one that uses every field, one of a single bare entry."""
    whole, bare = everything()
    other = make_entry(
        8,
        publisher="Other & <Sons>",
        feed_id="other",
        headline="Iraq: chiefs <meet>",
        url="https://other.example/8",
        published_at=NOON + timedelta(minutes=5),
        category="Asia",
    )
    again = make_entry(
        11, headline="Iraq hosts chiefs again", feed_title="Example - Asia", published_at=NOON + timedelta(minutes=7)
    )
    number = StoryId(6)
    events = [
        StoryEvent(story=number, kind=EventKind.FOUNDED, at=NOON, entry=whole.entry.id, detail="Example"),
        StoryEvent(story=number, kind=EventKind.PUBLISHER, at=NOON, entry=other.id, detail="Other & <Sons>"),
        StoryEvent(story=number, kind=EventKind.MERGED, at=NOON + timedelta(hours=3), detail="9"),
    ]
    arabic = make_line(2, whole.related[0], coverage=3)
    return [
        make_story(6, whole.entry, other, again, related=[arabic, make_line(3, make_entry(12))], events=events),
        make_story(7, bare.entry, updated_at=NOON),
    ]


def make_overview(
    feed_id: str = "example",
    *,
    url: str = "https://example.org/rss.xml",
    title: str = "Example News",
    category: str = "World",
    tags: Sequence[str] = (),
    language: str | None = None,
    home_url: str | None = "https://example.org/",
    state: FeedState | None = None,
) -> FeedOverview:
    return FeedOverview(
        feed=make_feed(feed_id, url=url, title=title, category=category, tags=tags, language=language),
        state=state or FeedState(),
        document_title="Example: all the news",
        home_url=home_url,
        entries=1,
        newest_entry_at=NOON,
    )


def glance_of(overview: FeedOverview, *, kind: str = "ok") -> FeedGlance:
    feed = overview.feed
    return FeedGlance(
        id=feed.id,
        url=feed.url,
        name=overview.name,
        home_url=overview.home_url,
        publisher=feed.publisher,
        category=feed.category,
        tags=feed.tags,
        language=feed.language,
        kind=kind,
    )


def make_channel(
    entries: Sequence[PublishedEntry] = (),
    *,
    site: Site | None = None,
    suffix: str = "atom",
    next_url: str | None = None,
    origins: Sequence[FeedOverview] = (),
) -> Channel:
    site = site or make_site(description="News of several publishers, each once")
    return Channel(
        site=site,
        id=site.tag("feed"),
        title=site.title,
        description=site.description,
        self_url=site.address(f"feed.{suffix}"),
        home_url=site.address(),
        updated_at=newest_change(entries),
        next_url=next_url,
        origins={overview.feed.id: overview.outline() for overview in origins},
    )


def everything() -> list[PublishedEntry]:
    """Two entries: one that uses every field, one that has hardly any."""
    whole = make_entry(
        7,
        copy_set=5,
        headline='Iraq hosts "military chiefs" & <others>',
        teaser="BAGHDAD: Senior commanders met.",
        content='<p>BAGHDAD: Senior commanders met.</p><p><img src="https://example.org/a.jpg" alt=""></p>',
        changed_at=NOON + timedelta(hours=2),
        tags=("politics", "World"),
        image_url="https://example.org/a.jpg",
        comments_url="https://example.org/7#comments",
        enclosures=(
            Enclosure(url="https://example.org/7.mp3", media_type="audio/mpeg", length=1234),
            Enclosure(url="https://example.org/7.ogg"),
        ),
        byline=Byline(categories=("Middle-East",)),
    )
    copy = make_entry(
        5, publisher="Other", feed_id="other", headline="Iraq hosts military chiefs", url="https://other.example/5"
    )
    arabic = make_entry(3, headline="قائد الجيش في بغداد", language="ar", publisher="الشرق", url="https://ar.example/3")
    bare = make_entry(
        9,
        headline="",
        teaser="Only a few words",
        url=None,
        language="!",
        author=None,
        published_at=None,
        feed_id="gone",
    )
    return [make_published(whole, also=[copy], related=[arabic], publishers=3), make_published(bare, publishers=1)]
