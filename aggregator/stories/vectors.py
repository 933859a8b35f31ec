"""Vectors: how much each term of an entry weighs, and what may be known of it beyond its words.

A term weighs the more, the oftener the entry has it (logarithmically; the headline's words count one and a half times) and the
fewer entries have it (inverse document frequency). Frequencies are counted over what came in lately, on top of a starting
table, so that the first day is no different from others.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import mul
from typing import Final, Protocol

from aggregator.model.grouping import StoryEntry
from aggregator.stories.numbers import Queue, moment, number
from aggregator.stories.starting_counts import SHARES
from aggregator.text.columns import column_terms

UNSEEN: Final = 2.0
"""What the starting table counts for a term that it does not have: less than the rarest that it has."""

EVERYWHERE: Final = 0.08
"""Share of the latest entries above which a term names no subject, however seldom it was before: one in seven says "Covid"."""
PLAIN: Final = 4.0
"""What a term counts at least when the length of an entry is taken (inverse document frequency; one in fifty entries has such a term).

Of news it changes little (BCubed F1 0.884 for 0.883, pair F1 0.849 for 0.844). But there are feeds of weather, prices and tables that are made of a
few phrases: made as long as any other, all of their entries would be like one another, and one story of thousands.
"""

RECALLED: Final = 64
"""Entries whose terms are asked for at once, as they come to be forgotten: one by one."""
_STEPS: Final = 10_000
"""Weights have four decimals. There are only so many then, and they are held once, not once for each term of each entry: a fifth of the memory."""
_SHARED: Final = [step / _STEPS for step in range(_STEPS + 1)]


class Vectors(Protocol):
    """What may be known of an entry beyond its words, such as a sentence embedding. Must depend on the entry alone."""

    name: str
    """Tells it from others, and its versions from one another: what was read with another one is read again."""
    share: float
    """How much of the likeness of two entries is the likeness of what this gives: 0 to less than 1."""

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        """Give a vector of length 1, always of the same dimension; None for no opinion."""


class LexicalVectors:
    """Words alone."""

    name = "words"
    share = 0.0

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        """Have no opinion."""
        del entry
        return None


def counted(headline: Sequence[str], body: Sequence[str], headline_weight: float) -> dict[str, float]:
    """Count terms, each time more for less.

    Args:
        headline: its terms.
        body: those of the text.
        headline_weight: how often one of the headline counts.
    """
    if not body and len(set(headline)) == len(headline):
        return dict.fromkeys(headline, 1.0 + math.log(max(1.0, headline_weight)))
    counts: dict[str, float] = {}
    for term in headline:
        counts[term] = counts.get(term, 0.0) + headline_weight
    for term in body:
        counts[term] = counts.get(term, 0.0) + 1.0
    return {term: 1.0 + math.log(max(1.0, count)) for term, count in counts.items()}


def product(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Give the dot product of two vectors, of which the first had better be the shorter: to the last bit the same, in whatever order terms come."""
    return math.fsum([weight * other[term] for term, weight in one.items() if term in other])


def square(vector: Mapping[str, float]) -> float:
    """Give the dot product of a vector with itself."""
    weights = vector.values()
    return math.fsum(map(mul, weights, weights))


