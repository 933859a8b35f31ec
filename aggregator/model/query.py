"""Questions a reader asks, and pages of answers."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from aggregator.errors import QueryError
from aggregator.model.ids import EntryId, FeedId

T = TypeVar("T")

PAGE_SIZE = 50
"""Entries on a page and in a feed, unless asked otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """The last entry or story of a page: the next page begins after it (keyset paging)."""

    listed_at: datetime
    """Of a story, its `updated_at`."""
    id: int

    def __str__(self) -> str:
        plain = f"{int(self.listed_at.timestamp())}.{self.id}"
        return urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> "Cursor":
        """Read what `str()` wrote.

        Raises:
            QueryError: `text` was not made by `str(cursor)`.
        """
        try:
            seconds, number = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(".")
            return cls(listed_at=datetime.fromtimestamp(int(seconds), UTC), id=int(number))
        except (ValueError, OverflowError, OSError, Base64Error) as error:
            message = f"after={text[:80]!r} is not the mark of a page; follow the link at the foot of the page before"
            raise QueryError(message) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryQuery:
    """Which entries: those of every given condition, copies once, newest (`listed_at`) first."""

    category: str | None = None
    feed_id: FeedId | None = None
    since: datetime | None = None
    """Inclusive, against `listed_at`."""
    until: datetime | None = None
    """Exclusive."""
    with_copies: bool = False
    """True: every entry, also those that only repeat another (a feed's own page wants them)."""
    after: Cursor | None = None
    limit: int = PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryQuery:
    """Which stories: those of every given condition that have an entry to show, the latest to change materially first."""

    category: str | None = None
    """Of an entry that is shown."""
    since: datetime | None = None
    """Inclusive, against `updated_at`."""
    until: datetime | None = None
    """Exclusive."""
    least_coverage: int = 1
    """Publishers."""
    after: Cursor | None = None
    """Its time is `updated_at`, its id that of a story."""
    limit: int = PAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A page of a list."""

    items: tuple[T, ...]
    next: Cursor | None = None
    """Where the following page begins; None on the last."""


CLOSING = 50
"""Of so many entries, about one closes an archive."""


def closes_archive(entry_id: EntryId) -> bool:
    """Tell whether an archive of a feed's history ends with this entry.

    Taken from the entry alone, so that archives stay as they are when newer entries arrive (RFC 5005 section 4), whatever list
    they are archives of, and nothing has to be counted or kept.
    """
    return entry_id % CLOSING == 0
