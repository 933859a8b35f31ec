"""Storing what an engine decided: in batches, since a first poll brings tens of thousands of entries."""

# ruff: noqa: S608 - statements are put together of constants of this package; every value is bound
from collections.abc import Iterable, Mapping, Sequence

from aggregator.model.grouping import Placement, RelatedStory, StoryChanges
from aggregator.model.ids import StoryId
from aggregator.model.story import StoryEvent
from aggregator.storage.sqlite import story_rows
from aggregator.storage.sqlite.session import Session, many, seconds
from aggregator.storage.sqlite.story_lists import list_stories

_KEEP_STATE = f"""
    INSERT INTO stories ({", ".join(story_rows.STATE_COLUMNS)}) VALUES ({", ".join("?" * len(story_rows.STATE_COLUMNS))})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in story_rows.STATE_COLUMNS[1:])}
"""

# An entry may have been deleted since the engine took it: there is nothing to place then.
_BEFORE = """
    SELECT e.id, p.story_id FROM entries AS e LEFT JOIN story_entries AS p ON p.entry_id = e.id
    WHERE e.id IN (SELECT value FROM json_each(:ids))
"""
_PLACE = """
    INSERT INTO story_entries (entry_id, story_id, score, words, vetoes) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (entry_id) DO UPDATE SET
        story_id = excluded.story_id, score = excluded.score, words = excluded.words, vetoes = excluded.vetoes
"""

# What leads to a story that merged is led on to where it went, so that no address ever redirects more than once.
_LEAD_ON = "UPDATE story_redirects SET target = ? WHERE target = ?"
_REDIRECT = """
    INSERT INTO story_redirects (target, story_id) VALUES (?, ?) ON CONFLICT (story_id) DO UPDATE SET target = excluded.target
"""
_TAKE_ALONG = "UPDATE story_entries SET story_id = ? WHERE story_id = ?"
_RELATE_INSTEAD = """
    INSERT INTO story_related (story_id, other_id, score)
    SELECT story_id, ?, score FROM story_related WHERE other_id = ? AND story_id <> ?
    ON CONFLICT (story_id, other_id) DO UPDATE SET score = max(score, excluded.score)
"""
_END = (
    "DELETE FROM story_related WHERE other_id IN (SELECT value FROM json_each(:ids))",
    "DELETE FROM stories WHERE id IN (SELECT value FROM json_each(:ids))",
)

_TELL = """
    INSERT INTO story_events (story_id, mark, number, kind, at, entry_id, detail) VALUES (?, ?, ?, ?, ?, ?, ?)
"""
_RELATE = "INSERT INTO story_related (story_id, other_id, score) VALUES (?, ?, ?)"
_READ = f"""
    INSERT INTO story_readings ({", ".join(story_rows.READING_COLUMNS)})
    VALUES ({", ".join("?" * len(story_rows.READING_COLUMNS))})
"""


def save(session: Session, changes: StoryChanges, *, signature: str) -> None:
    """Keep all of it, and raise the mark."""
    closed = [story.state for story in changes.closed]
    session.run_each(_KEEP_STATE, (story_rows.state_columns(state, is_open=True) for state in changes.states))
    session.run_each(_KEEP_STATE, (story_rows.state_columns(state, is_open=False) for state in closed))
    left = _place(session, changes.placements)
    _merge(session, changes.merged)
    touched = {state.id for state in (*changes.states, *closed)} | {place.story for place in changes.placements}
    list_stories(session, touched | left | {new for _, new in changes.merged})
    at_closing = {story.state.id: story.related for story in changes.closed if story.related is not None}
    related = {**changes.related, **at_closing}
    _relate(session, related, dict(changes.merged))
    _tell(session, changes.events)
    session.run_each(_READ, map(story_rows.reading_columns, changes.readings))
    session.run("DELETE FROM story_readings WHERE position < :first", first=changes.forgotten_before)
    if changes.readings:
        session.run("UPDATE story_mark SET signature = :signature", signature=signature)
    session.run("UPDATE story_mark SET mark = mark + 1, next_story = max(next_story, :next)", next=changes.next_story)


def _place(session: Session, placements: Sequence[Placement]) -> set[int]:
    """Place entries; give the stories that they were in before."""
    if not placements:
        return set()
    before = session.rows(_BEFORE, ids=many(placement.entry_id for placement in placements))
    known = {row["id"] for row in before}
    session.run_each(
        _PLACE, (story_rows.placement_columns(placement) for placement in placements if placement.entry_id in known)
    )
    return {row["story_id"] for row in before if row["story_id"] is not None}


def _merge(session: Session, merged: Sequence[tuple[StoryId, StoryId]]) -> None:
    """Let the addresses of stories, and what is left of them, lead to others; none of those merges here itself."""
    if not merged:
        return
    for statement in (_LEAD_ON, _REDIRECT, _TAKE_ALONG):
        session.run_each(statement, [(new, old) for old, new in merged])
    session.run_each(_RELATE_INSTEAD, [(new, old, new) for old, new in merged])
    for statement in _END:
        session.run(statement, ids=many(old for old, _ in merged))


def _relate(
    session: Session, related: Mapping[StoryId, Sequence[RelatedStory]], merged: Mapping[StoryId, StoryId]
) -> None:
    """Keep what is related to these stories in the place of what was; a story closed before others merged names the old ones."""
    current = {story: others for story, others in related.items() if story not in merged}
    session.run("DELETE FROM story_related WHERE story_id IN (SELECT value FROM json_each(:ids))", ids=many(current))
    session.run_each(_RELATE, _related_rows(current, merged))


def _related_rows(
    related: Mapping[StoryId, Sequence[RelatedStory]], merged: Mapping[StoryId, StoryId]
) -> Iterable[tuple[int, int, float]]:
    for story, others in related.items():
        scores: dict[StoryId, float] = {}
        for other in others:
            name = merged.get(other.story, other.story)
            scores[name] = max(other.score, scores.get(name, other.score))
        yield from ((story, name, score) for name, score in scores.items() if name != story)


def _tell(session: Session, events: Sequence[StoryEvent]) -> None:
    """Keep events; among those of one story they are ordered by the save that brought them, and by their place in it."""
    row = session.row("SELECT mark FROM story_mark")
    mark = 0 if row is None else row["mark"]
    session.run_each(
        _TELL,
        (
            (event.story, mark, number, event.kind.value, seconds(event.at), event.entry, event.detail)
            for number, event in enumerate(events)
        ),
    )
