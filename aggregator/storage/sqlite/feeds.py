"""Feeds, their state, and who may poll them."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.errors import LeaseLost
from aggregator.model.feed import (
    DueFeed,
    Feed,
    FeedFigures,
    FeedGlance,
    FeedOutline,
    FeedOverview,
    FeedState,
    GroupLease,
    ParsedFeed,
)
from aggregator.model.glance import FeedMark
from aggregator.model.ids import FeedId, RateGroup
from aggregator.model.poll import GroupPause, Heed, PollRecord
from aggregator.polling.feed_plan import StoredFeed
from aggregator.polling.groups import rate_group
from aggregator.storage.sqlite import feed_rows, glances, polls, renaming, setbacks, skips
from aggregator.storage.sqlite.configuring import Configuring
from aggregator.storage.sqlite.groups import DUE, LONGEST_LEASE, RateGroups
from aggregator.storage.sqlite.session import Row, Session, Value, many, moment, seconds

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
        rate_group = :rate_group
    WHERE id = :id AND url = :url AND EXISTS (
        SELECT 1 FROM rate_groups WHERE name = :group AND lease_token = :lease AND lease_until IS NOT NULL
    )
"""

_CALL = """
    UPDATE feeds SET document_title = :title, home_url = :home_url, icon_url = :icon_url
    WHERE id = :id AND (document_title <> :title OR home_url IS NOT :home_url OR icon_url IS NOT :icon_url)
"""
"""Apart from `_FINISH`, which is not seen where entries are shown."""

_OVERVIEW = f"""
    SELECT *, (SELECT max(listed_at) FROM entries WHERE feed_id = feeds.id) AS newest_entry_at,
        coalesce(
            (
                SELECT listed_at FROM entries WHERE feed_id = feeds.id
                ORDER BY listed_at DESC LIMIT 1 OFFSET {feed_rows.RHYTHM_OF - 1}
            ),
            (SELECT min(listed_at) FROM entries WHERE feed_id = feeds.id)
        ) AS oldest_of_rhythm_at,
        (SELECT count(*) FROM entries WHERE feed_id = feeds.id AND muted <> '') AS muted_entries
    FROM feeds WHERE configured = 1
"""


