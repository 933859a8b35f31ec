"""One entry of a published feed, before it becomes Atom, RSS or JSON: what all three say alike.

Feed readers see one entry, be it an entry of a polled feed or, in `publish.stories`, a whole story.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import TypeGuard

from aggregator.model.entry import Coverage, Enclosure, Entry, EntrySummary, Link, PublishedEntry
from aggregator.model.feed import FeedOutline
from aggregator.publish.site import Channel, Site, public
from aggregator.text import languages
from aggregator.text.words import html_safe, one_line, xml_safe

SHORT = 300
"""Characters of a text that is remembered: ten thousand of them come to six megabytes at most where letters are not ASCII."""
KEPT = 300
"""Entries and stories that each format remembers as it wrote them: of fifty that a feed has, most are those that it had before. With
`SHORT_CONTENT` they come to some megabytes, to 30 at most."""
SHORT_CONTENT = 20_000
"""Characters of a content that is remembered: a story with fifty others has 8,000."""
UNTITLED = "(untitled)"
"""In place of a headline made of nothing that can be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Texts are plain, on one line and free of what XML 1.0 forbids; `content` is HTML."""

    entry: Entry
    id: str
    title: str
    published_at: datetime
    updated_at: datetime
    url: str
    """The publisher's article, which is what a subscriber wants to open; our page where the feed gave no address."""
    page_url: str
    summary: str
    content: str
    author: str
    categories: tuple[str, ...]
    """The entry's category first, then what the publisher calls it."""
    language: str | None
    mentions: tuple[Link, ...]
    """Our page, that of the story, who else published it, what is related: absolute addresses with their headlines."""
    origin_title: str
    origin_url: str | None
    """Address of the feed it was taken from."""
    origin_home_url: str | None
    enclosures: tuple[Enclosure, ...]
    """Each address once; `media_type` is one, or empty."""

    def __hash__(self) -> int:
        """Give a number that equal ones share, without reading whole texts."""
        return hash((self.id, self.updated_at, self.title))

    @property
    def is_short(self) -> bool:
        """Tell that it may be remembered as it was written."""
        return len(self.content) <= SHORT_CONTENT and len(self.entry.body) <= SHORT_CONTENT


def listed(channel: Channel, entries: Sequence[PublishedEntry]) -> list[Listed]:
    """Prepare entries for a document, in their order.

    Of entries that are copies of one another, which a single feed's own list may hold, the first stands for all:
    ids are unique in a document (RFC 4287 section 4.1.1).
    """
    first_of_set = {item.entry.copy_set: item for item in reversed(entries)}
    return [
        prepared(channel.site, channel.origins.get(item.entry.feed_id), item)
        for item in entries
        if first_of_set[item.entry.copy_set] is item
    ]


def plain(text: str) -> str:
    """Make text fit for an XML or JSON string that is shown on one line."""
    return _short(text) if len(text) <= SHORT else one_line(html_safe(text))


@lru_cache(maxsize=10_000)
def _short(text: str) -> str:
    """Remember names and headlines: three feeds of one list say the same ones, and the next of each repeats most of them."""
    return one_line(html_safe(text))


def shown_publisher(other: EntrySummary, lead: EntrySummary) -> str:
    """Name who published `other` beside `lead`; where that is one publisher, with the feed that makes the difference."""
    feed = own_feed(other, lead)
    return f"{other.publisher} ({feed})" if feed else other.publisher


def own_feed(other: EntrySummary, lead: EntrySummary) -> str:
    """Give the title of the feed of `other`, where its publisher is that of `lead`; empty where the title adds nothing."""
    is_telling = other.publisher == lead.publisher != other.feed_title
    return other.feed_title if is_telling else ""


def article_url(site: Site, entry: EntrySummary) -> str:
    """Give the publisher's address of an entry, ours where it has none."""
    return xml_safe(entry.url) if entry.url else site.address(f"entries/{entry.id}")


def prepared(site: Site, origin: FeedOutline | None, item: PublishedEntry) -> Listed:
    """Prepare one entry; `origin` is the feed that it was taken from, where that is known."""
    entry = item.entry
    page_url = site.address(f"entries/{entry.id}")
    return Listed(
        entry=entry,
        id=site.entry_tag(entry.copy_set),
        title=plain(entry.label) or UNTITLED,
        published_at=entry.listed_at,
        updated_at=told_apart(entry.renewed_at, entry.copy_set),
        url=article_url(site, entry),
        page_url=page_url,
        summary=plain(entry.teaser),
        content=joined(*_parts(site, item, page_url)),
        author=_author(entry) or plain(site.title),
        categories=categories(entry.category, *entry.byline.categories, *entry.tags),
        language=languages.tag(entry.language),
        mentions=(Link(url=page_url, text=plain(f"{entry.label} - {site.title}")), *_mentions(site, item)),
        origin_title=plain(_origin_title(entry, origin)),
        origin_url=xml_safe(public(origin.url)) if origin else None,
        origin_home_url=xml_safe(origin.home_url) if origin and origin.home_url else None,
        enclosures=tuple({each.url: each for each in map(_enclosure, entry.enclosures)}.values()),
    )


