"""Keep the subscription lists that feeds.yaml includes: each asked for once a day, and kept as it was last."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from aggregator.errors import DatabaseUnusable
from aggregator.feeds import opml
from aggregator.feeds.opml import FeedList
from aggregator.model.fetch import Failed, FailureKind, Fetched, FetchOutcome, FetchRequest, NotModified
from aggregator.model.subscription_list import KeptList
from aggregator.polling.freshness import lifetime, retry_after
from aggregator.polling.groups import rate_group
from aggregator.polling.schedule import pause
from aggregator.polling.validators import received, renewed
from aggregator.ports import Clock, Fetcher, Store

DAILY: Final = timedelta(days=1)
SELDOM: Final = timedelta(days=7)
"""At most, whatever its server says of its age."""
AGAIN: Final = timedelta(hours=1)
"""After the first failure; twice as long after each that follows, up to a day."""
TICK: Final = timedelta(minutes=10)

logger = logging.getLogger(__name__)


class Lists:
    """Asks for lists. Belongs to one event loop.

    Args:
        store: where the last good copies are.
        fetcher: as for polls.
        clock: tells when.
        urls: of the lists.
    """

    def __init__(self, store: Store, fetcher: Fetcher, clock: Clock, urls: Sequence[str]) -> None:
        self._store = store
        self._fetcher = fetcher
        self._clock = clock
        self._urls = tuple(dict.fromkeys(urls))
        self._stopping = asyncio.Event()

    async def run(self, on_change: Callable[[], None]) -> None:
        """Ask for what is due on every tick, until `stop`; say when a list has changed."""
        while not self._stopping.is_set():
            try:
                if await self.refresh_due():
                    on_change()
            except DatabaseUnusable as error:
                logger.warning("lists can't be kept: %s; the next tick tries again", error)
            try:
                await asyncio.wait_for(self._stopping.wait(), TICK.total_seconds())
            except TimeoutError:
                continue

    def stop(self) -> None:
        """Let `run` end."""
        self._stopping.set()

    async def refresh_due(self) -> bool:
        """Ask for the lists that are due; tell whether any names other feeds than before."""
        await self._store.write(lambda tx: tx.lists.retain(self._urls))
        changed = False
        for url in self._urls:
            if self._stopping.is_set():
                break
            changed = await self._refresh(url) or changed
        return changed

    async def _refresh(self, url: str) -> bool:
        now = self._clock.now()
        kept = await self._store.read(lambda tx: tx.lists.get(url))
        paused = frozenset(pause.group for pause in await self._store.read(lambda tx: tx.feeds.pauses(now=now)))
        if (kept.next_at and now < kept.next_at) or rate_group(url) in paused:
            return False
        outcome = await self._fetcher.fetch(FetchRequest(url=url, validators=kept.validators, paused=paused))
        after = await self._after(kept, outcome)
        rest = pause(f"the list {url}", outcome, now=self._clock.now())
        if rest:
            await self._store.write(lambda tx: tx.feeds.pause(rest))
        await self._store.write(lambda tx: tx.lists.save(after))
        if after.message:
            logger.warning("the list %s: %s%s", url, after.message, "; its last copy holds" if after.body else "")
        return after.body != kept.body

    async def _after(self, kept: KeptList, outcome: FetchOutcome) -> KeptList:
        """Give what is known after an answer."""
        now = self._clock.now()
        match outcome:
            case Fetched() as fetched:
                content_type = fetched.headers.get("content-type", "")
                read = await asyncio.to_thread(opml.read, fetched.body, content_type)
                if isinstance(read, Failed):
                    return self._failed(kept, read)
                validators, headers = received(fetched), fetched.headers
                kept = replace(kept, body=fetched.body, content_type=content_type)
            case NotModified() as same:
                validators, headers = renewed(kept.validators, same.headers), same.headers
            case Failed() as failed:
                return self._failed(kept, failed)
            case _:
                gone = "the list is gone for good (HTTP 410)"
                return self._failed(kept, Failed(kind=FailureKind.STATUS, message=gone, status=410))
        said = lifetime(headers, now=now)
        wait = min(max(DAILY, said.length if said else DAILY), SELDOM)
        return replace(kept, validators=validators, fetched_at=now, failures=0, next_at=now + wait, message="")

    def _failed(self, kept: KeptList, failed: Failed) -> KeptList:
        now = self._clock.now()
        asked = retry_after(failed.headers, now=now)
        wait = min(AGAIN * 2 ** min(kept.failures, 10), DAILY)
        wait = max(wait, asked.length) if asked else wait
        return replace(kept, failures=kept.failures + 1, next_at=now + min(wait, SELDOM), message=failed.message)


async def kept_lists(store: Store, urls: Sequence[str]) -> dict[str, FeedList]:
    """Read the last good copies of these lists; those of which there is none are missing."""
    found = await store.read(lambda tx: [tx.lists.get(url) for url in urls])
    read = {kept.url: opml.read(kept.body, kept.content_type) for kept in found if kept.body is not None}
    return {url: each for url, each in read.items() if isinstance(each, FeedList)}
