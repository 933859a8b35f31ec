"""Items: entries as they were read, with what is computed of them on the way."""

from dataclasses import replace
from itertools import chain, pairwise
from typing import Final

from aggregator.model.grouping import Reading, StoryEntry
from aggregator.model.ids import CopySetId
from aggregator.text.claims import Claims
from aggregator.text.columns import is_round_up

SHORT: Final = 8
"""Different terms of a headline that may have little more than the words of columns."""


class Item:
    """An entry with what is computed of it.

    Args:
        reading: what was read of it.
        order: the position of the first reading of the entry: what it said later changes nothing about when it came in.
    """

    __slots__ = (
        "_body",
        "_claims",
        "_is_round_up",
        "_neighbours",
        "contradictions",
        "entry",
        "headline",
        "language",
        "meaning",
        "order",
        "position",
        "weights",
    )

    def __init__(self, reading: Reading, order: int) -> None:
        self.entry: StoryEntry = reading.entry
        self.order = order
        self.position = reading.position
        self.language = reading.language
        self.weights = reading.weights
        self.meaning = reading.meaning
        self.contradictions: dict[int, str | None] = {}
        """Of entries that came before, by `position`, as far as they have been judged: they do not change."""
        self.headline = reading.headline_terms
        """Terms of its headline, in order. As a set they would take more than the rest of an item."""
        self._body = reading.body_terms
        self._neighbours: frozenset[tuple[str, str]] | None = None
        self._claims: Claims | None = None
        self._is_round_up: bool | None = None

    @property
    def neighbours(self) -> frozenset[tuple[str, str]]:
        """Pairs of terms that stand beside each other; made when first asked for."""
        if self._neighbours is None:
            self._neighbours = frozenset(chain.from_iterable(map(pairwise, (self.headline, self._body))))
        return self._neighbours

    @property
    def claims(self) -> Claims:
        """What the headline claims; read when first asked for, as few are."""
        if self._claims is None:
            self._claims = Claims(self.entry.headline, self.language, None, self.headline)
        return self._claims

    @property
    def is_round_up(self) -> bool:
        """Whether it tells of several events at once; looked at when first asked for."""
        if self._is_round_up is None:
            may_be = len(set(self.headline)) <= SHORT or ":" in self.entry.headline
            self._is_round_up = may_be and is_round_up(self.entry.headline)
        return self._is_round_up

    def has_terms(self, headline: tuple[str, ...], body: tuple[str, ...]) -> bool:
        """Tell whether these are its terms, in their order."""
        return (headline, body) == (self.headline, self._body)

    def copy_of(self, copy_set: CopySetId) -> None:
        """Put it into another copy set."""
        self.entry = replace(self.entry, copy_set=copy_set)

    def forget_body(self) -> None:
        """Let go of the text: it has been read and told. So it is as one that comes from the store."""
        if self.entry.body:
            self.entry = replace(self.entry, body="")
