"""Related stories: those on one subject that are not one event.

They share rare terms, names above all; that is what weighted cosine measures. What a veto kept apart ("Judge grants bail", "Judge
denies bail") is very like, and so comes first of all. What is not like is not listed, however short the list.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aggregator.model.grouping import RelatedStory
from aggregator.model.ids import StoryId
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
"""Stories so far apart in time count as half as like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Another story, and how like it is."""

    story: StoryId
    likeness: float
    publisher: str
    """Of its lead."""
    last_at: datetime
    """When its latest entry came in."""


def choose(candidates: Iterable[Candidate], at: datetime, *, most: int = MOST) -> tuple[RelatedStory, ...]:
    """Choose from other stories those to list, newest first.

    Args:
        candidates: other stories, wherever they come from.
        at: when the latest entry of the story in question came in: what is long before or after it counts for less.
        most: at most so many.
    """
    return listed(((candidate.likeness * _decay(candidate, at), candidate) for candidate in candidates), most=most)


def listed(scored: Iterable[tuple[float, Candidate]], *, most: int = MOST) -> tuple[RelatedStory, ...]:
    """Choose the best by score, at most three of a publisher and none below `FLOOR`; give them newest first."""
    chosen: list[tuple[float, Candidate]] = []
    publishers: Counter[str] = Counter()
    for score, candidate in sorted(scored, key=lambda pair: (-pair[0], pair[1].story)):
        if score < FLOOR or len(chosen) == most:
            break
        if publishers[candidate.publisher] < OF_A_PUBLISHER:
            publishers[candidate.publisher] += bool(candidate.publisher)
            chosen.append((score, candidate))
    chosen.sort(key=lambda pair: (-pair[1].last_at.timestamp(), pair[1].story))
    return tuple(RelatedStory(story=candidate.story, score=score) for score, candidate in chosen)


def _decay(candidate: Candidate, at: datetime) -> float:
    decay: float = 0.5 ** (abs(candidate.last_at - at) / HALVED)
    return decay


def related(story: OpenStory, window: Window, frequencies: Frequencies) -> tuple[RelatedStory, ...]:
    """Give the open stories that are related to an open story, newest first."""
    found = window.like_story(story, FLOOR)
    if not found:
        return ()
    telling = {term: weight for term, weight in story.sums.items() if frequencies.weight(term) >= RARE}
    candidates = []
    for story_id, likeness in found.items():
        other = window.stories[story_id]
        shared = [weight * other.sums[term] for term, weight in telling.items() if term in other.sums]
        by_names = sum(shared) / (len(story.items) * len(other.items))
        if by_names >= BY_NAMES * likeness and (len(shared) > 1 or likeness >= BY_ONE_NAME):
            publisher = other.lead.entry.publisher
            candidates.append(Candidate(story=story_id, likeness=likeness, publisher=publisher, last_at=other.last_at))
    return choose(candidates, story.last_at)
