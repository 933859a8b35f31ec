"""Write digests as a feed: one entry a digest, with the whole digest as its content.

A sealed digest never changes, so neither does its entry: `published` and `updated` are the end of its period.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from aggregator.model.digest import Digest
from aggregator.publish import atom, digest_html, jsonfeed, rss
from aggregator.publish.digest_sheet import Sheet, sheet
from aggregator.publish.site import EMPTY_UPDATED_AT, Channel
from aggregator.publish.xml import add, add_rfc822, add_rfc3339, add_text
from aggregator.text.words import teaser

HEADLINES = 3
"""In the summary, which is what a list of entries shows of a digest."""
_SUMMARY = 300
"""Characters of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestFormat:
    """How digests become a document."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[Channel, Sequence[Digest]], bytes]


def newest_end(digests: Sequence[Digest]) -> datetime:
    """Find when the latest of these was made: the feed's `updated`, a fixed time where there is none."""
    return max((digest.end for digest in digests), default=EMPTY_UPDATED_AT)


def write_atom(channel: Channel, digests: Sequence[Digest]) -> bytes:
    """Write a whole Atom document. Equal input gives equal bytes."""
    root = atom.head(channel)
    for digest in digests:
        made = sheet(channel.site, digest)
        entry = add(root, "entry")
        add(entry, "id", made.id)
        add_text(entry, "title", title(made))
        add_rfc3339(entry, "published", digest.end)
        add_rfc3339(entry, "updated", digest.end)
        add(entry, "link", rel="alternate", type="text/html", href=made.url)
        if summary(made):
            add_text(entry, "summary", summary(made))
        add(entry, "content", digest_html.body(made), type="html")
    return atom.whole(channel, root)


def write_rss(channel: Channel, digests: Sequence[Digest]) -> bytes:
    """Write a whole RSS document. Equal input gives equal bytes."""
    root = rss.begun()
    items = rss.head(root, channel)
    for digest in digests:
        made = sheet(channel.site, digest)
        item = add(items, "item")
        add(item, "title", title(made))
        add(item, "link", made.url)
        add(item, "guid", made.id, isPermaLink="false")
        add_rfc822(item, "pubDate", digest.end)
        add(item, "dc:creator", made.site_title)
        add(item, "description", escape(summary(made) or made.heading, quote=False))  # readers take it for HTML
        add(item, "content:encoded", digest_html.body(made))
    return rss.whole(channel, root)


def write_json(channel: Channel, digests: Sequence[Digest]) -> bytes:
    """Write a whole JSON Feed document. Equal input gives equal bytes."""
    return jsonfeed.whole(channel, [jsonfeed.encoded(_item(sheet(channel.site, digest))) for digest in digests])


def title(made: Sheet) -> str:
    """Name a digest where it stands among entries of other feeds."""
    return f"{made.title}: {made.heading}"


def summary(made: Sheet) -> str:
    """Give its first headlines; empty where it tells nothing."""
    return teaser(" · ".join(item.headline for item in made.items[:HEADLINES]), length=_SUMMARY)


def _item(made: Sheet) -> jsonfeed.Json:
    return jsonfeed.given(
        id=made.id,
        url=made.url,
        title=title(made),
        summary=summary(made),
        content_html=digest_html.body(made),
        date_published=made.end,
        date_modified=made.end,
        authors=[{"name": made.site_title}],
    )


FORMATS = (
    DigestFormat(name="Atom", suffix="atom", media_type=atom.MEDIA_TYPE, write=write_atom),
    DigestFormat(name="RSS", suffix="rss", media_type=rss.MEDIA_TYPE, write=write_rss),
    DigestFormat(name="JSON Feed", suffix="json", media_type=jsonfeed.MEDIA_TYPE, write=write_json),
)
