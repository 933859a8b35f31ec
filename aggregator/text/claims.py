"""Claims: what a headline says so exactly that another headline can contradict it."""

import functools
import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

from aggregator.text.concepts import countries
from aggregator.text.opposites import axes
from aggregator.text.stems import stem
from aggregator.text.story_terms import terms_of, terms_of_words, words

_NUMBER_WORDS: Final = {
    word: float(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen twenty".split()
    )
}
_SPELT: Final = {word: number for word, number in _NUMBER_WORDS.items() if word != "one"}
"""Without what is no number as a rule ("no one")."""
_ORDINAL_WORDS: Final = {
    word: float(number)
    for number, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
}
_NUMBERED: Final = frozenset((*_NUMBER_WORDS, *_ORDINAL_WORDS))
_ROUGHLY: Final = frozenset("about almost around nearly over than least most some roughly approximately under".split())
_BEFORE_PLACES: Final = frozenset("in at near off outside".split())
_LONG: Final = 4
"""Letters of a word that is written small but in titles."""
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th)")
_SCORE: Final = re.compile(r"(?<![\d.,/–-])(\d{1,3})\s?[-–]\s?(\d{1,3})(?![\d,/-])")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_MAY_BE_NUMBER: Final = re.compile(rf"\d|\b(?:{'|'.join(_SPELT)})\b", re.IGNORECASE)
_WEEKDAYS: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        "january jan|february feb|march|april apr|may|june jun|july jul|august aug|september sept sep|october oct|november nov|december dec".split(
            "|"
        )
    )
    for name in names.split()
}
_DATED: Final = _WEEKDAYS | _MONTHS.keys()
_ORDINARY_TOO: Final = frozenset({"may", "march", "sun", "jan", "mar"})
"""Months only where they are written with a capital and something tells: a word or number of dates beside them, or that no other word
would be written so."""
_BEFORE_MONTHS: Final = frozenset(
    "in of since until till by from for during through late early mid next last this every".split()
)


def may_be_numbered(headline: str) -> bool:
    """Tell whether `Claims.figures` may find anything."""
    return _MAY_BE_NUMBER.search(headline) is not None


