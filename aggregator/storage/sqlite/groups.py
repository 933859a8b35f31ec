"""Rate groups: which of them a worker may take, and until when it has them.

    next_at of a group = the latest of: when its earliest feed is due
                                        the end of its lease, of the gap after it, of a server's pause

so that one walk along the index of `next_at` gives the groups that are free and have something to poll, the one that
waits longest first. A group of 10,000 overdue feeds is one row there as any other, and after each lease it stands
behind those that have waited longer.

`next_at` is made anew when a lease is given back and when feeds.yaml is read. In between a feed may have become due
later than it says: such a group is found without feeds when its turn comes, and gets its time then. While a group is
leased, `next_at` is the end of the lease whatever its feeds say: a worker that dies leaves nothing behind that nobody
looks at.

Nothing lies further ahead than it can be asked for: what does was written by a clock that was wrong (setbacks.py).

Times are rounded up to the second that the database keeps: a gap may be longer than asked for, never shorter. Rows are
never deleted, or a fencing token would be given twice.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from aggregator.model.feed import GroupLease
from aggregator.model.ids import RateGroup
from aggregator.model.poll import GroupPause
from aggregator.polling.freshness import LONGEST_RETRY
from aggregator.storage.sqlite.session import Row, Session, many, moment, seconds

LONGEST_LEASE = timedelta(minutes=10)
"""What a lease is cut to where nobody says how long it may be; workers renew theirs long before."""
LONGEST_REST = timedelta(minutes=10)
"""The longest gap that feeds.yaml takes."""

DUE = "max(coalesce(next_poll_at, -1), coalesce(blocked_until, -1))"
"""When a feed is due, as the index `feeds_due` has it; -1: never polled."""

_BUSY = """
    CASE WHEN lease_until > :now THEN lease_until ELSE -1 END,
    CASE WHEN rest_until > :now THEN rest_until ELSE -1 END,
    CASE WHEN paused_until > :now THEN paused_until ELSE -1 END
"""
_FIRST_DUE = f"""(
    SELECT {DUE} FROM feeds WHERE rate_group = rate_groups.name AND configured = 1 AND gone = 0
    ORDER BY {DUE}, position LIMIT 1
)"""

_ADMIT = f"""
    INSERT INTO rate_groups (name, position, next_at)
    SELECT rate_group, min(position), min({DUE}) FROM feeds WHERE configured = 1 AND gone = 0 {{which}}
    GROUP BY rate_group
    ON CONFLICT (name) DO UPDATE SET position = excluded.position, next_at = max(excluded.next_at, {_BUSY})
"""
_RENEW = f"""
    UPDATE rate_groups SET next_at = max({_FIRST_DUE}, {_BUSY}) WHERE name IN (SELECT value FROM json_each(:names))
"""
_WAITING = """
    SELECT name, lease_token FROM rate_groups WHERE next_at <= :now ORDER BY next_at, position LIMIT :limit
"""
_FREE = """
    SELECT name, lease_token FROM rate_groups
    WHERE name IN (SELECT value FROM json_each(:names))
        AND coalesce(lease_until, -1) <= :now AND coalesce(rest_until, -1) <= :now
        AND (:paused_too OR coalesce(paused_until, -1) <= :now)
"""
_LEASE = """
    UPDATE rate_groups
    SET lease_token = lease_token + 1, lease_until = :until, next_at = max(:until, coalesce(paused_until, -1))
    WHERE name IN (SELECT value FROM json_each(:names))
"""
_OURS = "name = :name AND lease_token = :token AND lease_until IS NOT NULL"
_EXTEND = f"""
    UPDATE rate_groups SET lease_until = :until, next_at = max(:until, coalesce(paused_until, -1)) WHERE {_OURS}
"""
_RELEASE = f"""
    UPDATE rate_groups SET
        lease_until = NULL, rest_until = :rest, next_at = max({_FIRST_DUE}, :rest, coalesce(paused_until, -1))
    WHERE {_OURS}
