"""A digest: the ranked stories of a closed period, as it was sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import Story, StoryLine

DAILY = "daily"
"""Name of the digest that there is where feeds.yaml names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPlan:
    """One digest as feeds.yaml orders it."""

    name: str = DAILY
    """`[a-z0-9-]{1,40}`: part of its address. Digests of the name `daily` are at /digests/{date}, others at /digests/{name}/{date}."""
    title: str = ""
    """Shown above it; empty: the site's title."""
    at: time = time(6, 0)
    """When a period ends and the digest of it is made, in the site's time zone."""
    weekday: int | None = None
    """0, Monday, to 6: made once a week, for the seven days before. None: every day."""
    categories: tuple[str, ...] = ()
    """Stories with an entry of one of these; empty: of any."""
    tags: tuple[str, ...] = ()
    """Stories with an entry of a feed with one of these tags; empty: of any."""
    recipients: tuple[str, ...] = ()
    """Mail addresses."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """How much a category counts when stories are ranked; 1 where it isn't named."""


class SectionKind(StrEnum):
    """What a section is for, in the order in which they stand."""

    TOP = "top"
    DEVELOPING = "developing"
    CATEGORY = "category"
    QUIET = "quiet"
    BRIEF = "brief"


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLink:
    """A story that an item names as related."""

    story: StoryId
    headline: str
    publisher: str
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestItem:
    """A story as its digest tells it. All text is plain, on one line, and stays as it was when the digest was sealed."""

    story: StoryId
    entry: EntryId
    """The lead."""
    headline: str
    teaser: str
    """The first two sentences or so; empty in *In brief*."""
    url: str | None
    """The lead's article at its publisher."""
    publisher: str
    """The lead's."""
    others: tuple[str, ...]
    """Who else has it, in order of publication."""
    category: str
    """The lead's."""
    language: str | None
    at: datetime
    """When the lead was published."""
    changed: str = ""
    """What is new since the last digest that told the story, a sentence in English; empty where none did."""
    formerly: str = ""
    """The headline that the last digest told it under, in its own language, where another stands in its place."""
    related: tuple[DigestLink, ...] = ()

    @property
    def coverage(self) -> int:
        """How many publishers have it."""
        return 1 + len(self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    """Stories under one heading, best first; at least one."""

    kind: SectionKind
    title: str
    items: tuple[DigestItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What was worth telling of [start, end)."""

    name: str
    date: date
    """The day in the site's time zone on which `end` is; for a digest made at midnight, the day before that."""
    title: str
    start: datetime
    end: datetime
    sections: tuple[DigestSection, ...]
    stories: int
    """How many there were to choose from."""
    entries: int
    """How many entries came in the period, copies included."""
    publishers: int
    """How many publishers these are of."""

    @property
    def items(self) -> tuple[DigestItem, ...]:
        """All items, in order."""
        return tuple(item for section in self.sections for item in section.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a digest said of a story: the latest that told it."""

    date: date
    headline: str
    publishers: tuple[str, ...]
    numbers: tuple[str, ...]
    """As `StoryState.numbers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestCandidate:
    """A story that may be told: it gained an entry in the period, or changed materially in it."""

    story: Story
    related: tuple[StoryLine, ...]
    pace: Mapping[str, float]
    """Entries a day, over the last month, of the feed of every entry of the story, by feed id: what tells quiet feeds from busy ones."""
    tags: frozenset[str]
    """Of the feeds of its entries."""
    categories: frozenset[str]
    numbers: tuple[str, ...]
    """Of the headline of its lead, as `StoryState.numbers`; empty where `told` is None, with which they are compared."""
    told: Told | None
    text: str = ""
    """Of its lead: the beginning of the plain text, some 1,500 characters; its teaser is made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """A sealed digest as a list shows it."""

    name: str
    date: date
    title: str
    end: datetime
    headlines: tuple[str, ...]
    """Of its first three items."""
    stories: int
    """How many it tells."""


class MailState(StrEnum):
    """Where a message stands."""

    WAITING = "waiting"
    SENDING = "sending"
    """Handed to the server, which has not answered: after a crash here it is sent again, under the same Message-ID."""
    SENT = "sent"
    REFUSED = "refused"
    """For good (5xx), or for three days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One digest to one recipient."""

    id: int
    name: str
    date: date
    recipient: str
    message_id: str
    state: MailState
    attempts: int
    next_at: datetime | None
    """None: nothing is to be done any more."""
    message: str
    """What the server said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """A mail server did not take a message, or could not be reached."""

    message: str
    """A sentence for people: what was answered."""
    for_good: bool = False
    """5xx to this recipient or message: trying again changes nothing."""
    server: bool = False
    """The server takes nothing from anybody at present (unreachable, login refused ...): other messages needn't try it now."""
