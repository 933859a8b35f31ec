"""Agglomeration by average link: what is most alike is put together first, groups are judged as a whole.

The likeness of two groups is the mean over all pairs of their members. So one pair that is alike does not chain two groups
together, and a group that is taken apart and put together again does not depend on the order in which it grew.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence

Likenesses = Sequence[dict[int, float]]
"""For each member those that it is like, and how much; symmetric. What is missing is 0."""


def agglomerate(
    likenesses: Likenesses,
    groups: Iterable[Sequence[int]],
    *,
    thresholds: Sequence[float],
    may_join: Callable[[Sequence[int], Sequence[int]], bool],
) -> list[list[int]]:
    """Put members together.

    Args:
        likenesses: of the members, which are numbered from 0.
        groups: what is together from the start; every member is in one of them.
        thresholds: the mean likeness at which two groups are joined, by the size of the larger one, up to the number of
            members; does not rise with size.
        may_join: whether anything stands against joining two groups; asked only where they are alike enough.

    Returns:
        Groups in order of their first member, each in ascending order. Ties are decided by the order of first members.
    """
    return _Agglomeration(likenesses, groups, thresholds, may_join).run()


class _Agglomeration:
    def __init__(
        self,
        likenesses: Likenesses,
        groups: Iterable[Sequence[int]],
        thresholds: Sequence[float],
        may_join: Callable[[Sequence[int], Sequence[int]], bool],
    ) -> None:
        self._thresholds = thresholds
        self._may_join = may_join
        self._members = {min(group): sorted(group) for group in groups}
        self._sums = _summed(likenesses, self._members)
        self._heap: list[tuple[float, int, int]] = []
        self._sizes = {first: len(group) for first, group in self._members.items()}

    def run(self) -> list[list[int]]:
        for one in self._sums:
            self._propose(one, after=one)
        while self._heap:
            margin, one, other = heapq.heappop(self._heap)
            if one not in self._members or other not in self._members or -margin != self._margin(one, other):
                continue
            if self._may_join(self._members[one], self._members[other]):
                self._join(one, other)
        return [sorted(self._members[first]) for first in sorted(self._members)]

    def _margin(self, one: int, other: int) -> float:
        mine, theirs = self._sizes[one], self._sizes[other]
        return self._sums[one].get(other, 0.0) / (mine * theirs) - self._thresholds[max(mine, theirs)]

    def _propose(self, one: int, after: int = -1) -> None:
        sizes, thresholds, mine = self._sizes, self._thresholds, self._sizes[one]
        least = mine * thresholds[-1]
        for other, likeness in self._sums[one].items():
            if likeness < least or other <= after:
                continue
            theirs = sizes[other]
            margin = likeness / (mine * theirs) - thresholds[max(mine, theirs)]
            if margin >= 0:
                heapq.heappush(self._heap, (-margin, one, other) if one < other else (-margin, other, one))

    def _join(self, one: int, other: int) -> None:
        """Put the second into the first, which is the one with the lower first member."""
        self._members[one] += self._members.pop(other)
        self._sizes[one] += self._sizes.pop(other)
        mine = self._sums[one]
        for third, likeness in self._sums.pop(other).items():
            del self._sums[third][other]
            if third != one:
                mine[third] = self._sums[third][one] = mine.get(third, 0.0) + likeness
        self._propose(one)


def _summed(likenesses: Likenesses, members: dict[int, list[int]]) -> dict[int, dict[int, float]]:
    if len(members) == len(likenesses):
        return {member: dict(row) for member, row in enumerate(likenesses)}
    group_of = {member: first for first, group in members.items() for member in group}
    sums: dict[int, dict[int, float]] = {first: {} for first in members}
    for member, row in enumerate(likenesses):
        mine, first = sums[group_of[member]], group_of[member]
        for other, likeness in row.items():
            theirs = group_of[other]
            if theirs != first:
                mine[theirs] = mine.get(theirs, 0.0) + likeness
    # Summed once from each side, in different orders: take one, so that both sides agree to the last bit.
    for first, row in sums.items():
        for other in row:
            if other > first:
                sums[other][first] = row[other]
    return sums
