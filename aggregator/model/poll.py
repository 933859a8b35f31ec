"""What a poll did, as `poll` prints it."""

from dataclasses import dataclass
from datetime import timedelta

from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Outcome
from aggregator.model.ids import EntryId, FeedId


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryPlan:
    """What the entries of one document mean for the database (`polling.plan` decides it)."""

    new: tuple[ParsedEntry, ...] = ()
    changed: tuple[tuple[EntryId, ParsedEntry], ...] = ()
    unchanged: int = 0


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
    elapsed: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """How much there is in the database."""

    feeds: int
    entries: int
    copies: int
    """Entries that are listed under another one."""
