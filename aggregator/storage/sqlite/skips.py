"""Hours and days in which a document asks not to be polled (RSS 2.0 `skipHours`, `skipDays`), looked at when a poll begins.

The time of the next poll is planned outside of them, but a machine that was off at that time comes back at any other.
Only documents that give hints are looked at: one in a hundred or so.
"""

from collections.abc import Iterable
from datetime import datetime

from aggregator.model.ids import FeedId
from aggregator.polling.freshness import outside_skipped
from aggregator.polling.schedule import next_poll
from aggregator.storage.sqlite import feed_rows
from aggregator.storage.sqlite.session import Row, Session, seconds

_REASON = "its document asks not to be polled in the hour or on the day when it was due (skipHours, skipDays)"
_PUT_OFF = "UPDATE feeds SET next_poll_at = :at, next_poll_reason = :reason WHERE id = :id"


def skips(row: Row, now: datetime) -> bool:
    """Tell whether a feed's document asks not to be polled now."""
    return bool(row["hints"]) and outside_skipped(now, feed_rows.hints(row)) > now


def put_off(session: Session, rows: Iterable[Row], *, now: datetime) -> bool:
    """Give those of these feeds that are not to be polled now a later time; False: there were none.

    Each with a phase of its own, as after a poll: they would all be due in the same second otherwise.
    """
    skipping = [row for row in rows if skips(row, now)]
    for row in skipping:
        feed_id, hints = FeedId(row["id"]), feed_rows.hints(row)
        at = next_poll(feed_id, outside_skipped(now, hints) - now, hints, now=now)
        session.run(_PUT_OFF, id=feed_id, at=seconds(at), reason=_REASON)
    return bool(skipping)
