"""WebSub subscriptions."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from datetime import datetime

from aggregator.model.ids import FeedId
from aggregator.model.push import PushStage, Subscription
from aggregator.polling.websub import left
from aggregator.storage.sqlite.session import Row, Session, Value, moment, seconds

# What is being ended stays so, whatever somebody saves who read it before.
_SAVE = f"""
    INSERT INTO subscriptions (
        token, feed_id, hub, topic, secret, stage, lease_until, next_step_at, failures, message, allow_private_address
    ) VALUES (
        :token, :feed_id, :hub, :topic, :secret, :stage, :lease_until, :next_step_at, :failures, :message,
        :allow_private_address
    ) ON CONFLICT (feed_id, hub) DO UPDATE SET
        token = excluded.token, topic = excluded.topic, secret = excluded.secret, stage = excluded.stage,
        lease_until = excluded.lease_until, next_step_at = excluded.next_step_at, failures = excluded.failures,
        message = excluded.message, allow_private_address = excluded.allow_private_address
    WHERE NOT (
        subscriptions.token = excluded.token AND subscriptions.stage = '{PushStage.LEAVING}'
        AND excluded.stage <> '{PushStage.LEAVING}'
    )
"""
_PUSHED = f"""
    UPDATE feeds SET pushed_until = (
        SELECT max(lease_until) FROM subscriptions
        WHERE feed_id = :id AND stage NOT IN ('{PushStage.LEAVING}', '{PushStage.DENIED}')
    ) WHERE id = :id
"""
# Of feeds that left feeds.yaml all but those that are being ended: two walks along an index each.
_NEXT = f"""
    SELECT * FROM subscriptions WHERE next_step_at <= :now
    UNION
    SELECT s.* FROM feeds AS f CROSS JOIN subscriptions AS s ON s.feed_id = f.id
    WHERE f.configured = 0 AND s.stage <> '{PushStage.LEAVING}'
    ORDER BY next_step_at, token LIMIT :limit
"""


class SqlitePushes:
    """`push_records.PushRecords`. A lease that is set is one that holds: stages in which the hub no longer sends have none."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_feed(self, feed_id: FeedId) -> tuple[Subscription, ...]:
        """List a feed's subscriptions, also of one that is no longer configured."""
        rows = self._session.rows("SELECT * FROM subscriptions WHERE feed_id = :id ORDER BY hub", id=feed_id)
        return tuple(map(_subscription, rows))

    def by_token(self, token: str) -> Subscription | None:
        """Find the subscription a callback's address belongs to."""
        row = self._session.row("SELECT * FROM subscriptions WHERE token = :token", token=token)
        return None if row is None else _subscription(row)

    def save(self, subscription: Subscription) -> None:
        """Keep this state of it, and of its feed."""
        self._session.run(_SAVE, **_columns(subscription))
        self._session.note(_PUSHED, id=subscription.feed_id)

    def leave(self, feed_id: FeedId, *, now: datetime) -> None:
        """End all subscriptions of a feed: what their hubs speak for is not where it is polled any more."""
        for subscription in self.of_feed(feed_id):
            if subscription.stage is not PushStage.LEAVING:
                ended = left(subscription, now=now)
                self.save(ended) if ended else self.remove(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Forget it."""
        self._session.run("DELETE FROM subscriptions WHERE token = :token", token=subscription.token)
        self._session.note(_PUSHED, id=subscription.feed_id)

    def count(self, feed_id: FeedId) -> None:
        """Count one more document of a hub that was stored for this feed."""
        self._session.note("UPDATE feeds SET push_count = push_count + 1 WHERE id = :id", id=feed_id)

    def counted(self, feed_id: FeedId) -> int:
        """Give how many documents of hubs were stored for this feed."""
        row = self._session.row("SELECT push_count FROM feeds WHERE id = :id", id=feed_id)
        return row["push_count"] if row else 0

    def next_steps(self, *, now: datetime, limit: int) -> tuple[Subscription, ...]:
        """List those whose `next_step_at` has come, and live ones of feeds that are no longer configured; oldest first."""
        return tuple(map(_subscription, self._session.rows(_NEXT, now=seconds(now), limit=limit)))


def _subscription(row: Row) -> Subscription:
    return Subscription(
        feed_id=FeedId(row["feed_id"]),
        hub=row["hub"],
        topic=row["topic"],
        token=row["token"],
        secret=row["secret"],
        stage=PushStage(row["stage"]),
        lease_until=moment(row["lease_until"]),
        next_step_at=moment(row["next_step_at"]),
        failures=row["failures"],
        message=row["message"],
        allow_private_address=bool(row["allow_private_address"]),
    )


def _columns(subscription: Subscription) -> dict[str, Value]:
    return {
        "token": subscription.token,
        "feed_id": subscription.feed_id,
        "hub": subscription.hub,
        "topic": subscription.topic,
        "secret": subscription.secret,
        "stage": subscription.stage,
        "lease_until": seconds(subscription.lease_until),
        "next_step_at": seconds(subscription.next_step_at),
        "failures": subscription.failures,
        "message": subscription.message,
        "allow_private_address": int(subscription.allow_private_address),
    }
