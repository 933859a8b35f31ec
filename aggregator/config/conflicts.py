"""What is right in itself and wrong together: two feeds of one address, one id, or almost one category; a taken id."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from aggregator.config.feeds import FeedSettings
from aggregator.config.identity import RESERVED
from aggregator.config.plain import Path
from aggregator.model.ids import FeedId
from aggregator.text.urls import slug


def conflicts(feeds: Mapping[int, FeedSettings], line_of: Callable[[Path], int]) -> Iterator[tuple[Path, str]]:
    """Find contradictions between feeds, given by their place in the list from 0; disabled feeds count too.

    Yields:
        The path of the later of two values, and what is wrong with it.
    """
    addresses: dict[str, int] = {}
    ids: dict[FeedId, int] = {}
    categories: dict[str, int] = {}
    page = cache(slug)  # thousands of feeds share a few categories
    for place, feed in feeds.items():
        if feed.url.startswith("http://") and not feed.allow_private_address and feed.sends_secrets:
            yield (
                ("feeds", place, "url"),
                "a login or secret header would be sent for everybody to read; the address must begin with https://",
            )
        if feed.feed_id in RESERVED:
            yield _reserved_id(feed, place)
        if (earlier := addresses.setdefault(feed.url, place)) != place:
            yield (
                ("feeds", place, "url"),
                f"{feed.url!r} is listed already, on line {line_of(('feeds', earlier, 'url'))}",
            )
        elif (earlier := ids.setdefault(feed.feed_id, place)) != place:
            yield _same_id(feed, place, line_of(("feeds", earlier)))
        earlier = categories.setdefault(page(feed.category), place)
        if feeds[earlier].category.casefold() != feed.category.casefold():
            yield _same_page(feed, place, feeds[earlier].category, line_of(("feeds", earlier, "category")))


def _same_id(feed: FeedSettings, place: int, line: int) -> tuple[Path, str]:
    if feed.id:
        return ("feeds", place, "id"), f"{feed.id!r} is the id of the feed on line {line}; ids must differ"
    return (
        ("feeds", place, "url"),
        f"its id would be {feed.feed_id!r}, which the feed on line {line} has; give this one an id: of its own",
    )


def _reserved_id(feed: FeedSettings, place: int) -> tuple[Path, str]:
    taken = f"/feeds/{feed.feed_id} is the list of feeds with problems"
    if feed.id:
        return ("feeds", place, "id"), f"{feed.id!r} can't be an id, because {taken}; choose another"
    return ("feeds", place, "url"), f"its id would be {feed.feed_id!r}, but {taken}; give this one an id: of its own"


def _same_page(feed: FeedSettings, place: int, other: str, line: int) -> tuple[Path, str]:
    page = f"/categories/{slug(feed.category)}"
    message = f"{feed.category!r} and {other!r} (line {line}) would share the page {page}; name one of them differently"
    return ("feeds", place, "category"), message
