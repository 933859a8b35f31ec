"""Hours and days in which a document asks not to be polled (RSS 2.0 `skipHours`, `skipDays`), looked at when a poll begins.

The time of the next poll is planned outside of them, but a machine that was off at that time comes back at any other.
Looked at are only feeds that are due and whose documents give hints; most give none.
"""

from collections.abc import Iterable
from datetime import datetime

from aggregator.model.feed import FreshnessHints
from aggregator.model.ids import FeedId
from aggregator.polling.freshness import outside_skipped
from aggregator.polling.schedule import phase, whole_second
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
        at = _after(FeedId(row["id"]), feed_rows.hints(row), now)
        session.note(_PUT_OFF, id=row["id"], at=seconds(at), reason=_REASON)
    return bool(skipping)


def _after(feed_id: FeedId, hints: FreshnessHints, now: datetime) -> datetime:
    """Give the time; without the phase where that would miss an hour that may be the only one of the week."""
    first = outside_skipped(whole_second(now), hints)
    later = first + phase(feed_id, first - now)
    return later if outside_skipped(later, hints) == later else first