"""
_PAUSE = """
    INSERT INTO rate_groups (name, position, paused_until, pause_reason) VALUES (:name, 0, :until, :reason)
    ON CONFLICT (name) DO UPDATE SET
        paused_until = excluded.paused_until, pause_reason = excluded.pause_reason, next_at = max(next_at, :until)
    WHERE coalesce(paused_until, -1) < :until
"""
_CLAMP = """
    UPDATE rate_groups SET
        lease_until = min(lease_until, :lease), rest_until = min(rest_until, :rest), paused_until = min(paused_until, :pause)
    WHERE lease_until > :lease OR rest_until > :rest OR paused_until > :pause
"""
_PAUSES = (
    "SELECT name, paused_until, pause_reason FROM rate_groups WHERE paused_until > :now ORDER BY paused_until DESC"
)


class RateGroups:
    """The rows of `rate_groups`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def admit_all(self, *, now: datetime) -> None:
        """Have a row for every group that configured feeds are of, with its time and its place in feeds.yaml."""
        self._session.run(_ADMIT.format(which=""), now=seconds(now))

    def admit(self, name: RateGroup, *, now: datetime) -> None:
        """Do so for one group, which a feed has come to."""
        self._session.run(_ADMIT.format(which="AND rate_group = :name"), name=name, now=seconds(now))

    def waiting(self, *, now: datetime, limit: int) -> dict[RateGroup, int]:
        """Find groups whose time has come, the one that waits longest first, with their newest tokens."""
        return _tokens(self._session.rows(_WAITING, now=seconds(now), limit=limit))

    def free(self, names: Collection[RateGroup], *, now: datetime, paused_too: bool) -> dict[RateGroup, int]:
        """Find those of these groups that may be leased, due or not, with their newest tokens."""
        found = self._session.rows(_FREE, names=many(names), now=seconds(now), paused_too=int(paused_too))
        return _tokens(found)

    def clamp(self, *, now: datetime, lease: timedelta = LONGEST_LEASE) -> None:
        """Cut what lies further ahead than it can: the work of a clock that was wrong. `admit_all` is to follow."""
        ends = {"lease": now + lease, "rest": now + LONGEST_REST, "pause": now + LONGEST_RETRY}
        self._session.run(_CLAMP, **{name: _rounded_up(end) for name, end in ends.items()})

    def renew(self, names: Collection[RateGroup], *, now: datetime) -> None:
        """Give these groups the time that their feeds say."""
        if names:
            self._session.run(_RENEW, names=many(names), now=seconds(now))

    def lease(self, names: Collection[RateGroup], *, until: datetime) -> None:
        """Lease these groups, which were found waiting or free in this transaction."""
        self._session.run(_LEASE, names=many(names), until=_rounded_up(until))

    def extend(self, leases: Sequence[GroupLease], *, until: datetime) -> None:
        """Move the ends of leases, where they are still the newest of their groups."""
        for lease in leases:
            self._session.run(_EXTEND, name=lease.group, token=lease.token, until=_rounded_up(until))

    def release(self, leases: Sequence[GroupLease], *, now: datetime, gap: timedelta) -> None:
        """End leases, where they are still the newest of their groups, and let the gap begin."""
        rest = _rounded_up(now + gap) if gap else seconds(now)
        for lease in leases:
            self._session.run(_RELEASE, name=lease.group, token=lease.token, rest=rest)

    def pause(self, pause: GroupPause) -> None:
        """Let nobody have a group until a time, or the later one that is known already."""
        self._session.run(_PAUSE, name=pause.group, until=_rounded_up(pause.until), reason=pause.reason)

    def pauses(self, *, now: datetime) -> tuple[GroupPause, ...]:
        """List what is paused beyond `now`, longest first."""
        return tuple(map(_pause, self._session.rows(_PAUSES, now=seconds(now))))


def _tokens(rows: Sequence[Row]) -> dict[RateGroup, int]:
    return {RateGroup(row["name"]): row["lease_token"] for row in rows}


def _pause(row: Row) -> GroupPause:
    return GroupPause(group=RateGroup(row["name"]), until=moment(row["paused_until"]), reason=row["pause_reason"])


def _rounded_up(at: datetime) -> int:
    return seconds(at) + bool(at.microsecond)
