"""Apply rules of feeds.yaml that have changed to what is stored, in transactions of bounded length, beside everything else."""

import asyncio
import logging

from aggregator.errors import DatabaseUnusable
from aggregator.ports import Store

logger = logging.getLogger(__name__)

AT_ONCE = 100
"""Entries looked at in one transaction: 2 ms of CPU with three rules, and some seconds with the slowest expression that there can be
(`text.patterns`); other writers wait for no longer."""


class Judging:
    """Goes on where a process before it was stopped: how far it has come stands in the database."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_stopping = False

    def stop(self) -> None:
        """End after the transaction that runs; the next start goes on."""
        self._is_stopping = True

    async def run(self) -> int:
        """Look at all that is to be looked at, and give how many entries that were."""
        looked_at = 0
        try:
            while not self._is_stopping and (
                some := await self._store.write(lambda tx: tx.entries.judge(limit=AT_ONCE))
            ):
                looked_at += some
                await asyncio.sleep(0)
        except DatabaseUnusable as error:
            logger.warning("rules could not be applied to all stored entries: %s; the next start goes on", error)
        if looked_at:
            logger.info("applied changed rules to %d stored entries", looked_at)
        return looked_at
