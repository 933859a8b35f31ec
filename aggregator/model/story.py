"""A story: as a page shows it, what happened to it, and what people have ruled about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from aggregator.model.entry import Entry, EntrySummary
from aggregator.model.ids import EntryId, StoryId


class EventKind(StrEnum):
    """Something that happened to a story and that its readers may want to know: its feed entry counts as changed then."""

    FOUNDED = "founded"
    PUBLISHER = "publisher"
    """One more publisher has it."""
    LEAD = "lead"
    """Another entry speaks for it."""
    NUMBER = "number"
    """The headline of its lead says another number."""
    MERGED = "merged"
    """Another story turned out to be this one."""
    SPLIT = "split"
    """Entries left it, or it was made of entries that left another story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryEvent:
    """A material change of a story."""

    story: StoryId
    kind: EventKind
    at: datetime
    """Never before the event before it. `StoryEntry.at` of the entry that brought it, as long as that is later than the event before
    it; else its `seen_at`: who has read the story already is told now."""
    entry: EntryId | None = None
    """Which entry brought it; None where none did."""
    detail: str = ""
    """The publisher; what the headline said before; the number of the other story: as the kind asks."""

    @property
    def of_unknown(self) -> bool:
        """Whether it is the merging of a story that nobody ever saw, and that so has no number: nothing to tell readers of."""
        return self.kind is EventKind.MERGED and not self.detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Veto:
    """What kept an entry out of a story that it is like."""

    story: StoryId
    reason: str
    """`stories.conflicts` has the reasons."""


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
class StoryLine:
    """A story as a list shows it."""

    id: StoryId
    lead: EntrySummary
    """Of its entries that are shown, the one that speaks for it; where the engine's choice is of a feed that is no longer configured, the earliest."""
    coverage: int
    """How many publishers have it."""
    size: int
    """How many entries it has, copies included."""
    first_at: datetime
    last_at: datetime
    """Earliest and latest `listed_at` of its entries."""
    updated_at: datetime
    """When it last changed materially."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """An entry in its story, and why it is there."""

    entry: EntrySummary
    score: float
    """As `Placement`: when it was placed."""
    words: tuple[str, ...]
    vetoes: tuple[Veto, ...]

    @property
    def came_first(self) -> bool:
        """Whether no other entry was in its story when it was placed: its likeness to the others was never judged.

        Who is wholly like others shares words with them.
        """
        return self.score >= 1 and not self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Story(StoryLine):
    """A story whole."""

    members: tuple[StoryMember, ...]
    """Those that are shown, earliest `listed_at` first; at least one."""
    events: tuple[StoryEvent, ...]
    """In the order in which they happened."""
    is_open: bool
    """Whether entries may still join it."""
    is_pinned: bool
    """Whether a person has pinned it."""

    @property
    def publishers(self) -> tuple[str, ...]:
        """Who has it, in order of publication."""
        return tuple(dict.fromkeys(member.entry.publisher for member in self.members))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedStory:
    """A story with what is related to it, as pages and feeds show it."""

    story: Story
    lead: Entry
    """The entry of `story.lead`, whole."""
    related: tuple[StoryLine, ...] = ()
    """Newest first."""

    def __hash__(self) -> int:
        """Give a number that equal ones share; of all that is compared, hashing the entries alone took a tenth of writing a feed."""
        return hash((self.story.id, self.story.updated_at, self.story.size))
