"""Grouping: what deciding about stories needs to know of an entry, what it decides, and what is kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Ruling, StoryEvent, Veto


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEntry:
    """An entry as far as stories look at it."""

    id: EntryId
    publisher: str
    headline: str
    body: str = ""
    """Plain text: the teaser, or the beginning of the text where that is longer; a few hundred characters are enough."""
    url_key: str | None = None
    links: frozenset[str] = frozenset()
    """`text.urls.article_key` of the addresses that the text links to."""
    language: str | None = None
    """BCP 47 tag, as the feed gives it; guessed from the words where None."""
    at: datetime
    """`listed_at`: when it was published, as far as that is known. Stories go by these times, in whatever order entries come in."""
    seen_at: datetime
    """When it came in, or last said something else; never before `at`."""
    copy_set: CopySetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The place of one entry, and why."""

    entry_id: EntryId
    story: StoryId
    score: float
    """Likeness to the others in the story, 0 to 1; 1 for an entry that is alone."""
    words: tuple[str, ...] = ()
    """What it shares with them, most telling first, as its headline and text have it."""
    vetoes: tuple[Veto, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """What has to be stored of an open story, beside which entries it has, to go on as if nothing had happened."""

    id: StoryId
    review_at: datetime | None
    """When it is to be regrouped; None if not before another entry joins."""
    lead: EntryId
    """The entry that speaks for it."""
    first_at: datetime
    last_at: datetime
    """Earliest and latest `StoryEntry.at` of its entries."""
    updated_at: datetime
    """When the last of its events was."""
    publishers: tuple[str, ...]
    """All that its entries have had, in order of joining; never one twice."""
    numbers: tuple[str, ...]
    """What the headline of its lead claims in numbers, as `text.claims` reads it, sorted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the engine has read of an entry when it took it.

    Stored, so that what the entry says later changes nothing about the past, and that a restart need not read it again.
    """

    position: int
    """Counts what was ever read, from 1. An entry that was read anew, because it changed, has several: the last one holds."""
    entry: StoryEntry
    """As it was given; when it comes from the store, without `body`, and with the present `copy_set` and `publisher`."""
    language: str
    """What its words were taken for."""
    headline_terms: tuple[str, ...]
    body_terms: tuple[str, ...]
    weights: Mapping[str, float]
    """How much each of its terms weighs; a vector of length 1 or less, or empty."""
    meaning: tuple[float, ...] | None = None
    """What `Vectors` said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedStory:
    """Another story on the subject."""

    story: StoryId
    score: float
    """0 to 1: likeness, whatever the time between them; `stories.related` weighs that when it chooses which to list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedStory:
    """A story that nothing will be added to any more."""

    state: StoryState
    entries: tuple[EntryId, ...]
    """In the order in which they came in."""
    related: tuple[RelatedStory, ...] | None
    """Those that were open when it closed, newest first; None where those hold that were found when it last changed. It is related to them as they
    are to it: a story that closes later does not list those that closed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChanges:
    """What has changed since it was last asked."""

    readings: tuple[Reading, ...]
    """In order of position."""
    placements: tuple[Placement, ...]
    """Entries that are new or belong to another story than before, in the order in which they came in."""
    merged: tuple[tuple[StoryId, StoryId], ...]
    """Stories that are no more, each with the one that its address leads to now."""
    events: tuple[StoryEvent, ...]
    """In the order in which they happened; none of a story that is no more."""
    states: tuple[StoryState, ...]
    """Open stories of which anything has changed, in order of id."""
    related: Mapping[StoryId, tuple[RelatedStory, ...]]
    """Of each open story whose entries have changed, newest first."""
    closed: tuple[ClosedStory, ...]
    """In the order in which they closed."""
    next_story: StoryId
    """To be given to the engine that is made after a restart."""
    forgotten_before: int
    """Readings of lower positions are of no use any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryNews:
    """What an engine that was outlined a while ago has to learn: enough to know all that is stored."""

    signature: str
    """Of the rules by which all readings that are stored were made."""
    first_position: int
    """Readings of lower positions have been dropped; 0 where none are stored."""
    readings: tuple[Reading, ...]
    """Those that have come since, in order of position."""
    members: tuple[tuple[EntryId, StoryId, CopySetId], ...]
    """All entries of open stories."""
    links: tuple[tuple[EntryId, int, tuple[str, ...]], ...]
    """Entries that link to others: position of a reading, and the addresses; also of readings that hold no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMemory:
    """What is stored of an engine: enough to make it again."""

    mark: int
    """Grows with whatever is stored about stories by anybody: an engine that was made at another mark has missed something."""
    signature: str
    """Of the rules by which `readings` were read; empty where there are none."""
    next_story: StoryId
    states: tuple[StoryState, ...]
    """Of the open stories."""
    readings: tuple[Reading, ...]
    """In order of position."""
    assigned: Mapping[EntryId, StoryId]
    """The story of every entry of `readings` that has one that is open."""
    rulings: tuple["Ruling", ...]
    """In the order in which they were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySettings:
    """What the engine goes by. `benchmarks/stories.md` has the figures by which each was chosen."""

    idle: timedelta = timedelta(hours=72)
    """A story that gains nothing for so long is closed."""
    span: timedelta = timedelta(days=7)
    """A story is closed when it is so old: what goes on for longer is a subject, and its parts are related."""
    late: timedelta = timedelta(days=3)
    """How long a story is kept at hand, after it would close, for entries of its time that come in late: of a feed that was down, is
    polled rarely, or was added just now. 0 where entries come in order of time."""
    first: float = 0.33
    """Average likeness at which two single entries become a story: the strongest evidence, for chance is most likely here."""
    further: float = 0.24
    """Average likeness at which an entry joins a large story: many agree then. Between the two,
    `further + (first - further) / size`."""
    one_name: float = 0.7
    """What likeness counts for when all that two entries share stands in one place, as a name does ("Sri Lanka")."""
    linked: float = 0.1
    """What is added when one links to the other, or both to one article."""
    near: float = 0.15
    """Average likeness from which two stories are looked at together when one is regrouped, and may be related."""
    hopeful: float = 0.2
    """Average likeness from which another story may be one with a new one, so that it is worth regrouping both."""
    headline_weight: float = 1.5
    """How often a word of the headline counts, against once for one of the text."""
    body_terms: int = 40
    """Terms of the text that count. News says at the beginning what it is about."""
    prior: int = 8000
    """Entries that the starting table of frequencies stands for."""
    memory: timedelta = timedelta(days=7)
    """How long the words of an entry count as frequent."""
    staying: float = 0.01
    """What is added to the likeness of two entries of one story when that is regrouped: what is as good either way stays as it is."""
    review_after: timedelta = timedelta(hours=1)
    """When a story is regrouped with those near to it, counted from when an entry first joined it since it last was."""
