"""The last polls of every feed, in a ring of `KEPT` places: one row written a poll, and nothing to clean up."""

from datetime import timedelta

from aggregator.model.feed import Outcome
from aggregator.model.ids import FeedId
from aggregator.model.poll import PollRecord
from aggregator.storage.sqlite.session import Row, Session, moment, seconds

KEPT = 30
"""Polls of a feed: more than a day of hourly ones, and about 4 kB."""

_KEEP = f"""
    INSERT OR REPLACE INTO polls (
        feed_id, slot, number, at, outcome, status, message, received, new, changed, elapsed, next_poll_at,
        next_poll_reason
    )
    SELECT id, poll_count % {KEPT}, poll_count, :at, :outcome, :status, :message, :received, :new, :changed, :elapsed,
        :next_poll_at, :next_poll_reason
    FROM feeds WHERE id = :id
"""  # noqa: S608 - a constant of this module; every value is bound


def keep(session: Session, feed_id: FeedId, record: PollRecord) -> None:
    """Write one poll in the place of the oldest; `feeds.poll_count` has counted it already."""
    session.run(
        _KEEP,
        id=feed_id,
        at=seconds(record.at),
        outcome=record.outcome,
        status=record.status,
        message=record.message,
        received=record.received,
        new=record.new,
        changed=record.changed,
        elapsed=record.elapsed // timedelta(milliseconds=1),
        next_poll_at=seconds(record.next_poll_at),
        next_poll_reason=record.next_poll_reason,
    )


def history(session: Session, feed_id: FeedId) -> tuple[PollRecord, ...]:
    """List the polls that are kept, newest first."""
    rows = session.rows("SELECT * FROM polls WHERE feed_id = :id", id=feed_id)
    return tuple(map(_record, sorted(rows, key=lambda row: int(row["number"]), reverse=True)))


def _record(row: Row) -> PollRecord:
    return PollRecord(
        at=moment(row["at"]),
        outcome=Outcome(row["outcome"]),
        status=row["status"],
        message=row["message"],
        received=row["received"],
        new=row["new"],
        changed=row["changed"],
        elapsed=timedelta(milliseconds=row["elapsed"]),
        next_poll_at=moment(row["next_poll_at"]),
        next_poll_reason=row["next_poll_reason"],
    )
