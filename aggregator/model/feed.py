"""A feed: what feeds.yaml says of it, what polls have learned of it, and what its document says."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.entry import ParsedEntry
from aggregator.model.ids import EntryId, FeedId, RateGroup
from aggregator.model.imprint import NOTHING_KNOWN, Imprints, KnownImprints
from aggregator.model.push import Advertised
from aggregator.model.wanted import KEPT_FOR_EVER, NO_FILTERS, Filters, Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as feeds.yaml names it, defaults filled in."""

    id: FeedId
    url: str
    title: str = ""
    """Empty where feeds.yaml gives none: the document's own title is shown then."""
    publisher: str
    category: str
    tags: tuple[str, ...] = ()
    language: str | None = None
    """BCP 47 tag for entries that do not say their own."""
    interval: timedelta
    unconditional_interval: timedelta
    """Interval while its server answers no conditional requests, so that every poll costs a whole document."""
    allow_private_address: bool = False
    full_text: bool = False
    """The article behind the link of an entry is wanted beside what the feed says."""
    filters: Filters = NO_FILTERS
    max_entries: int | None = None
    """Entries of a document that are read, from its beginning; None: as many as are read of any."""
    retention: Retention = KEPT_FOR_EVER
    strip_prefix: tuple[str, ...] = ()
    """Beginnings that are cut from headlines as they are read."""
    strip_suffix: tuple[str, ...] = ()
    shows_images: bool = True
    """Whether pages show the images of its entries, and its icon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """ETag and Last-Modified exactly as received: bytes of the header decoded as latin-1, never parsed."""

    etag: str | None = None
    last_modified: str | None = None
    url: str | None = None
    """The exact address that gave them, after redirects: they are sent to no other. None: the feed's own."""


