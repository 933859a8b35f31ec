"""What jsonfeed11.json must become."""

from datetime import UTC, datetime

from aggregator.model.entry import Enclosure, ParsedEntry, SafeHtml
from aggregator.model.feed import Document, ParsedFeed

URL = "https://depot.example/feed.json"

EXPECTED = ParsedFeed(
    format="json11",
    title="Depot & Dépôt",
    home_url="https://depot.example/",
    icon_url="https://depot.example/64.png",
    hubs=("https://hub.example/",),
    topic="https://depot.example/feed.json",
    entries=(
        ParsedEntry(
            guid="https://depot.example/1",
            url="https://depot.example/posts/1",
            headline="1 < 2 & <b>more</b>",
            summary=SafeHtml("<p>A short text.</p>"),
            content=SafeHtml("<p>The <em>whole</em> text.</p>"),
            text="The whole text.",
            teaser="The whole text.",
            author="Ada, Bob",
            published_at=datetime(2026, 3, 10, 12, 0, tzinfo=UTC),
            updated_at=datetime(2026, 3, 10, 13, 0, tzinfo=UTC),
            tags=("one", "two"),
            language="en-GB",
            image_url="https://cdn.example/1.jpg",
            enclosures=(Enclosure(url="https://cdn.example/1.mp3", media_type="audio/mpeg", length=2048),),
            url_key="depot.example/posts/1",
        ),
        ParsedEntry(
            guid="2",
            url="https://elsewhere.example/2",
            summary=SafeHtml("<p>First paragraph, 3 &gt; 2.</p><p>Second paragraph.</p>"),
            text="First paragraph, 3 > 2. Second paragraph.",
            teaser="First paragraph, 3 > 2. Second paragraph.",
            author="The Depot",
            language="en-US",
            url_key="elsewhere.example/2",
        ),
    ),
)

DOCUMENT = Document(body=b"", url=URL)
"""Body: the file beside this one."""
