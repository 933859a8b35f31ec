"""Feeds, their state, and who may poll them."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.errors import LeaseLost
from aggregator.model.feed import DueFeed, Feed, FeedOverview, FeedState, GroupLease, ParsedFeed
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause, Heed, PollRecord
from aggregator.polling.groups import rate_group
from aggregator.storage.sqlite import feed_rows, polls
from aggregator.storage.sqlite.fronts import choose_fronts, sets_of_feed
from aggregator.storage.sqlite.groups import DUE, RateGroups
from aggregator.storage.sqlite.session import Row, Session, Value, many, seconds

# What polls have learned belongs to the address: validators and body hash by RFC 9110 section 8.8, and a 410, a count
# of failures and a permanent redirect no less. Only the wish of a server to be left alone or asked less often stays
# as long as the feed stays with that server.
_FORGET_ADDRESS = """
    etag = NULL, last_modified = NULL, validators_url = NULL, body_hash = NULL, hints = NULL, lifetime = NULL,
    next_poll_at = NULL, next_poll_reason = '', fresh_until = NULL, pushed_until = NULL, failures = 0,
    failing_since = NULL, malformed_since = NULL, repeats = 0, gone = 0,
    move_address = NULL, move_candidate = NULL, move_seen = 0, move_since = NULL,
    slowdown = CASE WHEN rate_group = :rate_group THEN slowdown ELSE 0 END,
    blocked_until = CASE WHEN rate_group = :rate_group THEN blocked_until END
"""

_CONFIGURED_COLUMNS = (
    "configured", "position", "url", "rate_group", "title", "publisher", "category", "tags", "language", "interval",
    "unconditional_interval", "allow_private_address",
)  # fmt: skip
"""What feeds.yaml decides."""

_BEFORE = f"SELECT id, move_address, {', '.join(_CONFIGURED_COLUMNS)} FROM feeds"
_INSERT = f"""
    INSERT INTO feeds (id, {", ".join(_CONFIGURED_COLUMNS)})
    VALUES (:id, {", ".join(f":{name}" for name in _CONFIGURED_COLUMNS)})
"""
_RENAME = f"UPDATE feeds SET {', '.join(f'{name} = :{name}' for name in _CONFIGURED_COLUMNS)} WHERE id = :id"

_DUE_OF_GROUPS = f"""
    SELECT f.* FROM json_each(:groups) AS g CROSS JOIN feeds AS f
    WHERE f.rowid IN (
        SELECT rowid FROM feeds WHERE rate_group = g.value AND configured = 1 AND gone = 0 AND {DUE} <= :now
        ORDER BY {DUE}, position LIMIT :per_group
    )
"""
_NAMED = "SELECT * FROM feeds WHERE configured = 1 AND id IN (SELECT value FROM json_each(:ids))"
_GROUPS = """
    SELECT id, rate_group, position FROM feeds WHERE configured = 1 AND id IN (SELECT value FROM json_each(:ids))
"""

_STATE_COLUMNS = tuple(feed_rows.state_columns(FeedState()))
_FINISH = f"""
    UPDATE feeds SET
        {", ".join(f"{name} = :{name}" for name in _STATE_COLUMNS)}, poll_count = poll_count + 1,
        rate_group = :rate_group,
        document_title = CASE WHEN :read THEN :title ELSE document_title END,
        home_url = CASE WHEN :read THEN :home_url ELSE home_url END
    WHERE id = :id AND url = :url AND EXISTS (
        SELECT 1 FROM rate_groups WHERE name = :group AND lease_token = :lease AND lease_until IS NOT NULL
    )
"""

_OVERVIEW = f"""
    SELECT *, (SELECT max(listed_at) FROM entries WHERE feed_id = feeds.id) AS newest_entry_at,
        coalesce(
            (
                SELECT listed_at FROM entries WHERE feed_id = feeds.id
                ORDER BY listed_at DESC LIMIT 1 OFFSET {feed_rows.RHYTHM_OF - 1}
            ),
            (SELECT min(listed_at) FROM entries WHERE feed_id = feeds.id)
        ) AS oldest_of_rhythm_at
    FROM feeds WHERE configured = 1
