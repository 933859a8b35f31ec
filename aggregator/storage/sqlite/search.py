"""Finding entries by words: best first (`search_best`), or newest first (`search_newest`)."""

from itertools import islice

from aggregator.model.ids import EntryId
from aggregator.model.query import Cursor
from aggregator.model.search import Found, Rank, SearchQuery
from aggregator.storage.sqlite import search_index
from aggregator.storage.sqlite.search_best import best
from aggregator.storage.sqlite.search_newest import newest
from aggregator.storage.sqlite.search_scope import SearchScope, scope_of
from aggregator.storage.sqlite.session import MOST, Session, seconds


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
        ranked = best(self._session, query, scope, self._in_time(query), latest)
        shown = list(islice(ranked, given, given + query.limit + 1))
        more = len(shown) > query.limit
        return Found(
            items=tuple(shown[: query.limit]),
            next=Rank(newest=latest, given=given + query.limit) if more else None,
            unknown=scope.unknown,
        )

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