def told_apart(at: datetime, number: int) -> datetime:
    """Give entries that changed in one second times of their own, in the order of their numbers.

    Publishers date to the second or minute, and what a poll brings is all seen at once, but readers that sort by `updated` put
    equal times into any order, and the W3C's validator warns of them: of 5,685 real entries, 566 shared
    their second with another of their feed.
    """
    return at.replace(microsecond=number % 1_000_000)


def _author(entry: Entry) -> str:
    """Give the byline's author before the feed's, which is often the account that posted ("admin").

    RFC 4287 section 4.1.2: every entry has an author; who signs for an unsigned one is its publisher.
    """
    named = (plain(name or "") for name in (entry.byline.author, entry.author, entry.publisher))
    return next((name for name in named if name), "")


def _origin_title(entry: Entry, origin: FeedOutline | None) -> str:
    return origin.name if origin else entry.feed_title or entry.publisher


def _enclosure(given: Enclosure) -> Enclosure:
    """Leave a media type out where it is none: feeds also write "mp3", or nothing but a parameter."""
    media_type = _MEDIA_TYPE.match(given.media_type)
    return Enclosure(url=plain(given.url), media_type=media_type[0] if media_type else "", length=given.length)


_MEDIA_TYPE = re.compile(r"[\w!#$&.+^-]+/[\w!#$&.+^-]+", re.ASCII)
"""RFC 6838 section 4.2, without parameters."""


def categories(*names: str) -> tuple[str, ...]:
    """Name categories, each once."""
    return tuple(dict.fromkeys(name for name in map(plain, names) if name))


def _mentions(site: Site, item: PublishedEntry) -> list[Link]:
    also = [(other, shown_publisher(other, item.entry)) for other in item.also]
    related = [(other, other.publisher) for other in item.related]
    found = links(site, item.entry, [*also, *related])
    covered = item.coverage
    if not is_shared(covered):
        return found
    text = plain(f"{count_publishers(covered)} report this - {site.title}")
    return [Link(url=site.address(f"stories/{covered.story}"), text=text), *found]


def links(site: Site, lead: EntrySummary, others: Sequence[tuple[EntrySummary, str]]) -> list[Link]:
    """Link to other entries, each with its publisher's name; every address once, and not that of `lead`.

    RFC 4287 section 4.2.7 allows repetition, but readers show each as a link of its own.
    """
    named: dict[str, str] = {}
    for other, publisher in others:
        named.setdefault(article_url(site, other), f"{other.label} - {publisher}")
    named.pop(article_url(site, lead), None)
    return [Link(url=url, text=plain(text)) for url, text in named.items()]


def is_shared(coverage: Coverage | None) -> TypeGuard[Coverage]:
    """Tell whether several publishers report it: of one alone there is nothing to say."""
    return coverage is not None and coverage.publishers > 1


def count_publishers(coverage: Coverage) -> str:
    """Say how many report it: "12 publishers"."""
    return f"{coverage.publishers:,} publishers"


def _parts(site: Site, item: PublishedEntry, page_url: str) -> list[str]:
    entry = item.entry
    return [
        text_of(entry),
        _coverage(site, item.coverage),
        rows("Also published by", [row(site, other, shown_publisher(other, entry)) for other in item.also]),
        rows("Related stories", [row(site, other, other.publisher) for other in item.related]),
        f'<p>{escape(entry.publisher)}: <a href="{escape(page_url)}">all about this entry at {escape(site.title)}</a></p>',
    ]


def text_of(entry: Entry) -> str:
    """Give what the feed says of an entry as HTML, its language and direction with it; empty where it says nothing."""
    language = languages.tag(entry.language)
    lang = f' lang="{language}"' if language else ""
    body = entry.body or (f"<p>{escape(entry.teaser)}</p>" if entry.teaser else "")
    return f'<div dir="{languages.direction(entry.language, entry.text[:1000])}"{lang}>{body}</div>' if body else ""


def _coverage(site: Site, coverage: Coverage | None) -> str:
    if not is_shared(coverage):
        return ""
    url = escape(site.address(f"stories/{coverage.story}"))
    return f'<p>{count_publishers(coverage)} report this: <a href="{url}">the story at {escape(site.title)}</a></p>'


def row(site: Site, other: EntrySummary, publisher: str, more: str = "") -> str:
    """Give a line of `rows`: headline, publisher, time, and what is to follow these."""
    return (
        f'<li dir="auto"><a href="{escape(article_url(site, other))}">{escape(other.label)}</a>'
        f" - {escape(publisher)}, {site.local_text(other.listed_at)}{more}</li>"
    )


def rows(heading: str, lines: Sequence[str]) -> str:
    """Give a list under a heading; nothing where it is empty."""
    return f"<h3>{heading}</h3>\n<ul>{''.join(lines)}</ul>" if lines else ""


def joined(*parts: str) -> str:
    """Put the parts of an entry's HTML together, free of what XML and HTML forbid and with the line ends that XML has."""
    return html_safe("\n".join(part for part in parts if part)).replace("\r\n", "\n").replace("\r", "\n")
