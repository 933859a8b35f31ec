"""The lead: which entry speaks for a story.

Early, complete, typical of the story, a report and no comment or question, and from a publisher whose words others took over. The lead stays unless another is clearly
better, for readers know a story by its headline.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

from aggregator.model.ids import CopySetId
from aggregator.stories.items import Item
from aggregator.stories.vectors import product
from aggregator.stories.window import OpenStory
from aggregator.text.columns import is_report

CLEARLY: Final = 0.4
"""How much better another must be: each of the five merits is 0 to 1."""
HALVED: Final = timedelta(hours=6)
"""After so long the merit of being early is half."""
COMPLETE: Final = 25
"""Different terms of a complete entry: on average a headline alone has nine, one with a teaser 25."""
COPIES: Final = 7
"""Copies by others that make one as followed as can be."""


def lead(story: OpenStory, current: Item | None, candidates: Iterable[Item]) -> Item:
    """Choose among the current lead and candidates.

    Args:
        story: it has all of them.
        current: who leads it so far; None if nobody does, or it has left.
        candidates: those that may lead instead; at least one where `current` is None.
    """
    sets = Counter([item.entry.copy_set for item in story.items])
    judged = [(-_merit(item, story, sets), item.order, item) for item in candidates]
    if not judged:
        return current or story.items[0]
    merit, _, best = min(judged)
    return best if current is None or -merit > _merit(current, story, sets) + CLEARLY else current


def _merit(item: Item, story: OpenStory, sets: Mapping[CopySetId, int]) -> float:
    """Judge how well an entry would speak for a story, 0 to 5."""
    early: float = 0.5 ** ((item.entry.at - story.first_at) / HALVED)
    complete = min(1.0, len(item.weights) / COMPLETE)
    typical = product(item.weights, story.sums) / len(story.items)
    followed = _followed(item, story) if sets[item.entry.copy_set] > 1 else 0.0
    return early + complete + typical + followed + is_report(item.entry.headline)


def _followed(item: Item, story: OpenStory) -> float:
    copies = sum(
        other.entry.copy_set == item.entry.copy_set
        and (other.entry.at, other.order) > (item.entry.at, item.order)
        and other.entry.publisher != item.entry.publisher
        for other in story.items
    )
    return min(1.0, math.log1p(copies) / math.log1p(COPIES))
