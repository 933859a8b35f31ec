"""An entry: as a document holds it, as the database knows it, as a page shows it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from aggregator.model.ids import CopySetId, EntryId, FeedId, StoryId

SafeHtml = NewType("SafeHtml", str)
"""HTML that `text.html.sanitise` made: safe to put into a page or feed as it is. Nothing else may make one."""

NO_HTML = SafeHtml("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link with the words it stood on."""

    url: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A media file that comes with an entry."""

    url: str
    media_type: str = ""
    length: int | None = None
    """Bytes, as the feed claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Byline:
    """Labelled fields that a publisher's system printed into the description (see `text.byline`)."""

    author: str | None = None
    source_id: str | None = None
    dated: str | None = None
    """The publisher's own date as it wrote it ("Sat, 2018-09-01 16:07"): it names no time zone, so it stays text."""
    categories: tuple[str, ...] = ()
    """"Main category", one or several."""
    related: tuple[Link, ...] = ()
    """Links the publisher's system listed as related."""
    dateline: str | None = None
    """"BAMAKO, Mali": where the text was written. It also stays in the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEntry:
    """One item of one document, in our own types, safe to store and to show."""

    guid: str | None = None
    """The feed's own name for the entry, never rewritten, never resolved."""
    url: str | None = None
    """Absolute, http or https."""
    headline: str = ""
    """Plain text on one line; empty where the feed gives none."""
    summary: SafeHtml = NO_HTML
    """The feed's short text, where it has both a short and a whole one; else the only one it has."""
    content: SafeHtml = NO_HTML
    """The whole text; empty where the feed has only a short one."""
    text: str = ""
    """Plain text of `content`, else of `summary`."""
    teaser: str = ""
    """About 150 characters of `text`, cut between words."""
    author: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    tags: tuple[str, ...] = ()
    language: str | None = None
    """BCP 47 tag, in the feed's spelling."""
    image_url: str | None = None
    comments_url: str | None = None
    source: Link | None = None
    """Where the feed itself took the entry from (`atom:source`, RSS `source`)."""
    enclosures: tuple[Enclosure, ...] = ()
    byline: Byline = Byline()
    url_key: str | None = None
    """`text.urls.canonical(url)`: equal for addresses of one article."""
    headline_key: str = ""
    """`text.headline.normalise(headline, ...)`: equal for spellings of one headline."""
    fingerprint: str = ""
    """Hash of what a reader sees; differs when the feed changed the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownEntry:
    """What the database holds of an entry, as far as recognising it again needs."""

    id: EntryId
    guid: str | None
    url: str | None
    headline: str
    published_at: datetime | None
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySummary:
    """An entry as a list shows it."""

    id: EntryId
    copy_set: CopySetId
    feed_id: FeedId
    feed_title: str
    publisher: str
    category: str
    url: str | None
    headline: str
    teaser: str
    language: str | None
    published_at: datetime | None
    first_seen_at: datetime
    changed_at: datetime
    """When we last saw the feed change it; equals `first_seen_at` if never."""
    listed_at: datetime
    """`published_at`, but never later than `first_seen_at`, and that itself where the feed gives no date:
    an entry dated tomorrow does not stay on top until then."""

    @property
    def renewed_at(self) -> datetime:
        """When the feed last changed the entry, else `listed_at`: an old entry is not new because we first see it."""
        return self.changed_at if self.changed_at > self.first_seen_at else self.listed_at

    @property
    def label(self) -> str:
        """What to call the entry: its headline, else its first words, else its address."""
        return self.headline or self.teaser or self.url or "(untitled)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(EntrySummary):
    """An entry whole."""

    guid: str | None
    summary: SafeHtml
    content: SafeHtml
    text: str
    author: str | None
    updated_at: datetime | None
    tags: tuple[str, ...]
    image_url: str | None
    comments_url: str | None
    source: Link | None
    enclosures: tuple[Enclosure, ...]
    byline: Byline

    @property
    def body(self) -> SafeHtml:
        """The fullest text there is."""
        return self.content or self.summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an entry said before the feed changed it."""

    entry_id: EntryId
    replaced_at: datetime
    headline: str
    url: str | None
    summary: SafeHtml
    content: SafeHtml


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Who else reports what an entry reports."""

    story: StoryId
    publishers: int
    """How many have the story, this one included."""
    entries: int
    """How many it has, copies included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedEntry:
    """The lead of a set of copies, with who else published it and what is related."""

    entry: Entry
    also: tuple[EntrySummary, ...] = ()
    """The other entries of the set, earliest first."""
    related: tuple[EntrySummary, ...] = ()
    """Leads of the stories that are related to its own, newest first."""
    coverage: Coverage | None = None
    """None until it has been grouped."""
