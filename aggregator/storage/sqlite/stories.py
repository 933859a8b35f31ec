"""Stories: what an engine is made of, and what is shown of them. Storing what it decides is story_saving.py's."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from typing import TypeVar

from aggregator.model.entry import Coverage
from aggregator.model.grouping import Reading, StoryChanges, StoryEntry, StoryMemory, StoryNews, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.query import Cursor, Page, StoryQuery
from aggregator.model.story import Ruling, Story, StoryLine
from aggregator.storage.sqlite import story_lines, story_memory, story_rows
from aggregator.storage.sqlite.session import MOST, Row, Session, Value, many, seconds
from aggregator.storage.sqlite.story_saving import save

_ENTRIES = f"""
    SELECT {story_rows.ENTRY_COLUMNS}
    FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id CROSS JOIN entry_texts AS t ON t.entry_id = e.id
    WHERE e.id IN (SELECT value FROM json_each(:ids))
"""

# `coverage > 0` stands in letters, not as a value: it is the condition of the partial index.
_LISTED = "FROM stories WHERE coverage > 0"
_LISTED_IN_CATEGORY = "FROM story_categories WHERE category = :category"
_BETWEEN = "updated_at >= :since AND updated_at < :below"
_REST = "updated_at = :at AND {id} < :id"

_CLOSED = "SELECT * FROM stories WHERE id = :id AND open = 0"
_ENTRIES_OF = """
    SELECT e.id, e.listed_at FROM story_entries AS p CROSS JOIN entries AS e ON e.id = p.entry_id WHERE p.story_id = :id
"""
_PLACED = "SELECT entry_id, story_id FROM story_entries WHERE entry_id IN (SELECT value FROM json_each(:ids))"
_COVERED_WITHIN = """
    SELECT p.story_id, count(DISTINCT f.publisher) AS publishers
    FROM story_entries AS p CROSS JOIN entries AS e ON e.id = p.entry_id CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE p.story_id IN (SELECT value FROM json_each(:ids)) AND e.shown = 1 AND e.category = :category
    GROUP BY p.story_id
"""
_RELATED = """
    SELECT story_id, other_id, score FROM story_related WHERE story_id IN (SELECT value FROM json_each(:ids))
    UNION ALL
    SELECT other_id, story_id, score FROM story_related WHERE other_id IN (SELECT value FROM json_each(:ids))
