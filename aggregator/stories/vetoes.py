"""Vetoes: when what contradicts some entries of a story contradicts the story.

Most headlines say nothing of what one contradicts: they are silent, not on its side. So what the entry that leads says, or the one that
is most like all others, stands for the story, beside what more than half of all say.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from aggregator.stories.items import Item
from aggregator.stories.likeness import contradiction


def objection(item: Item, members: Sequence[Item], lead: Item, sums: Mapping[str, float]) -> str | None:
    """Say what in a story contradicts an entry; None where that does not count.

    Args:
        item: the entry.
        members: entries of the story, all or so many as stand for it.
        lead: the one that leads it.
        sums: the sum of the vectors of its entries.
    """
    found = [contradiction(item, other) for other in members]
    reasons = [reason for reason in found if reason]
    if not reasons:
        return None
    if 2 * len(reasons) > len(found):
        times = Counter(reasons)
        return min(times, key=lambda one: (-times[one], one))
    return contradiction(item, lead) or contradiction(item, _centre(members, sums))


def are_opposed(ones: Sequence[Item], others: Sequence[Item]) -> bool:
    """Tell whether the entries of two groups contradict one another, or what stands for one what stands for the other."""
    against = sum(contradiction(one, other) is not None for one in ones for other in others)
    if not against:
        return False
    if 2 * against > len(ones) * len(others):
        return True
    return any(contradiction(one, other) for one in _spokesmen(ones) for other in _spokesmen(others))


def _spokesmen(items: Sequence[Item]) -> Iterable[Item]:
    """Give the first of some entries, which most likely leads, and the one in their centre."""
    sums: dict[str, float] = {}
    for item in items:
        for term, weight in item.weights.items():
            sums[term] = sums.get(term, 0.0) + weight
    return items[0], _centre(items, sums)


def _centre(items: Sequence[Item], sums: Mapping[str, float]) -> Item:
    """Give the entry that is most like all, the earliest of equal ones."""
    return max(items, key=lambda item: (_likeness(item, sums), -item.order))


def _likeness(item: Item, sums: Mapping[str, float]) -> float:
    return sum(weight * sums[term] for term, weight in item.weights.items() if term in sums)
