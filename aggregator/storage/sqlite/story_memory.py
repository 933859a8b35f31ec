"""What an engine is made of again: all of it, or an outline and what it looks up."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from aggregator.model.grouping import Reading, StoryMemory, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.storage.sqlite import story_lines, story_rows
from aggregator.storage.sqlite.session import Row, Session, many

# Entries may have been placed in other sets of copies since they were read, their publishers renamed, and some may have been deleted.
_ALL_READINGS = """
    SELECT r.*, e.copy_set, f.publisher AS present_publisher, s.id AS story
    FROM story_readings AS r LEFT JOIN entries AS e ON e.id = r.entry_id LEFT JOIN feeds AS f ON f.id = e.feed_id
        LEFT JOIN story_entries AS p ON p.entry_id = r.entry_id LEFT JOIN stories AS s ON s.id = p.story_id AND s.open = 1
    ORDER BY r.position
"""
_READINGS = """
    SELECT r.*, e.copy_set, f.publisher AS present_publisher
    FROM story_readings AS r LEFT JOIN entries AS e ON e.id = r.entry_id LEFT JOIN feeds AS f ON f.id = e.feed_id
    WHERE r.position IN (SELECT value FROM json_each(:positions))
"""
_TERMS = """
    SELECT terms, weighed FROM story_readings WHERE position IN (SELECT value FROM json_each(:positions)) ORDER BY position
"""
_OPEN = "SELECT * FROM stories WHERE id IN (SELECT value FROM json_each(:ids)) AND open = 1"
_MEMBERS = "SELECT story_id, entry_id FROM story_entries WHERE story_id IN (SELECT value FROM json_each(:ids))"

_OUTLINE = """
    SELECT part, content FROM story_outlines
    WHERE signature = :signature AND mark = (SELECT mark FROM story_mark) ORDER BY part
"""
_FORGET_OUTLINES = "DELETE FROM story_outlines WHERE signature = :signature OR mark <> (SELECT mark FROM story_mark)"
_KEEP_OUTLINE = """
    INSERT INTO story_outlines (signature, part, mark, content) VALUES (?, ?, (SELECT mark FROM story_mark), ?)
"""


def mark(session: Session) -> Row:
    """Give the row of `story_mark`."""
    (row,) = session.rows("SELECT mark, next_story, signature FROM story_mark")
    return row


def memory(session: Session, *, outlined: bool) -> StoryMemory:
    """Give what an engine is made of again; without what an outline and the other functions here tell, if `outlined`."""
    known = mark(session)
    rows = [] if outlined else session.rows(_ALL_READINGS)
    states = [] if outlined else session.rows("SELECT * FROM stories WHERE open = 1 ORDER BY id")
    return StoryMemory(
        mark=known["mark"],
        signature=known["signature"] if rows else "",
        next_story=StoryId(known["next_story"]),
        states=tuple(map(story_rows.state, states)),
        readings=tuple(map(story_rows.reading, rows)),
        assigned={EntryId(row["entry_id"]): StoryId(row["story"]) for row in rows if row["story"] is not None},
        rulings=story_lines.rulings(session),
    )


def open_stories(session: Session, ids: Collection[StoryId]) -> list[tuple[StoryState, tuple[EntryId, ...]]]:
    """Give those of these stories that are open, with their entries."""
    members: defaultdict[int, list[EntryId]] = defaultdict(list)
    for row in session.rows(_MEMBERS, ids=many(ids)):
        members[row["story_id"]].append(EntryId(row["entry_id"]))
    states = map(story_rows.state, session.rows(_OPEN, ids=many(ids)))
    return [(state, tuple(members[state.id])) for state in states]


def readings(session: Session, positions: Collection[int]) -> list[Reading]:
    """Give these readings."""
    return [story_rows.reading(row) for row in session.rows(_READINGS, positions=many(positions))]


def terms(session: Session, positions: Collection[int]) -> list[Sequence[str]]:
    """Give the terms that are weighed in these readings, in order of position."""
    return [story_rows.weighed(row) for row in session.rows(_TERMS, positions=many(positions))]


def outline(session: Session, signature: str) -> Iterable[tuple[str, bytes]]:
    """Give what was kept under a signature at the present mark."""
    return ((row["part"], row["content"]) for row in session.walk(_OUTLINE, signature=signature))


def keep_outline(session: Session, signature: str, parts: Iterable[tuple[str, bytes]]) -> None:
    """Keep an outline of the present mark; those of others are of no use any more."""
    session.run(_FORGET_OUTLINES, signature=signature)
    session.run_each(_KEEP_OUTLINE, ((signature, part, content) for part, content in parts))
