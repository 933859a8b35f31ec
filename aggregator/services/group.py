"""Put new entries into the search index, and place them among those that are there."""

from datetime import timedelta

from aggregator.ports import Store, Transaction

INDEXED = 1000
"""Entries a transaction that go into the index: about 50 ms. By 200 they take half as long again: each piece is merged later."""
PLACED = 500
"""Entries a transaction that are placed: about 20 ms."""


async def group_new(store: Store, *, window: timedelta) -> None:
    """Index what came, and decide about every entry that came or changed, since the last time.

    Each step finds by itself what is left to do, so that what a crash interrupted is done the next time. Between the short
    transactions other writers have their turn.
    """
    while await store.write(lambda tx: tx.searching.catch_up(limit=INDEXED)) == INDEXED:
        pass
    while await store.write(lambda tx: _place_batch(tx, window)) == PLACED:
        pass


def _place_batch(tx: Transaction, window: timedelta) -> int:
    waiting = tx.copies.ungrouped(limit=PLACED)
    if waiting:
        # What reads headlines takes 0.1 s of CPU to import: half as much as all that polls need which bring nothing new.
        from aggregator.stories import copies  # noqa: PLC0415 -- see above

        candidates = tx.copies.connected(waiting, reach=copies.reach(window))
        tx.copies.assign(copies.group(candidates, window=window))
    return len(waiting)
