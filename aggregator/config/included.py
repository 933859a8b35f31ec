"""The feeds of subscription lists that feeds.yaml includes, put beside its own."""

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from aggregator.config.feeds import FeedSettings, inherit
from aggregator.config.identity import RESERVED, feed_id, free_id
from aggregator.config.model import Configuration
from aggregator.feeds.opml import FeedList, ListedFeed
from aggregator.model.ids import FeedId
from aggregator.text.urls import slug


def with_lists(configuration: Configuration, lists: Mapping[str, FeedList]) -> Configuration:
    """Make the configuration in which the feeds of these lists are listed, too, behind those of the file.

    A feed that the file names goes by what stands there, switched off or not; one of two lists by the first. What a list
    leaves open, `defaults` and `categories` say.

    Args:
        configuration: as the file has it.
        lists: by their addresses; one that `include` doesn't name is left out.
    """
    urls = {feed.url for feed in configuration.feeds}
    taken = {feed.feed_id for feed in configuration.feeds} | RESERVED
    spelling = {slug(feed.category): feed.category for feed in reversed(configuration.feeds)}
    spelling |= {slug(name): name for name in configuration.categories}
    found: list[FeedSettings] = []
    origins: dict[FeedId, str] = {}
    for origin in configuration.include:
        for listed in lists[origin].feeds if origin in lists else ():
            if listed.url in urls:
                continue
            for settings in _settings(listed, taken, spelling):
                urls.add(settings.url)
                taken.add(settings.feed_id)
                found.append(settings)
                origins[settings.feed_id] = origin
    if not found:
        return configuration
    feeds = (*configuration.feeds, *inherit(found, configuration.defaults, configuration.categories))
    return configuration.with_feeds(feeds, origins)


def _settings(listed: ListedFeed, taken: set[FeedId], spelling: dict[str, str]) -> Iterator[FeedSettings]:
    """Give the feed, if its address can be polled and its words can stand in feeds.yaml."""
    name = feed_id(listed.url)
    category = spelling.setdefault(slug(listed.category), listed.category) if listed.category else ""
    said = {
        "url": listed.url,
        "id": free_id(listed.url, taken) if name in taken else "",
        "title": listed.title,
        "category": category,
        "tags": listed.tags,
        "language": listed.language or "",
    }
    try:
        yield FeedSettings.model_validate({key: value for key, value in said.items() if value})
    except ValidationError:
        return
