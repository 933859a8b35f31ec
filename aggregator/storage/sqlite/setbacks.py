"""What a clock that ran ahead has left behind: times that would not come for years.

A machine without a battery for its clock, or a mistyped date: what is polled meanwhile is planned, leased and paused by
that clock. Once it is right again all of it lies far ahead, and feeds would rest until then.

    noticed   the database remembers the latest time it was asked at; a claim that finds nothing looks at it, and feeds.yaml
              being read looks at the times themselves
    mended    a feed that was "polled in the future" counts as polled now: each of its waits begins anew, none gets shorter
              any other time is cut to the longest that it can be from now

Less than a minute is left alone: time servers correct that much, and processes that wait for the database's lock bring
times that are that old.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Collection
from datetime import datetime, timedelta

from aggregator.polling.freshness import LONGEST, LONGEST_RETRY
from aggregator.polling.websub import LONGEST_LEASE as LONGEST_PUSHES
from aggregator.storage.sqlite.session import Session, many, seconds

TOLERANCE = timedelta(minutes=1)
_MINUTE = int(TOLERANCE.total_seconds())
_SKIPPING = int(timedelta(days=8, hours=1).total_seconds())
"""What skipHours, skipDays and the feed's phase may add to a wait (`polling.schedule.next_poll`)."""
_FRESH = int(LONGEST.total_seconds())
_BLOCKED = int(LONGEST_RETRY.total_seconds())
_PUSHED = int(LONGEST_PUSHES.total_seconds())
_PLANNED = f"max(interval, unconditional_interval, {_FRESH}) + {_SKIPPING}"

AHEAD = f"""(
    last_polled_at > :now + {_MINUTE} OR next_poll_at > :now + {_PLANNED} OR fresh_until > :now + {_FRESH + _MINUTE}
    OR blocked_until > :now + {_BLOCKED + _MINUTE} OR pushed_until > :now + {_PUSHED + _MINUTE}
)"""
"""Of a row of `feeds`: whether a time of it can't be."""

_SHIFT = f"CASE WHEN last_polled_at > :now + {_MINUTE} THEN last_polled_at - :now ELSE 0 END"
_MEND_FEEDS = f"""
    UPDATE feeds SET
        next_poll_at = min(next_poll_at - {_SHIFT}, :now + {_PLANNED}),
        fresh_until = min(fresh_until - {_SHIFT}, :now + {_FRESH}),
        blocked_until = min(blocked_until - {_SHIFT}, :now + {_BLOCKED}),
        pushed_until = min(pushed_until, :now + {_PUSHED}),
        last_polled_at = min(last_polled_at, :now),
        last_success_at = min(last_success_at, :now),
        failing_since = min(failing_since, :now),
        malformed_since = min(malformed_since, :now),
        move_since = min(move_since, :now)
    WHERE id IN (SELECT value FROM json_each(:ids))
"""
# A hub's lease that was counted by the wrong clock may have ended: it is renewed at once.
_MEND_PUSHES = f"""
    UPDATE subscriptions SET lease_until = min(lease_until, :now + {_PUSHED}), next_step_at = :now
    WHERE lease_until > :now + {_PUSHED + _MINUTE} OR next_step_at > :now + {_PUSHED + _MINUTE}
"""


def noticed(session: Session, *, now: datetime) -> bool:
    """Take note of the time, and tell whether the clock has been set back since somebody did so."""
    row = session.row("SELECT latest_at FROM clock")
    passed = seconds(now) - (row["latest_at"] if row else 0)
    if passed > _MINUTE:
        session.run("UPDATE clock SET latest_at = :now", now=seconds(now))
    return passed < -_MINUTE


def forget(session: Session, *, now: datetime) -> None:
    """Believe the clock from here on."""
    session.run("UPDATE clock SET latest_at = :now", now=seconds(now))


def ahead(session: Session, *, now: datetime) -> list[str]:
    """Find the feeds with times that can't be: reads all of them."""
    return [row["id"] for row in session.rows(f"SELECT id FROM feeds WHERE {AHEAD}", now=seconds(now))]


def mend(session: Session, feeds: Collection[str], *, now: datetime) -> None:
    """Give these feeds, and the subscriptions of all, times that can be."""
    if feeds:
        session.note(_MEND_FEEDS, ids=many(feeds), now=seconds(now))
    session.run(_MEND_PUSHES, now=seconds(now))
