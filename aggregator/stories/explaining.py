"""Explaining: why an entry is in its story, in words that people know."""

from collections.abc import Sequence
from typing import Final

from aggregator.model.grouping import Placement
from aggregator.model.story import Veto
from aggregator.stories.placing import Judge
from aggregator.stories.vectors import Item
from aggregator.stories.window import OpenStory
from aggregator.text.story_terms import terms_of, words

MOST: Final = 6
"""Words that are named."""


def explained(item: Item, story: OpenStory, judge: Judge, vetoes: Sequence[Veto] = ()) -> Placement:
    """Say how like an entry is to the others in its story, and which words they share."""
    others = [other for other in story.items if other is not item]
    if not others:
        return Placement(entry_id=item.entry.id, story=story.id, score=1.0, vetoes=tuple(vetoes))
    shares = {
        term: weight * theirs
        for term, weight in item.weights.items()
        if (theirs := story.sums.get(term, 0.0) - weight) > _ROUNDING
    }
    mean = sum(shares.values()) / len(others)
    rest = OpenStory(story.id, others)
    return Placement(
        entry_id=item.entry.id,
        story=story.id,
        score=judge.score(item, rest, mean),
        words=_written(item, sorted(shares, key=lambda term: (-shares[term], term))[:MOST]),
        vetoes=tuple(vetoes),
    )


_ROUNDING: Final = 1e-9


def _written(item: Item, terms: Sequence[str]) -> tuple[str, ...]:
    """Give terms as the entry has them first; one that was put together of several words as it is."""
    written: dict[str, str] = {}
    for word in words(item.entry.headline) + words(item.entry.body):
        for term in terms_of(word, item.language):
            written.setdefault(term, word)
    return tuple(written.get(term, term) for term in terms)
