"""Which entries are copies of which."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import CopySetId, EntryId
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import Row, Session, many
from aggregator.text.headline import is_telling

_CANDIDATE = """
    SELECT e.id, e.feed_id, e.url_key, e.headline_key, e.listed_at, e.guid, e.url, e.headline, e.copy_set
    FROM entries AS e
"""

_SUMMARY = f"SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id"

_PLACES = """
    SELECT id, grouped, copy_set, copy_of, copy_reason FROM entries WHERE id IN (SELECT value FROM json_each(:ids))
"""

# A set is named after its first arrival.
_COUNT_COPIES = """
    SELECT count(*) AS copies FROM entries WHERE id IN (SELECT value FROM json_each(:ids)) AND copy_set <> id
"""


class SqliteCopies:
    """`ports.CopyRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def ungrouped(self, *, limit: int) -> list[EntryId]:
        """List entries that no `assign` has placed since they came or changed, oldest id first."""
        found = self._session.rows(
            "SELECT id FROM entries WHERE grouped = 0 AND id > 0 ORDER BY id LIMIT :limit", limit=max(limit, 0)
        )
        return [EntryId(row["id"]) for row in found]

    def connected(self, entry_ids: Collection[EntryId], *, reach: timedelta) -> list[CopyCandidate]:
        """Collect these entries and everything that could decide about them, in order of id."""
        return _Closure(self._session, int(reach.total_seconds())).of(entry_ids)

    def assign(self, assignments: Sequence[CopyAssignment]) -> None:
        """Place entries, in one go."""
        before = {
            row["id"]: row
            for row in self._session.rows(_PLACES, ids=many(assignment.entry_id for assignment in assignments))
        }
        touched: set[int] = set()
        for assignment in assignments:
            row = before.get(assignment.entry_id)
            if row is not None and not _stands(row, assignment):
                self._place(assignment)
                touched |= {row["copy_set"], assignment.copy_set}
        choose_fronts(self._session, touched)

    def _place(self, assignment: CopyAssignment) -> None:
        self._session.run(
            "UPDATE entries SET copy_set = :set, copy_of = :lead, copy_reason = :reason, grouped = 1 WHERE id = :id",
            id=assignment.entry_id,
            set=assignment.copy_set,
            lead=assignment.copy_of,
            reason=assignment.reason,
        )

    def members(self, copy_sets: Collection[CopySetId]) -> Mapping[CopySetId, tuple[EntrySummary, ...]]:
        """Give all entries of these sets, leads and those of feeds no longer configured included, earliest first."""
        found = self._session.rows(
            f"{_SUMMARY} WHERE e.copy_set IN (SELECT value FROM json_each(:sets))", sets=many(copy_sets)
        )
        members: defaultdict[CopySetId, list[EntrySummary]] = defaultdict(list)
        for entry in sorted(map(entry_rows.summary, found), key=lambda entry: (entry.listed_at, entry.id)):
            members[entry.copy_set].append(entry)
        return {copy_set: tuple(entries) for copy_set, entries in members.items()}

    def count_copies(self, entry_ids: Collection[EntryId]) -> int:
        """Count those of these entries that share their set with an entry that arrived before them."""
        (row,) = self._session.rows(_COUNT_COPIES, ids=many(entry_ids))
        return int(row["copies"])


def _stands(row: Row, assignment: CopyAssignment) -> bool:
    """Tell whether an entry was placed already as this says, and has not changed since."""
    place = (row["copy_set"], row["copy_of"], row["copy_reason"])
    return bool(row["grouped"]) and place == (assignment.copy_set, assignment.copy_of, assignment.reason)


class _Closure:
    """Walks from entries to all that could decide about them, reading every row of the answer a few times at most.

    Addresses and copy sets are followed a round at a time, each key once. A headline is followed along time in
    both directions until a gap longer than the reach: what lies between the gaps is one chain, walked once
    however many of its entries come up. Looking around every entry instead would read a headline that recurs
    hourly a thousand times a thousand times. A headline that says too little to tie is not followed at all: one more
    "Weather forecast" after 8,000 took 0.28 s of the write transaction, for nothing.
    """

    def __init__(self, session: Session, reach: int) -> None:
        self._session = session
        self._reach = reach
        self._found: dict[int, Row] = {}
        self._urls: set[str] = set()
        self._sets: set[int] = set()
        self._chains: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        self._can_tie = cache(is_telling)

    def of(self, entry_ids: Collection[EntryId]) -> list[CopyCandidate]:
        frontier = self._new(self._where("e.id", entry_ids))
        while frontier:
            reached = [*self._by_url(frontier), *self._by_set(frontier)]
            for row in frontier:
                reached += self._by_headline(row["headline_key"], row["listed_at"])
            frontier = self._new(reached)
        return [entry_rows.candidate(self._found[entry_id]) for entry_id in sorted(self._found)]

    def _new(self, reached: Iterable[Row]) -> list[Row]:
        fresh = {row["id"]: row for row in reached if row["id"] not in self._found}
        self._found |= fresh
        return list(fresh.values())

    def _by_url(self, frontier: Sequence[Row]) -> list[Row]:
        urls = {row["url_key"] for row in frontier if row["url_key"] is not None} - self._urls
        self._urls |= urls
        return self._where("e.url_key", urls)

    def _by_set(self, frontier: Sequence[Row]) -> list[Row]:
        sets = {row["copy_set"] for row in frontier} - self._sets
        self._sets |= sets
        return self._where("e.copy_set", sets)

    def _where(self, column: str, values: Collection[str | int]) -> list[Row]:
        if not values:
            return []
        sql = f"{_CANDIDATE} WHERE {column} IN (SELECT value FROM json_each(:found))"
        return self._session.rows(sql, found=many(values))

    def _by_headline(self, key: str, at: int) -> list[Row]:
        chains = self._chains[key]
        if not self._can_tie(key) or any(first <= at <= last for first, last in chains):
            return []
        later = self._chain("e.listed_at >= :at ORDER BY e.listed_at", key, at)
        earlier = self._chain("e.listed_at < :at ORDER BY e.listed_at DESC", key, at)
        times = [at, *(row["listed_at"] for row in (*later, *earlier))]
        chains.append((min(times), max(times)))
        return later + earlier

    def _chain(self, direction: str, key: str, at: int) -> list[Row]:
        chain: list[Row] = []
        sql = f"{_CANDIDATE} WHERE e.headline_key = :key AND e.headline_key <> '' AND {direction}"
        for row in self._session.walk(sql, key=key, at=at):
            if abs(row["listed_at"] - at) > self._reach:
                break
            chain.append(row)
            at = row["listed_at"]
        return chain