class Outcome(StrEnum):
    """How a poll ended, as people see it in `poll`'s table and on /feeds."""

    FETCHED = "fetched"
    SAME_DOCUMENT = "same document"
    """A 200 whose bytes equal those of the last poll (Planet Venus calls it content-hash)."""
    NOT_MODIFIED = "not modified"
    GONE = "gone"
    FAILED = "failed"
    SKIPPED = "skipped"
    """Not polled: a server asked us to wait, or another process holds the feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshnessHints:
    """What a document itself says about how often it changes."""

    ttl: timedelta | None = None
    """RSS 2.0 `ttl`."""
    skip_hours: frozenset[int] = frozenset()
    """RSS 2.0 `skipHours`: 0-23, in GMT."""
    skip_days: frozenset[int] = frozenset()
    """RSS 2.0 `skipDays`: 0 is Monday, as in `datetime.weekday()`."""
    update_period: timedelta | None = None
    """RSS 1.0 syndication module: `updatePeriod` divided by `updateFrequency`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What permanent redirects (301, 308) have said of a feed's address."""

    address: str | None = None
    """Polled instead of the configured one: as many polls in a row were redirected there as it takes to believe it."""
    candidate: str | None = None
    """Where the last polls were redirected to."""
    seen: int = 0
    """Polls in a row that ended at `candidate` with a document or a 304."""
    since: datetime | None = None
    """When the feed was first seen to have moved; None while it has not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What polls have left behind. A feed that was never polled has every default."""

    validators: Validators = Validators()
    body_hash: str | None = None
    """SHA-256 of the last document that was stored, hexadecimal."""
    hints: FreshnessHints = FreshnessHints()
    """Of that same document: they hold for every 304 that follows it."""
    last_polled_at: datetime | None = None
    last_success_at: datetime | None = None
    last_outcome: Outcome | None = None
    last_message: str = ""
    """What a person should know of the last poll; empty when all is well."""
    lifetime: timedelta | None = None
    """For how long the last answer that said so may be kept (max-age or Expires): holds for a 304 that says nothing."""
    failures: int = 0
    """Failed polls in a row."""
    failing_since: datetime | None = None
    malformed_since: datetime | None = None
    """Since when the document has not been well-formed; None while it is."""
    repeats: int = 0
    """Documents that a server sent again, byte for byte, although it was asked for a newer one only; three at most.
    A new one takes one back, a 304 all."""
    slowdown: int = 0
    """Steps by which a 429 has slowed polls down (`polling.waits`); every success takes one back."""
    move: Move = Move()
    next_poll_at: datetime | None = None
    """None: due at once."""
    next_poll_reason: str = ""
    """Which header or rule set `next_poll_at`, in plain words."""
    fresh_until: datetime | None = None
    """What server and document said stays true until then: a person who names this feed waits as well."""
    blocked_until: datetime | None = None
    """The server asked (Retry-After) not to be spoken to before then; `--all` obeys, only `--force` does not."""
    pushed_until: datetime | None = None
    """A hub sends us what is new until then (WebSub), so polls only make sure. Not changed by a poll."""
    pushes: int = 0
    """How many documents of hubs were stored: a poll that ends with another number was overtaken. Not changed by a poll."""
    advertised: Advertised | None = None
    """The hubs that the last document that was stored named; None where it named none."""
    gone: bool = False
    """410 was answered: never polled again unless asked with `--force` (RFC 9110 section 15.5.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed that this worker may poll, as long as it holds the lease of the feed's rate group."""

    feed: Feed
    state: FeedState
    group: RateGroup
    lease: int
    """Fencing token: grows with every lease of the group; `finish` refuses any but the newest."""
    document_title: str = ""
    """What the document last stored calls itself."""

    @property
    def url(self) -> str:
        """The address to ask: the one the feed has moved to, else the configured one."""
        return self.state.move.address or self.feed.url

    @property
    def name(self) -> str:
        """What people call this feed: see `FeedOverview.name`."""
        return self.feed.title or self.document_title or self.feed.url


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLease:
    """A rate group leased to this worker, with those of its feeds that are to be polled now."""

    group: RateGroup
    token: int
    feeds: tuple[DueFeed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOverview:
    """A row of /feeds."""

    feed: Feed
    state: FeedState
    document_title: str
    home_url: str | None
    entries: int
    newest_entry_at: datetime | None
    icon_url: str | None = None
    """An image that its document calls its icon; to be fetched as what a stranger wrote."""
    rhythm: timedelta | None = None
    """Usual time between two of its entries: of the last twenty, newest minus oldest by their number; None below five."""
    muted: int = 0
    """Of `entries`: those that a rule of feeds.yaml mutes."""

    @property
    def name(self) -> str:
        """What people call this feed: the configured title, else the document's, else its address."""
        return self.feed.title or self.document_title or self.feed.url

    def outline(self) -> "FeedOutline":
        """Give what a subscription list says of it."""
        feed = self.feed
        return FeedOutline(
            url=feed.url,
            name=self.name,
            home_url=self.home_url,
            category=feed.category,
            tags=feed.tags,
            language=feed.language,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedOutline:
    """What a subscription list says of a feed."""

    url: str
    name: str
    """As `FeedOverview.name`."""
    home_url: str | None
    category: str
    tags: tuple[str, ...]
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedGlance(FeedOutline):
    """A configured feed, as far as it is looked at where there are thousands."""

    id: FeedId
    publisher: str
    kind: str
    """How it is doing in one word: the gravest of gone, blocked, failing, new, malformed that holds, else ok."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFigures:
    """What is measured of all configured feeds."""

    overdue: int
    """Whose poll is due and has not begun; those that are to be left alone are not."""
    longest_lag: timedelta
    """How long the one that waits longest has been due; zero where none is."""
    pushed: int
    """How many a hub sends to us at the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Bytes on the way into the parser, with what is known of them."""

    body: bytes
    url: str
    """Where the bytes came from, after redirects: relative links are resolved against it."""
    content_type: str = ""
    publisher_names: tuple[str, ...] = ()
    """Names that may end a headline (" - Reuters") without being part of it."""
    language: str | None = None
    """For entries where neither entry nor document says one."""
    own_origins: tuple[str, ...] = ()
    """Origins of our own site, `scheme://host[:port]`: links to them in foreign HTML are dropped."""
    known: KnownImprints = NOTHING_KNOWN
    """Entries that need not be read."""
    max_entries: int | None = None
    """See `Feed.max_entries`; likewise the next two."""
    strip_prefix: tuple[str, ...] = ()
    strip_suffix: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """A document in our own types."""

    format: str
    """feedparser's names (`rss20`, `atom10`, `rss10` ...) and `json1`, `json11`."""
    title: str = ""
    home_url: str | None = None
    icon_url: str | None = None
    """An image that it calls its icon, or that it says is as small as one."""
    hints: FreshnessHints = field(default_factory=FreshnessHints)
    entries: tuple[ParsedEntry, ...] = ()
    """Those that were read, in document order; with `known` at most `feeds.limits.MAX_ENTRIES`."""
    known: tuple[tuple[int, EntryId], ...] = ()
    """Entries that were not read, because their imprints are known: place in the document, ascending, and id."""
    imprints: Imprints = field(default_factory=Imprints, compare=False)
    dropped: int = 0
    """Entries beyond that limit."""
    hubs: tuple[str, ...] = ()
    """WebSub hubs that the document names (`rel="hub"`), absolute addresses in its order."""
    topic: str | None = None
    """Its own address as it says it (`rel="self"`): what a hub knows it by."""
    malformed: str = ""
    """Why the document is not well-formed, where it was read all the same; empty when it is."""

    @property
    def size(self) -> int:
        """How many entries it has, read or not."""
        return len(self.entries) + len(self.known)
