"""Finding entries by words, best first.

What is best is told by where the words stand: in the headline before the teaser, in the teaser before the text, and a word that few
of the found headlines have before one that many have; what is equal comes newest first. FTS5's own measure, bm25, is not
asked: before it ranks anything it counts in how many entries each word stands, whatever is ranked then, which took 12 ms for a word of
every fifteenth of a million entries, 79 for a phrase of two such words and 224 for a frequent word of one publisher.

- Where whole words are asked of all feeds, the index tells in a millisecond which of the newest `MOST_RANKED` matches have them where.
- Phrases, words that only begin so, and searches of certain feeds or days cost more with every match. Of those the newest `MOST_READ` are
  found as they are when the newest come first (`search_newest`), and their headlines and teasers are read.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from math import log
from typing import NamedTuple

from aggregator.model.entry import EntrySummary
from aggregator.model.search import Search, SearchQuery, Term
from aggregator.storage.sqlite import entry_rows
from aggregator.storage.sqlite.search_expression import any_term, expression, of_column
from aggregator.storage.sqlite.search_newest import found_keys, summaries
from aggregator.storage.sqlite.search_scope import SearchScope
from aggregator.storage.sqlite.session import Row, Session, many
from aggregator.text.terms import Phrase, phrase, search_terms

MOST_RANKED = 2_000
"""Matches of whole words in all feeds: 3 to 6 ms."""
MOST_READ = 200
"""Matches of other searches: 10 ms at most, where each entry of a publisher is looked up."""
MOST_TERMS = 8
"""Of a search that the index is asked about term by term."""

_HEADLINE, _TEASER, _ANYWHERE = 8.0, 2.0, 1.0
"""What a word counts there: a headline says what an entry is about."""
_AT_ONCE = 50
"""Matches looked up together, best first, until there are enough."""

_NEWEST = """
    SELECT rowid AS id FROM entry_search WHERE entry_search MATCH :words AND rowid <= :latest
    ORDER BY rowid DESC LIMIT :most
"""
_STANDING = """
    SELECT rowid AS id FROM entry_search WHERE entry_search MATCH :words AND rowid BETWEEN :first AND :latest
    ORDER BY rowid DESC LIMIT :most
"""
_SHOWN = f"""
    SELECT {entry_rows.SUMMARY_COLUMNS}, m.id AS match
    FROM entries AS m {{shown}} CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE m.id IN (SELECT value FROM json_each(:ids)) AND m.shown = 1 AND {{conditions}}
"""
_READ = "SELECT id, headline, teaser FROM entries WHERE id IN (SELECT value FROM json_each(:ids))"


class Standing(NamedTuple):
    """Which of the ranked have a term where."""

    headline: Collection[int]
    teaser: Collection[int]
    anywhere: Collection[int]
    """Empty where all have it."""


def best(
    session: Session, query: SearchQuery, scope: SearchScope, arrived: tuple[int, int], latest: int
) -> Iterator[EntrySummary]:
    """Give what is found among entries up to the id `latest`, best first.

    Args:
        session: the transaction.
        query: what is asked for; it has words.
        scope: what may be given.
        arrived: as `search_newest.newest` takes it.
        latest: greatest id of an entry that may have the words.
    """
    if scope.is_narrow or not _is_quick(query.asked):
        keys = found_keys(session, query, scope, arrived, count=MOST_READ, latest=latest)
        ids = [entry for _, entry in keys]
        yield from _read_in_order(session, _ranked(ids, _read(session, query.asked, ids)))
        return
    words = expression(query.asked)
    ids = [row["id"] for row in session.rows(_NEWEST, words=words, latest=latest, most=MOST_RANKED)]
    yield from _shown_in_order(session, scope, _ranked(ids, _indexed(session, query.asked, ids)))


def _is_quick(asked: Search) -> bool:
    terms = [*(term for group in asked.words for term in group), *asked.without]
    return len(terms) <= MOST_TERMS and all(
        len(each.terms) == 1 and not each.begins for term in terms if (each := phrase(term.text, begins=term.begins))
    )


def _ranked(ids: Sequence[int], standings: Iterator[Standing]) -> list[int]:
    """Order by what the terms count where they stand; what is equal stays in its order."""
    scores: defaultdict[int, float] = defaultdict(float)
    for standing in standings:
        rarity = log(1 + len(ids) / (1 + len(standing.headline)))
        for found, counts in zip(standing, (_HEADLINE, _TEASER, _ANYWHERE), strict=True):
            for entry in found:
                scores[entry] += counts * rarity
    return sorted(ids, key=lambda entry: -scores[entry])


def _indexed(session: Session, asked: Search, ids: Sequence[int]) -> Iterator[Standing]:
    """Ask the index which of these entries, newest first, have each term where."""
    if not ids:
        return
    whole = expression(asked)

    def having(words: str | None) -> list[int]:
        both = f"({whole}) AND ({words})"
        return [row["id"] for row in session.rows(_STANDING, words=both, first=ids[-1], latest=ids[0], most=len(ids))]

    for group in asked.words:
        for term in group:
            yield Standing(
                headline=having(of_column("headline", term)),
                teaser=() if term.in_headline else having(of_column("teaser", term)),
                anywhere=having(any_term([term])) if len(group) > 1 else (),
            )


def _read(session: Session, asked: Search, ids: Sequence[int]) -> Iterator[Standing]:
    """Look which of these entries have each term in headline or teaser."""
    rows = session.rows(_READ, ids=many(ids))
    headlines = {row["id"]: f" {search_terms(row['headline'])} " for row in rows}
    teasers = {row["id"]: f" {search_terms(row['teaser'])} " for row in rows}
    terms: list[Term] = [term for group in asked.words for term in group]
    for term in terms:
        sought = phrase(term.text, begins=term.begins)
        if sought:
            yield Standing(
                headline=_having(sought, headlines),
                teaser=() if term.in_headline else _having(sought, teasers),
                anywhere=(),
            )


def _having(sought: Phrase, texts: dict[int, str]) -> list[int]:
    words = f" {' '.join(sought.terms)}" + ("" if sought.begins else " ")
    return [entry for entry, text in texts.items() if words in text]


def _read_in_order(session: Session, ids: Sequence[int]) -> Iterator[EntrySummary]:
    for start in range(0, len(ids), _AT_ONCE):
        yield from summaries(session, ids[start : start + _AT_ONCE])


def _shown_in_order(session: Session, scope: SearchScope, ranked: Sequence[int]) -> Iterator[EntrySummary]:
    """Give what lists show for these matches, each once, in their order."""
    sql = _SHOWN.format(shown=scope.shown, conditions=scope.conditions)
    given: set[int] = set()
    waiting = iter(ranked)
    while ids := list(islice(waiting, _AT_ONCE)):
        fronts: dict[int, Row] = {row["match"]: row for row in session.rows(sql, **scope.values, ids=many(ids))}
        for match in ids:
            if match in fronts and fronts[match]["id"] not in given:
                given.add(fronts[match]["id"])
                yield entry_rows.summary(fronts[match])
