"""Vectors: what of an entry is compared, and how much each of its terms weighs.

A term weighs the more, the oftener the entry has it (logarithmically; the headline's words count one and a half times) and the
fewer entries have it (inverse document frequency). Frequencies are counted over what came in lately, on top of a starting
table, so that the first day is no different from others.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, pairwise
from typing import Final, Protocol

from aggregator.model.grouping import StoryEntry, StorySettings
from aggregator.stories.starting_counts import SHARES
from aggregator.text.claims import Claims
from aggregator.text.headline import is_column
from aggregator.text.story_terms import story_terms, terms_of_words, words
from aggregator.text.tongue import guess

UNSEEN: Final = 2.0
"""What the starting table counts for a term that it does not have: less than the rarest that it has."""


class Vectors(Protocol):
    """What may be known of an entry beyond its words, such as a sentence embedding. Must depend on the entry alone."""

    share: float
    """How much of the likeness of two entries is the likeness of what this gives: 0 to less than 1."""

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        """Give a vector of length 1, always of the same dimension; None for no opinion."""


class LexicalVectors:
    """Words alone."""

    share = 0.0

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        """Have no opinion."""
        del entry
        return None


class Item:
    """An entry with what is computed of it."""

    __slots__ = (
        "_claims",
        "_neighbours",
        "_texts",
        "_words",
        "contradictions",
        "counts",
        "entry",
        "headline_terms",
        "language",
        "likenesses",
        "meaning",
        "order",
        "weights",
    )

    def __init__(self, entry: StoryEntry, order: int, settings: StorySettings, vectors: Vectors) -> None:
        self.entry = entry
        self.order = order
        """Position among all entries."""
        self.language = guess(entry.headline or entry.body[:200], entry.language)
        self._words = words(entry.headline)
        headline = terms_of_words(self._words, self.language)
        body = story_terms(entry.body, self.language, most=settings.body_terms) if entry.body else []
        self.counts = _counts([] if is_column(self._words) else headline, body, settings.headline_weight)
        self.headline_terms = frozenset(headline)
        self._texts = (headline, body)
        self._neighbours: frozenset[tuple[str, str]] | None = None
        self.meaning = vectors.meaning(entry) if vectors.share else None
        self.weights: dict[str, float] = {}
        self.likenesses: dict[int, float] = {}
        """To entries that came before, by `order`, as far as they have been judged: they do not change."""
        self.contradictions: dict[int, str | None] = {}
        """Of entries that came before, likewise."""
        self._claims: Claims | None = None

    @property
    def neighbours(self) -> frozenset[tuple[str, str]]:
        """Pairs of terms that stand beside each other; made when first asked for."""
        if self._neighbours is None:
            self._neighbours = frozenset(chain.from_iterable(map(pairwise, self._texts)))
        return self._neighbours

    @property
    def claims(self) -> Claims:
        """What the headline claims; read when first asked for, as few are."""
        if self._claims is None:
            self._claims = Claims(self.entry.headline, self.language, self._words, self._texts[0])
        return self._claims

    def weigh(self, frequencies: "Frequencies") -> None:
        """Weigh the terms anew: a vector of length 1, or without terms an empty one."""
        weights = frequencies.weighed(self.counts)
        length = math.sqrt(sum(value * value for value in weights.values()))
        self.weights = {term: value / length for term, value in weights.items()} if length else {}


def _counts(headline: Sequence[str], body: Sequence[str], headline_weight: float) -> dict[str, float]:
    if not body and len(set(headline)) == len(headline):
        return dict.fromkeys(headline, 1.0 + math.log(max(1.0, headline_weight)))
    counts: dict[str, float] = {}
    for term in headline:
        counts[term] = counts.get(term, 0.0) + headline_weight
    for term in body:
        counts[term] = counts.get(term, 0.0) + 1.0
    return {term: 1.0 + math.log(max(1.0, count)) for term, count in counts.items()}


class Frequencies:
    """How many of the latest entries hold a term."""

    def __init__(self, *, prior: int, memory: timedelta) -> None:
        self._prior = prior
        self._memory = memory
        self._counts: Counter[str] = Counter()
        self._kept: deque[tuple[datetime, tuple[str, ...]]] = deque()
        self._starting: Mapping[str, float] = {term: share * prior for term, share in SHARES.items()}

    def add(self, terms: Iterable[str], at: datetime) -> None:
        """Count an entry, and forget those that came in longer than `memory` before it."""
        kept = tuple(terms)
        self._kept.append((at, kept))
        counts = self._counts
        counts.update(kept)
        while at - self._kept[0][0] > self._memory:
            for term in self._kept.popleft()[1]:
                counts[term] -= 1
                if not counts[term]:
                    del counts[term]

    def weighed(self, counts: Mapping[str, float]) -> dict[str, float]:
        """Multiply counts of terms by their `weight`."""
        seen, starting, total = self._counts, self._starting, self._prior + len(self._kept)
        return {
            term: count * math.log(1.0 + total / (seen.get(term, 0) + starting.get(term, UNSEEN)))
            for term, count in counts.items()
        }

    def weight(self, term: str) -> float:
        """Give the inverse document frequency: 0.7 for what stands everywhere, above 8 for what was never seen."""
        count = self._counts.get(term, 0) + self._starting.get(term, UNSEEN)
        return math.log(1.0 + (self._prior + len(self._kept)) / count)
