"""Write RSS 2.0 by the profile of the RSS Advisory Board (rssboard.org/rss-profile)."""

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from html import escape

from aggregator.model.entry import PublishedEntry
from aggregator.publish.listed import KEPT, Listed, listed, plain
from aggregator.publish.site import Channel, Site
from aggregator.publish.xml import ATOM, HISTORY, Element, Written, add, add_rfc822, add_rfc3339, document

MEDIA_TYPE = "application/rss+xml"

_NAMESPACES = {
    "version": "2.0",
    "xmlns:atom": ATOM,
    "xmlns:content": "http://purl.org/rss/1.0/modules/content/",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
}


def write(channel: Channel, entries: Sequence[PublishedEntry]) -> bytes:
    """Write a whole document, UTF-8. Equal input gives equal bytes."""
    return written(channel, listed(channel, entries))


def written(channel: Channel, items: Sequence[Listed]) -> bytes:
    """Write a whole document of what is prepared for one."""
    root = begun()
    element = head(root, channel)
    for item in items:
        element.append(_kept(channel.site, item) if item.is_short else _item(channel.site, item))
    return whole(channel, root)


def begun() -> Element:
    """Begin a document."""
    return Element("rss", _NAMESPACES)


def head(root: Element, channel: Channel) -> Element:
    """Add what the document says of itself, and give the element that its items go into."""
    element = add(root, "channel")
    add(element, "title", plain(channel.title))
    add(element, "link", channel.home_url)
    add(element, "description", _as_html(plain(channel.description or channel.title)))
    add(element, "atom:link", rel="self", type=MEDIA_TYPE, href=channel.self_url)
    if channel.next_url:
        add(element, "atom:link", rel="next", type=MEDIA_TYPE, href=channel.next_url)
    for relation, url in channel.history:
        add(element, "atom:link", rel=relation, type=MEDIA_TYPE, href=url)
    if channel.current_url:
        root.set("xmlns:fh", HISTORY)
        add(element, "fh:archive")
    elif channel.is_complete:
        root.set("xmlns:fh", HISTORY)
        add(element, "fh:complete")
    add_rfc822(element, "lastBuildDate", channel.updated_at)
    add(element, "ttl", str(max(1, channel.site.interval // timedelta(minutes=1))))
    add(element, "generator", "Aggregator")
    add(element, "docs", "https://www.rssboard.org/rss-specification")
    return element


def whole(channel: Channel, root: Element) -> bytes:
    """Write down a document that has all its items."""
    return document(root, stylesheet=channel.site.link("static/feed.css"))


@lru_cache(maxsize=KEPT)
def _kept(site: Site, item: Listed) -> Written:
    return Written(_item(site, item), "  ")


def _item(site: Site, item: Listed) -> Element:
    entry = item.entry
    element = Element("item", {})
    add(element, "title", item.title)
    add(element, "link", item.url)
    add(element, "guid", item.id, isPermaLink="false")
    add_rfc822(element, "pubDate", item.published_at)
    # RSS has no date of change of its own; the profile recommends Atom's.
    add_rfc3339(element, "atom:updated", item.updated_at)
    add(element, "dc:creator", item.author)
    if item.language:
        add(element, "dc:language", item.language)
    for number, category in enumerate(item.categories):
        add(element, "category", category, domain=site.address("categories/") if number == 0 else None)
    for mention in item.mentions:
        add(element, "atom:link", rel="related", href=mention.url, title=mention.text)
    for enclosure in item.enclosures[:1]:  # the profile: one an item, readers ignore or mix up the rest
        kind = enclosure.media_type or "application/octet-stream"
        add(element, "enclosure", url=enclosure.url, length=str(enclosure.length or 0), type=kind)
    if entry.comments_url:
        add(element, "comments", plain(entry.comments_url))
    if item.origin_url:
        add(element, "source", item.origin_title, url=item.origin_url)
    # The profile: `description` before `content:encoded`, with the short text of the two, and HTML whatever it looks like.
    add(element, "description", escape(item.summary or item.title, quote=False))
    add(element, "content:encoded", item.content)
    return element


def _as_html(text: str) -> str:
    """Write text for a place that some readers take for HTML and others for text: as HTML where it would else be some."""
    return escape(text, quote=False) if "<" in text else text
