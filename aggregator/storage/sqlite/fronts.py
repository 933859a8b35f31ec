"""Which entry of a set of copies the lists show.

A list without copies shows one entry of every set: its *front*. That is the lead; where the lead's feed is no longer
configured, it is the earliest entry of the set whose feed is; where no feed is, the set is not listed. A list of
one category or feed shows the fronts that belong to it: news that World led is not repeated under Politics.

The choice is stored in `entries.fronts`, so that one index answers a list, and is made again whenever `assign`
places entries or feeds.yaml changes which feeds are configured.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence

from aggregator.model.ids import FeedId
from aggregator.storage.sqlite.session import Row, Session, many

_AT_ONCE = 1000
"""Sets looked at together: a feed with a hundred thousand entries must not be in memory at once."""


def choose_fronts(session: Session, copy_sets: Collection[int]) -> None:
    """Choose the fronts of these sets anew."""
    ordered = sorted(copy_sets)
    for start in range(0, len(ordered), _AT_ONCE):
        _choose(session, ordered[start : start + _AT_ONCE])


def sets_of_feed(session: Session, feed_id: FeedId) -> set[int]:
    """Find the sets that entries of a feed are in."""
    return {row["copy_set"] for row in session.rows("SELECT copy_set FROM entries WHERE feed_id = :id", id=feed_id)}


def _choose(session: Session, copy_sets: Collection[int]) -> None:
    members: defaultdict[int, list[Row]] = defaultdict(list)
    for row in session.rows(
        "SELECT id, copy_set, copy_of, listed_at, shown, fronts FROM entries"
        " WHERE copy_set IN (SELECT value FROM json_each(:sets))",
        sets=many(copy_sets),
    ):
        members[row["copy_set"]].append(row)
    wrong = [row for rows in members.values() for row in _wrong(rows)]
    session.run_each("UPDATE entries SET fronts = 1 - fronts WHERE id = ?", [(row["id"],) for row in wrong])


def _wrong(rows: Sequence[Row]) -> list[Row]:
    front = min((row for row in rows if row["shown"]), key=_rank, default=None)
    return [row for row in rows if row["fronts"] != (row is front)]


def _rank(row: Row) -> tuple[bool, int, int]:
    return (row["copy_of"] is not None, row["listed_at"], row["id"])
