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
# Counted by SQLite: a feed of fifty entries looks at five hundred stories with fifteen hundred entries to name what is related. Publishers
# are counted where entries are placed (story_lists.py): counting them here took two fifths of it.
_COUNTED = """
    SELECT s.id, s.lead, s.updated_at, max(e.id = s.lead) AS has_lead, count(*) AS entries,
        s.coverage AS publishers, min(e.listed_at) AS first_at, max(e.listed_at) AS last_at
    FROM json_each(:ids) AS i CROSS JOIN stories AS s ON s.id = i.value CROSS JOIN story_entries AS p ON p.story_id = s.id
        CROSS JOIN entries AS e ON e.id = p.entry_id
    WHERE e.shown = 1 GROUP BY s.id
"""
_LIGHT = f"SELECT p.story_id, e.id, e.listed_at {_SHOWN}"
_MEMBERS = f"SELECT {entry_rows.SUMMARY_COLUMNS}, p.story_id, {story_rows.MEMBER_COLUMNS} {_SHOWN}"
_MEMBERS_ALONE = f"SELECT {entry_rows.SUMMARY_COLUMNS}, p.story_id, p.score, NULL AS words, NULL AS vetoes {_SHOWN}"
_SUMMARIES = f"""
    SELECT {entry_rows.SUMMARY_COLUMNS} FROM entries AS e CROSS JOIN feeds AS f ON f.id = e.feed_id
    WHERE e.id IN (SELECT value FROM json_each(:ids))
"""
_STORIES = "SELECT id, lead, updated_at, open FROM stories WHERE id IN (SELECT value FROM json_each(:ids))"
_EVENTS = f"""
    SELECT {story_rows.EVENT_COLUMNS} FROM story_events WHERE story_id IN (SELECT value FROM json_each(:ids))
    ORDER BY story_id, mark, number
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What is counted of the entries of a story that are shown."""

    lead: int
    publishers: int
    entries: int
    first_at: int
    last_at: int
    updated_at: int


def figures(session: Session, story_ids: Collection[int]) -> dict[int, Figures]:
    """Count what is shown of each of these stories that has something to show."""
    rows = session.rows(_COUNTED, ids=many(set(story_ids)))
    earliest = _earliest(session, [row["id"] for row in rows if not row["has_lead"]])
    return {row["id"]: _counted(row, earliest[row["id"]] if row["id"] in earliest else row["lead"]) for row in rows}


def _counted(row: Row, lead: int) -> Figures:
    return Figures(
        lead=lead,
        publishers=row["publishers"],
        entries=row["entries"],
        first_at=row["first_at"],
        last_at=row["last_at"],
        updated_at=row["updated_at"],
    )


def _earliest(session: Session, story_ids: Collection[int]) -> dict[int, int]:
    """Find who leads stories whose lead is not shown."""
    shown = _by_story(session.rows(_LIGHT, ids=many(story_ids))) if story_ids else {}
    return {story: min(entries, key=_arrival)["id"] for story, entries in shown.items()}


def lines(session: Session, story_ids: Collection[int]) -> dict[StoryId, StoryLine]:
    """Give those of these stories that have an entry to show."""
    found = figures(session, story_ids)
    leads = session.rows(_SUMMARIES, ids=many(one.lead for one in found.values()))
    summaries = {row["id"]: entry_rows.summary(row) for row in leads}
    return {
        StoryId(story): StoryLine(
            id=StoryId(story),
            lead=summaries[one.lead],
            coverage=one.publishers,
            size=one.entries,
            first_at=moment(one.first_at),
            last_at=moment(one.last_at),
            updated_at=moment(one.updated_at),
        )
        for story, one in found.items()
    }


def whole(
    session: Session, story_ids: Collection[int], *, why: bool = True, events: bool = True
) -> dict[StoryId, Story]:
    """Give those of these stories that have an entry to show, in four queries however many they are.

    Args:
        session: the transaction.
        story_ids: which.
        why: whether to tell words and vetoes of their entries; that is a quarter of the work.
        events: whether to tell what happened to them; that is as much.
    """
    members = _by_story(session.rows(_MEMBERS if why else _MEMBERS_ALONE, ids=many(story_ids)))
    happened = _by_story(session.rows(_EVENTS, ids=many(members)) if events else ())
    constraints = Constraints(rulings(session)) if members else Constraints()
    stories = session.rows(_STORIES, ids=many(members))
    return {
        StoryId(row["id"]): _story(row, members[row["id"]], _told(happened[row["id"]]), constraints) for row in stories
    }


def _story(row: Row, entries: Sequence[Row], events: tuple[StoryEvent, ...], constraints: Constraints) -> Story:
    members = tuple(story_rows.member(entry) for entry in sorted(entries, key=_arrival))
    leads = (member.entry for member in members if member.entry.id == row["lead"])
    return Story(
        id=StoryId(row["id"]),
        lead=next(leads, members[0].entry),
        coverage=len({member.entry.publisher for member in members}),
        size=len(members),
        first_at=members[0].entry.listed_at,
        last_at=members[-1].entry.listed_at,
        updated_at=moment(row["updated_at"]),
        members=members,
        events=retold(events, members),
        is_open=bool(row["open"]),
        is_pinned=constraints.is_pinned(member.entry.id for member in members),
    )


def _told(rows: Iterable[Row]) -> tuple[StoryEvent, ...]:
    return tuple(map(story_rows.event, rows))


def rulings(session: Session) -> tuple[Ruling, ...]:
    """Give what people have ruled, in the order in which they did."""
    return tuple(map(story_rows.ruling, session.rows("SELECT * FROM story_rulings ORDER BY id")))


def _by_story(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["story_id"]].append(row)
    return found


_arrival: Callable[[Row], tuple[int, int]] = itemgetter("listed_at", "id")
