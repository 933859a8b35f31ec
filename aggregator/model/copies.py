"""What deciding about copies needs to know of an entry, and what it decides."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aggregator.model.ids import CopySetId, EntryId, FeedId

USUAL_WINDOW: Final = timedelta(hours=48)
"""How far apart two entries of one headline or text may be listed to be copies, where nobody says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyCandidate:
    """An entry as far as `stories.copies` looks at it."""

    id: EntryId
    feed_id: FeedId
    url_key: str | None
    headline_key: str
    at: datetime
    """`listed_at` of the entry."""
    name: str
    """The entry's guid, else address, else headline: breaks ties between entries of one feed and one time,
    so that order of arrival (`id`) does not have to."""
    near: frozenset[EntryId] = frozenset()
    """Entries of other feeds whose text is nearly the same (`stories.near`); they name this one, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyText:
    """What an entry says, as far as `stories.near` looks at it."""

    id: EntryId
    feed_id: FeedId
    headline: str
    body: str
    """Beginning of the plain text, 2,000 characters at most."""
    at: datetime
    """`listed_at` of the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyAssignment:
    """The place of one entry: alone, lead of its copies, or copy of a lead."""

    entry_id: EntryId
    copy_set: CopySetId
    copy_of: EntryId | None
    """The lead; None for the lead itself and for an entry without copies."""
    reason: str = ""
    """"same address", "same headline" or "nearly the same text": what ties it to its set; empty for an entry without copies."""
