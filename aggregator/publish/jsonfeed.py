"""Write JSON Feed 1.1 (jsonfeed.org/version/1.1)."""

import json
from collections.abc import Callable, Sequence

from aggregator.model.entry import EntrySummary, PublishedEntry
from aggregator.publish.listed import Listed, article_url, listed, own_feed, plain
from aggregator.publish.site import Channel, Site
from aggregator.text.dates import rfc3339

MEDIA_TYPE = "application/feed+json"

Json = dict[str, object]


def write(channel: Channel, entries: Sequence[PublishedEntry]) -> bytes:
    """Write a whole document, UTF-8. Equal input gives equal bytes.

    What the format has no word for stands in an item's `_aggregator` object: `page` (our page of it), `feed` (where
    it was taken from), `story` (our page of it, how many `publishers` and `entries` it has), `also_published_by` and `related`
    (publisher, title, url, date_published; feed where that tells apart entries of one publisher).
    """
    published = {item.entry.id: item for item in entries}
    return whole(
        channel,
        [encoded(item_of(item, _others(channel.site, published[item.entry.id]))) for item in listed(channel, entries)],
    )


def _others(site: Site, published: PublishedEntry) -> Json:
    entry, coverage = published.entry, published.coverage
    return given(
        story=coverage
        and {
            "page": site.address(f"stories/{coverage.story}"),
            "publishers": coverage.publishers,
            "entries": coverage.entries,
        },
        also_published_by=[mention(site, other, own_feed(other, entry)) for other in published.also],
        related=[mention(site, other) for other in published.related],
    )


def whole(channel: Channel, items: Sequence[str]) -> bytes:
    """Write down a document: what it says of itself, then these items as `encoded` wrote them, one a line."""
    head = given(
        version="https://jsonfeed.org/version/1.1",
        title=plain(channel.title),
        description=plain(channel.description),
        home_page_url=channel.home_url,
        feed_url=channel.self_url,
        next_url=channel.next_url,
        authors=[{"name": plain(channel.site.title), "url": channel.site.address()}],
    )
    written = ",\n".join(items)
    return f'{encoded(head)[:-1]}, "items": [\n{written}\n]}}\n'.encode()


encoded: Callable[[Json], str] = json.JSONEncoder(ensure_ascii=False).encode
"""With every value on a line of its own, Python would write it, and not C: a feed of stories took 25 ms, and takes 2."""


def item_of(item: Listed, about: Json) -> Json:
    """Give an item; `about` stands in its `_aggregator` object beside where it was taken from."""
    entry = item.entry
    return given(
        id=item.id,
        url=item.url,
        title=item.title,
        content_html=item.content,
        summary=item.summary,
        image=plain(entry.image_url or ""),
        date_published=rfc3339(item.published_at),
        date_modified=rfc3339(item.updated_at),
        authors=[{"name": item.author}],
        tags=list(item.categories),
        language=item.language,
        attachments=[
            given(
                url=enclosure.url,
                mime_type=enclosure.media_type or "application/octet-stream",
                size_in_bytes=enclosure.length,
            )
            for enclosure in item.enclosures
        ],
        _aggregator=given(
            page=item.page_url,
            feed=given(title=item.origin_title, url=item.origin_url, home_page_url=item.origin_home_url),
            **about,
        ),
    )


def mention(site: Site, other: EntrySummary, feed: str = "") -> Json:
    """Name another entry; with its feed, where that tells apart entries of one publisher."""
    return given(
        publisher=plain(other.publisher),
        feed=plain(feed),
        title=plain(other.label),
        url=article_url(site, other),
        date_published=rfc3339(other.listed_at),
    )


def given(**fields: object) -> Json:
    """Leave out what is None or empty: the format wants optional keys absent rather than null."""
    return {key: value for key, value in fields.items() if value is not None and value not in ("", [])}