"""


Line = TypeVar("Line", bound=StoryLine)


class SqliteStories:
    """`story_records.StoryRecords`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- for grouping ---

    def mark(self) -> int:
        """Give the mark as it is now; it also grows with every entry that is deleted from a story."""
        return int(story_memory.mark(self._session)["mark"])

    def memory(self, *, outlined: bool = False) -> StoryMemory:
        """Give what an engine is made of again: readings also of entries that have been deleted since."""
        return story_memory.memory(self._session, outlined=outlined)

    def open_stories(self, ids: Collection[StoryId]) -> list[tuple[StoryState, tuple[EntryId, ...]]]:
        """Give those of these stories that are open, with their entries."""
        return story_memory.open_stories(self._session, ids)

    def readings(self, positions: Collection[int]) -> list[Reading]:
        """Give these readings."""
        return story_memory.readings(self._session, positions)

    def terms(self, positions: Collection[int]) -> list[Sequence[str]]:
        """Give the terms that are weighed in these readings, in order of position."""
        return story_memory.terms(self._session, positions)

    def news(self, *, since: int) -> StoryNews:
        """Give what an engine has to learn that was outlined when the last reading had this position."""
        return story_memory.news(self._session, since=since)

    def outlined_at(self, signature: str) -> int | None:
        """Give the mark at which the outline under a signature was kept; None where there is none."""
        return story_memory.outlined_at(self._session, signature)

    def outline(self, signature: str) -> Iterable[tuple[str, bytes]]:
        """Give the last outline that was kept under a signature."""
        return story_memory.outline(self._session, signature)

    def keep_outlines(self, outlines: Iterable[tuple[str, Iterable[tuple[str, bytes]]]]) -> None:
        """Keep outlines, and drop what is of no use any more."""
        story_memory.keep_outlines(self._session, outlines)

    def add_to_outline(self, signature: str, content: bytes) -> None:
        """Keep something beside what was kept under a signature: once a mark."""
        story_memory.add_to_outline(self._session, signature, content)

    def entries(self, entry_ids: Collection[EntryId]) -> list[StoryEntry]:
        """Give these entries as the engine looks at them, by `at`, then id; also those of feeds no longer configured."""
        found = map(story_rows.story_entry, self._session.rows(_ENTRIES, ids=many(entry_ids)))
        return sorted(found, key=lambda entry: (entry.at, entry.id))

    def placed(self, entry_ids: Collection[EntryId]) -> dict[EntryId, StoryId]:
        """Tell the story of each of these entries that has one."""
        found = self._session.rows(_PLACED, ids=many(entry_ids))
        return {EntryId(row["entry_id"]): StoryId(row["story_id"]) for row in found}

    def save(self, changes: StoryChanges, *, signature: str) -> None:
        """Keep what an engine decided; entries that have been deleted meanwhile are left out."""
        save(self._session, changes, signature=signature)

    def forget_readings(self) -> None:
        """Drop all readings: the rules have changed, and what is open will be read anew."""
        self._session.run("DELETE FROM story_readings")
        self._session.run("UPDATE story_mark SET mark = mark + 1, signature = ''")

    def rule(self, ruling: Ruling) -> None:
        """Keep a person's ruling for good."""
        self._session.run(
            "INSERT INTO story_rulings (kind, entries, others) VALUES (:kind, :entries, :others)",
            **story_rows.ruling_columns(ruling),
        )
        self._session.run("UPDATE story_mark SET mark = mark + 1")

    def closed(self, story_id: StoryId) -> tuple[StoryState, tuple[EntryId, ...]] | None:
        """Give a closed story and its entries, by `at`, then id; None for one that is open, has merged or never was."""
        row = self._session.row(_CLOSED, id=story_id)
        if row is None:
            return None
        entries = self._session.rows(_ENTRIES_OF, id=story_id)
        ordered = sorted((entry["listed_at"], entry["id"]) for entry in entries)
        return story_rows.state(row), tuple(EntryId(entry_id) for _, entry_id in ordered)

    # --- for pages and feeds ---

    def get(self, story_id: StoryId) -> Story | None:
        """Find a story that has an entry to show; one that has merged is None: see `current`."""
        return next(iter(self.several([story_id]).values()), None)

    def several(
        self, story_ids: Collection[StoryId], *, why: bool = True, events: bool = True
    ) -> Mapping[StoryId, Story]:
        """Give those of these stories that `get` would, in a few queries however many they are."""
        return story_lines.whole(self._session, story_ids, why=why, events=events)

    def current(self, story_id: StoryId) -> StoryId | None:
        """Give the story that this one is now, itself if it is; None where there never was one."""
        seen: set[int] = set()
        while story_id not in seen:
            seen.add(story_id)
            if self._session.row("SELECT 1 FROM stories WHERE id = :id", id=story_id) is not None:
                return story_id
            row = self._session.row("SELECT target FROM story_redirects WHERE story_id = :id", id=story_id)
            story_id = story_id if row is None else StoryId(row["target"])
        return None

    def page(self, query: StoryQuery) -> Page[StoryLine]:
        """List stories, the latest to change materially first."""
        return self._page(query, self.lines)

    def whole_page(self, query: StoryQuery, *, events: bool) -> Page[Story]:
        """List the same as `several` gives them, without words and vetoes."""
        return self._page(query, partial(self.several, why=False, events=events))

    def _page(self, query: StoryQuery, shown_of: Callable[[list[StoryId]], Mapping[StoryId, Line]]) -> Page[Line]:
        limit = max(query.limit, 0)
        if limit == 0:
            return Page(items=())
        # One more than asked for: it tells whether there is a next page.
        found = [StoryId(row["id"]) for row in islice(self._matching(query, limit + 1), limit + 1)]
        shown = shown_of(found[:limit])
        items = tuple(shown[story_id] for story_id in found[:limit] if story_id in shown)
        more = bool(items) and len(found) > limit
        return Page(items=items, next=Cursor(listed_at=items[-1].updated_at, id=items[-1].id) if more else None)

    def _matching(self, query: StoryQuery, limit: int) -> Iterator[Row]:
        """Give rows after the cursor: the rest of its second first, then the seconds before; see `SqliteEntries`."""
        since = -MOST if query.since is None else seconds(query.since)
        until = MOST if query.until is None else seconds(query.until)
        after = query.after
        if after is None or seconds(after.listed_at) >= until:
            return self._range(query, _BETWEEN, limit, since=since, below=until)
        at = seconds(after.listed_at)
        before = self._range(query, _BETWEEN, limit, since=since, below=at)
        return chain(self._range(query, _REST, limit, at=at, id=after.id), before) if at >= since else before

    def _range(self, query: StoryQuery, bounds: str, limit: int, **values: Value) -> Iterator[Row]:
        if query.category is None:
            chosen, name = _LISTED, "id"
        else:
            chosen, name = _LISTED_IN_CATEGORY, "story_id"
            values["category"] = query.category
        sql = (
            f"SELECT {name} AS id {chosen} AND coverage >= :least AND {bounds.format(id=name)}"
            f" ORDER BY updated_at DESC, {name} DESC LIMIT :limit"
        )
        return self._session.walk(sql, **values, least=query.least_coverage, limit=limit)

    def lines(self, story_ids: Collection[StoryId]) -> Mapping[StoryId, StoryLine]:
        """Give those of these stories that have an entry to show."""
        return story_lines.lines(self._session, story_ids)

    def coverage(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, Coverage]:
        """Tell the story of each of these entries that is in one that has something to show."""
        story_of = self.placed(entry_ids)
        found = story_lines.figures(self._session, set(story_of.values()))
        return {
            entry: Coverage(story=story, publishers=found[story].publishers, entries=found[story].entries)
            for entry, story in story_of.items()
            if story in found
        }

    def coverage_within(self, category: str, story_ids: Collection[StoryId]) -> Mapping[StoryId, int]:
        """Count the publishers that have each of these stories in a category; those that none has there are missing."""
        found = self._session.rows(_COVERED_WITHIN, category=category, ids=many(story_ids))
        return {StoryId(row["story_id"]): row["publishers"] for row in found}

    def related(self, story_ids: Collection[StoryId]) -> Mapping[StoryId, tuple[tuple[StoryLine, float], ...]]:
        """Give what was found related to each of these stories, or found one of these related to itself."""
        scores: dict[StoryId, dict[StoryId, float]] = {story_id: {} for story_id in story_ids}
        for row in self._session.rows(_RELATED, ids=many(story_ids)):
            of = scores[StoryId(row["story_id"])]
            of[StoryId(row["other_id"])] = max(row["score"], of.get(StoryId(row["other_id"]), 0.0))
        shown = self.lines({other for found in scores.values() for other in found})
        return {
            story: tuple((shown[other], score) for other, score in found.items() if other in shown)
            for story, found in scores.items()
        }
