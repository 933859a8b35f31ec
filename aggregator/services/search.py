"""Answer a search: what was found, and where in it the words stand."""

from dataclasses import dataclass

from aggregator.model.entry import Entry, EntrySummary
from aggregator.model.query import Cursor, Page
from aggregator.model.search import Found, Name, Rank, SearchQuery
from aggregator.ports import Transaction
from aggregator.services.read_entries import RELATED_IN_FEED, FeedContents, feed_contents, published
from aggregator.text.passages import Passage, Piece, marked, passage, sought


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry that was found."""

    entry: EntrySummary
    label: tuple[Piece, ...]
    """`EntrySummary.label`, with what was asked for told apart."""
    passage: Passage
    """Of its text, around the first hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A page of hits."""

    hits: tuple[Hit, ...]
    next: Cursor | Rank | None
    unknown: tuple[Name, ...]
    """Names that nothing configured goes by."""


def results(tx: Transaction, query: SearchQuery) -> Results:
    """Find entries, and mark what was asked for."""
    found = tx.searching.search(query)
    in_headline, in_text = sought(query.asked, headline=True), sought(query.asked, headline=False)
    hits = tuple(
        Hit(
            entry=entry,
            label=marked(entry.label, in_headline if entry.headline else in_text),
            passage=passage(entry.text or entry.teaser, in_text),
        )
        for entry in _entries(tx, found)
    )
    return Results(hits=hits, next=found.next, unknown=found.unknown)


def search_contents(tx: Transaction, query: SearchQuery) -> FeedContents:
    """Collect what the feed of a search holds; the newest come first."""
    found = tx.searching.search(query)
    assert not isinstance(found.next, Rank)  # noqa: S101 -- the newest come first
    items = published(tx, _entries(tx, found), related=RELATED_IN_FEED)
    return feed_contents(tx, Page(items=items, next=found.next))


def _entries(tx: Transaction, found: Found) -> tuple[Entry, ...]:
    """Give what was found whole."""
    whole = tx.entries.several([item.id for item in found.items])
    return tuple(whole[item.id] for item in found.items if item.id in whole)
