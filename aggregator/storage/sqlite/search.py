"""Finding entries by words.

A search looks at the newest `MOST_MATCHES` entries that match and ranks those by bm25: a word that stands in every second
entry would otherwise have a million entries ranked to show fifty.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Iterator, Sequence
from itertools import islice

from aggregator.errors import QueryError
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import EntryId
from aggregator.model.query import SearchQuery
from aggregator.storage.sqlite import entry_rows, search_index
from aggregator.storage.sqlite.session import Row, Session, many
from aggregator.text.terms import match_expression

MOST_MATCHES = 10_000
"""Of a search: ranking them takes about 30 ms."""

_AT_ONCE = 200
"""Matches looked up together, best first, until there are enough."""

_MATCHES = """
    SELECT rowid AS id, bm25(entry_search, 8.0, 2.0, 1.0) AS score FROM entry_search
    WHERE entry_search MATCH :words ORDER BY rowid DESC LIMIT :most
"""
"""A headline says what an entry is about: a word there counts eight times. The smaller the score the better."""

_FRONTS = f"""
    SELECT m.id AS match, {entry_rows.SUMMARY_COLUMNS}
    FROM entries AS m CROSS JOIN entries AS e ON e.copy_set = m.copy_set CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE m.id IN (SELECT value FROM json_each(:ids)) AND m.shown = 1 AND e.fronts = 1
"""
"""Of the matches in configured feeds, what lists show for them."""


class SqliteSearch:
    """`records.SearchRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def catch_up(self, *, limit: int) -> int:
        """Put at most `limit` entries that are not in the index yet into it, oldest first; give how many there were."""
        return search_index.catch_up(self._session, limit=limit)

    def search(self, query: SearchQuery) -> tuple[EntrySummary, ...]:
        """Find entries of configured feeds, copies once, best first; of equals the newest to arrive first.

        Where a copy matches, the entry that stands for its set in lists is given, once.

        Raises:
            QueryError: there is no word to search for.
        """
        words = match_expression(query.words)
        if words is None:
            raise QueryError(f"{query.words[:80]!r} has no word to search for")
        matches = self._session.rows(_MATCHES, words=words, most=MOST_MATCHES)
        ranked = sorted(matches, key=lambda match: (match["score"], -match["id"]))
        return tuple(islice(self._fronts(ranked), max(query.limit, 0)))

    def _fronts(self, ranked: Sequence[Row]) -> Iterator[EntrySummary]:
        """Give what lists show for these matches, each once, in their order."""
        given: set[EntryId] = set()
        for start in range(0, len(ranked), _AT_ONCE):
            ids = [row["id"] for row in ranked[start : start + _AT_ONCE]]
            found = self._session.rows(_FRONTS, ids=many(ids))
            fronts = {row["match"]: row for row in found}
            for match in ids:
                if match in fronts and fronts[match]["id"] not in given:
                    given.add(fronts[match]["id"])
                    yield entry_rows.summary(fronts[match])
