"""What an engine may have decided, for tests of what stores it: complete, and overridable field by field."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from aggregator.model.grouping import (
    ClosedStory,
    Placement,
    Reading,
    RelatedStory,
    StoryChanges,
    StoryEntry,
    StoryState,
)
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import EventKind, StoryEvent, Veto
from tests.factories import NOON


def make_state(
    story: int,
    lead: int,
    *,
    hours: float = 0,
    review_at: datetime | None = None,
    publishers: Sequence[str] = ("Ay",),
    numbers: Sequence[str] = (),
) -> StoryState:
    """Make a story that last changed so many hours after noon."""
    at = NOON + timedelta(hours=hours)
    return StoryState(
        id=StoryId(story),
        review_at=review_at,
        lead=EntryId(lead),
        first_at=at,
        last_at=at,
        updated_at=at,
        publishers=tuple(publishers),
        numbers=tuple(numbers),
    )


def make_placement(
    entry: int, story: int, *, score: float = 1.0, words: Sequence[str] = (), vetoes: Sequence[Veto] = ()
) -> Placement:
    return Placement(
        entry_id=EntryId(entry), story=StoryId(story), score=score, words=tuple(words), vetoes=tuple(vetoes)
    )


def make_closed(story: int, *entries: int, hours: float = 0, related: Sequence[tuple[int, float]] = ()) -> ClosedStory:
    return ClosedStory(
        state=make_state(story, entries[0], hours=hours),
        entries=tuple(map(EntryId, entries)),
        related=make_related(related),
    )


def make_related(pairs: Sequence[tuple[int, float]]) -> tuple[RelatedStory, ...]:
    return tuple(RelatedStory(story=StoryId(story), score=score) for story, score in pairs)


def make_event(
    story: int, kind: EventKind = EventKind.FOUNDED, *, hours: float = 0, entry: int | None = None, detail: str = ""
) -> StoryEvent:
    at = NOON + timedelta(hours=hours)
    return StoryEvent(
        story=StoryId(story), kind=kind, at=at, entry=None if entry is None else EntryId(entry), detail=detail
    )


def make_reading(
    position: int,
    entry: int,
    *,
    weights: Mapping[str, float] | None = None,
    headline_terms: Sequence[str] = ("tower", "collapse"),
    body_terms: Sequence[str] = ("reactor", "tower"),
    meaning: Sequence[float] | None = None,
    links: Sequence[str] = (),
    language: str | None = "en",
) -> Reading:
    default = {"tower": 0.1 + 0.2, "collapse": 1 / 3, "reactor": 2.0**-40}
    return Reading(
        position=position,
        entry=StoryEntry(
            id=EntryId(entry),
            publisher="Ay" if entry <= 3 else "Bee",
            headline="Tower collapses",
            url_key="a.example/1",
            links=frozenset(links),
            language=language,
            at=NOON,
            seen_at=NOON + timedelta(hours=1),
            copy_set=CopySetId(entry),
        ),
        language="en",
        headline_terms=tuple(headline_terms),
        body_terms=tuple(body_terms),
        weights=default if weights is None else weights,
        meaning=None if meaning is None else tuple(meaning),
    )


def make_changes(
    *states: StoryState,
    placed: Mapping[int, Sequence[int]] | None = None,
    placements: Sequence[Placement] = (),
    merged: Sequence[tuple[int, int]] = (),
    events: Sequence[StoryEvent] = (),
    readings: Sequence[Reading] = (),
    related: Mapping[int, Sequence[tuple[int, float]]] | None = None,
    closed: Sequence[ClosedStory] = (),
    next_story: int = 1,
    forgotten_before: int = 0,
) -> StoryChanges:
    """Make changes; `placed` names entries of stories, where why they are there does not matter."""
    plain = [make_placement(entry, story) for story, entries in (placed or {}).items() for entry in entries]
    return StoryChanges(
        readings=tuple(readings),
        placements=(*placements, *plain),
        merged=tuple((StoryId(old), StoryId(new)) for old, new in merged),
        events=tuple(events),
        states=states,
        related={StoryId(story): make_related(pairs) for story, pairs in (related or {}).items()},
        closed=tuple(closed),
        next_story=StoryId(next_story),
        forgotten_before=forgotten_before,
    )
