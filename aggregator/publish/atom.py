"""Write Atom (RFC 4287).

The `alternate` link of an entry leads to the publisher's article. Our own page, who else published it, and related
entries are `related` links; they also stand in the content, because few feed readers show links.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from aggregator.model.entry import PublishedEntry
from aggregator.publish.listed import KEPT, Listed, listed, plain
from aggregator.publish.site import Channel, Site
from aggregator.publish.xml import (
    ATOM,
    HISTORY,
    Element,
    Written,
    add,
    add_moment,
    add_rfc3339,
    add_text,
    document,
)

MEDIA_TYPE = "application/atom+xml"


def write(channel: Channel, entries: Sequence[PublishedEntry]) -> bytes:
    """Write a whole document, UTF-8. Equal input gives equal bytes."""
    return written(channel, listed(channel, entries))


def written(channel: Channel, items: Sequence[Listed]) -> bytes:
    """Write a whole document of what is prepared for one."""
    newest = max([channel.updated_at, *(item.updated_at for item in items)])
    root = head(replace(channel, updated_at=newest))
    for item in items:
        root.append(_kept(channel.site, item) if item.is_short else _entry(channel.site, item))
    return whole(channel, root)


def head(channel: Channel) -> Element:
    """Begin a document: what it says of itself, without entries."""
    root = Element("feed", {"xmlns": ATOM})
    add(root, "id", channel.id)
    add_text(root, "title", plain(channel.title))
    if channel.description:
        add_text(root, "subtitle", plain(channel.description))
    add_moment(root, "updated", channel.updated_at)
    add(root, "link", rel="self", type=MEDIA_TYPE, href=channel.self_url)
    add(root, "link", rel="alternate", type="text/html", href=channel.home_url)
    if channel.next_url:
        add(root, "link", rel="next", type=MEDIA_TYPE, href=channel.next_url)
    for relation, url in channel.history:
        add(root, "link", rel=relation, type=MEDIA_TYPE, href=url)
    if channel.current_url:
        root.set("xmlns:fh", HISTORY)
        add(root, "fh:archive")
    elif channel.is_complete:
        root.set("xmlns:fh", HISTORY)
        add(root, "fh:complete")
    add(add(root, "author"), "name", plain(channel.site.title))
    add(root, "generator", "Aggregator")
    return root


def whole(channel: Channel, root: Element) -> bytes:
    """Write down a document that has all its entries."""
    return document(root, stylesheet=channel.site.link("static/feed.css"))


@lru_cache(maxsize=KEPT)
def _kept(site: Site, item: Listed) -> Written:
    return Written(_entry(site, item), " ")


def _entry(site: Site, item: Listed) -> Element:
    element = Element("entry", {"xml:lang": item.language})
    add(element, "id", item.id)
    add_text(element, "title", item.title)
    add_rfc3339(element, "published", item.published_at)
    add_moment(element, "updated", item.updated_at)
    add(element, "link", rel="alternate", type="text/html", href=item.url, hreflang=item.language)
    for mention in item.mentions:
        add(element, "link", rel="related", href=mention.url, title=mention.text)
    for enclosure in item.enclosures:
        length = None if enclosure.length is None else str(enclosure.length)
        kind = enclosure.media_type or None
        add(element, "link", rel="enclosure", href=enclosure.url, type=kind, length=length)
    add(add(element, "author"), "name", item.author)
    for number, category in enumerate(item.categories):
        add(element, "category", term=category, scheme=site.address("categories/") if number == 0 else None)
    if item.summary:
        add_text(element, "summary", item.summary)
    add(element, "content", item.content, type="html")
    _source(element, site, item)
    return element


def _source(element: Element, site: Site, item: Listed) -> None:
    """Name the feed an entry was copied from, as section 4.2.11 asks of aggregators.

    The feed's own `atom:id` is not kept by polls; its address identifies it as well. `updated` is when this entry
    was last taken from it: the feed's latest change would alter all of its entries with each new one.
    """
    source = add(element, "source")
    add(source, "id", item.origin_url or site.tag(f"feeds/{item.entry.feed_id}"))
    add_text(source, "title", item.origin_title)
    add_rfc3339(source, "updated", item.entry.renewed_at)
    if item.origin_url:
        add(source, "link", rel="self", href=item.origin_url)
    if item.origin_home_url:
        add(source, "link", rel="alternate", type="text/html", href=item.origin_home_url)
