"""What atom10.xml must become."""

from datetime import UTC, datetime

from aggregator.model.entry import Enclosure, Link, ParsedEntry, SafeHtml
from aggregator.model.feed import Document, ParsedFeed

URL = "https://feeds.example/journal.atom"

EXPECTED = ParsedFeed(
    format="atom10",
    title="The Journal",
    home_url="https://journal.example/blog/",
    icon_url="https://journal.example/icon.png",
    hubs=("https://hub.example/", "https://hub.example/second?a=1&b=2"),
    topic="https://journal.example/feed.atom",
    entries=(
        ParsedEntry(
            guid="first/entry",
            url="https://journal.example/blog/posts/first",
            headline="An XHTML title",
            summary=SafeHtml("<p>Short, with 1 &lt; 2.</p>"),
            content=SafeHtml(
                '<p>Whole text, <a href="https://journal.example/blog/posts/second" '
                'rel="noopener noreferrer nofollow ugc">the next one</a>.</p>'
            ),
            text="Whole text, the next one.",
            teaser="Whole text, the next one.",
            author="Ines Quill, Bo Nib",
            published_at=datetime(2026, 3, 10, 0, 30, tzinfo=UTC),
            updated_at=datetime(2026, 3, 10, 11, 0, tzinfo=UTC),
            tags=("Essays & notes", "craft"),
            language="en",
            image_url="https://journal.example/blog/media/first.png",
            source=Link(url="https://elsewhere.example/", text="Elsewhere"),
            enclosures=(
                Enclosure(url="https://journal.example/blog/media/first.mp4", media_type="video/mp4"),
                Enclosure(url="https://journal.example/blog/media/first.png", media_type="image/png"),
            ),
            url_key="journal.example/blog/posts/first",
        ),
        ParsedEntry(
            guid="urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
            url="https://journal.example/blog/posts/second",
            headline="AT&amp;T keeps a <b> in its name",
            summary=SafeHtml("<p>Only a whole text.</p>"),
            text="Only a whole text.",
            teaser="Only a whole text.",
            author="House Author",
            published_at=datetime(2026, 3, 8, 6, 0, tzinfo=UTC),
            updated_at=datetime(2026, 3, 8, 6, 0, tzinfo=UTC),
            language="ar",
            url_key="journal.example/blog/posts/second",
        ),
    ),
)

DOCUMENT = Document(body=b"", url=URL)
"""Body: the file beside this one."""
