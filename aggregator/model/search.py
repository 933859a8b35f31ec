"""What a search asks for, taken apart, and where a page of what it found ends."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from aggregator.errors import QueryError
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import EntryId
from aggregator.model.query import PAGE_SIZE, Cursor

_BARE = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """Words that stand side by side; often a single one."""

    text: str
    """On one line, without double quotes; holds at least one letter or digit."""
    begins: bool = False
    """The last word may go on: `minist*`."""
    in_headline: bool = False

    def __str__(self) -> str:
        return ("title:" if self.in_headline else "") + _quoted(self.text) + ("*" if self.begins else "")


class Scope(StrEnum):
    """By whose name entries are chosen."""

    PUBLISHER = "publisher"
    CATEGORY = "category"
    FEED = "feed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name as a person writes it: a part of it will do where nothing is called exactly so (`text.names`)."""

    scope: Scope
    text: str

    def __str__(self) -> str:
        return f"{self.scope}:{_quoted(self.text)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Entries of every given condition. `str()` gives a text that means the same."""

    words: tuple[tuple[Term, ...], ...] = ()
    """Of each group one must occur."""
    without: tuple[Term, ...] = ()
    """None of them may."""
    within: tuple[tuple[Name, ...], ...] = ()
    """Groups of names of one scope each: the entry is of one name of every group."""
    outside: tuple[Name, ...] = ()
    """It is of none of these."""
    since: date | None = None
    """Listed from the beginning of this day on, in the site's time zone."""
    before: date | None = None
    """Listed before this day began."""

    def __str__(self) -> str:
        return " ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        for group in (*self.words, *self.within):
            yield " OR ".join(map(str, group))
        for part in (*self.without, *self.outside):
            yield f"-{part}"
        if self.since:
            yield f"after:{self.since.isoformat()}"
        if self.before:
            yield f"before:{self.before.isoformat()}"

    def bounds(self, timezone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
        """Give from when on (inclusive) and until when (exclusive) entries are listed; None where there is no bound."""
        return _midnight(self.since, timezone), _midnight(self.before, timezone)

    @property
    def names_feeds(self) -> bool:
        """Tell whether it asks what certain feeds or publishers themselves say, copies included."""
        return any(group[0].scope is not Scope.CATEGORY for group in self.within)


def _midnight(day: date | None, timezone: ZoneInfo) -> datetime | None:
    try:
        return None if day is None else datetime.combine(day, time(), timezone).astimezone(UTC)
    except OverflowError:  # the first day of all, where it begins before it does in UTC
        return datetime.min.replace(tzinfo=UTC)


def _quoted(text: str) -> str:
    return text if _BARE.fullmatch(text) and text != "OR" else f'"{text}"'


class Sort(StrEnum):
    """In which order entries are found."""

    BEST = "best"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rank:
    """Where a page of a search ends that gives the best first.

    How well an entry matches depends on all entries there are, so no score can be remembered: what is, is how many were
    given of those that had arrived when the first page was.
    """

    newest: EntryId
    """The greatest id at that time."""
    given: int

    def __str__(self) -> str:
        return urlsafe_b64encode(f"{self.newest}+{self.given}".encode()).decode().rstrip("=")

    @classmethod
    def from_text(cls, text: str) -> "Rank":
        """Read what `str()` wrote.

        Raises:
            QueryError: `text` was not made by `str(rank)`.
        """
        try:
            newest, given = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split("+")
            rank = cls(newest=EntryId(int(newest)), given=int(given))
        except (ValueError, Base64Error) as error:
            message = f"after={text[:80]!r} is not the mark of a page; follow the link at the foot of the page before"
            raise QueryError(message) from error
        if not (0 <= rank.newest < 2**63 and 0 <= rank.given < 2**31):
            raise QueryError(f"after={text[:80]!r} is not the mark of a page")
        return rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what a search found."""

    items: tuple[EntrySummary, ...]
    next: Cursor | Rank | None = None
    """Where the following page begins, in the same order; None on the last."""
    unknown: tuple[Name, ...] = ()
    """Names that nothing configured goes by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """Which entries, in which order, copies once unless `Search.names_feeds`."""

    asked: Search
    since: datetime | None = None
    """`asked.since` as a time (`Search.bounds`); inclusive, against `listed_at`."""
    until: datetime | None = None
    """`asked.before` as a time; exclusive."""
    sort: Sort = Sort.BEST
    after: Cursor | Rank | None = None
    """Where the page before ended: a `Rank` where the best come first, a `Cursor` where the newest do."""
    limit: int = PAGE_SIZE

    @property
    def ranked(self) -> bool:
        """Tell whether the best come first. Without words no entry is better than another, and the newest do."""
        return self.sort is Sort.BEST and bool(self.asked.words)
