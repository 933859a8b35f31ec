"""Subjects: which stories are on one subject and are not one event.

They share telling terms, names above all: words that are rare as a rule, whatever the news is full of now, or the tenth report on a
recall election would be about nothing. What a veto kept apart ("Judge grants bail", "Judge denies bail") is very like, and so comes
first of all.
"""

import math
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain
from typing import Final

from aggregator.model.grouping import RelatedStory
from aggregator.stories.items import Item
from aggregator.stories.related import FLOOR, Candidate, choose
from aggregator.stories.vectors import Frequencies
from aggregator.stories.window import OpenStory, Window
from aggregator.text.concepts import countries

BY_WORDS: Final = 0.22
"""Likeness at which stories are on one subject though they share no two names; with two names, `related.FLOOR` is enough."""
BY_ONE_TERM: Final = 0.28
"""The same where they have but one telling term in common."""
SHORTEST: Final = 0.4
"""Length of the mean of a large story, at least: its entries are like one another by 0.24 and more."""
RARE: Final = 5.5
"""Weight (`vectors.Frequencies`) of a term that names a subject: fewer than four in a thousand entries have it."""
BY_NAMES: Final = 0.5
"""How much of the likeness must come from such terms: two headlines that are alike by their everyday words share no subject."""
HEADLINES: Final = 24
"""Headlines of a large story that are looked at for names."""


def related(story: OpenStory, window: Window, frequencies: Frequencies) -> tuple[RelatedStory, ...]:
    """Give the open stories that are related to an open story, newest first; none to a round-up, which has no subject."""
    if story.lead.is_round_up:
        return ()
    subject = _Subject(story, frequencies)
    # Who shares none of these terms is not related, however like it is; so most stories need not be looked at.
    near = window.sharing(story, subject.telling)
    if not near:
        return ()
    found = window.like_story(story, FLOOR * subject.length * SHORTEST, near)
    others = ((window.stories[story_id], mean) for story_id, mean in found.items())
    judged = ((other, subject.likeness(other, mean)) for other, mean in others)
    return choose([_candidate(other, likeness) for other, likeness in judged if likeness], story.last_at)


class _Subject:
    """What a story is about, and whether others are about it."""

    def __init__(self, story: OpenStory, frequencies: Frequencies) -> None:
        self._story = story
        self.telling = frequencies.telling(story.sums, RARE, is_known=story.lead.language == "en")
        """Its terms that name a subject."""
        self.length = _length(story)

    def likeness(self, other: OpenStory, mean: float) -> float:
        """Give the cosine of both stories as wholes; 0.0 where what they share is no subject.

        Args:
            other: another story.
            mean: cosine of their entries, on average: it falls with their number, for no entry says all that a story says.
        """
        sums, theirs = self._story.sums, other.sums
        likeness = mean / (self.length * _length(other))
        if likeness < FLOOR or other.lead.is_round_up:
            return 0.0
        shared = {term: sums[term] * theirs[term] for term in self.telling if term in theirs}
        by_names = sum(shared.values()) / (len(self._story.items) * len(other.items))
        if by_names < BY_NAMES * mean:
            return 0.0
        return likeness if self._is_shared(other, shared.keys(), likeness) else 0.0

    def _is_shared(self, other: OpenStory, shared: AbstractSet[str], likeness: float) -> bool:
        """Tell whether stories so alike are on one subject, by the telling terms of both: in headlines, and as names."""
        mine = shared & self._headlines
        both = mine & set(chain.from_iterable(item.headline for item in _shown(other))) if mine else mine
        if not both:
            # What is only mentioned is no subject.
            return False
        if len(shared) == 1:
            # One country alone is in the news for many things.
            return likeness >= BY_ONE_TERM and not shared <= countries()
        if likeness >= BY_WORDS:
            return True
        theirs = (item.claims.proper for item in _shown(other))
        names = shared & self._names.union(*theirs)
        return len(names) > 1 and not names.isdisjoint(both)

    @cached_property
    def _headlines(self) -> frozenset[str]:
        return frozenset().union(*(item.headline for item in _shown(self._story)))

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset().union(*(item.claims.proper for item in _shown(self._story)))


def _length(story: OpenStory) -> float:
    """Give the length of the mean of the vectors of its entries: 1 of one entry, the less the more they differ."""
    size = len(story.items)
    return 1.0 if size == 1 else (math.sqrt(sum(value * value for value in story.sums.values())) / size or 1.0)


def _shown(story: OpenStory) -> Sequence[Item]:
    """Give the entries whose headlines are looked at."""
    return story.items[:HEADLINES]


def _candidate(story: OpenStory, likeness: float) -> Candidate:
    return Candidate(
        story=story.id,
        likeness=likeness,
        publisher=story.lead.entry.publisher,
        first_at=story.first_at,
        last_at=story.last_at,
    )
