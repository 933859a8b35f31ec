"""Which entries a search may give, words apart: of which feeds, of which time, and how copies are told once."""

# ruff: noqa: S608 - statements are put together of constants of this module; every value is bound
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from aggregator.model.search import Name, Scope, SearchQuery
from aggregator.storage.sqlite.session import MOST, Session, Value, many, seconds
from aggregator.text.names import meant

_TITLE = "coalesce(nullif(title, ''), nullif(document_title, ''), url)"

FEW_ENTRIES = 20_000
"""Of feeds whose entries are collected first: 2 ms."""

_NAMES = {
    Scope.PUBLISHER: "SELECT DISTINCT publisher AS name FROM feeds WHERE configured = 1",
    Scope.CATEGORY: "SELECT DISTINCT category AS name FROM feeds WHERE configured = 1",
    Scope.FEED: f"""
        SELECT id AS name FROM feeds WHERE configured = 1 UNION SELECT {_TITLE} AS name FROM feeds WHERE configured = 1
    """,
}
_CALLED = {
    Scope.PUBLISHER: "publisher IN (SELECT value FROM json_each(:names))",
    Scope.CATEGORY: "category IN (SELECT value FROM json_each(:names))",
    Scope.FEED: f"(id IN (SELECT value FROM json_each(:names)) OR {_TITLE} IN (SELECT value FROM json_each(:names)))",
}
"""Feeds that have one of these names."""


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
    """Resolve names to feeds, and count the entries of these. Only a search that has names reads what feeds are called."""
    asked = query.asked
    if not (asked.within or asked.outside):
        return None, (), MOST
    unknown: list[Name] = []
    within = [_called(session, group, unknown) for group in asked.within]
    outside = _called(session, asked.outside, unknown)
    entries = _entries(session, set.intersection(*within) if within else None)
    chosen = {feed: count for feed, count in entries.items() if feed not in outside}
    return frozenset(chosen), tuple(unknown), sum(chosen.values())


def _entries(session: Session, feeds: set[str] | None) -> dict[str, int]:
    """Tell how many entries these feeds have, or all."""
    of_these = "" if feeds is None else " AND id IN (SELECT value FROM json_each(:feeds))"
    sql = f"SELECT id, entry_count FROM feeds WHERE configured = 1{of_these}"
    rows = session.rows(sql) if feeds is None else session.rows(sql, feeds=many(feeds))
    return {row["id"]: row["entry_count"] for row in rows}


def _called(session: Session, names: Iterable[Name], unknown: list[Name]) -> set[str]:
    """Find the feeds of one of these names."""
    found: set[str] = set()
    for name in names:
        wanted = meant(name.text, {row["name"] for row in session.rows(_NAMES[name.scope])})
        if not wanted:
            unknown.append(name)
            continue
        sql = f"SELECT id FROM feeds WHERE configured = 1 AND {_CALLED[name.scope]}"
        found |= {row["id"] for row in session.rows(sql, names=many(wanted))}
    return found
