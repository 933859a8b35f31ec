"""Stories: what deciding about them needs to know of an entry, and what it decides."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType

from aggregator.model.ids import CopySetId, EntryId

StoryId = NewType("StoryId", int)
"""Number of a story, given in order of founding and never given twice. A story that joins another redirects to it."""


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
    """When it came in. Entries are given in this order."""
    copy_set: CopySetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """What kept an entry out of a story that it is like."""

    story: StoryId
    reason: str
    """`stories.conflicts` has the reasons."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RelatedStory:
    """Another story on the subject."""

    story: StoryId
    score: float
    """0 to 1: likeness, less for what is long past."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedStory:
    """A story that nothing will be added to any more."""

    id: StoryId
    lead: EntryId
    entries: tuple[EntryId, ...]
    """In the order in which they came in."""
    related: tuple[RelatedStory, ...]
    """Those that were open when it closed, newest first. It is related to them as they are to it: a story that closes later does not
    list those that closed before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryChanges:
    """What has changed since it was last asked."""

    placements: tuple[Placement, ...]
    """Entries that are new or belong to another story than before, in the order in which they came in."""
    merged: tuple[tuple[StoryId, StoryId], ...]
    """Stories that are no more, each with the one that its address leads to now."""
    states: tuple[StoryState, ...]
    """Open stories that have gained, lost or regrouped entries, in order of id."""
    closed: tuple[ClosedStory, ...]
    """In the order in which they closed."""
    next_story: StoryId
    """To be given to the engine that is made after a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """A person's ruling: these entries are one story."""

    entries: frozenset[EntryId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A person's ruling: none of `entries` shares a story with any of `others`."""

    entries: frozenset[EntryId]
    others: frozenset[EntryId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """A person's ruling: these entries are one story, and only single entries may join it: it is not regrouped or merged."""

    entries: frozenset[EntryId]


Ruling = Together | Apart | Pinned
"""They hold for as long as they are given; a later one is stronger than an earlier one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySettings:
    """What the engine goes by. `benchmarks/stories.md` has the figures by which each was chosen."""

    idle: timedelta = timedelta(hours=72)
    """A story that gains nothing for so long is closed."""
    span: timedelta = timedelta(days=7)
    """A story is closed when it is so old: what goes on for longer is a subject, and its parts are related."""
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
    review_after: timedelta = timedelta(hours=1)
    """When a story is regrouped with those near to it, counted from when an entry first joined it since it last was."""
