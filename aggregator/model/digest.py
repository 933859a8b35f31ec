"""A day's news."""

from dataclasses import dataclass
from datetime import date, datetime

from aggregator.model.entry import PublishedEntry
from aggregator.model.query import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSection:
    """The entries of one category, most widely published first."""

    category: str
    entries: tuple[PublishedEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What was published in [start, end), by category."""

    date: date
    """The day in the site's time zone."""
    start: datetime
    end: datetime
    sections: tuple[DigestSection, ...]
    rest: Cursor | None = None
    """The last entry that found room, where the day has more than a digest holds: the others follow it; else None."""

    @property
    def size(self) -> int:
        """How many entries it holds."""
        return sum(len(section.entries) for section in self.sections)
