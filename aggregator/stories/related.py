"""Related stories: which of those on one subject are listed.

`stories.subjects` finds them. What is not like is not listed, however short the list.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aggregator.model.grouping import RelatedStory
from aggregator.model.ids import StoryId
from aggregator.model.story import StoryLine

MOST: Final = 12
OF_A_PUBLISHER: Final = 3
FLOOR: Final = 0.14
"""Likeness below which stories share words, not a subject."""
HALVED: Final = timedelta(days=7)
"""Stories that lie so far apart count as half as like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another story, and how like it is."""

    story: StoryId
    likeness: float
    publisher: str
    """Of its lead."""
    first_at: datetime
    last_at: datetime
    """When its first and its latest entry were published."""


def choose(candidates: Iterable[Candidate], at: datetime, *, most: int = MOST) -> tuple[RelatedStory, ...]:
    """Choose the best of other stories, at most three of a publisher and none below `FLOOR`; give them newest first.

    Args:
        candidates: other stories, wherever they come from.
        at: when the latest entry of the story in question was published: what is long before or after it counts for less.
        most: at most so many.
    """
    scored = [(candidate.likeness * _decay(candidate, at), candidate) for candidate in candidates]
    if not scored:
        return ()
    chosen: list[Candidate] = []
    publishers: Counter[str] = Counter()
    for score, candidate in sorted(scored, key=lambda pair: (-pair[0], pair[1].story)):
        if score < FLOOR or len(chosen) == most:
            break
        if publishers[candidate.publisher] < OF_A_PUBLISHER:
            publishers[candidate.publisher] += bool(candidate.publisher)
            chosen.append(candidate)
    chosen.sort(key=lambda candidate: (-candidate.last_at.timestamp(), candidate.story))
    return tuple(RelatedStory(story=candidate.story, score=candidate.likeness) for candidate in chosen)


def shown(rows: Iterable[tuple[StoryLine, float]], at: datetime, most: int = MOST) -> tuple[StoryLine, ...]:
    """Choose, as `choose` does, which of the stories that were found related are listed; newest first.

    Args:
        rows: stories with their score, as `story_records.StoryRecords.related` has them, in any order.
        at: `last_at` of the story that they are listed with.
        most: at most so many.
    """
    found = {line.id: (line, score) for line, score in rows}
    candidates = (
        Candidate(
            story=line.id,
            likeness=score,
            publisher=line.lead.publisher,
            first_at=line.first_at,
            last_at=line.last_at,
        )
        for line, score in found.values()
    )
    return tuple(found[other.story][0] for other in choose(candidates, at, most=most))


def _decay(candidate: Candidate, at: datetime) -> float:
    """Weigh how long a story lies before or after a time; one that goes on then is not long past, however long it goes on."""
    apart = max(candidate.first_at - at, at - candidate.last_at, timedelta(0))
    decay: float = 0.5 ** (apart / HALVED)
    return decay
