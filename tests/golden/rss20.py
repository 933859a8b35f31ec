"""What rss20.xml must become."""

from datetime import UTC, datetime, timedelta

from aggregator.model.entry import Enclosure, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import Document, FreshnessHints, ParsedFeed

URL = "https://feeds.example/gazette.xml"

EXPECTED = ParsedFeed(
    format="rss20",
    title="The Harbour Gazette",
    home_url="https://gazette.example/",
    icon_url="https://gazette.example/logo.png",
    hubs=("https://hub.example/",),
    topic="https://feeds.example/gazette.xml",
    hints=FreshnessHints(
        ttl=timedelta(minutes=45),
        skip_hours=frozenset({0, 1}),
        skip_days=frozenset({5, 6}),
        update_period=timedelta(hours=6),
    ),
    entries=(
        ParsedEntry(
            guid="gazette-1001",
            url="https://gazette.example/2026/ferry?utm_source=rss&page=2",
            headline="Ferry & tug collide: no one hurt",
            summary=SafeHtml(
                'A ferry and a tug collided <a href="https://gazette.example/map" '
                'rel="noopener noreferrer nofollow ugc">off the pier</a>.'
            ),
            content=SafeHtml(
                "<p>A ferry and a tug <strong>collided</strong> on Tuesday.</p>\n"
                '<p><img src="https://gazette.example/img/ferry.jpg" alt="The ferry"></p>'
            ),
            text="A ferry and a tug collided on Tuesday.",
            teaser="A ferry and a tug collided on Tuesday.",
            author="Anaïs Boat, Tom Quay",
            published_at=datetime(2026, 3, 10, 9, 30, tzinfo=UTC),
            updated_at=datetime(2026, 3, 10, 10, 0, tzinfo=UTC),
            tags=("Harbour", "Accidents"),
            language="en-GB",
            image_url="https://cdn.example/ferry-large.jpg",
            comments_url="https://gazette.example/2026/ferry#comments",
            source=Link(url="https://wire.example/feed.xml", text="The Wire"),
            enclosures=(Enclosure(url="https://cdn.example/ferry.mp3", media_type="audio/mpeg", length=123456),),
            url_key="gazette.example/2026/ferry?page=2",
        ),
        ParsedEntry(
            guid="https://gazette.example/2026/love",
            url="https://gazette.example/2026/love",
            headline="x < y, and the <3 of summer",
            summary=SafeHtml("Only a permanent link."),
            text="Only a permanent link.",
            teaser="Only a permanent link.",
            published_at=datetime(2026, 3, 9, 7, 0, tzinfo=UTC),
            updated_at=datetime(2026, 3, 9, 7, 0, tzinfo=UTC),
            language="fr",
            url_key="gazette.example/2026/love",
        ),
        ParsedEntry(
            summary=SafeHtml("Neither title nor address nor name."),
            text="Neither title nor address nor name.",
            teaser="Neither title nor address nor name.",
            language="en-GB",
        ),
    ),
)

DOCUMENT = Document(body=b"", url=URL, publisher_names=("The Gazette",))
"""Body: the file beside this one."""
