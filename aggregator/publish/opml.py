"""Write the list of feeds as OPML 2.0 (opml.org/spec2.opml), a folder a category, as every feed reader imports it."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from aggregator.model.feed import FeedOverview
from aggregator.publish.listed import plain
from aggregator.publish.site import Site, public
from aggregator.publish.xml import add, document
from aggregator.text import languages

MEDIA_TYPE = "text/x-opml"


def write(site: Site, feeds: Sequence[FeedOverview]) -> bytes:
    """Write a whole document, UTF-8: categories and feeds in the given order. Equal input gives equal bytes."""
    root = Element("opml", {"version": "2.0"})
    add(add(root, "head"), "title", plain(f"{site.title}: feeds"))
    body = add(root, "body")
    for category in dict.fromkeys(overview.feed.category for overview in feeds):
        folder = add(body, "outline", text=plain(category))
        for overview in feeds:
            if overview.feed.category == category:
                _outline(folder, overview)
    return document(root)


def _outline(folder: Element, overview: FeedOverview) -> None:
    feed, name = overview.feed, plain(overview.name)
    add(
        folder,
        "outline",
        type="rss",  # the specification's word for every kind of feed
        text=name,
        title=name,
        xmlUrl=plain(public(feed.url)),
        htmlUrl=plain(overview.home_url) if overview.home_url else None,
        language=languages.tag(feed.language),
        category=",".join(plain(tag.replace(",", " ")) for tag in feed.tags) or None,
    )
