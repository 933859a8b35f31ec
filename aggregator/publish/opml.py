"""Write the list of feeds as OPML 2.0 (opml.org/spec2.opml), a folder a category, as every feed reader imports it."""

from collections.abc import Sequence
from functools import lru_cache

from aggregator.model.feed import FeedOutline
from aggregator.publish.listed import plain
from aggregator.publish.site import Site, public
from aggregator.publish.xml import Element, Written, add, document
from aggregator.text import languages

MEDIA_TYPE = "text/x-opml"


def write(site: Site, feeds: Sequence[FeedOutline]) -> bytes:
    """Write a whole document, UTF-8: categories and feeds in the given order. Equal input gives equal bytes."""
    root = Element("opml", {"version": "2.0"})
    add(add(root, "head"), "title", plain(f"{site.title}: feeds"))
    body = add(root, "body")
    folders: dict[str, Element] = {}
    for feed in feeds:
        if feed.category not in folders:
            folders[feed.category] = add(body, "outline", text=plain(feed.category))
        folders[feed.category].append(_outline(feed))
    return document(root)


@lru_cache(maxsize=5_000)
def _outline(feed: FeedOutline) -> Written:
    """Remember it as it was written: the list is asked for again with every poll, and 2,000 feeds hardly ever change their names."""
    name = plain(feed.name)
    attributes = {
        "type": "rss",  # the specification's word for every kind of feed
        "text": name,
        "title": name,
        "xmlUrl": plain(public(feed.url)),
        "htmlUrl": plain(feed.home_url) if feed.home_url else None,
        "language": languages.tag(feed.language),
        "category": ",".join(plain(tag.replace(",", " ")) for tag in feed.tags) or None,
    }
    return Written(Element("outline", attributes), "   ")
