"""A checksum of what readers see of an entry, kept beside it: SQLite has none of its own.

CRC-32 finds every change of up to 32 bits in a row, and all but one in four billion others; it is no seal against people, who could
write the checksum as well. It takes 1 us for an entry of two kilobytes.
"""

from collections.abc import Iterator
from zlib import crc32

from aggregator.storage.sqlite.session import Session

_TEXTS = """
    SELECT e.id, e.headline, e.url, e.teaser, t.summary, t.content, t.text, t.checksum
    FROM entries AS e CROSS JOIN entry_texts AS t ON t.entry_id = e.id WHERE t.checksum IS NOT NULL
"""


def checksum(headline: str, url: str | None, teaser: str, summary: str, content: str, text: str) -> int:
    """Give the checksum of an entry, from what is stored of it."""
    return crc32("\0".join((headline, url or "", teaser, summary, content, text)).encode("utf-8", "replace"))


def wrong(session: Session) -> Iterator[int]:
    """Find the entries that are not what their checksum says."""
    for row in session.walk(_TEXTS):
        said = (row["headline"], row["url"], row["teaser"], row["summary"], row["content"], row["text"])
        if checksum(*said) != row["checksum"]:
            yield row["id"]
