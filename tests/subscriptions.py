"""Subscriptions for tests: complete, sensible, and overridable field by field."""

from datetime import datetime

from aggregator.model.ids import FeedId
from aggregator.model.push import PushStage, Subscription
from tests.factories import NOON

HUB = "https://hub.example/"


def make_subscription(
    feed_id: str = "news-example",
    *,
    hub: str = HUB,
    topic: str | None = None,
    token: str | None = None,
    secret: str | None = None,
    stage: PushStage = PushStage.WANTED,
    lease_until: datetime | None = None,
    next_step_at: datetime | None = NOON,
    failures: int = 0,
    message: str = "",
    allow_private_address: bool = False,
) -> Subscription:
    return Subscription(
        feed_id=FeedId(feed_id),
        hub=hub,
        topic=topic or f"https://{feed_id}.example/rss.xml",
        token=token or f"token-of-{feed_id}",
        secret=secret,
        stage=stage,
        lease_until=lease_until,
        next_step_at=next_step_at,
        failures=failures,
        message=message,
        allow_private_address=allow_private_address,
    )
