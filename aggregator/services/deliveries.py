"""Take in what hubs send (WebSub section 7): trust nothing but the token and the signature, and answer at once.

    POST of a callback -> expects    whose it is, before its body is read
                       -> take       signature, then into the queue           hub has its answer
    queue              -> receive    the way a poll's documents go: parser, limits, sanitiser, plan, grouping

One document at a time, in the order of arrival, so that an older one never replaces a newer. Nor does it where a poll of
the feed is under way (`services.answer`): a poll that asked before a document was stored here changes no entry, and a
document that waits here is dropped once a poll that began after it arrived has stored another. What waits when the
program stops is dropped, as everything that does not fit into the queue is: the next poll finds it all the same.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from aggregator.errors import DatabaseUnusable
from aggregator.model.feed import Document, Feed, FeedOverview, Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollResult
from aggregator.model.push import PushStage, Subscription
from aggregator.polling import websub
from aggregator.ports import Clock, Store, Transaction

logger = logging.getLogger(__name__)

MOST_WAITING = 64
"""Documents in the queue."""
MOST_BYTES = 64 * 1024 * 1024
"""Of all documents in the queue: so many of the greatest would be 640 MiB."""
LONGEST_READING = timedelta(minutes=2)
"""For one document, waiting for the database included."""


class Receives(Protocol):
    """What stores a document as a poll would: `services.poll_feed.FeedPoller`."""

    async def receive(self, feed_id: FeedId, document: Document, *, arrived_at: datetime) -> PollResult:
        """Read and keep one document; whatever goes wrong with it is its own result."""
        ...


class Expected(Enum):
    """Whether somebody may send to a callback."""

    NOTHING = auto()
    """No such callback, or a hub that has not verified it."""
    NO_MORE = auto()
    """The subscription was ended, or its lease is over: the hub may forget it (410)."""
    CONTENT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What a hub sent."""

    body: bytes
    content_type: str = ""
    signature: str = ""
    """`X-Hub-Signature`; empty where there is none."""


class Taken(Enum):
    """What has become of a push."""

    QUEUED = auto()
    IGNORED = auto()
    """Not signed as it should be. The hub is told nothing of it (section 7.1.2)."""
    NO_ROOM = auto()


class Deliveries:
    """The queue between hubs and the parser."""

    def __init__(
        self, store: Store, receiver: Receives, clock: Clock, *, most: int = MOST_WAITING, most_bytes: int = MOST_BYTES
    ) -> None:
        self._store = store
        self._receiver = receiver
        self._clock = clock
        self._most = most
        self._most_bytes = most_bytes
        self._waiting: dict[asyncio.Task[None], int] = {}
        self._turn = asyncio.Lock()  # fair: first come, first served

    async def expects(self, token: str) -> Expected:
        """Tell whether a body sent to this callback is worth reading."""
        return self._expected(*await self._find(token))

    async def take(self, token: str, push: Push) -> Taken:
        """Check a push and put it into the queue."""
        subscription, overview = await self._find(token)
        if subscription is None or overview is None or self._expected(subscription, overview) is not Expected.CONTENT:
            return Taken.IGNORED
        if subscription.secret and not websub.is_signed(subscription.secret, push.body, push.signature):
            logger.warning("websub feed=%s hub=%s sent what it did not sign", subscription.feed_id, subscription.hub)
            return Taken.IGNORED
        if len(self._waiting) >= self._most or sum(self._waiting.values()) + len(push.body) > self._most_bytes:
            logger.warning("websub feed=%s: the queue is full, the hub may try again", subscription.feed_id)
            return Taken.NO_ROOM
        task = asyncio.create_task(self._receive(overview.feed, _document(overview, push), self._clock.now()))
        self._waiting[task] = len(push.body)
        task.add_done_callback(self._waiting.pop)
        return Taken.QUEUED

    async def settle(self) -> None:
        """Wait until the queue is empty."""
        await asyncio.gather(*self._waiting)

    async def aclose(self) -> None:
        """Drop what waits and what runs."""
        for task in self._waiting:
            task.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)

    async def _find(self, token: str) -> tuple[Subscription | None, FeedOverview | None]:
        def work(tx: Transaction) -> tuple[Subscription | None, FeedOverview | None]:
            subscription = tx.pushes.by_token(token)
            return subscription, tx.feeds.get(subscription.feed_id) if subscription else None

        return await self._store.read(work)

    def _expected(self, subscription: Subscription | None, overview: FeedOverview | None) -> Expected:
        if subscription is None:
            return Expected.NOTHING
        if overview is None or subscription.stage in {PushStage.LEAVING, PushStage.DENIED}:
            return Expected.NO_MORE
        if websub.is_live(subscription, now=self._clock.now()):
            return Expected.CONTENT
        return Expected.NO_MORE if subscription.lease_until else Expected.NOTHING

    async def _receive(self, feed: Feed, document: Document, arrived_at: datetime) -> None:
        """Hand it on, unless feeds.yaml has given the feed another address while it waited."""
        async with self._turn:
            try:
                if not await self._is_still_at(feed):
                    logger.warning("websub feed=%s: what a hub sent is of an address that feeds.yaml left", feed.id)
                    return
                async with asyncio.timeout(LONGEST_READING.total_seconds()):
                    result = await self._receiver.receive(feed.id, document, arrived_at=arrived_at)
                if result.outcome is Outcome.FAILED:
                    logger.warning("websub feed=%s: what a hub sent is no good: %s", feed.id, result.message)
            except DatabaseUnusable as error:
                logger.warning("websub feed=%s: what a hub sent could not be kept: %s", feed.id, error)
            except Exception:
                # A hub's document must not end the program; a poll will bring what it held.
                logger.exception("websub feed=%s: what a hub sent could not be kept", feed.id)

    async def _is_still_at(self, feed: Feed) -> bool:
        overview = await self._store.read(lambda tx: tx.feeds.get(feed.id))
        return overview is not None and overview.feed.url == feed.url


def _document(overview: FeedOverview, push: Push) -> Document:
    """Give it the address that polls end at, or relative links would lead elsewhere and their entries be new."""
    feed, state = overview.feed, overview.state
    return Document(
        body=push.body,
        url=state.validators.url or state.move.address or feed.url,
        content_type=push.content_type,
    )
