"""A day's news."""

from dataclasses import dataclass
from datetime import date, datetime

from aggregator.model.entry import PublishedEntry


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
