"""Which entries are copies of which."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from functools import cache

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import CopySetId, EntryId
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.fronts import choose_fronts
from aggregator.storage.sqlite.session import Row, Session, many

_CANDIDATES = """
    SELECT e.id, e.feed_id, e.url_key, e.headline_key, e.listed_at, e.guid, e.url, e.headline, e.copy_set,
        EXISTS (SELECT 1 FROM entries AS o WHERE o.url_key = e.url_key AND o.id <> e.id) AS same_url,
        EXISTS (SELECT 1 FROM entries AS o WHERE o.copy_set = e.copy_set AND o.id <> e.id) AS same_set,
        EXISTS (
            SELECT 1 FROM entries AS o WHERE o.headline_key = e.headline_key AND o.headline_key <> ''
                AND o.listed_at BETWEEN e.listed_at - :reach AND e.listed_at + :reach AND o.id <> e.id
        ) AS same_headline
    FROM entries AS e WHERE e.id IN (SELECT value FROM json_each(:ids))
"""
"""With what each shares with another entry: most share nothing, and only what is shared is worth following."""

_SUMMARY = f"SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id"

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
        places = {assignment.entry_id: assignment for assignment in assignments}
        before = self._session.rows(_PLACES, ids=many(places))
        waiting = [row for row in before if not row["grouped"] and _stands(row, places[row["id"]])]
        moving = [row for row in before if not _stands(row, places[row["id"]])]
        self._settle(waiting)
        self._move([(row, places[row["id"]]) for row in moving])

    def _settle(self, rows: Sequence[Row]) -> None:
        """Note that these stand right where they are: all that is to do for most of what is new."""
        if rows:
            self._session.run(_SETTLE, ids=many(row["id"] for row in rows))
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


def _stands(row: Row, to: CopyAssignment) -> bool:
    """Tell whether an entry is placed already as this says."""
    return bool((row["copy_set"], row["copy_of"], row["copy_reason"]) == (to.copy_set, to.copy_of, to.reason))


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
        from aggregator.text.headline import is_telling  # noqa: PLC0415 -- 0.1 s of CPU that a poll without news can do without

        self._can_tie = cache(is_telling)

    def of(self, entry_ids: Collection[EntryId]) -> list[CopyCandidate]:
        frontier = self._fetched(entry_ids)
        while frontier:
            reached = {*self._by_url(frontier), *self._by_set(frontier)}
            for row in frontier:
                if row["same_headline"]:
                    reached |= self._by_headline(row["headline_key"], row["listed_at"])
            frontier = self._fetched(reached - self._found.keys())
        return [entry_rows.candidate(self._found[entry_id]) for entry_id in sorted(self._found)]

    def _fetched(self, ids: Collection[int]) -> list[Row]:
        rows = self._session.rows(_CANDIDATES, ids=many(ids), reach=self._reach) if ids else []
        self._found |= {row["id"]: row for row in rows}
        return rows

    def _by_url(self, frontier: Sequence[Row]) -> list[int]:
        urls = {row["url_key"] for row in frontier if row["same_url"]} - self._urls
        self._urls |= urls
        return self._ids("url_key", urls)

    def _by_set(self, frontier: Sequence[Row]) -> list[int]:
        sets = {row["copy_set"] for row in frontier if row["same_set"]} - self._sets
        self._sets |= sets
        return self._ids("copy_set", sets)

    def _ids(self, column: str, values: Collection[str | int]) -> list[int]:
        """Find who has these values, in the index alone: many of them are found already."""
        if not values:
            return []
        sql = f"SELECT id FROM entries WHERE {column} IN (SELECT value FROM json_each(:found))"
        return [row["id"] for row in self._session.rows(sql, found=many(values))]

    def _by_headline(self, key: str, at: int) -> set[int]:
        chains = self._chains[key]
        if any(first <= at <= last for first, last in chains) or not self._can_tie(key):
            return set()
        later = self._chain("listed_at >= :at ORDER BY listed_at", key, at)
        earlier = self._chain("listed_at < :at ORDER BY listed_at DESC", key, at)
        times = [at, *(row["listed_at"] for row in (*later, *earlier))]
        chains.append((min(times), max(times)))
        return {row["id"] for row in (*later, *earlier)}

    def _chain(self, direction: str, key: str, at: int) -> list[Row]:
        chain: list[Row] = []
        sql = f"SELECT id, listed_at FROM entries WHERE headline_key = :key AND headline_key <> '' AND {direction}"
        for row in self._session.walk(sql, key=key, at=at):
            if abs(row["listed_at"] - at) > self._reach:
                break
            chain.append(row)
            at = row["listed_at"]
        return chain
