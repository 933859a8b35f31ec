"""Related stories: those on one subject that are not one event.

They share rare terms, names above all; that is what weighted cosine measures. What a veto kept apart ("Judge grants bail", "Judge
denies bail") is very like, and so comes first of all. What is not like is not listed, however short the list.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from aggregator.model.grouping import RelatedStory
from aggregator.model.ids import StoryId
from aggregator.model.story import StoryLine

if TYPE_CHECKING:
    # They read texts, which takes 40 ms of CPU to import; pages only choose from what was found, and polls without news not even that.
    from aggregator.stories.vectors import Frequencies
    from aggregator.stories.window import OpenStory, Window

MOST: Final = 12
OF_A_PUBLISHER: Final = 3
FLOOR: Final = 0.17
"""Likeness below which stories share words, not a subject."""
BY_ONE_NAME: Final = 0.22
"""The same where they have but one telling term in common."""
RARE: Final = 5.5
"""Weight (`vectors.Frequencies`) of a term that names a subject: fewer than four in a thousand entries have it."""
BY_NAMES: Final = 0.5
"""How much of the likeness must come from such terms: two headlines that are alike by their everyday words share no subject."""
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


def related(story: "OpenStory", window: "Window", frequencies: "Frequencies") -> tuple[RelatedStory, ...]:
    """Give the open stories that are related to an open story, newest first."""
    sums = story.sums
    telling = frequencies.rare(sums, RARE)
    # Who shares none of these terms is not related, however like it is; so most stories need not be looked at.
    found = window.like_story(story, FLOOR, window.sharing(story, telling))
    candidates = []
    for story_id, likeness in found.items():
        other = window.stories[story_id]
        shared = [sums[term] * other.sums[term] for term in telling if term in other.sums]
        by_names = sum(shared) / (len(story.items) * len(other.items))
        if by_names >= BY_NAMES * likeness and (len(shared) > 1 or likeness >= BY_ONE_NAME):
            candidates.append(_candidate(other, likeness))
    return choose(candidates, story.last_at)


def _candidate(story: "OpenStory", likeness: float) -> Candidate:
    return Candidate(
        story=story.id,
        likeness=likeness,
        publisher=story.lead.entry.publisher,
        first_at=story.first_at,
        last_at=story.last_at,
    )
