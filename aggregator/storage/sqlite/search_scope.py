"""Which entries a search may give, words apart: of which feeds, of which time, and how copies are told once."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aggregator.model.search import Name, Scope, SearchQuery
from aggregator.storage.sqlite.session import MOST, Row, Session, Value, many, seconds
from aggregator.text.names import meant

FEW_ENTRIES = 20_000
"""Of feeds whose entries are collected first: 2 ms."""

_NAMED = "SELECT id, publisher, category, title, document_title, url, entry_count FROM feeds WHERE configured = 1 ORDER BY position"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchScope:
    """Conditions on the entry that is shown (`e`), and how it is found from the one that has the words (`m`)."""

    feeds: frozenset[str] | None
    """None: every configured one."""
    unknown: tuple[Name, ...]
    since: int
    until: int
    """Exclusive."""
    itself: bool
    """The entry that has the words is shown, copy or not."""
    entries: int
    """Of the feeds; all there are where `feeds` is None."""
    values: Mapping[str, Value] = field(default_factory=dict)

    @property
    def conditions(self) -> str:
        """Give the conditions in SQL; `values` go with them."""
        own = "e.shown = 1" if self.itself else "e.shown = 1 AND e.fronts = 1"
        # The plus keeps the planner from reading the lists of all these feeds, and sorting them.
        feeds = "" if self.feeds is None else " AND +e.feed_id IN (SELECT value FROM json_each(:feeds))"
        return f"{own} AND e.listed_at >= :since AND e.listed_at < :until{feeds}"

    @property
    def shown(self) -> str:
        """Give the join that leads from `m` to `e`. CROSS JOIN keeps the order of tables."""
        return "CROSS JOIN entries AS e ON " + ("e.id = m.id" if self.itself else "e.copy_set = m.copy_set")

    @property
    def own_rows(self) -> str:
        """Give a condition on rows of the full-text index that spares a look at the entry of each, where feeds are few."""
        if not (self.itself and self.feeds is not None and self.entries <= FEW_ENTRIES):
            return ""
        return (
            " AND +entry_search.rowid IN"
            " (SELECT id FROM entries WHERE feed_id IN (SELECT value FROM json_each(:feeds)))"
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether there are conditions that most entries may fail."""
        return self.feeds is not None or self.since > -MOST or self.until < MOST


def scope_of(session: Session, query: SearchQuery) -> SearchScope:
    """Find out what a search may give."""
    feeds, unknown, entries = _feeds(session, query)
    since = -MOST if query.since is None else seconds(query.since)
    until = MOST if query.until is None else seconds(query.until)
    values: dict[str, Value] = {"since": since, "until": until}
    if feeds is not None:
        values["feeds"] = many(sorted(feeds))
    return SearchScope(
        feeds=feeds,
        unknown=unknown,
        since=since,
        until=until,
        itself=query.asked.names_feeds,
        entries=entries,
        values=values,
    )


def _feeds(session: Session, query: SearchQuery) -> tuple[frozenset[str] | None, tuple[Name, ...], int]:
    """Resolve names to feeds, and count the entries of these. Only a search that has names reads what feeds are called: some thousands of short rows."""
    asked = query.asked
    if not (asked.within or asked.outside):
        return None, (), MOST
    rows = session.rows(_NAMED)
    chosen = {row["id"] for row in rows}
    unknown: list[Name] = []
    for group in asked.within:
        chosen &= {feed for name in group for feed in _called(rows, name, unknown)}
    for name in asked.outside:
        chosen -= _called(rows, name, unknown)
    entries = sum(row["entry_count"] for row in rows if row["id"] in chosen)
    return frozenset(chosen), tuple(unknown), entries


def _called(rows: Collection[Row], name: Name, unknown: list[Name]) -> set[str]:
    of_name = {row["id"]: _names(row, name.scope) for row in rows}
    names = {each for names in of_name.values() for each in names}
    wanted = set(meant(name.text, names))
    if not wanted:
        unknown.append(name)
    return {feed for feed, names in of_name.items() if wanted.intersection(names)}


def _names(row: Row, scope: Scope) -> tuple[str, ...]:
    if scope is Scope.PUBLISHER:
        return (row["publisher"],)
    if scope is Scope.CATEGORY:
        return (row["category"],)
    return (row["id"], row["title"] or row["document_title"] or row["url"])
