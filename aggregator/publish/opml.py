"""Write the list of feeds as OPML 2.0 (opml.org/spec2.opml), a folder a category, as every feed reader imports it."""

from collections.abc import Sequence

from aggregator.model.feed import FeedOutline
from aggregator.publish.listed import plain
from aggregator.publish.site import Site, public
from aggregator.publish.xml import Element, add, document
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
        _outline(folders[feed.category], feed)
    return document(root)


def _outline(folder: Element, feed: FeedOutline) -> None:
    name = plain(feed.name)
    add(
        folder,
        "outline",
        type="rss",  # the specification's word for every kind of feed
        text=name,
        title=name,
        xmlUrl=plain(public(feed.url)),
        htmlUrl=plain(feed.home_url) if feed.home_url else None,
        language=languages.tag(feed.language),
        category=",".join(plain(tag.replace(",", " ")) for tag in feed.tags) or None,
    )
