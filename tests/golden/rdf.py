"""What rdf.xml (RSS 1.0, in Latin-1) must become."""

from datetime import UTC, datetime, timedelta

from aggregator.model.entry import ParsedEntry, SafeHtml
from aggregator.model.feed import Document, FreshnessHints, ParsedFeed

URL = "https://zeitung.example/feed.rdf"

EXPECTED = ParsedFeed(
    format="rss10",
    title="Zeitung für München",
    home_url="https://zeitung.example/",
    hints=FreshnessHints(update_period=timedelta(minutes=30)),
    entries=(
        ParsedEntry(
            guid="urn:zeitung:1",
            url="https://zeitung.example/1",
            headline="Straße gesperrt",
            summary=SafeHtml("Die Brücke ist zu."),
            content=SafeHtml("<p>Die Brücke ist bis Mai zu.</p>"),
            text="Die Brücke ist bis Mai zu.",
            teaser="Die Brücke ist bis Mai zu.",
            author="K. Feder",
            published_at=datetime(2026, 3, 10, 8, 0, tzinfo=UTC),
            updated_at=datetime(2026, 3, 10, 8, 0, tzinfo=UTC),
            tags=("Verkehr",),
            language="de",
            url_key="zeitung.example/1",
        ),
    ),
)

DOCUMENT = Document(body=b"", url=URL)
"""Body: the file beside this one."""
