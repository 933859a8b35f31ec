"""Finding entries by words, newest first.

The full-text index gives matches in the order of their arrival, lists are in the order of `listed_at`. Nothing is listed
later than it arrived, and what stands for a set of copies is the earliest of them: so, going back through arrivals, once a page is
full and a match arrived before all of the page was listed, nothing that follows belongs on it. A page of fifty takes
some hundred rows, be there a hundred matches or a million.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Collection, Iterator, Sequence
from heapq import heappush, heappushpop, merge
from itertools import chain, islice

from aggregator.model.entry import EntrySummary
from aggregator.model.query import Cursor
from aggregator.model.search import Found, SearchQuery
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.search_expression import any_term, expression, required
from aggregator.storage.sqlite.search_scope import SearchScope
from aggregator.storage.sqlite.session import MOST, Row, Session, Value, many, moment, seconds

Key = tuple[int, int]
"""`listed_at` and `id` of an entry that is shown."""

LATE = 3_000
"""Matches looked at that arrived after the time that is asked for, for those among them that are dated earlier (of feeds that were
added since): 6 ms. Beyond, a search goes on with what had arrived by then."""
MOST_MERGED = 64
"""Feeds whose lists are merged; where more are asked for, the list of all entries is read instead."""
FEW_LISTED = 2_000
"""Entries of the feeds that are asked for, of which each is looked up: 32 ms at most, where a walk over the matches of a word that
stood in each of 100,000 entries took 108."""
_AT_ONCE = (50, 200)
"""Candidates looked up together, at first and later on: 35 us each. Of a frequent word the first few fill a page."""

_MATCHES = """
    SELECT m.first_seen_at, e.id, e.listed_at FROM (
        SELECT rowid AS id FROM entry_search WHERE entry_search MATCH :words AND rowid BETWEEN :first AND :last{rows}
        ORDER BY rowid DESC LIMIT :most
    ) AS hits CROSS JOIN entries AS m ON m.id = hits.id {shown}
    WHERE m.shown = 1 AND {conditions} AND (e.listed_at < :at OR e.listed_at = :at AND e.id < :before)
"""
_MATCHING = """
    SELECT rowid AS id FROM entry_search
    WHERE entry_search MATCH :words AND rowid IN (SELECT value FROM json_each(:ids))
"""
_SUMMARIES = f"""
    SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE e.id IN (SELECT value FROM json_each(:ids))
