"""Claims: what a headline says so exactly that another headline can contradict it."""

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

from aggregator.text.calendars import DATED, is_title_case, months, weekdays
from aggregator.text.concepts import countries, regions
from aggregator.text.occasions import EVENT_WORDS, beaten, called
from aggregator.text.opposites import axes, key, plain
from aggregator.text.quantities import NUMBER_WORDS, ORDINAL_WORDS, Number, quantities, value
from aggregator.text.story_terms import terms_of, terms_of_words, words

_SPELT: Final = {word: number for word, number in NUMBER_WORDS.items() if word != "one"}
"""Without what is no number as a rule ("no one")."""
_NUMBERED: Final = frozenset((*NUMBER_WORDS, *ORDINAL_WORDS))
_BEFORE_PLACES: Final = {
    "en": frozenset("in near off".split()),
    "fr": frozenset("à au aux en près".split()),
    "es": frozenset("en".split()),
}
_BEFORE_HOUSES: Final = frozenset("at outside".split())
"""What stands before a place or a house: "at Heathrow" is in London."""
_SCORE: Final = re.compile(r"(?<![\d.,/–-])(\d{1,3})\s?[-–]\s?(\d{1,3})(?![\d,/-])")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_MAY_BE_NUMBER: Final = re.compile(rf"\d|\b(?:{'|'.join(_SPELT)})\b", re.IGNORECASE)


def may_be_numbered(headline: str) -> bool:
    """Tell whether `Claims.figures` may find anything."""
    return _MAY_BE_NUMBER.search(headline) is not None


