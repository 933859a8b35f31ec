"""What a transaction of the store offers about WebSub subscriptions; `records` says what holds for all of these protocols."""

from datetime import datetime
from typing import Protocol

from aggregator.model.ids import FeedId
from aggregator.model.push import Subscription


class PushRecords(Protocol):
    """WebSub subscriptions; at most one a feed and hub."""

    def of_feed(self, feed_id: FeedId) -> tuple[Subscription, ...]:
        """List a feed's subscriptions, also of one that is no longer configured."""
        ...

    def by_token(self, token: str) -> Subscription | None:
        """Find the subscription a callback's address belongs to."""
        ...

    def save(self, subscription: Subscription) -> None:
        """Keep this state of it, and of its feed: `FeedState.pushed_until` is the latest end of its active ones.

        One that is being ended stays so, whatever is saved under its token.
        """
        ...

    def remove(self, subscription: Subscription) -> None:
        """Forget it."""
        ...

    def count(self, feed_id: FeedId) -> None:
        """Count one more document of a hub that was stored for this feed: see `FeedState.pushes`."""
        ...

    def counted(self, feed_id: FeedId) -> int:
        """Give how many documents of hubs were stored for this feed."""
        ...

    def next_steps(self, *, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """List those whose `next_step_at` has come, and live ones of feeds that are no longer configured; oldest first."""
        ...
