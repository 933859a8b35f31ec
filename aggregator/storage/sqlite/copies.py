"""Which entries are copies of which."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from sys import intern

from aggregator.model.copies import CopyAssignment, CopyCandidate, CopyText
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.copy_closure import Closure
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import MOST, Row, Session, many, moment, seconds

_SUMMARY = f"SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id"

# With a bound the planner searches the index of what waits; without one it may read all entries.
_UNGROUPED = "SELECT id FROM entries WHERE grouped = 0 AND listed_at >= :ever ORDER BY listed_at, id LIMIT :limit"

_TEXT_COLUMNS = "e.id, e.feed_id, e.headline, e.listed_at, substr(t.text, 1, 2000) AS body"
_TEXTS = f"""
    SELECT {_TEXT_COLUMNS} FROM entries AS e CROSS JOIN entry_texts AS t ON t.entry_id = e.id
    WHERE e.id IN (SELECT value FROM json_each(:ids))
"""
# By feed, in the index of each, for no other one holds the entries of all feeds by time: this is asked once a start.
_TEXTS_SINCE = f"""
    SELECT {_TEXT_COLUMNS}
    FROM feeds AS f CROSS JOIN entries AS e ON e.feed_id = f.id CROSS JOIN entry_texts AS t ON t.entry_id = e.id
    WHERE e.listed_at >= :since AND e.grouped = 1
"""

# A pair is kept once, the lower id first. One of the two may have been deleted since the texts were compared.
_TIE = """
    INSERT INTO copy_ties (entry_id, other_id) SELECT a.id, b.id FROM entries AS a CROSS JOIN entries AS b
    WHERE a.id = ? AND b.id = ? ON CONFLICT DO NOTHING
"""
_UNTIE = "DELETE FROM copy_ties WHERE {} IN (SELECT value FROM json_each(:ids))"

_PLACES = """
    SELECT id, feed_id, grouped, copy_set, copy_of, copy_reason FROM entries WHERE id IN (SELECT value FROM json_each(:ids))
"""

_MOVE = "UPDATE entries SET copy_set = ?, copy_of = ?, copy_reason = ?, grouped = 1 WHERE id = ?"
_SETTLE = "UPDATE entries SET grouped = 1 WHERE id IN (SELECT value FROM json_each(:ids))"
_COUNT = "UPDATE feeds SET copy_count = copy_count + ? WHERE id = ?"
_SHARED = """
    SELECT copy_set FROM entries WHERE copy_set IN (SELECT value FROM json_each(:sets))
    GROUP BY copy_set HAVING count(*) > 1
"""

# A set is named after its first arrival.
_COUNT_COPIES = """
    SELECT count(*) AS copies FROM entries WHERE id IN (SELECT value FROM json_each(:ids)) AND copy_set <> id
"""


class SqliteCopies:
    """`records.CopyRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ungrouped(self, *, limit: int) -> list[EntryId]:
        """List entries that no `assign` has placed since they came or changed, earliest `listed_at` first, then by id."""
        found = self._session.rows(_UNGROUPED, ever=-MOST, limit=max(limit, 0))
        return [EntryId(row["id"]) for row in found]

    def texts(self, entry_ids: Collection[EntryId]) -> list[CopyText]:
        """Give what these entries say, earliest `listed_at` first, then by id."""
        return _texts(self._session.rows(_TEXTS, ids=many(entry_ids)))

    def texts_since(self, at: datetime) -> list[CopyText]:
        """Give what the grouped entries say that were listed at or after a time, also of feeds no longer configured."""
        return _texts(self._session.rows(_TEXTS_SINCE, since=seconds(at)))

    def tie(self, pairs: Collection[tuple[EntryId, EntryId]], *, anew: Collection[EntryId]) -> None:
        """Keep which entries say nearly the same; what was kept of the entries of `anew` is forgotten before."""
        for column in ("entry_id", "other_id"):
            self._session.run(_UNTIE.format(column), ids=many(anew))
        self._session.run_each(_TIE, [(min(pair), max(pair)) for pair in pairs])

    def connected(self, entry_ids: Collection[EntryId], *, reach: timedelta) -> list[CopyCandidate]:
        """Collect these entries and everything that could decide about them, in order of id."""
        return Closure(self._session, int(reach.total_seconds())).of(entry_ids)

    def assign(self, assignments: Sequence[CopyAssignment]) -> None:
        """Place entries, in one go."""
        places = {assignment.entry_id: assignment for assignment in assignments}
        before = self._session.rows(_PLACES, ids=many(places))
        waiting = [row for row in before if not row["grouped"] and _stands(row, places[row["id"]])]
        moving = [row for row in before if not _stands(row, places[row["id"]])]
        self._settle(waiting)
        self._move([(row, places[row["id"]]) for row in moving])

    def _settle(self, rows: Sequence[Row]) -> None:
        """Note that these stand right where they are: all that is to do for most of what is new."""
        if rows:
            self._session.note(_SETTLE, ids=many(row["id"] for row in rows))
            # One that changed may have another time now, by which it ranks among those that it shares a set with.
            shared = self._session.rows(_SHARED, sets=many(row["copy_set"] for row in rows))
            choose_fronts(self._session, [row["copy_set"] for row in shared])

    def _move(self, moves: Sequence[tuple[Row, CopyAssignment]]) -> None:
        copies: Counter[str] = Counter()
        for row, place in moves:
            copies[row["feed_id"]] += (place.copy_of is not None) - (row["copy_of"] is not None)
        self._session.run_each(_MOVE, [(to.copy_set, to.copy_of, to.reason, to.entry_id) for _, to in moves])
        self._session.run_each(_COUNT, [(change, feed_id) for feed_id, change in copies.items() if change])
        choose_fronts(self._session, {name for row, to in moves for name in (row["copy_set"], to.copy_set)})

    def members(self, copy_sets: Collection[CopySetId]) -> Mapping[CopySetId, tuple[EntrySummary, ...]]:
        """Give all entries of these sets but muted ones, those of feeds no longer configured included, earliest first."""
        found = self._session.rows(
            f"{_SUMMARY} WHERE e.copy_set IN (SELECT value FROM json_each(:sets)) AND (e.muted = '' OR e.shown = 1)",
            sets=many(copy_sets),
        )
        members: defaultdict[CopySetId, list[EntrySummary]] = defaultdict(list)
        for entry in sorted(map(entry_rows.summary, found), key=lambda entry: (entry.listed_at, entry.id)):
            members[entry.copy_set].append(entry)
        return {copy_set: tuple(entries) for copy_set, entries in members.items()}

    def count_copies(self, entry_ids: Collection[EntryId]) -> int:
        """Count those of these entries that share their set with an entry that arrived before them."""
        (row,) = self._session.rows(_COUNT_COPIES, ids=many(entry_ids))
        return int(row["copies"])


def _texts(rows: Sequence[Row]) -> list[CopyText]:
    ordered = sorted(rows, key=lambda row: (row["listed_at"], row["id"]))
    return [
        CopyText(
            id=EntryId(row["id"]),
            feed_id=FeedId(intern(row["feed_id"])),
            headline=row["headline"],
            body=row["body"],
            at=moment(row["listed_at"]),
        )
        for row in ordered
    ]


def _stands(row: Row, to: CopyAssignment) -> bool:
    """Tell whether an entry is placed already as this says."""
    return bool((row["copy_set"], row["copy_of"], row["copy_reason"]) == (to.copy_set, to.copy_of, to.reason))
