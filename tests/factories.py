"""Values for tests: complete, sensible, and overridable field by field."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from aggregator.model.entry import Enclosure, KnownEntry, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import Feed
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.wanted import KEPT_FOR_EVER, NO_FILTERS, Filters, Retention

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
"""A Tuesday."""


def make_feed(
    feed_id: str = "news-example",
    *,
    url: str | None = None,
    title: str = "Example News",
    publisher: str = "Example",
    category: str = "World",
    tags: Sequence[str] = (),
    language: str | None = None,
    interval: timedelta = timedelta(hours=1),
    unconditional_interval: timedelta = timedelta(hours=24),
    allow_private_address: bool = False,
    filters: Filters = NO_FILTERS,
    max_entries: int | None = None,
    retention: Retention = KEPT_FOR_EVER,
    full_text: bool = False,
    strip_prefix: Sequence[str] = (),
    strip_suffix: Sequence[str] = (),
) -> Feed:
    return Feed(
        id=FeedId(feed_id),
        url=url or f"https://{feed_id}.example/rss.xml",
        title=title,
        publisher=publisher,
        category=category,
        tags=tuple(tags),
        language=language,
        interval=interval,
        unconditional_interval=unconditional_interval,
        allow_private_address=allow_private_address,
        filters=filters,
        max_entries=max_entries,
        retention=retention,
        full_text=full_text,
        strip_prefix=tuple(strip_prefix),
        strip_suffix=tuple(strip_suffix),
    )


def make_parsed_entry(
    name: str = "1",
    *,
    guid: str | None = "",
    url: str | None = "",
    headline: str = "",
    text: str = "Senior commanders met in Baghdad on Sunday to discuss the border.",
    published_at: datetime | None = NOON,
    url_key: str | None = "",
    headline_key: str | None = None,
    fingerprint: str | None = None,
    enclosures: Sequence[Enclosure] = (),
    source: Link | None = None,
    language: str | None = "en",
) -> ParsedEntry:
    """Make an entry whose guid, address and headline follow from `name`; pass None for a field it shall not have."""
    address = f"https://news.example/{name}" if url == "" else url
    title = headline or f"Headline number {name} of the day"
    return ParsedEntry(
        guid=f"tag:news.example,{name}" if guid == "" else guid,
        url=address,
        headline=title,
        summary=SafeHtml(f"<p>{text}</p>"),
        content=SafeHtml(""),
        text=text,
        teaser=text[:150],
        author="A. Writer",
        published_at=published_at,
        tags=("politics",),
        language=language,
        enclosures=tuple(enclosures),
        source=source,
        url_key=(address.removeprefix("https://") if address else None) if url_key == "" else url_key,
        headline_key=title.lower() if headline_key is None else headline_key,
        fingerprint=fingerprint or f"{title}|{address}|{text}",
    )


def known_from(parsed: Sequence[ParsedEntry]) -> list[KnownEntry]:
    """Make what the database knows after these entries were stored in this order: ids 1, 2, 3 ..."""
    return [
        KnownEntry(
            id=EntryId(number),
            guid=entry.guid,
            url=entry.url,
            headline=entry.headline,
            published_at=entry.published_at,
            fingerprint=entry.fingerprint,
        )
        for number, entry in enumerate(parsed, start=1)
    ]
