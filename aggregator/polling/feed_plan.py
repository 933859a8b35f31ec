"""What a changed list of feeds would do to the one in force. Pure.

What is secret about asking a feed (login, headers, proxy) is not stored, and so not compared.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aggregator.model.feed import Feed
from aggregator.model.ids import FeedId


class Change(StrEnum):
    """What would become of a feed."""

    ADDED = "added"
    RETURNED = "returned"
    """It was taken out or disabled before: its entries are shown again, and it is polled where it was left."""
    MOVED = "moved"
    """Another address under the id that it had: its history goes on."""
    CHANGED = "changed"
    DISABLED = "disabled"
    """Still in the file, and neither polled nor shown."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFeed:
    """A feed as the database has it."""

    feed: Feed
    configured: bool
    """It is polled and shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedChange:
    """What would become of one feed."""

    change: Change
    feed: Feed
    """As it would be; of one that leaves, as it is."""
    keys: tuple[str, ...] = ()
    """The settings that would be others, as feeds.yaml calls them; of new feeds none."""
    former_url: str | None = None
    """Where it was polled, if it is to be polled elsewhere."""


def plan(
    stored: Iterable[StoredFeed], wanted: Sequence[Feed], *, disabled: Collection[FeedId] = ()
) -> tuple[FeedChange, ...]:
    """Compare what is in force with what is wanted.

    Args:
        stored: every feed that the database knows.
        wanted: the enabled feeds of the file.
        disabled: ids of those that the file has switched off.

    Returns:
        A change for each feed that would not stay as it is: those of the file in its order, then those that leave.
    """
    before = {each.feed.id: each for each in stored}
    staying = [change for feed in wanted if (change := _change(before.get(feed.id), feed))]
    named = {feed.id for feed in wanted}
    leaving = [each.feed for each in before.values() if each.configured and each.feed.id not in named]
    gone = [
        FeedChange(change=Change.DISABLED if feed.id in disabled else Change.REMOVED, feed=feed) for feed in leaving
    ]
    return (*staying, *gone)


def summary(changes: Iterable[FeedChange]) -> str:
    """Say how much would change: "2 added, 1 removed"; empty where nothing would."""
    counts = Counter(each.change for each in changes)
    return ", ".join(f"{counts[change]} {change}" for change in Change if counts[change])


def _change(before: StoredFeed | None, feed: Feed) -> FeedChange | None:
    if before is None:
        return FeedChange(change=Change.ADDED, feed=feed)
    keys = tuple(_changed_keys(before.feed, feed))
    former = before.feed.url if before.feed.url != feed.url else None
    if not before.configured:
        return FeedChange(change=Change.RETURNED, feed=feed, keys=keys, former_url=former)
    if not keys:
        return None
    return FeedChange(change=Change.MOVED if former else Change.CHANGED, feed=feed, keys=keys, former_url=former)


_SAME_NAME = (
    *("url", "title", "publisher", "category", "tags", "language", "interval"),
    *("allow_private_address", "full_text", "max_entries", "retention", "strip_prefix", "strip_suffix"),
)


def _changed_keys(before: Feed, after: Feed) -> Iterable[str]:
    yield from (name for name in _SAME_NAME if getattr(before, name) != getattr(after, name))
    if before.unconditional_interval != after.unconditional_interval and before.interval == after.interval:
        yield "unconditional_interval"
    if before.shows_images != after.shows_images:
        yield "images"
    names = ("keep", "mute", "breakout")
    yield from (name for name in names if getattr(before.filters, name) != getattr(after.filters, name))