"""


class SqliteFeeds:
    """`ports.FeedRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._groups = RateGroups(session)

    def synchronise(self, feeds: Sequence[Feed], *, now: datetime) -> None:
        """Make the configured feeds the ones that are polled and shown."""
        before = {row["id"]: row for row in self._session.rows(_BEFORE)}
        for position, feed in enumerate(feeds):
            self._configure(feed, position, before.get(feed.id))
        named = {feed.id for feed in feeds}
        self._list(feed for feed in feeds if _relisted(feed, before.get(feed.id)))
        self._drop(FeedId(name) for name, row in before.items() if row["configured"] and name not in named)
        self._groups.admit_all(now=now)

    def _configure(self, feed: Feed, position: int, before: Row | None) -> None:
        same_address = before is not None and before["url"] == feed.url
        columns = feed_rows.feed_columns(feed) | {
            "configured": 1,
            "position": position,
            "rate_group": rate_group(before["move_address"] or feed.url if before and same_address else feed.url),
        }
        if before is None:
            self._session.run(_INSERT, **columns)
            return
        if not same_address:
            self._session.run(
                f"UPDATE feeds SET {_FORGET_ADDRESS} WHERE id = :id", id=feed.id, rate_group=columns["rate_group"]
            )
        if any(before[name] != columns[name] for name in _CONFIGURED_COLUMNS):
            self._session.run(_RENAME, **columns)

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

    def claim_due(self, *, now: datetime, groups: int, per_group: int, lease: timedelta) -> list[GroupLease]:
        """Lease rate groups that have feeds due, the one that has waited longest first."""
        leases: dict[RateGroup, GroupLease] = {}
        while per_group > 0 and len(leases) < groups:
            waiting = self._groups.waiting(now=now, limit=groups - len(leases))
            if not waiting.keys() - leases.keys():
                break
            due = self._due(waiting, now=now, per_group=per_group)
            self._groups.renew(waiting.keys() - due.keys(), now=now)
            leases |= {each.group: each for each in self._lease(due, waiting, now + lease)}
        return list(leases.values())

    def _due(self, groups: Mapping[RateGroup, int], *, now: datetime, per_group: int) -> dict[RateGroup, list[Row]]:
        """Find what is due in these groups, in their order; those without are left out."""
        rows = self._session.rows(_DUE_OF_GROUPS, groups=many(groups), now=seconds(now), per_group=per_group)
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in sorted(rows, key=_urgency):
            found[row["rate_group"]].append(row)
        return {name: found[name] for name in groups if name in found}

    def claim(
        self, ids: Collection[FeedId], *, now: datetime, groups: int, lease: timedelta, heed: Heed
    ) -> list[GroupLease]:
        """Lease rate groups of these feeds whether due or not, in the order of feeds.yaml."""
        asked: defaultdict[RateGroup, list[Row]] = defaultdict(list)
        for row in self._named(_NAMED, ids):
            if _may_be_polled(row, seconds(now), heed):
                asked[RateGroup(row["rate_group"])].append(row)
        free = self._groups.free(asked, now=now, paused_too=heed is Heed.NOTHING)
        chosen = [name for name in asked if name in free][: max(groups, 0)]
        return self._lease({name: asked[name] for name in chosen}, free, now + lease)

    def groups(self, ids: Collection[FeedId]) -> dict[RateGroup, list[FeedId]]:
        """Sort the configured ones of these feeds by rate group, in the order of feeds.yaml."""
        found: defaultdict[RateGroup, list[FeedId]] = defaultdict(list)
        for row in self._named(_GROUPS, ids):
            found[RateGroup(row["rate_group"])].append(FeedId(row["id"]))
        return dict(found)

    def _named(self, sql: str, ids: Collection[FeedId]) -> list[Row]:
        return sorted(self._session.rows(sql, ids=many(ids)), key=lambda row: int(row["position"]))

    def _lease(
        self, chosen: Mapping[RateGroup, Sequence[Row]], tokens: Mapping[RateGroup, int], until: datetime
    ) -> list[GroupLease]:
        if chosen:
            self._groups.lease(chosen.keys(), until=until)
        return [_group_lease(name, tokens[name] + 1, rows) for name, rows in chosen.items()]

    def extend(self, leases: Sequence[GroupLease], *, now: datetime, lease: timedelta) -> None:
        """Let these leases end `lease` from now, where they are still ours."""
        self._groups.extend(leases, until=now + lease)

    def release(self, leases: Sequence[GroupLease], *, now: datetime, gap: timedelta) -> None:
        """Give leases back, where they are still ours."""
        self._groups.release(leases, now=now, gap=gap)

    def finish(
        self,
        due: DueFeed,
        state: FeedState,
        record: PollRecord,
        *,
        document: ParsedFeed | None = None,
        pause: GroupPause | None = None,
    ) -> None:
        """Save what the poll left behind.

        A lease that ran out but that nobody took since is still good: what was polled is not polled again for it.
        The feed goes on in the rate group of the address that is asked from now on. That is written every time, as the
        move is, whether `due` knew of it or not: feeds.yaml may have named another address meanwhile and this one again,
        which forgets a move that `state` brings back.

        Raises:
            LeaseLost: another worker took the group over, the lease was given back, or feeds.yaml moved the feed to
                another address; nothing was written.
        """
        group = rate_group(state.move.address or due.feed.url)
        fence: dict[str, Value] = {"id": due.feed.id, "url": due.feed.url, "group": due.group, "lease": due.lease}
        written = self._session.run(
            _FINISH,
            **feed_rows.state_columns(state),
            **fence,
            rate_group=group,
            read=int(document is not None),
            title=document.title if document else None,
            home_url=document.home_url if document else None,
        )
        if not written:
            raise LeaseLost(f"{due.feed.id}: the lease ended before the poll did; its result is dropped")
        polls.keep(self._session, due.feed.id, record)
        if group != due.group:
            self._groups.admit(group, now=record.at)
        if pause:
            self._groups.pause(pause)

    def history(self, feed_id: FeedId) -> tuple[PollRecord, ...]:
        """List the last polls of a feed, newest first."""
        return polls.history(self._session, feed_id)

    def pauses(self, *, now: datetime) -> tuple[GroupPause, ...]:
        """List the rate groups that are paused beyond `now`, longest first."""
        return self._groups.pauses(now=now)

    def get(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        row = self._session.row(f"{_OVERVIEW} AND id = :id", id=feed_id)
        return None if row is None else feed_rows.overview(row)

    def overview(self) -> list[FeedOverview]:
        """List the configured feeds in the order of feeds.yaml."""
        return [feed_rows.overview(row) for row in self._session.rows(f"{_OVERVIEW} ORDER BY position")]


def _relisted(feed: Feed, before: Row | None) -> bool:
    """Tell whether the entries of a feed are to be listed elsewhere than before."""
    return before is not None and (not before["configured"] or before["category"] != feed.category)


def _urgency(row: Row) -> tuple[int, int]:
    due = -1 if row["next_poll_at"] is None else row["next_poll_at"]
    return max(due, row["blocked_until"] or -1), row["position"]


def _may_be_polled(row: Row, now: int, heed: Heed) -> bool:
    if heed is Heed.NOTHING:
        return True
    banned = row["gone"] or (row["blocked_until"] or 0) > now
    return not (banned or (heed is Heed.FRESHNESS and (row["fresh_until"] or 0) > now))


def _group_lease(name: RateGroup, token: int, rows: Sequence[Row]) -> GroupLease:
    due = (DueFeed(feed=feed_rows.feed(row), state=feed_rows.state(row), group=name, lease=token) for row in rows)
    return GroupLease(group=name, token=token, feeds=tuple(due))
