"""Finding entries by words.

Both questions look at the newest `MOST_MATCHES` entries that match and rank those by bm25: a word that stands in every second
entry would otherwise have a million entries ranked to show fifty.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import islice

from aggregator.errors import QueryError
from aggregator.model.entry import EntrySummary
from aggregator.model.ids import EntryId
from aggregator.model.query import SearchQuery
from aggregator.storage.sqlite import entry_rows, search_index
from aggregator.storage.sqlite.session import MOST, Row, Session, many, seconds
from aggregator.text.terms import any_of, match_expression

MOST_MATCHES = 10_000
"""Of a search: ranking them takes about 30 ms."""
MOST_RELATED = 2_000
"""Of a look for what is related: a page or feed of fifty entries asks fifty times."""
RELATED_WITHIN = timedelta(days=30)
"""Between the times of two related entries: what is said about a subject in another month is history, not news."""
RELATED_WORDS = 12
"""Telling words of an entry that others are sought by."""
RELATED_FLOOR = 0.25
"""How well another entry must match these words, as a part of how well the entry matches them itself.

Over 4,461 labelled headlines, 91 of them asked about: with 0.2 each got 5.7 related ones, 58 % of them of the same story;
with 0.25 it is 4.0 and 74 %, with 0.3 2.8 and 83 %. What is not of the same story is mostly of its subject.
"""

_AT_ONCE = 200
"""Matches looked up together, best first, until there are enough."""

_MATCHES = """
    SELECT rowid AS id, bm25(entry_search, 8.0, 2.0, 1.0) AS score FROM entry_search
    WHERE entry_search MATCH :words AND rowid BETWEEN :first AND :last ORDER BY rowid DESC LIMIT :most
"""
"""A headline says what an entry is about: a word there counts eight times. The smaller the score the better."""

_FRONTS = f"""
    SELECT m.id AS match, {entry_rows.SUMMARY_COLUMNS}
    FROM entries AS m CROSS JOIN entries AS e ON e.copy_set = m.copy_set CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE m.id IN (SELECT value FROM json_each(:ids)) AND m.shown = 1 AND e.fronts = 1
        AND m.listed_at BETWEEN :since AND :until
"""
"""Of the matches in configured feeds and in time, what lists show for them."""


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
        matches = self._matches(words, first=0, last=MOST, most=MOST_MATCHES)
        ranked = sorted(matches, key=lambda match: (match["score"], -match["id"]))
        return tuple(islice(self._fronts(ranked, since=-MOST, until=MOST), max(query.limit, 0)))

    def related(self, entry: EntrySummary, *, limit: int) -> tuple[EntrySummary, ...]:
        """Find entries outside of this one's copy set on the same subject, copies once, newest first.

        These are the `limit` that share most of the telling words of its headline (of its teaser where it
        has none), were listed within
        `RELATED_WITHIN` of it, arrived no later than that after it, and match well enough; there may be none, and
        while it waits for the index itself, there is none.
        """
        # Words of the teaser beside those of the headline found less of what is related, and more that is not.
        words = any_of(entry.headline, most=RELATED_WORDS) or any_of(entry.teaser, most=RELATED_WORDS)
        if words is None or limit <= 0:
            return ()
        own = self._own_score(words, entry.id)
        if own is None:
            return ()
        since, until = seconds(entry.listed_at - RELATED_WITHIN), seconds(entry.listed_at + RELATED_WITHIN)
        first, last = self._arrived(since, seconds(entry.first_seen_at + RELATED_WITHIN))
        matches = self._matches(words, first=first, last=last, most=MOST_RELATED)
        floor = RELATED_FLOOR * own
        close = sorted((row for row in matches if row["score"] <= floor), key=lambda row: (row["score"], -row["id"]))
        found = (other for other in self._fronts(close, since=since, until=until) if other.copy_set != entry.copy_set)
        return tuple(sorted(islice(found, limit), key=lambda other: (other.listed_at, other.id), reverse=True))

    def _own_score(self, words: str, entry_id: EntryId) -> float | None:
        """Give how well the entry itself matches; None while it is not in the index, and nothing can be compared to it."""
        own = self._matches(words, first=entry_id, last=entry_id, most=1)
        return float(own[0]["score"]) if own else None

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

    def _fronts(self, ranked: Sequence[Row], *, since: int, until: int) -> Iterator[EntrySummary]:
        """Give what lists show for these matches, each once, in their order."""
        given: set[EntryId] = set()
        for start in range(0, len(ranked), _AT_ONCE):
            ids = [row["id"] for row in ranked[start : start + _AT_ONCE]]
            found = self._session.rows(_FRONTS, ids=many(ids), since=since, until=until)
            fronts = {row["match"]: row for row in found}
            for match in ids:
                if match in fronts and fronts[match]["id"] not in given:
                    given.add(fronts[match]["id"])
                    yield entry_rows.summary(fronts[match])
