"""What an engine is made of again: all of it, or an outline and what it looks up."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from aggregator.model.grouping import Reading, StoryMemory, StoryNews, StoryState
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.storage.sqlite import story_lines, story_rows
from aggregator.storage.sqlite.session import Row, Session, from_json, many

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
    SELECT part, content FROM story_outlines WHERE signature = :signature ORDER BY part
"""
_OUTLINED_AT = "SELECT min(mark) AS mark FROM story_outlines WHERE signature = :signature"
# Over what was there: of 20 MB that took 0.03 s of CPU, to delete them and put them in again 0.07.
_KEEP_OUTLINE = """
    INSERT INTO story_outlines (signature, part, mark, content) VALUES (?, ?, (SELECT mark FROM story_mark), ?)
    ON CONFLICT (signature, part) DO UPDATE SET mark = excluded.mark, content = excluded.content
"""
_FORGET_OUTLINES = """
    DELETE FROM story_outlines WHERE mark <> (SELECT mark FROM story_mark)
        OR (signature IN (SELECT value FROM json_each(:signatures))
            AND signature || char(10) || part NOT IN (SELECT value FROM json_each(:kept)))
"""
_ADD_TO_OUTLINE = """
    INSERT INTO story_outlines (signature, part, mark, content) SELECT :signature, 'at ' || mark, mark, :content FROM story_mark
"""

_READINGS_SINCE = """
    SELECT r.*, e.copy_set, f.publisher AS present_publisher
    FROM story_readings AS r LEFT JOIN entries AS e ON e.id = r.entry_id LEFT JOIN feeds AS f ON f.id = e.feed_id
    WHERE r.position > :since ORDER BY r.position
"""
_FIRST = "SELECT coalesce(min(position), 0) AS position FROM story_readings"
_ALL_MEMBERS = """
    SELECT p.entry_id, p.story_id, e.copy_set FROM stories AS s CROSS JOIN story_entries AS p ON p.story_id = s.id
        CROSS JOIN entries AS e ON e.id = p.entry_id
    WHERE s.open = 1
"""
_LINKS = "SELECT r.entry_id, r.position, r.links FROM story_readings AS r WHERE r.links IS NOT NULL"


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


def news(session: Session, *, since: int) -> StoryNews:
    """Give what an engine has to learn of which the last reading had this position."""
    (first,) = session.rows(_FIRST)
    return StoryNews(
        signature=mark(session)["signature"],
        first_position=first["position"],
        readings=tuple(map(story_rows.reading, session.rows(_READINGS_SINCE, since=since))),
        members=tuple(
            (EntryId(row["entry_id"]), StoryId(row["story_id"]), CopySetId(row["copy_set"]))
            for row in session.walk(_ALL_MEMBERS)
        ),
        links=tuple(
            (EntryId(row["entry_id"]), row["position"], tuple(from_json(row["links"], ())))
            for row in session.walk(_LINKS)
        ),
    )


def outlined_at(session: Session, signature: str) -> int | None:
    """Give the mark at which the outline under a signature was kept."""
    (row,) = session.rows(_OUTLINED_AT, signature=signature)
    return None if row["mark"] is None else int(row["mark"])


def outline(session: Session, signature: str) -> Iterable[tuple[str, bytes]]:
    """Give what was kept under a signature."""
    return ((row["part"], row["content"]) for row in session.walk(_OUTLINE, signature=signature))


def keep_outlines(session: Session, outlines: Iterable[tuple[str, Iterable[tuple[str, bytes]]]]) -> None:
    """Keep outlines of the present mark in the place of all that is older."""
    signatures, kept = list[str](), list[str]()

    def rows() -> Iterator[tuple[str, str, bytes]]:
        for signature, parts in outlines:
            signatures.append(signature)
            for part, content in parts:
                kept.append(f"{signature}\n{part}")
                yield signature, part, content

    session.run_each(_KEEP_OUTLINE, rows())
    session.run(_FORGET_OUTLINES, signatures=many(signatures), kept=many(kept))


def add_to_outline(session: Session, signature: str, content: bytes) -> None:
    """Keep something more under a signature, at the present mark."""
    session.run(_ADD_TO_OUTLINE, signature=signature, content=content)
