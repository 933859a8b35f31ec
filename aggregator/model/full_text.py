"""The whole text of an article, fetched from its publisher: beside what the feed says of it, never in its place."""

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.entry import SafeHtml
from aggregator.model.ids import EntryId


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """What was read of the page that an entry links to."""

    html: SafeHtml
    url: str
    """Whose text it is, after redirects."""
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedText:
    """An entry whose page is to be fetched."""

    entry_id: EntryId
    url: str
    language: str | None
    allow_private_address: bool
    attempts: int
    """Made before."""