class Claims:
    """What a headline claims; each claim is read when first asked for, as most headlines are never compared.

    Numbers and scores are read in all languages; opposites, dates and places in English, and most of them in German, French and Spanish.

    Args:
        headline: plain text.
        language: two letters.
        written: its words (`text.story_terms`), where they are known already.
        terms: its terms, where they are.
    """

    def __init__(
        self,
        headline: str,
        language: str = "en",
        written: Sequence[str] | None = None,
        terms: Sequence[str] | None = None,
    ) -> None:
        self._headline = headline
        self._language = language
        self._words = words(headline) if written is None else written
        self.terms = tuple(terms_of_words(self._words, language) if terms is None else terms)
        """All of them, in order."""
        self.term_set = frozenset(self.terms)
        self._lower = [word.lower() for word in self._words]
        self.is_numbered = any(word[0].isdigit() for word in self._words) or not _NUMBERED.isdisjoint(self._lower)
        """Whether it has numbers, as figures or words: without, `numbers` and `scores` need not be asked for."""
        self.is_dated = self.is_numbered or not DATED.isdisjoint(self._lower)
        """Whether it may have `dates`."""

    @cached_property
    def _taken(self) -> tuple[frozenset[tuple[int, bool]], frozenset[str]]:
        known = axes(self._language)
        if not known:
            return frozenset(), frozenset()
        keys = self._lower if self._language == "en" else [key(word, self._language) for word in self._lower]
        return (frozenset(), frozenset()) if known.keys().isdisjoint(keys) else _taken(self._lower, self._language)

    @property
    def sides(self) -> frozenset[tuple[int, bool]]:
        """Axes of meaning (rise and fall, grant and deny) and the side taken on each."""
        return self._taken[0]

    @property
    def leading(self) -> frozenset[str]:
        """Terms before the first word that has an opposite."""
        return self._taken[1]

    @cached_property
    def numbers(self) -> Mapping[str, frozenset[Number]]:
        """Numbers by the term beside them, see `text.quantities`."""
        return quantities(self._headline, self._words, self._lower, self._language) if self.is_numbered else {}

    @property
    def figures(self) -> tuple[str, ...]:
        """All numbers but years, from the least, also of what is counted while news unfolds: what changes as it does."""
        if not self.is_numbered:
            return ()
        spelt: Mapping[str, float] = _SPELT if self._language == "en" else {}
        found = {
            value(low, self._language)[0] if low[0].isdigit() else spelt.get(low)
            for low in self._lower
            if not _YEAR.fullmatch(low)
        }
        return tuple(f"{value:.15g}" for value in sorted(value for value in found if value is not None))

    @cached_property
    def scores(self) -> frozenset[tuple[int, ...]]:
        """Results of games, the lower number first."""
        return frozenset(tuple(sorted((int(one), int(two)))) for one, two in _SCORE.findall(self._headline))

    @cached_property
    def dates(self) -> tuple[frozenset[int], frozenset[int], frozenset[str]]:
        """Weekdays and months, each from 1, and years."""
        years = frozenset(word for word in self._words if word[0] in "12" and _YEAR.fullmatch(word))
        return weekdays(self._lower, self._language), months(self._words, self._lower, self._language), years

    @cached_property
    def occasions(self) -> frozenset[str]:
        """Names by which events are called: that of a hurricane, of a military operation."""
        if EVENT_WORDS.isdisjoint(self._lower):
            return frozenset()
        return frozenset(term for word in called(self._words) for term in terms_of(word, self._language))

    @cached_property
    def beaten(self) -> frozenset[str]:
        """Names of who is beaten."""
        found = beaten(self._words, self._lower, self._language)
        return frozenset(term for word in found for term in terms_of(word, self._language))

    @cached_property
    def names(self) -> frozenset[str]:
        """Terms written with a capital, or in a script that has none."""
        named = (word for word in self._words if word[0].isupper() or not word.isascii())
        return frozenset(term for word in named for term in terms_of(word, self._language))

    @cached_property
    def proper(self) -> frozenset[str]:
        """Those of `names` that are surely names: inside a headline that writes only names with a capital, or in a script that has none."""
        inner = self._words[1:]
        sure = [] if is_title_case(inner) else [word for word in inner if word[0].isupper()]
        sure += (word for word in self._words if not (word[0].isupper() or word[0].islower() or word[0].isdigit()))
        return frozenset(term for word in sure for term in terms_of(word, self._language))

    @cached_property
    def places(self) -> frozenset[str]:
        """Those of `names` that are countries, or stand where a place does ("in Texas"): where only names are written with a capital."""
        return self.names & (countries() | self.where | self._after(_BEFORE_HOUSES))

    @property
    def levels(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """`where` it is, as countries, as parts of countries, and as what is smaller: a town is not another place than its country."""
        large, middling = self.where & countries(), self.where & regions()
        return large, middling, self.where - large - middling

    @cached_property
    def homes(self) -> frozenset[str]:
        """Countries that it names."""
        return self.term_set & countries()

    @cached_property
    def where(self) -> frozenset[str]:
        """Terms that stand where a place does ("in Texas"), in a headline in which only names are written with a capital."""
        return self._after(_BEFORE_PLACES.get(self._language, frozenset()))

    def _after(self, before: frozenset[str]) -> frozenset[str]:
        if is_title_case(self._words[1:]):
            return frozenset()
        after = (word for first, word in pairwise(self._words) if first in before)
        # "In ICE custody" is no place, nor is "in May".
        named = (word for word in after if word[0].isupper() and not word.isupper() and word.lower() not in DATED)
        return frozenset(term for word in named for term in terms_of(word, self._language))


def _taken(lower: Sequence[str], language: str) -> tuple[frozenset[tuple[int, bool]], frozenset[str]]:
    sides: set[tuple[int, bool]] = set()
    leading: list[str] = []
    known = axes(language)
    for word in plain(lower) if language == "en" else lower:
        places = known.get(key(word, language))
        if places:
            sides.update(places)
        elif not sides and word:
            leading += terms_of(word, language)
    # Who says "up" and "down" takes no side.
    return frozenset(side for side in sides if (side[0], not side[1]) not in sides), frozenset(leading)
