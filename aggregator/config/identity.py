"""The id that a feed gets from its address.

Stored entries hang on the id, so it is made of nothing but the address: a new title, another place in the file or
another feed beside it never changes it. For the same reason the rule below is frozen. An address for which it gives
an id that is taken already needs an `id:` of its own, once, instead of a cleverer rule for everybody.
"""

from collections.abc import Collection
from itertools import count
from urllib.parse import urlsplit

from aggregator.model.ids import FeedId
from aggregator.text.urls import host, slug

RESERVED = frozenset({FeedId("problems")})
"""`/feeds/problems.atom` is the feed of problems: no feed may have its place."""

_DOCUMENT_SUFFIXES = (".xml", ".rss", ".rdf", ".atom", ".json")
_NOISE = frozenset({"", "atom", "feed", "feeds", "index", "rdf", "rss", "rss2", "xml"})
"""Segments of a path that say "this is a feed", which is known."""


def feed_id(url: str) -> FeedId:
    """Make the id: host without www, telling segments of the path, query.

        https://www.arabnews.com/rss.xml                   arabnews-com
        https://feeds.bbci.co.uk/news/world/rss.xml        feeds-bbci-co-uk-news-world
        https://example.org/feed/?cat=3                    example-org-cat-3

    Where that is too long for a slug, its end becomes a digest of it.
    """
    return FeedId(slug(_words(url)))


def free_id(url: str, taken: Collection[FeedId]) -> FeedId:
    """Make an id for a feed whose own (`feed_id`) is taken: the same with a number."""
    made = feed_id(url)[:_ROOM_FOR_NUMBER].rstrip("-")
    return next(name for number in count(2) if (name := FeedId(f"{made}-{number}")) not in taken)


_ROOM_FOR_NUMBER = 70
"""Of the 80 characters that an id may have."""


def host_name(url: str) -> str:
    """Give the host, without www and port: what a publisher is called when feeds.yaml does not say it."""
    return _without_www(host(url))


def _without_www(name: str) -> str:
    return name.removeprefix("www.")


def _words(url: str) -> str:
    parts = urlsplit(url)
    number = parts.port
    port = f":{number}" if number else ""
    segments = (_without_suffix(segment) for segment in parts.path.split("/"))
    telling = (segment for segment in segments if segment.lower() not in _NOISE)
    return "-".join([_without_www(parts.hostname or "") + port, *telling, *([parts.query] if parts.query else [])])


def _without_suffix(segment: str) -> str:
    for suffix in _DOCUMENT_SUFFIXES:
        segment = segment.removesuffix(suffix)
    return segment
