"""What feeds.yaml wants of a feed's entries: which are shown, how many are kept, what is cut from their headlines."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Part(StrEnum):
    """What of an entry a rule looks at."""

    TITLE = "title"
    TEXT = "text"
    AUTHOR = "author"
    CATEGORY = "category"
    """What the feed files the entry under; the category of feeds.yaml is the feed's."""
    URL = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Entries that say something: one of the words, or what the expression matches."""

    words: tuple[str, ...] = ()
    """Words and phrases, found whole, whatever their case and accents."""
    regex: str = ""
    """For an engine whose time grows with the text alone (`text.patterns`); empty: none."""
    fields: tuple[Part, ...] = (Part.TITLE, Part.TEXT)

    @property
    def name(self) -> str:
        """What people call this rule."""
        return f"/{self.regex}/" if self.regex else ", ".join(self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which entries of a feed are shown. What is not shown is muted: kept, grouped, and in no list."""

    keep: tuple[Rule, ...] = ()
    """Where there are any, entries that none of them fits are muted."""
    mute: tuple[Rule, ...] = ()
    """Entries that one of them fits are muted, also where `keep` fits them."""
    breakout: int | None = None
    """A muted entry is shown all the same while so many publishers have its story; None: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How much of a feed is kept; None: without end."""

    age: timedelta | None = None
    """Since an entry was first seen."""
    entries: int | None = None
    """The newest ones."""


NO_FILTERS = Filters()
KEPT_FOR_EVER = Retention()
