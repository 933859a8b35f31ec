"""Stories as lists and pages show them: what is shown of them is looked up with their entries, and never out of date.

Only entries of configured feeds count (`shown = 1`). A story is led by the entry that the engine chose, else, where that is of
another feed or was deleted, by the earliest that is shown; a story with none is not there.
"""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from aggregator.model.ids import StoryId
from aggregator.model.story import Ruling, Story, StoryEvent, StoryLine
from aggregator.storage.sqlite import entry_rows, story_rows
from aggregator.storage.sqlite.session import Row, Session, many, moment
from aggregator.stories.retelling import retold
from aggregator.stories.rulings import Constraints

# CROSS JOIN keeps the order of tables: from a few stories to their entries, not from all that are shown to their stories.
_SHOWN = """
    FROM story_entries AS p CROSS JOIN entries AS e ON e.id = p.entry_id CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE p.story_id IN (SELECT value FROM json_each(:ids)) AND e.shown = 1
"""
_LIGHT = f"SELECT p.story_id, e.id, e.listed_at, f.publisher {_SHOWN}"
_MEMBERS = f"SELECT p.story_id, p.score, p.words, p.vetoes, {entry_rows.SUMMARY_COLUMNS} {_SHOWN}"
_SUMMARIES = f"""
    SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE e.id IN (SELECT value FROM json_each(:ids))
"""
_STORIES = "SELECT id, lead, updated_at, open FROM stories WHERE id IN (SELECT value FROM json_each(:ids))"
_EVENTS = "SELECT * FROM story_events WHERE story_id IN (SELECT value FROM json_each(:ids))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted of the entries of a story that are shown."""

    lead: int
    publishers: int
    entries: int
    first_at: int
    last_at: int


def figures(session: Session, story_ids: Collection[int]) -> dict[int, Figures]:
    """Count what is shown of each of these stories that has something to show."""
    shown = _by_story(session.rows(_LIGHT, ids=many(story_ids)))
    stories = session.rows(_STORIES, ids=many(story_ids))
    return {row["id"]: _figures(row["lead"], shown[row["id"]]) for row in stories if shown[row["id"]]}


def _figures(lead: int, entries: Sequence[Row]) -> Figures:
    times = [row["listed_at"] for row in entries]
    return Figures(
        lead=lead if any(row["id"] == lead for row in entries) else min(entries, key=_arrival)["id"],
        publishers=len({row["publisher"] for row in entries}),
        entries=len(entries),
        first_at=min(times),
        last_at=max(times),
    )


def lines(session: Session, story_ids: Collection[int]) -> dict[StoryId, StoryLine]:
    """Give those of these stories that have an entry to show."""
    found = figures(session, story_ids)
    leads = session.rows(_SUMMARIES, ids=many(one.lead for one in found.values()))
    summaries = {row["id"]: entry_rows.summary(row) for row in leads}
    return {
        StoryId(row["id"]): StoryLine(
            id=StoryId(row["id"]),
            lead=summaries[found[row["id"]].lead],
            coverage=found[row["id"]].publishers,
            size=found[row["id"]].entries,
            first_at=moment(found[row["id"]].first_at),
            last_at=moment(found[row["id"]].last_at),
            updated_at=moment(row["updated_at"]),
        )
        for row in session.rows(_STORIES, ids=many(found))
    }


def whole(session: Session, story_ids: Collection[int]) -> dict[StoryId, Story]:
    """Give those of these stories that have an entry to show, in four queries however many they are."""
    members = _by_story(session.rows(_MEMBERS, ids=many(story_ids)))
    events = _by_story(session.rows(_EVENTS, ids=many(members)))
    constraints = Constraints(rulings(session)) if members else Constraints()
    stories = session.rows(_STORIES, ids=many(members))
    return {
        StoryId(row["id"]): _story(row, members[row["id"]], _told(events[row["id"]]), constraints) for row in stories
    }


def _story(row: Row, entries: Sequence[Row], events: tuple[StoryEvent, ...], constraints: Constraints) -> Story:
    members = tuple(story_rows.member(entry) for entry in sorted(entries, key=_arrival))
    counted = _figures(row["lead"], entries)
    return Story(
        id=StoryId(row["id"]),
        lead=next(member.entry for member in members if member.entry.id == counted.lead),
        coverage=counted.publishers,
        size=counted.entries,
        first_at=moment(counted.first_at),
        last_at=moment(counted.last_at),
        updated_at=moment(row["updated_at"]),
        members=members,
        events=retold(events, members),
        is_open=bool(row["open"]),
        is_pinned=constraints.is_pinned(member.entry.id for member in members),
    )


def _told(rows: Iterable[Row]) -> tuple[StoryEvent, ...]:
    return tuple(story_rows.event(row) for row in sorted(rows, key=itemgetter("mark", "number")))


def rulings(session: Session) -> tuple[Ruling, ...]:
    """Give what people have ruled, in the order in which they did."""
    return tuple(map(story_rows.ruling, session.rows("SELECT * FROM story_rulings ORDER BY id")))


def _by_story(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["story_id"]].append(row)
    return found


_arrival: Callable[[Row], tuple[int, int]] = itemgetter("listed_at", "id")
