"""Let go what retention no longer keeps, a bounded number of entries a transaction."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model.feed import Feed
from aggregator.model.ids import EntryId, FeedId
from aggregator.model.wanted import KEPT_FOR_EVER
from aggregator.polling.retention import expired
from aggregator.ports import Store

logger = logging.getLogger(__name__)

AT_ONCE = 200
"""Entries that go in one transaction: words are taken out of the index one by one, 0.2 ms each, and other writers wait for no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What became of one feed."""

    feed_id: FeedId
    entries: int
    """That went; of a dry run, that would go."""


async def prune(store: Store, configured: Sequence[Feed] = (), *, now: datetime, dry: bool = False) -> list[Pruned]:
    """Take out what the retention of each feed lets go, of feeds that left feeds.yaml too.

    Stopped in between, the next run does the rest. What is left behind is to be grouped again.

    Args:
        store: where entries are.
        configured: feeds as feeds.yaml has them, where it may have changed since the database was told; of others the last word counts.
        now: what ages are counted to.
        dry: only count.

    Returns:
        Feeds of which something goes, in order of id.
    """
    said = {feed.id: feed for feed in configured}
    feeds = [said.get(each.feed.id, each.feed) for each in await store.read(lambda tx: tx.feeds.stored())]
    bounded = [feed for feed in feeds if feed.retention != KEPT_FOR_EVER]
    found = [Pruned(feed_id=feed.id, entries=await _prune_feed(store, feed, now=now, dry=dry)) for feed in bounded]
    return [each for each in found if each.entries]


async def _prune_feed(store: Store, feed: Feed, *, now: datetime, dry: bool) -> int:
    stored = await store.read(lambda tx: tx.entries.stored(feed.id))
    going = sorted(expired(stored, feed.retention, now=now))
    if dry:
        return len(going)
    gone = 0
    for start in range(0, len(going), AT_ONCE):
        gone += await _remove(store, feed.id, going[start : start + AT_ONCE])
    if gone:
        logger.info("feed %s: %d entries were let go, as its retention says", feed.id, gone)
    return gone


async def _remove(store: Store, feed_id: FeedId, ids: Collection[EntryId]) -> int:
    return await store.write(lambda tx: tx.entries.remove(feed_id, ids))
