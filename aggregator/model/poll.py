"""What a poll did: for the database, for /feeds/{id}, and as `poll` prints it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Outcome
from aggregator.model.fetch import FailureKind
from aggregator.model.ids import EntryId, FeedId, RateGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPlan:
    """What the entries of one document mean for the database (`polling.plan` decides it)."""

    new: tuple[ParsedEntry, ...] = ()
    changed: tuple[tuple[EntryId, ParsedEntry], ...] = ()
    unchanged: int = 0
    incomplete: bool = False
    """It takes entries that were not read: the document has to be read whole, and nothing is to be stored."""
    places: tuple[int, ...] = ()
    """Of the new ones, in the document."""
    exact: tuple[tuple[int, EntryId], ...] = ()
    """Places of the others, with ids, as far as all that recognising goes by (`KnownEntry`) is stored as the document says
    it, or will be."""


class Heed(StrEnum):
    """Whose wishes a poll that a person asks for respects."""

    FRESHNESS = "freshness"
    """What server and document say stays true for a while, skipHours and skipDays, bans and 410: feeds that are named."""
    BANS = "bans"
    """Retry-After, bans and 410: `--all`."""
    NOTHING = "nothing"
    """`--force`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPause:
    """A server's wish that holds for every feed of its rate group."""

    group: RateGroup
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PollRecord:
    """One poll as /feeds/{id} tells it: what was answered, and what followed from that."""

    at: datetime
    outcome: Outcome
    status: int | None = None
    """HTTP status of the last answer; None where there was none."""
    message: str = ""
    received: int = 0
    """Bytes of the document, unpacked."""
    new: int = 0
    changed: int = 0
    elapsed: timedelta = timedelta()
    next_poll_at: datetime | None = None
    next_poll_reason: str = ""


STOPPED = "stopped before its turn"
"""Message of a result that stands for no poll because the program was told to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """One feed's poll."""

    feed_id: FeedId
    feed_title: str
    outcome: Outcome
    message: str = ""
    entries: int = 0
    """Entries in the document; 0 where there was none to read."""
    new: int = 0
    changed: int = 0
    copies: int = 0
    """How many of the new entries repeat one that was there before them."""
    received: int = 0
    """Bytes of the document, unpacked."""
    failure: FailureKind | None = None
    """Why it failed; None where it did not."""
    status: int | None = None
    """HTTP status of the last answer; None where there was none."""
    elapsed: timedelta = timedelta()
    next_poll_at: datetime | None = None
    """None: due at once, or gone and never polled again."""
    next_poll_reason: str = ""
    skipped_until: datetime | None = None
    """Until when a wish holds for which it was not polled; None where it was, or for no wish that has an end."""

    @property
    def stopped(self) -> bool:
        """Whether it was not polled because the program was told to stop."""
        return self.outcome is Outcome.SKIPPED and self.message == STOPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is in the database."""

    feeds: int
    entries: int
    copies: int
    """Entries that are listed under another one."""
