"""Which entries could decide together about who is a copy of whom."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain

from aggregator.model.copies import CopyCandidate
from aggregator.model.ids import EntryId
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.session import Row, Session, many

_CANDIDATES = """
    SELECT e.id, e.feed_id, e.url_key, e.headline_key, e.listed_at, e.guid, e.url, e.headline, e.copy_set,
        EXISTS (SELECT 1 FROM entries AS o WHERE o.url_key = e.url_key AND o.id <> e.id) AS same_url,
        EXISTS (SELECT 1 FROM entries AS o WHERE o.copy_set = e.copy_set AND o.id <> e.id) AS same_set,
        EXISTS (
            SELECT 1 FROM entries AS o WHERE o.headline_key = e.headline_key AND o.headline_key <> ''
                AND o.listed_at BETWEEN e.listed_at - :reach AND e.listed_at + :reach AND o.id <> e.id
        ) AS same_headline,
        EXISTS (SELECT 1 FROM copy_ties WHERE entry_id = e.id) OR EXISTS (SELECT 1 FROM copy_ties WHERE other_id = e.id) AS tied
    FROM entries AS e WHERE e.id IN (SELECT value FROM json_each(:ids))
"""
"""With what each shares with another entry: most share nothing, and only what is shared is worth following."""

_TIED = """
    SELECT entry_id, other_id FROM copy_ties WHERE entry_id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT other_id, entry_id FROM copy_ties WHERE other_id IN (SELECT value FROM json_each(:ids))
"""


class Closure:
    """Walks from entries to all that could decide about them, reading every row of the answer a few times at most.

    Addresses, copy sets and ties are followed a round at a time, each key once. A headline is followed along time in
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
        self._near: defaultdict[int, set[EntryId]] = defaultdict(set)
        self._chains: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        from aggregator.text.headline import is_telling  # noqa: PLC0415 -- 0.1 s of CPU that a poll without news can do without

        self._can_tie = cache(is_telling)

    def of(self, entry_ids: Collection[EntryId]) -> list[CopyCandidate]:
        """Give these entries and all that could decide about them, in order of id."""
        frontier = self._fetched(entry_ids)
        while frontier:
            reached = {*self._by_url(frontier), *self._by_set(frontier), *self._by_tie(frontier)}
            for row in frontier:
                if row["same_headline"]:
                    reached |= self._by_headline(row["headline_key"], row["listed_at"])
            frontier = self._fetched(reached - self._found.keys())
        return [self._candidate(self._found[entry_id]) for entry_id in sorted(self._found)]

    def _candidate(self, row: Row) -> CopyCandidate:
        candidate = entry_rows.candidate(row)
        near = self._near.get(candidate.id)
        return replace(candidate, near=frozenset(near)) if near else candidate

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

    def _by_tie(self, frontier: Sequence[Row]) -> list[int]:
        tied = [row["id"] for row in frontier if row["tied"]]
        for row in self._session.rows(_TIED, ids=many(tied)) if tied else ():
            self._near[row["entry_id"]].add(EntryId(row["other_id"]))
        return list(chain.from_iterable(self._near[entry_id] for entry_id in tied))

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
