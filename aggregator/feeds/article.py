"""Read the article out of a page. Meant to run in a worker process, as `feeds.parse` is.

trafilatura is an extra: where it is not installed, nothing imports this module's work.
"""

from importlib.util import find_spec
from typing import Final

from aggregator.feeds.charset import decode
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FailureKind
from aggregator.text.html import clean

MISSING: Final = "full_text needs trafilatura, which is not installed: pip install 'aggregator[fulltext]'"
FORMAT: Final = "page"
_SHORTEST: Final = 200
"""Characters of text: below that it is a notice (cookies, a login, a teaser) or nothing, and the feed says more."""
_LONGEST: Final = 2 * 1024 * 1024


def is_installed() -> bool:
    """Tell whether articles can be read."""
    return find_spec("trafilatura") is not None


def read_article(document: Document) -> ParsedFeed | Failed:
    """Read a page.

    Returns:
        As a feed of one entry, whose `content` is the article; or, as `Failed`, why there is none.
    """
    try:
        from trafilatura import extract  # noqa: PLC0415 -- an extra; 0.2 s of CPU
    except ImportError:
        return Failed(kind=FailureKind.INTERNAL, message=MISSING)
    text, _ = decode(document.body, document.content_type)
    found = extract(
        text[:_LONGEST],
        url=document.url,
        output_format="html",
        include_comments=False,
        include_images=True,
        include_links=True,
        include_tables=True,
    )
    html, words = clean(found or "", base_url=document.url, own_origins=document.own_origins)
    if len(words) < _SHORTEST:
        return Failed(kind=FailureKind.NOT_A_FEED, message="no article was found in the page")
    return ParsedFeed(format=FORMAT, entries=(ParsedEntry(url=document.url, content=html, text=words),))
