"""Feeds, their state, and who may poll them."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from aggregator.errors import LeaseLost
from aggregator.model.feed import DueFeed, Feed, FeedOverview, FeedState, ParsedFeed
from aggregator.model.ids import FeedId
from aggregator.storage.sqlite import feed_rows
from aggregator.storage.sqlite.fronts import choose_fronts, sets_of_feed
from aggregator.storage.sqlite.session import Row, Session, many, seconds

# What polls have learned belongs to the address: validators and body hash by RFC 9110 section 8.8, and a 410, a count
# of failures and a permanent redirect no less. Only the wish of a server not to be spoken to stays as long as
# the feed stays with that server. The lease goes too, or a running poll would save what the old address answered.
_FORGET_ADDRESS = """
    etag = NULL, last_modified = NULL, validators_url = NULL, body_hash = NULL, hints = NULL, next_poll_at = NULL, next_poll_reason = '', failures = 0, gone = 0,
    blocked_until = CASE WHEN host = :host THEN blocked_until END,
    lease_token = lease_token + 1, lease_until = NULL
"""

_INSERT = """
    INSERT INTO feeds (
        id, configured, position, url, host, title, publisher, category, tags, language, interval, allow_private_address
    ) VALUES (
        :id, 1, :position, :url, :host, :title, :publisher, :category, :tags, :language, :interval,
        :allow_private_address
    )
"""
_RENAME = """
    UPDATE feeds SET
        configured = 1, position = :position, url = :url, host = :host, title = :title, publisher = :publisher,
        category = :category, tags = :tags, language = :language, interval = :interval,
        allow_private_address = :allow_private_address
    WHERE id = :id
"""

_DUE = """
    SELECT * FROM feeds
    WHERE configured = 1 AND gone = 0 AND coalesce(next_poll_at, -1) <= :now
        AND (blocked_until IS NULL OR blocked_until <= :now) AND (lease_until IS NULL OR lease_until <= :now)
    ORDER BY coalesce(next_poll_at, -1), position
"""
_CONFIGURED = "SELECT * FROM feeds WHERE configured = 1 ORDER BY position"

_FINISH = """
    UPDATE feeds SET
        etag = :etag, last_modified = :last_modified, validators_url = :validators_url, body_hash = :body_hash,
        hints = :hints, last_polled_at = :last_polled_at,
        last_success_at = :last_success_at, last_outcome = :last_outcome, last_message = :last_message,
        failures = :failures, next_poll_at = :next_poll_at, next_poll_reason = :next_poll_reason,
        blocked_until = :blocked_until, gone = :gone, lease_until = NULL
    WHERE id = :id AND lease_token = :lease AND lease_until IS NOT NULL
"""

_OVERVIEW = """
    SELECT *, (SELECT max(listed_at) FROM entries WHERE feed_id = feeds.id) AS newest_entry_at
    FROM feeds WHERE configured = 1