class Frequencies:
    """How many of the latest entries hold a term."""

    def __init__(self, *, prior: int, memory: timedelta) -> None:
        self._prior = prior
        self._memory = memory
        self._counts: dict[str, int] = {}
        self._kept: deque[tuple[datetime, Mapping[str, float]]] = deque()
        self._stored = Queue(2)
        self._recalled: deque[Iterable[str]] = deque()
        self.recall: Callable[[Sequence[int]], Iterable[Iterable[str]]] = lambda _: ()
        """Gives the terms of what was put down as `stored`, by position and in that order."""
        self._starting: Mapping[str, float] = {term: share * prior for term, share in SHARES.items()}

    def read(self, counts: Mapping[str, float], at: datetime) -> dict[str, float]:
        """Count an entry as `add` does, and make its vector of its counted terms, in their order; an empty one where there are none.

        Its length is 1, or less where its terms are so frequent that what it has in common with others says little, see `PLAIN`.
        """
        self._forget(at)
        vector = self._weighed(counts, self._prior + self.kept + 1)
        self._kept.append((at, vector))
        return vector

    def add(self, vector: Mapping[str, float], at: datetime) -> None:
        """Count an entry that came in at a time of the clock, and forget those that came in longer than `memory` before it."""
        self._forget(at)
        seen = self._counts
        for term in vector:
            seen[term] = seen.get(term, 0) + 1
        self._kept.append((at, vector))

    @property
    def kept(self) -> int:
        """How many entries are counted."""
        return len(self._stored) + len(self._kept)

    def stored(self, positions: Sequence[int]) -> None:
        """Let go of the vectors of the entries that were counted last: they are stored, and found by these positions of theirs."""
        for position, (at, _) in zip(positions[len(positions) - len(self._kept) :], self._kept, strict=True):
            self._stored.append(number(at), position)
        self._kept.clear()

    def can_recall(self, first: int) -> bool:
        """Tell whether what is counted can be recalled where no position below this one is stored any more."""
        return not self._stored or self._stored.first()[1] >= first

    def outline(self) -> tuple[Mapping[str, int], bytes]:
        """Give the counts of terms, and of whom they are, as `take_up` takes them; all of it is `stored`."""
        return self._counts, self._stored.tobytes()

    def take_up(self, counts: Mapping[str, int], stored: bytes) -> None:
        """Count what was counted before a restart."""
        self._counts, self._stored = dict(counts), Queue(2, stored)

    def _forget(self, now: datetime) -> None:
        while self._stored and now - moment(self._stored.first()[0]) > self._memory:
            if not self._recalled:
                positions = self._stored.column(1)[:RECALLED]
                self._recalled.extend(self.recall(positions))
            self._stored.take()
            self._uncount(self._recalled.popleft())
        while self._kept and not self._stored and now - self._kept[0][0] > self._memory:
            self._uncount(self._kept.popleft()[1])

    def _uncount(self, terms: Iterable[str]) -> None:
        seen = self._counts
        for term in terms:
            left = seen[term] - 1
            if left:
                seen[term] = left
            else:
                del seen[term]

    def _weighed(self, counts: Mapping[str, float], total: int) -> dict[str, float]:
        """Count the terms of an entry, and weigh them by how many of so many have them."""
        seen, starting, log, rarities = self._counts, self._starting.get, math.log, list[float]()
        for term in counts:
            now = seen[term] = seen.get(term, 0) + 1
            rarities.append(log(1.0 + total / (now + starting(term, UNSEEN))))
        full = list(map(mul, counts.values(), [max(PLAIN, rarity) for rarity in rarities]))
        scale = _STEPS / (math.sqrt(sum(map(mul, full, full))) or 1.0)
        weights = map(mul, counts.values(), rarities)
        return {term: _SHARED[int(weight * scale + 0.5)] for term, weight in zip(counts, weights, strict=True)}

    def telling(self, terms: Iterable[str], least: float, *, is_known: bool) -> list[str]:
        """Give those of some terms that name a subject, in their order: rare ones, and words that news is full of now, but not as a rule.

        Args:
            terms: any; numbers and the words of columns name nothing.
            least: inverse document frequency from which a term is rare. It is 0.7 for what stands everywhere, and above 8 for
                what was never seen.
            is_known: whether they are words that the starting table may have.
        """
        seen, starting = self._counts.get, self._starting.get
        most = (self._prior + self.kept) / math.expm1(least)
        most_ever = self._prior / math.expm1(least)
        most_now = EVERYWHERE * self.kept if is_known else 0.0
        silent = column_terms()
        found = []
        for term in terms:
            usual, now = starting(term, UNSEEN), seen(term, 0)
            if now + usual > most and (usual > most_ever or now > most_now):
                continue
            if term not in silent and not term[0].isdigit():
                found.append(term)
        return found