class SqliteFeeds:
    """`records.FeedRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._groups = RateGroups(session)

    def synchronise(self, feeds: Sequence[Feed], *, now: datetime) -> None:
        """Make the configured feeds the ones that are polled and shown."""
        ahead = Configuring(self._session).apply(feeds, now=now)
        setbacks.noticed(self._session, now=now)
        self._mend(ahead, now=now, lease=LONGEST_LEASE)

    def stored(self) -> list[StoredFeed]:
        """List every feed there ever was, in order of id."""
        rows = self._session.rows("SELECT * FROM feeds ORDER BY id")
        return [StoredFeed(feed=feed_rows.feed(row), configured=bool(row["configured"])) for row in rows]

    def latest_at(self) -> datetime:
        """Give the latest time at which anything was asked for."""
        (row,) = self._session.rows("SELECT latest_at FROM clock")
        return moment(int(row["latest_at"]))

    def rename(self, old: FeedId, new: FeedId) -> int:
        """Give a feed another id, and all that hangs on it."""
        return renaming.rename(self._session, old, new)

    def _mend(self, ahead: Collection[str], *, now: datetime, lease: timedelta) -> None:
        """Give everything that lies further ahead than it can, and every group, the time that it should have."""
        setbacks.mend(self._session, ahead, now=now)
        self._groups.clamp(now=now, lease=lease)
        self._groups.admit_all(now=now)

    def claim_due(self, *, now: datetime, groups: int, per_group: int, lease: timedelta) -> list[GroupLease]:
        """Lease rate groups that have feeds due, the one that has waited longest first.

        Where there are none, the clock is looked at: a worker that has nothing to do has the time for it.
        """
        leases = self._claim_due(now, groups, per_group, lease)
        if not leases and self._mended_setback(now=now, lease=lease):
            leases = self._claim_due(now, groups, per_group, lease)
        return leases

    def _mended_setback(self, *, now: datetime, lease: timedelta) -> bool:
        if not setbacks.noticed(self._session, now=now):
            return False
        self._mend(setbacks.ahead(self._session, now=now), now=now, lease=lease)
        setbacks.forget(self._session, now=now)
        return True

    def _claim_due(self, now: datetime, groups: int, per_group: int, lease: timedelta) -> list[GroupLease]:
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
        fields: dict[str, Value] = {"groups": many(groups), "now": seconds(now), "per_group": per_group}
        rows = self._session.rows(_DUE_OF_GROUPS, **fields)
        while skips.put_off(self._session, rows, now=now):
            rows = self._session.rows(_DUE_OF_GROUPS, **fields)
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in sorted(rows, key=_urgency):
            found[row["rate_group"]].append(row)
        return {name: found[name] for name in groups if name in found}

    def claim(
        self, ids: Collection[FeedId], *, now: datetime, groups: int, lease: timedelta, heed: Heed
    ) -> list[GroupLease]:
        """Lease rate groups of these feeds whether due or not, in the order of feeds.yaml."""
        self._mended_setback(now=now, lease=lease)
        asked: defaultdict[RateGroup, list[Row]] = defaultdict(list)
        for row in self._named(_NAMED, ids):
            if _may_be_polled(row, now, heed):
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
        if leases:
            setbacks.noticed(self._session, now=now)
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
        address = state.move.address or due.feed.url
        group = due.group if address == due.url else rate_group(address)
        fence: dict[str, Value] = {"id": due.feed.id, "url": due.feed.url, "group": due.group, "lease": due.lease}
        # The front page says so while nothing was ever polled.
        write = self._session.run if due.state.last_polled_at is None else self._session.note
        written = write(_FINISH, **feed_rows.state_columns(state), **fence, rate_group=group)
        if not written:
            raise LeaseLost(f"{due.feed.id}: the lease ended before the poll did; its result is dropped")
        if document:
            called = {"title": document.title, "home_url": document.home_url, "icon_url": document.icon_url}
            self._session.run(_CALL, id=due.feed.id, **called)
        polls.keep(self._session, due.feed.id, record)
        if group != due.group:
            self._groups.admit(group, now=record.at)
        if pause:
            self._groups.pause(pause)

    def history(self, feed_id: FeedId) -> tuple[PollRecord, ...]:
        """List the last polls of a feed, newest first."""
        return polls.history(self._session, feed_id)

    def pause(self, pause: GroupPause) -> None:
        """Let nobody have a rate group until a time, or the later one that is known already."""
        self._groups.pause(pause)

    def pauses(self, *, now: datetime) -> tuple[GroupPause, ...]:
        """List the rate groups that are paused beyond `now`, longest first."""
        return self._groups.pauses(now=now)

    def get(self, feed_id: FeedId) -> FeedOverview | None:
        """Find a configured feed."""
        row = self._session.row(f"{_OVERVIEW} AND id = :id", id=feed_id)
        return None if row is None else feed_rows.overview(row)

    def outlines(self, feed_ids: Collection[FeedId]) -> dict[FeedId, FeedOutline]:
        """Tell of those of these feeds that are configured what a subscription list does."""
        return glances.outlines(self._session, feed_ids)

    def several(self, feed_ids: Collection[FeedId]) -> dict[FeedId, FeedOverview]:
        """Give those of these feeds that are configured."""
        found = self._session.rows(f"{_OVERVIEW} AND id IN (SELECT value FROM json_each(:ids))", ids=many(feed_ids))
        return {FeedId(row["id"]): feed_rows.overview(row) for row in found}

    def overview(self) -> list[FeedOverview]:
        """List the configured feeds in the order of feeds.yaml."""
        return [feed_rows.overview(row) for row in self._session.rows(f"{_OVERVIEW} ORDER BY position")]

    def glances(self, *, now: datetime) -> list[FeedGlance]:
        """List them as far as choosing among thousands looks at them."""
        return glances.glances(self._session, now=now)

    def marks(self, *, now: datetime) -> list[FeedMark]:
        """List them as far as they are counted: a third of the work of that."""
        return glances.marks(self._session, now=now)

    def conditions(self, *, now: datetime) -> dict[str, int]:
        """Count the configured feeds of each `FeedGlance.kind` that there is."""
        return glances.conditions(self._session, now=now)

    def suspects(self, *, silent: timedelta) -> list[FeedOverview]:
        """List, of the same, those that are gone, moved, failing or malformed, or have been silent so long."""
        sql = f"{_OVERVIEW} AND ({glances.SUSPECT}) ORDER BY position"
        return [feed_rows.overview(row) for row in self._session.rows(sql, silent=int(silent.total_seconds()))]

    def figures(self, *, now: datetime) -> FeedFigures:
        """Count the feeds whose poll is due, and those that hubs send to us."""
        return glances.figures(self._session, now=now)


def _urgency(row: Row) -> tuple[int, int]:
    due = -1 if row["next_poll_at"] is None else row["next_poll_at"]
    return max(due, row["blocked_until"] or -1), row["position"]


def _may_be_polled(row: Row, now: datetime, heed: Heed) -> bool:
    if heed is Heed.NOTHING:
        return True
    if row["gone"] or (row["blocked_until"] or 0) > seconds(now):
        return False
    return heed is not Heed.FRESHNESS or not ((row["fresh_until"] or 0) > seconds(now) or skips.skips(row, now))


def _group_lease(name: RateGroup, token: int, rows: Sequence[Row]) -> GroupLease:
    due = (
        DueFeed(
            feed=feed_rows.feed(row),
            state=feed_rows.state(row),
            group=name,
            lease=token,
            document_title=row["document_title"],
        )
        for row in map(feed_rows.by_name, rows)
    )
    return GroupLease(group=name, token=token, feeds=tuple(due))
