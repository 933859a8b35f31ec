"""What a document says, before any of it is judged: the common shape of feedparser's entries and JSON Feed items.

Strings are as the document has them; addresses may be relative or no addresses at all; markup may be hostile.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

from aggregator.model.feed import FreshnessHints
from aggregator.model.ids import EntryId


class Markup(NamedTuple):
    """A text with what the document says of its type."""

    value: str
    is_html: bool
    base: str | None = None
    """`xml:base` in force, itself possibly relative."""


class Title(NamedTuple):
    """A title. RSS does not say whether its titles are text or HTML, and both occur."""

    value: str
    is_html: bool
    may_hold_markup: bool
    """True where the format leaves it open: known tags and entities are markup then, everything else is text."""


class RawMedia(NamedTuple):
    """A file that comes with an entry."""

    url: str
    media_type: str = ""
    length: object = None


class RawEntry(NamedTuple):
    """One item; a tuple, because a frozen dataclass of as many fields takes 2.5 us more to make, 30 times a document."""

    guid: str | None = None
    link: str | None = None
    link_is_guid: bool = False
    """The address is only a guess of the parser, made of the guid: it counts if it is absolute."""
    title: Title | None = None
    summary: Markup | None = None
    content: Markup | None = None
    author: str = ""
    published: str = ""
    updated: str = ""
    tags: tuple[str, ...] = ()
    language: str | None = None
    images: tuple[str, ...] = ()
    """Best first."""
    enclosures: tuple[RawMedia, ...] = ()
    comments: str | None = None
    source_url: str | None = None
    source_title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawFeed:
    """A document."""

    format: str
    title: Title | None = None
    home: str | None = None
    icon: str | None = None
    links_follow_home: bool = True
    """Relative addresses of entries belong to the home page, not to the address of the document."""
    author: str = ""
    """Of every entry that names none."""
    language: str | None = None
    hints: FreshnessHints = FreshnessHints()
    hubs: tuple[str, ...] = ()
    """Of WebSub, in the order of the document."""
    topic: str | None = None
    """What the document says its own address is."""
    entries: tuple[RawEntry, ...] = ()
    dropped: int = 0
    malformed: str = ""
    imprints: tuple[bytes, ...] = ()
    """Of all entries, also of those that were passed over."""
    known: tuple[tuple[int, EntryId], ...] = ()
    """Place in the document and id of entries that were passed over."""
    around: object = None
    """What decides what an entry is read to, besides all of the above; it has a `repr` of its own."""


def first_entries(raw: RawFeed, most: int) -> RawFeed:
    """Give a document as if it had no more than so many entries, counted from its beginning."""
    known = tuple((place, entry_id) for place, entry_id in raw.known if place < most)
    return replace(raw, entries=raw.entries[: most - len(known)], known=known, imprints=raw.imprints[:most])
