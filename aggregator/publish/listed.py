"""One entry of a published feed, before it becomes Atom, RSS or JSON: what all three say alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from aggregator.model.entry import Enclosure, Entry, EntrySummary, Link, PublishedEntry
from aggregator.model.feed import FeedOverview
from aggregator.publish.site import Channel, Site, public
from aggregator.text import languages
from aggregator.text.words import one_line, xml_safe

UNTITLED = "(untitled)"
"""In place of a headline made of nothing that can be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Texts are plain, on one line and free of what XML 1.0 forbids; `content` is HTML."""

    entry: Entry
    id: str
    title: str
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
    """Our page, then who else published it, then what is related: absolute addresses with their headlines."""
    origin_title: str
    origin_url: str | None
    """Address of the feed it was taken from."""
    origin_home_url: str | None
    enclosures: tuple[Enclosure, ...]


def listed(channel: Channel, entries: Sequence[PublishedEntry]) -> list[Listed]:
    """Prepare entries for a document, in their order.

    Of entries that are copies of one another, which a single feed's own list may hold, the first stands for all:
    ids are unique in a document (RFC 4287 section 4.1.1).
    """
    first_of_set = {item.entry.copy_set: item for item in reversed(entries)}
    return [_listed(channel, item) for item in entries if first_of_set[item.entry.copy_set] is item]


def plain(text: str) -> str:
    """Make text fit for an XML or JSON string that is shown on one line."""
    return one_line(xml_safe(text))


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


def _listed(channel: Channel, item: PublishedEntry) -> Listed:
    entry, site = item.entry, channel.site
    origin = channel.origins.get(entry.feed_id)
    page_url = site.address(f"entries/{entry.id}")
    return Listed(
        entry=entry,
        id=site.entry_tag(entry.copy_set),
        title=plain(entry.label) or UNTITLED,
        url=article_url(site, entry),
        page_url=page_url,
        summary=plain(entry.teaser),
        content=xml_safe(_content(site, item, page_url)).replace("\r\n", "\n").replace("\r", "\n"),
        author=_author(entry) or plain(site.title),
        categories=_categories(entry),
        language=languages.tag(entry.language),
        mentions=(Link(url=page_url, text=plain(f"{entry.label} - {site.title}")), *_mentions(site, item)),
        origin_title=plain(_origin_title(entry, origin)),
        origin_url=xml_safe(public(origin.feed.url)) if origin else None,
        origin_home_url=xml_safe(origin.home_url) if origin and origin.home_url else None,
        enclosures=entry.enclosures,
    )


def _author(entry: Entry) -> str:
    """Give the byline's author before the feed's, which is often the account that posted ("admin").

    RFC 4287 section 4.1.2: every entry has an author; who signs for an unsigned one is its publisher.
    """
    named = (plain(name or "") for name in (entry.byline.author, entry.author, entry.publisher))
    return next((name for name in named if name), "")


def _origin_title(entry: Entry, origin: FeedOverview | None) -> str:
    return origin.name if origin else entry.feed_title or entry.publisher


def _categories(entry: Entry) -> tuple[str, ...]:
    names = (plain(name) for name in (entry.category, *entry.byline.categories, *entry.tags))
    return tuple(dict.fromkeys(name for name in names if name))


def _mentions(site: Site, item: PublishedEntry) -> list[Link]:
    """Every address once: RFC 4287 section 4.2.7 allows repetition, but readers show each as a link of its own."""
    named: dict[str, str] = {}
    for other in item.also:
        named.setdefault(article_url(site, other), f"{other.label} - {shown_publisher(other, item.entry)}")
    for other in item.related:
        named.setdefault(article_url(site, other), f"{other.label} - {other.publisher}")
    named.pop(article_url(site, item.entry), None)
    return [Link(url=url, text=plain(text)) for url, text in named.items()]


def _content(site: Site, item: PublishedEntry, page_url: str) -> str:
    entry = item.entry
    language = languages.tag(entry.language)
    lang = f' lang="{language}"' if language else ""
    body = entry.body or (f"<p>{escape(entry.teaser)}</p>" if entry.teaser else "")
    return "\n".join(
        part
        for part in (
            f'<div dir="{languages.direction(entry.language, entry.text[:1000])}"{lang}>{body}</div>' if body else "",
            _list(site, "Also published by", [(other, shown_publisher(other, entry)) for other in item.also]),
            _list(site, "Related stories", [(other, other.publisher) for other in item.related]),
            f'<p>{escape(entry.publisher)}: <a href="{escape(page_url)}">all about this entry at {escape(site.title)}</a></p>',
        )
        if part
    )


def _list(site: Site, heading: str, others: Sequence[tuple[EntrySummary, str]]) -> str:
    if not others:
        return ""
    rows = "".join(
        f'<li dir="auto"><a href="{escape(article_url(site, other))}">{escape(other.label)}</a>'
        f" - {escape(publisher)}, {site.local_text(other.listed_at)}</li>"
        for other, publisher in others
    )
    return f"<h3>{heading}</h3>\n<ul>{rows}</ul>"
