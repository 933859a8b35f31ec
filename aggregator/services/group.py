"""Place new entries among those that are there."""

from datetime import timedelta

from aggregator.ports import Store, Transaction
from aggregator.stories import copies

BATCH = 500
"""Entries a transaction: long enough to be quick, short enough to let other writers in."""


async def group_new(store: Store, *, window: timedelta) -> None:
    """Decide about every entry that came or changed since the last time; what a crash interrupted is done again."""
    while await store.write(lambda tx: _place_batch(tx, window)):
        pass


def _place_batch(tx: Transaction, window: timedelta) -> bool:
    waiting = tx.copies.ungrouped(limit=BATCH)
    if waiting:
        candidates = tx.copies.connected(waiting, reach=copies.reach(window))
        tx.copies.assign(copies.group(candidates, window=window))
    return len(waiting) == BATCH