class Claims:
    """What a headline claims; each claim is read when first asked for, as most headlines are never compared.

    Words are read in English only, numbers and scores in all languages.

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
        self.is_dated = self.is_numbered or not _DATED.isdisjoint(self._lower)
        """Whether it may have `dates`."""

    @cached_property
    def _taken(self) -> tuple[frozenset[tuple[int, bool]], frozenset[str]]:
        is_known = self._language == "en" and not axes().keys().isdisjoint(self._lower)
        return _taken(self._words, self._language) if is_known else (frozenset(), frozenset())

    @property
    def sides(self) -> frozenset[tuple[int, bool]]:
        """Axes of meaning (rise and fall, grant and deny) and the side taken on each."""
        return self._taken[0]

    @property
    def leading(self) -> frozenset[str]:
        """Terms before the first word that has an opposite."""
        return self._taken[1]

    @cached_property
    def numbers(self) -> Mapping[str, frozenset[tuple[float, bool]]]:
        """Numbers by the term beside them, "#" before it for ordinals, with whether they are rough ("more than 30").

        So {"magnitud": {(6.1, False)}}. Left out is what is counted while news unfolds: more dead are no other event.
        """
        return _numbers(self._lower, self._language)

    @property
    def figures(self) -> tuple[str, ...]:
        """All numbers but years, from the least, also of what is counted while news unfolds: what changes as it does."""
        if not self.is_numbered:
            return ()
        spelt: Mapping[str, float] = _SPELT if self._language == "en" else {}
        found = {
            _value(low)[0] if low[0].isdigit() else spelt.get(low) for low in self._lower if not _YEAR.fullmatch(low)
        }
        return tuple(f"{value:.15g}" for value in sorted(value for value in found if value is not None))

    @cached_property
    def scores(self) -> frozenset[tuple[int, ...]]:
        """Results of games, the lower number first."""
        return frozenset(tuple(sorted((int(one), int(two)))) for one, two in _SCORE.findall(self._headline))

    @cached_property
    def dates(self) -> tuple[frozenset[str], frozenset[int], frozenset[str]]:
        """Weekdays, months, years."""
        years = frozenset(word for word in self._words if word[0] in "12" and _YEAR.fullmatch(word))
        return frozenset(_WEEKDAYS.intersection(self._lower)), _months(self._words, self._lower), years

    @cached_property
    def names(self) -> frozenset[str]:
        """Terms written with a capital, or in a script that has none."""
        named = (word for word in self._words if word[0].isupper() or not word.isascii())
        return frozenset(term for word in named for term in terms_of(word, self._language))

    @cached_property
    def proper(self) -> frozenset[str]:
        """Those of `names` that are surely names: inside a headline that writes only names with a capital, or in a script that has none."""
        inner = self._words[1:]
        sure = [] if _is_title_case(inner) else [word for word in inner if word[0].isupper()]
        sure += (word for word in self._words if not (word[0].isupper() or word[0].islower() or word[0].isdigit()))
        return frozenset(term for word in sure for term in terms_of(word, self._language))

    @cached_property
    def places(self) -> frozenset[str]:
        """Those of `names` that are countries, or stand where a place does ("in Texas"): where only names are written with a capital."""
        return self.names & (countries() | self._located)

    @property
    def _located(self) -> frozenset[str]:
        if self._language != "en" or _is_title_case(self._words[1:]):
            return frozenset()
        after = (word for before, word in pairwise(self._words) if before in _BEFORE_PLACES)
        return frozenset(term for word in after for term in terms_of(word, self._language))


def _months(found: Sequence[str], lower: Sequence[str]) -> frozenset[int]:
    if _MONTHS.keys().isdisjoint(lower):
        return frozenset()
    return frozenset(
        _MONTHS[low]
        for at, low in enumerate(lower)
        if low in _MONTHS and (low not in _ORDINARY_TOO or _is_month(found, lower, at))
    )


def _is_month(found: Sequence[str], lower: Sequence[str], at: int) -> bool:
    """Tell whether a word that is a verb or a name as well is a month: "in May", "May 5", but neither "May quits" nor "Theresa May"."""
    if not at or not found[at][0].isupper():
        return False
    beside = (lower[at - 1], *lower[at + 1 : at + 2])
    if lower[at - 1] in _BEFORE_MONTHS or any(word[0].isdigit() for word in beside):
        return True
    return not found[at - 1][0].isupper() and not _is_title_case(found)


def _is_title_case(found: Sequence[str]) -> bool:
    long = [word for word in found if len(word) >= _LONG and word[0].isalpha()]
    return 2 * sum(word[0].isupper() for word in long) > len(long)


def _taken(found: Sequence[str], language: str) -> tuple[frozenset[tuple[int, bool]], frozenset[str]]:
    sides: set[tuple[int, bool]] = set()
    leading: list[str] = []
    known = axes()
    for word in found:
        places = known.get(word.lower())
        if places:
            sides.update(places)
        elif not sides:
            leading += terms_of(word, language)
    # Who says "up" and "down" takes no side.
    return frozenset(side for side in sides if (side[0], not side[1]) not in sides), frozenset(leading)


def _numbers(found: Sequence[str], language: str) -> dict[str, frozenset[tuple[float, bool]]]:
    beside: dict[str, set[tuple[float, bool]]] = {}
    for at, word in enumerate(found):
        value, kind = _value(word)
        if value is None:
            continue
        is_rough = not _ROUGHLY.isdisjoint(found[max(0, at - 2) : at])
        after = next((terms for other in found[at + 1 : at + 3] if (terms := _unit(other, language))), ())
        beside_it = (*after, *(_unit(found[at - 1], language) if at else ()))
        if growing().isdisjoint(beside_it):
            for term in beside_it:
                beside.setdefault(kind + term, set()).add((value, is_rough))
    return {term: frozenset(values) for term, values in beside.items()}


def _unit(word: str, language: str) -> tuple[str, ...]:
    return () if _value(word)[0] is not None else terms_of(word, language)


def _value(word: str) -> tuple[float | None, str]:
    """Give the number that a word stands for, and "#" for one that says which, not how many."""
    if word in _ORDINAL_WORDS:
        return _ORDINAL_WORDS[word], "#"
    if word in _NUMBER_WORDS:
        return _NUMBER_WORDS[word], ""
    if not word[0].isdigit():
        return None, ""
    ordinal = _ORDINAL.fullmatch(word)
    number = _NUMBER.match(ordinal[1] if ordinal else word.replace(",", ""))
    return (float(number[0]) if number else None), "#" if ordinal else ""


@functools.cache
def growing() -> frozenset[str]:
    """Give the terms of what is counted while news unfolds."""
    return frozenset(
        stem(word, "en")
        for word in "dead die kill death toll injure injury wound wounded miss missing hurt victim body arrest arrested detain people person "
        "rescue hospital homeless evacuate displaced least over more hour minute day week".split()
    ) | {term for word in ("dead", "killed", "arrested", "rescued", "dies") for term in terms_of(word, "en")}