"""


class SqliteFeeds:
    """`ports.FeedRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def synchronise(self, feeds: Sequence[Feed], *, now: datetime) -> None:  # noqa: ARG002 - the port's; no rule needs it
        """Make the configured feeds the ones that are polled and shown."""
        before = {row["id"]: row for row in self._session.rows("SELECT id, configured, url, category FROM feeds")}
        for position, feed in enumerate(feeds):
            self._configure(feed, position, before.get(feed.id))
        named = {feed.id for feed in feeds}
        self._list(feed for feed in feeds if _moved(feed, before.get(feed.id)))
        self._drop(FeedId(name) for name, row in before.items() if row["configured"] and name not in named)

    def _configure(self, feed: Feed, position: int, before: Row | None) -> None:
        columns = feed_rows.feed_columns(feed)
        if before is None:
            self._session.run(_INSERT, **columns, position=position)
            return
        if before["url"] != feed.url:
            self._session.run(f"UPDATE feeds SET {_FORGET_ADDRESS} WHERE id = :id", id=feed.id, host=columns["host"])
        self._session.run(_RENAME, **columns, position=position)

    def _list(self, feeds: Iterable[Feed]) -> None:
        for feed in feeds:
            self._session.run(
                "UPDATE entries SET category = :category, shown = 1 WHERE feed_id = :id",
                id=feed.id,
                category=feed.category,
            )
            choose_fronts(self._session, sets_of_feed(self._session, feed.id))

    def _drop(self, ids: Iterable[FeedId]) -> None:
        for feed_id in ids:
            self._session.run("UPDATE feeds SET configured = 0 WHERE id = :id", id=feed_id)
            self._session.run("UPDATE entries SET shown = 0 WHERE feed_id = :id", id=feed_id)
            choose_fronts(self._session, sets_of_feed(self._session, feed_id))

    def claim_due(self, *, now: datetime, limit: int, per_host: int, lease: timedelta) -> list[DueFeed]:
        """Lease feeds that are due.

        Walks the index of due feeds in its order and passes over those of a host that has its fill: however many of
        one host are overdue, the others get their turn.
        """
        taken = Counter(
            row["host"]
            for row in self._session.rows("SELECT host FROM feeds WHERE lease_until > :now", now=seconds(now))
        )
        chosen: list[Row] = []
        for row in self._session.walk(_DUE, now=seconds(now)):
            if len(chosen) >= limit:
                break
            if taken[row["host"]] < per_host:
                taken[row["host"]] += 1
                chosen.append(row)
        return self._lease(chosen, now + lease)

    def claim(
        self, ids: Collection[FeedId] | None, *, now: datetime, lease: timedelta, force: bool = False
    ) -> list[DueFeed]:
        """Lease these feeds (None: all) whether due or not, in the order of feeds.yaml."""
        asked = self._session.rows(_CONFIGURED) if ids is None else self._named(ids)
        return self._lease([row for row in asked if _claimable(row, seconds(now), force=force)], now + lease)

    def _named(self, ids: Collection[FeedId]) -> list[Row]:
        sql = "SELECT * FROM feeds WHERE configured = 1 AND id IN (SELECT value FROM json_each(:ids))"
        return sorted(self._session.rows(sql, ids=many(ids)), key=lambda row: int(row["position"]))

    def _lease(self, chosen: Sequence[Row], until: datetime) -> list[DueFeed]:
        for row in chosen:
            self._session.run(
                "UPDATE feeds SET lease_token = lease_token + 1, lease_until = :until WHERE id = :id",
                id=row["id"],
                until=seconds(until),
            )
        return [
            DueFeed(feed=feed_rows.feed(row), state=feed_rows.state(row), lease=row["lease_token"] + 1)
            for row in chosen
        ]

    def extend(self, claimed: Sequence[DueFeed], *, now: datetime, lease: timedelta) -> None:
        """Let the leases of these feeds end `lease` from now, where they are still ours."""
        self._end_leases(claimed, until=seconds(now + lease))

    def release(self, claimed: Sequence[DueFeed]) -> None:
        """Give leases back unpolled."""
        self._end_leases(claimed, until=None)

    def _end_leases(self, claimed: Sequence[DueFeed], *, until: int | None) -> None:
        for due in claimed:
            self._session.run(
                "UPDATE feeds SET lease_until = :until"
                " WHERE id = :id AND lease_token = :lease AND lease_until IS NOT NULL",
                id=due.feed.id,
                lease=due.lease,
                until=until,
            )

    def finish(self, due: DueFeed, state: FeedState, *, now: datetime, document: ParsedFeed | None = None) -> None:  # noqa: ARG002 - as above
        """Save what the poll left behind and end the lease.

        A lease that ran out but that nobody took since is still good: what was polled is not polled again for it.

        Raises:
            LeaseLost: another worker took the feed over, the lease was given back, or feeds.yaml moved the feed to
                another address; nothing was written.
        """
        if not self._session.run(_FINISH, **feed_rows.state_columns(state), id=due.feed.id, lease=due.lease):
            raise LeaseLost(f"{due.feed.id}: the lease ended before the poll did; its result is dropped")
        if document is not None:
            self._session.run(
                "UPDATE feeds SET document_title = :title, home_url = :home WHERE id = :id",
                id=due.feed.id,
                title=document.title,
                home=document.home_url,
            )

    def get(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        row = self._session.row(f"{_OVERVIEW} AND id = :id", id=feed_id)
        return None if row is None else feed_rows.overview(row)

    def overview(self) -> list[FeedOverview]:
        """List the configured feeds in the order of feeds.yaml."""
        return [feed_rows.overview(row) for row in self._session.rows(f"{_OVERVIEW} ORDER BY position")]


def _moved(feed: Feed, before: Row | None) -> bool:
    """Tell whether the entries of a feed are to be listed elsewhere than before."""
    return before is not None and (not before["configured"] or before["category"] != feed.category)


def _claimable(row: Row, now: int, *, force: bool) -> bool:
    if (row["lease_until"] or 0) > now:
        return False
    return force or not (row["gone"] or (row["blocked_until"] or 0) > now)