"""


def newest(session: Session, query: SearchQuery, scope: SearchScope, arrived: tuple[int, int]) -> Found:
    """Give a page, newest first.

    Args:
        session: the transaction.
        query: what is asked for; its `after` is a `Cursor`, if it is one.
        scope: what may be given.
        arrived: ids between which all entries lie that are listed within the scope and arrived in time for it; the second is
            that of the last to have arrived before the scope, or the cursor, ended.
    """
    limit = max(query.limit, 0)
    keys = found_keys(session, query, scope, arrived, count=limit + 1)
    return Found(
        items=summaries(session, [entry for _, entry in keys[:limit]]),
        next=_next(keys, limit),
        unknown=scope.unknown,
    )


def found_keys(
    session: Session,
    query: SearchQuery,
    scope: SearchScope,
    arrived: tuple[int, int],
    *,
    count: int,
    latest: int = MOST,
) -> list[Key]:
    """Give the `count` entries listed last of those that are found, newest first.

    Args:
        session: the transaction.
        query: as `newest` takes it, likewise the next two.
        scope: see there.
        arrived: see there.
        count: how many.
        latest: greatest id of an entry that is looked at.
    """
    after = query.after if isinstance(query.after, Cursor) else None
    end = (MOST, MOST) if after is None else (seconds(after.listed_at), after.id)
    words, without = required(query.asked.words), any_term(query.asked.without)
    if words is None or (scope.itself and scope.entries <= FEW_LISTED):
        listed = (key for key in _listed(session, scope, end) if key[1] <= latest)
        return list(islice(_chosen(session, listed, words, without), count))
    first, last = arrived
    bounds = (first, min(last, latest), latest)
    return _top(_walk(session, expression(query.asked) or "", scope, end, bounds), count)


def _next(keys: Sequence[Key], limit: int) -> Cursor | None:
    if limit == 0 or len(keys) <= limit:
        return None
    listed_at, entry = keys[limit - 1]
    return Cursor(listed_at=moment(listed_at), id=entry)


def _walk(session: Session, words: str, scope: SearchScope, end: Key, bounds: tuple[int, int, int]) -> Iterator[Row]:
    """Give matches, latest arrival first; `bounds` are ids: the first, the last to arrive in time, and the last of all."""
    sql = _MATCHES.format(shown=scope.shown, conditions=scope.conditions, rows=scope.own_rows)
    first, last, latest = bounds
    at, before = end
    values = {**scope.values, "words": words, "at": at, "before": before}
    if at == MOST and scope.until == MOST:
        return session.walk(sql, **values, first=first, last=latest, most=MOST)
    late = session.walk(sql, **values, first=max(first, last + 1), last=latest, most=LATE)
    return chain(late, session.walk(sql, **values, first=first, last=last, most=MOST))


def _top(rows: Iterator[Row], count: int) -> list[Key]:
    """Take the `count` entries listed last, each once, and no more rows than that needs."""
    heap: list[Key] = []
    seen: set[Key] = set()
    for row in rows:
        key: Key = (row["listed_at"], row["id"])
        full = len(heap) >= count
        if full and row["first_seen_at"] < heap[0][0]:
            break
        if key in seen:
            continue
        seen.add(key)
        if full:
            heappushpop(heap, key)
        else:
            heappush(heap, key)
    return sorted(heap, reverse=True)


def _listed(session: Session, scope: SearchScope, end: Key) -> Iterator[Key]:
    """Give what lists show, newest first, whatever words it has."""
    if scope.feeds is not None and len(scope.feeds) <= MOST_MERGED:
        lists = [_of(session, scope, end, "e.feed_id = :feed AND ", feed=feed) for feed in sorted(scope.feeds)]
    else:
        lists = [_of(session, scope, end, "")]
    return merge(*lists, reverse=True)


def _of(session: Session, scope: SearchScope, end: Key, source: str, **values: Value) -> Iterator[Key]:
    """Walk one list: the rest of the last page's second first, then the seconds before (see `entries._matching`)."""
    at, before = end
    parts = ["e.listed_at < :at"] if at == MOST else ["e.listed_at = :at AND e.id < :before", "e.listed_at < :at"]
    for part in parts:
        bound = {"at": at} if part == "e.listed_at < :at" else {"at": at, "before": before}
        sql = (
            f"SELECT e.listed_at, e.id FROM entries AS e WHERE {source}{scope.conditions} AND {part}"
            " ORDER BY e.listed_at DESC, e.id DESC"
        )
        for row in session.walk(sql, **scope.values, **values, **bound):
            yield row["listed_at"], row["id"]


def _chosen(session: Session, keys: Iterator[Key], words: str | None, without: str | None) -> Iterator[Key]:
    """Leave out entries that do not match the one, or match the other."""
    if words is None and without is None:
        yield from keys
        return
    at_once, later = _AT_ONCE
    while block := list(islice(keys, at_once)):
        at_once = later
        kept = {entry for _, entry in block}
        if words:
            kept &= _matching(session, words, kept)
        if without:
            kept -= _matching(session, without, kept)
        yield from (key for key in block if key[1] in kept)


def _matching(session: Session, words: str, ids: Collection[int]) -> set[int]:
    rows = session.rows(_MATCHING, words=words, ids=many(ids))
    return {row["id"] for row in rows}


def summaries(session: Session, ids: Sequence[int]) -> tuple[EntrySummary, ...]:
    """Give these entries as lists show them, in this order."""
    found = {row["id"]: row for row in session.rows(_SUMMARIES, ids=many(ids))}
    return tuple(entry_rows.summary(found[each]) for each in ids if each in found)
