"""Write what goes on with the feeds themselves as a feed: one entry a problem, in the formats that entries are published in.

An entry is named after feed, kind and beginning of its problem: a subscriber is told once, and again when it comes back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from zlib import crc32

from aggregator.errors import Problem
from aggregator.polling.health import FeedProblem
from aggregator.publish import atom, jsonfeed, rss
from aggregator.publish.listed import plain, told_apart
from aggregator.publish.site import EMPTY_UPDATED_AT, Channel, Site, public
from aggregator.publish.xml import add, add_moment, add_rfc822, add_rfc3339, add_text
from aggregator.text.dates import rfc3339


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One problem. Texts are plain, on one line and free of what XML 1.0 forbids."""

    id: str
    title: str
    url: str
    """Our page of the feed."""
    at: datetime
    text: str
    category: str
    """The kind of problem: "gone", "moved" ..."""


def notice(site: Site, problem: FeedProblem) -> Notice:
    """Say a problem as an entry of a feed."""
    feed = problem.overview.feed
    return Notice(
        id=site.tag(f"problems/{feed.id}/{problem.kind}/{int(problem.since.timestamp())}"),
        title=plain(
            f"{problem.overview.name if problem.overview.name != feed.url else public(feed.url)}: {problem.kind}"
        ),
        url=site.address(f"feeds/{feed.id}"),
        at=problem.since,
        text=plain(message(problem)),
        category=plain(problem.kind),
    )


def of_file(site: Site, problems: Sequence[Problem], since: datetime) -> Notice:
    """Say that feeds.yaml can't be applied, with every problem of it."""
    said = "; ".join(map(str, problems))
    return Notice(
        id=site.tag(f"problems/configuration/{int(since.timestamp())}"),
        title="feeds.yaml can't be applied",
        url=site.address("feeds"),
        at=since,
        text=plain(f"What it said before stays in force. {said}"),
        category="configuration",
    )


def message(problem: FeedProblem) -> str:
    """Give the sentence of a problem, without user name and password of the addresses it names."""
    feed, move = problem.overview.feed, problem.overview.state.move
    text = problem.message
    for url in (feed.url, move.address, move.candidate):
        if url:
            text = text.replace(url, public(url))
    return text


def newest(notices: Sequence[Notice]) -> datetime:
    """Find when the latest problem began: the feed's `updated`, a fixed time where there is none."""
    return max((each.at for each in notices), default=EMPTY_UPDATED_AT)


def write_atom(channel: Channel, notices: Sequence[Notice]) -> bytes:
    """Write a whole Atom document. Equal input gives equal bytes."""
    moments = [told_apart(each.at, crc32(each.id.encode())) for each in notices]
    root = atom.head(replace(channel, updated_at=max([channel.updated_at, *moments])))
    for each, changed_at in zip(notices, moments, strict=True):
        entry = add(root, "entry")
        add(entry, "id", each.id)
        add_text(entry, "title", each.title)
        add_rfc3339(entry, "published", each.at)
        add_moment(entry, "updated", changed_at)
        add(entry, "link", rel="alternate", type="text/html", href=each.url)
        add(entry, "category", term=each.category)
        add_text(entry, "content", each.text)
    return atom.whole(channel, root)


def write_rss(channel: Channel, notices: Sequence[Notice]) -> bytes:
    """Write a whole RSS document. Equal input gives equal bytes."""
    root = rss.begun()
    items = rss.head(root, channel)
    for each in notices:
        item = add(items, "item")
        add(item, "title", each.title)
        add(item, "link", each.url)
        add(item, "guid", each.id, isPermaLink="false")
        add_rfc822(item, "pubDate", each.at)
        add(item, "category", each.category)
        add(item, "description", escape(each.text, quote=False))  # readers take it for HTML
    return rss.whole(channel, root)


def write_json(channel: Channel, notices: Sequence[Notice]) -> bytes:
    """Write a whole JSON Feed document. Equal input gives equal bytes."""
    return jsonfeed.whole(
        channel,
        [
            jsonfeed.encoded(
                jsonfeed.given(
                    id=each.id,
                    url=each.url,
                    title=each.title,
                    content_text=each.text,
                    date_published=rfc3339(each.at),
                    tags=[each.category],
                )
            )
            for each in notices
        ],
    )
