"""The site that publishes: its name, its addresses, its time; and the head of one published feed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import ZoneInfo

from aggregator.model.entry import PublishedEntry
from aggregator.model.feed import FeedOutline
from aggregator.model.ids import CopySetId, FeedId, StoryId
from aggregator.text.urls import slug

EMPTY_UPDATED_AT = datetime(2000, 1, 1, tzinfo=UTC)
"""`updated` of a feed without entries. RFC 4287 section 4.1.1 wants one, and "now" would make every answer differ."""

_TAG_YEAR = "2026"
"""RFC 4151 section 2.1: a date on which the authority held its name. Ids are permanent, so it never moves on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What documents say about the place that publishes them."""

    title: str
    url: str
    """Absolute address of the front page; addresses in documents are made from it, never from a Host header."""
    timezone: ZoneInfo
    """In which times are shown and days begin."""
    description: str = ""
    interval: timedelta = timedelta(minutes=30)
    """How often feeds are polled unless they say otherwise: how often this site's own feeds are worth fetching."""

    def address(self, path: str = "") -> str:
        """Make an absolute address of ours from a path without leading slash."""
        return f"{self.url.rstrip('/')}/{path}"

    def link(self, path: str = "") -> str:
        """Make the address without scheme and host: pages then work under every name that leads to this server."""
        return f"{urlsplit(self.url).path.rstrip('/')}/{path}"

    def tag(self, name: str) -> str:
        """Make a permanent id (RFC 4151): the same over http and https, on any port and under any path."""
        return f"tag:{self.authority},{_TAG_YEAR}:{name}"

    @property
    def authority(self) -> str:
        """Name the host in letters that ids may hold: RFC 4151, and Message-IDs."""
        return re.sub(r"[^a-z0-9.-]", "-", (urlsplit(self.url).hostname or "localhost").lower())

    def entry_tag(self, copy_set: CopySetId) -> str:
        """Name an entry after its copies: it stays the same entry when another of them comes to lead."""
        return self.tag(f"copies/{copy_set}")

    def story_tag(self, story: StoryId) -> str:
        """Name a story: the same for as long as it lives, whichever entry leads it."""
        return self.tag(f"stories/{story}")

    def local(self, at: datetime) -> datetime:
        """Move a time into the site's time zone; the first and last days there are stay in UTC."""
        try:
            return at.astimezone(self.timezone)
        except OverflowError:
            return at

    def local_text(self, at: datetime) -> str:
        """Write a time for people: `Sun, 02 Sep 2018 07:50`."""
        return _local_text(self, at)


@lru_cache(maxsize=20_000)
def _local_text(site: Site, at: datetime) -> str:
    """Remember what was written: a feed names three hundred times, and most of them with every request again."""
    return site.local(at).strftime("%a, %d %b %Y %H:%M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """The head of one published feed."""

    site: Site
    id: str
    """Permanent, the same for the Atom, RSS and JSON of one list."""
    title: str
    description: str
    self_url: str
    home_url: str
    """The page that lists the same entries."""
    updated_at: datetime
    next_url: str | None = None
    """The document that continues this one with older entries (RFC 5005 section 3); None for the last."""
    current_url: str | None = None
    """Of an archive (RFC 5005 section 4): the document that new entries come into. None: this is it, or there are no archives."""
    prev_archive_url: str | None = None
    """The archive of what came before; None where there is none."""
    next_archive_url: str | None = None
    """The archive of what came after; None where there is none yet."""
    is_complete: bool = False
    """This one document holds all there is (RFC 5005 section 2): an entry that it does not hold is no longer of this feed."""
    origins: Mapping[FeedId, FeedOutline] = field(default_factory=dict)
    """The feeds that entries were taken from; one that is missing is named by its title alone."""

    @property
    def history(self) -> list[tuple[str, str]]:
        """List the links of RFC 5005 section 4: relation and address."""
        links = [
            ("current", self.current_url),
            ("prev-archive", self.prev_archive_url),
            ("next-archive", self.next_archive_url),
        ]
        return [(relation, url) for relation, url in links if url]


def newest_change(entries: Sequence[PublishedEntry]) -> datetime:
    """Find when these entries last changed: the feed's `updated`, a fixed time where there are none."""
    return max((item.entry.changed_at for item in entries), default=EMPTY_UPDATED_AT)


def category_path(category: str) -> str:
    """Give the path of a category's page."""
    return f"categories/{slug(category)}"


def public(url: str) -> str:
    """Take user name and password out of a feed's address: pages and OPML are for everyone."""
    if "@" not in url:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
