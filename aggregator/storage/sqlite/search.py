"""Finding entries by words.

Best first, the newest `MOST_MATCHES` entries that match are ranked by bm25: a word that stands in every second entry would otherwise
have a million entries ranked to show fifty. Newest first, matches are walked in the order of their arrival backwards, and no further
than where nothing can come that was listed later than what has been found (`search_newest`): no limit is needed.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Iterator, Sequence
from itertools import islice

from aggregator.model.entry import EntrySummary
from aggregator.model.ids import EntryId
from aggregator.model.query import Cursor
from aggregator.model.search import Found, Rank, SearchQuery
from aggregator.storage.sqlite import entry_rows, search_index
from aggregator.storage.sqlite.search_expression import any_term, required
from aggregator.storage.sqlite.search_newest import LATE, newest
from aggregator.storage.sqlite.search_scope import SearchScope, scope_of
from aggregator.storage.sqlite.session import MOST, Row, Session, Value, many, seconds

MOST_MATCHES = 2_000
"""Of a search: ranking them takes 3 to 6 ms. What bm25 counts beforehand, how many entries have a word at all, comes to that: 12 ms
where it is every fifth of a million, 60 ms for a phrase of two such words."""

_AT_ONCE = 200
"""Matches looked up together, best first, until there are enough."""

_MATCHES = """
    SELECT rowid AS id, bm25(entry_search, 8.0, 2.0, 1.0) AS score FROM entry_search
    WHERE entry_search MATCH :words AND rowid BETWEEN :first AND :last ORDER BY rowid DESC LIMIT :most
"""
"""A headline says what an entry is about: a word there counts eight times. The smaller the score the better."""

_NARROW_MATCHES = """
    SELECT entry_search.rowid AS id, bm25(entry_search, 8.0, 2.0, 1.0) AS score
    FROM entry_search CROSS JOIN entries AS m ON m.id = entry_search.rowid {shown}
    WHERE entry_search MATCH :words AND entry_search.rowid BETWEEN :first AND :last{rows} AND m.shown = 1 AND {conditions}
    ORDER BY entry_search.rowid DESC LIMIT :most
"""
"""With conditions that most matches may fail: they are not among the `:most`."""
_LATE = """
    SELECT rowid AS id FROM entry_search WHERE entry_search MATCH :words AND rowid BETWEEN :first AND :last
    ORDER BY rowid DESC LIMIT 1 OFFSET :late
"""
_SHOWN = f"""
    SELECT m.id AS match, {entry_rows.SUMMARY_COLUMNS}
    FROM entries AS m {{shown}} CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE m.id IN (SELECT value FROM json_each(:ids)) AND m.shown = 1 AND {{conditions}}
"""


class SqliteSearch:
    """`search_records.SearchRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def catch_up(self, *, limit: int) -> int:
        """Put at most `limit` entries that are not in the index yet into it, oldest first; give how many there were."""
        return search_index.catch_up(self._session, limit=limit)

    def search(self, query: SearchQuery) -> Found:
        """Find entries of configured feeds; of equally good ones the newest to arrive first."""
        scope = scope_of(self._session, query)
        if query.limit <= 0 or (scope.feeds is not None and not scope.feeds):
            return Found(items=(), unknown=scope.unknown)
        if query.ranked:
            return self._best(query, scope)
        return newest(self._session, query, scope, self._in_time(query))

    def _in_time(self, query: SearchQuery) -> tuple[int, int]:
        """Give the first id that may be listed in time, and the last that arrived in time."""
        after = query.after.listed_at if isinstance(query.after, Cursor) else None
        ends = [seconds(each) for each in (query.until, after) if each]
        if query.since is None and not ends:
            return 0, MOST
        return self._arrived(-MOST if query.since is None else seconds(query.since), min(ends, default=MOST))

    def _best(self, query: SearchQuery, scope: SearchScope) -> Found:
        """Rank what there was when the first page was asked for, and go on behind what was given."""
        after = query.after if isinstance(query.after, Rank) else None
        latest = after.newest if after else EntryId(search_index.watermark(self._session))
        given = after.given if after else 0
        shown = list(islice(self._ranked(query, scope, latest), given, given + query.limit + 1))
        more = len(shown) > query.limit
        return Found(
            items=tuple(shown[: query.limit]),
            next=Rank(newest=latest, given=given + query.limit) if more else None,
            unknown=scope.unknown,
        )

    def _ranked(self, query: SearchQuery, scope: SearchScope, latest: EntryId) -> Iterator[EntrySummary]:
        words, without = required(query.asked.words), any_term(query.asked.without)
        expression = f"({words}) NOT ({without})" if words and without else words or ""
        first, last = self._in_time(query)
        matches: list[Row] = []
        for low, high in self._ranges(expression, first, min(last, latest), latest):
            if len(matches) < MOST_MATCHES:
                matches += self._in_scope(scope, expression, low, high)
        ranked = sorted(matches, key=lambda match: (match["score"], -match["id"]))
        sql = _SHOWN.format(shown=scope.shown, conditions=scope.conditions)
        return self._in_order(ranked, sql, **scope.values)

    def _ranges(self, words: str, first: int, last: int, latest: int) -> Iterator[tuple[int, int]]:
        """Give ids to look between: of what arrived in time, then of the newest `LATE` matches that came later."""
        yield first, last
        if last < latest:
            late = self._session.row(_LATE, words=words, first=last + 1, last=latest, late=LATE)
            yield (int(late["id"]) if late else last + 1), latest

    def _in_scope(self, scope: SearchScope, words: str, first: int, last: int) -> list[Row]:
        if not scope.is_narrow:
            return self._matches(words, first=first, last=last, most=MOST_MATCHES)
        sql = _NARROW_MATCHES.format(shown=scope.shown, conditions=scope.conditions, rows=scope.own_rows)
        return self._session.rows(sql, **scope.values, words=words, first=first, last=last, most=MOST_MATCHES)

    def _arrived(self, since: int, until: int) -> tuple[int, int]:
        """Give the first and last id that arrived in this time.

        Ids follow arrival, and nothing is listed later than it arrived: so no entry listed after `since` is missed.
        """
        first = self._session.row(
            "SELECT id FROM entries WHERE first_seen_at >= :since ORDER BY first_seen_at, id LIMIT 1", since=since
        )
        last = self._session.row(
            "SELECT id FROM entries WHERE first_seen_at <= :until ORDER BY first_seen_at DESC, id DESC LIMIT 1",
            until=until,
        )
        return (int(first["id"]) if first else 0, int(last["id"]) if last else 0)

    def _matches(self, words: str, *, first: int, last: int, most: int) -> list[Row]:
        return self._session.rows(_MATCHES, words=words, first=first, last=last, most=most)

    def _in_order(self, ranked: Sequence[Row], sql: str, **values: Value) -> Iterator[EntrySummary]:
        """Give what lists show for these matches, each once, in their order."""
        given: set[EntryId] = set()
        for start in range(0, len(ranked), _AT_ONCE):
            ids = [row["id"] for row in ranked[start : start + _AT_ONCE]]
            fronts = {row["match"]: row for row in self._session.rows(sql, ids=many(ids), **values)}
            for match in ids:
                if match in fronts and fronts[match]["id"] not in given:
                    given.add(fronts[match]["id"])
                    yield entry_rows.summary(fronts[match])
