"""Quantities: what headlines count, and what they number.

An amount may be rounded or revised, so two are compared with some tolerance. What comes one after another (the tenth game, day 935,
episode 41, part 2, 16 September, iOS 7.1) is another thing when its number is another.
"""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from aggregator.text.calendars import MONTHS, is_title_case
from aggregator.text.stems import stem
from aggregator.text.story_terms import terms_of

NUMBER_WORDS: Final = {
    word: float(number)
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen twenty".split()
    )
}
ORDINAL_WORDS: Final = {
    word: float(number)
    for number, word in enumerate("first second third fourth fifth sixth seventh eighth ninth tenth".split(), 1)
}
SERIAL: Final = "#"
"""Stands before the term of what is numbered."""
_ROUGHLY: Final = frozenset(
    "about almost around nearly over than least most some roughly approximately under another "
    "rund etwa fast knapp mehr environ près plus unos casi más".split()
)
_MORE: Final = frozenset("other others more".split())
_NUMBERED: Final = frozenset(
    "day days week year season episode part chapter volume vol book round stage phase leg lap heat game match test race draw issue edition "
    "number no nr version level group line route flight highway lesson step section article chapter class "
    "tag tage woche jahr staffel folge teil kapitel band runde etappe spieltag ausgabe nummer stufe linie artikel "
    "jour semaine saison épisode partie tome tour étape phase numéro niveau ligne article "
    "día semana temporada episodio capítulo parte ronda etapa jornada fase edición número nivel línea artículo".split()
)
"""What is called by a number that follows it."""
_AMOUNTS: Final = frozenset("magnitude magnitud stärke".split())
"""What is measured by a number that follows it."""
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th)")
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_PLAIN: Final = re.compile(r"\d{1,5}|\d{1,3}(?:\.\d{1,3}){1,2}")
_DECIMAL_COMMA: Final = re.compile(r",(?!\d{3}(?!\d))")
_LONG_SERIAL: Final = 3
"""Digits of what follows the first word of a headline and numbers it: "Wordle 1234", not "Man, 23, charged"."""
_MOST_DAYS: Final = 31


_IN_NAME: Final = re.compile(r"([^\W\d_]+)-(\d+)")
"""A number in a name: "Covid-19", "F-35"."""
_YEARS: Final = range(1900, 2100)
_PRECISE: Final = 4
"""Digits of a number that nobody has rounded."""


class Number(NamedTuple):
    """A number that a headline says."""

    value: float
    is_rough: bool
    """"More than 30" are 34."""
    step: float = 1.0
    """Worth of its last digit that is not 0: 100 of 19,400, 0.1 of 6.1."""

    @property
    def is_precise(self) -> bool:
        """Whether it has so many digits as nobody has rounded."""
        is_year = self.value in _YEARS
        return self.value >= self.step * 10 ** (_PRECISE - 1) and not (self.is_rough or is_year)


def quantities(
    headline: str, written: Sequence[str], lower: Sequence[str], language: str
) -> Mapping[str, frozenset[Number]]:
    """Give numbers by the term beside them, `SERIAL` before it where they say which one and not how many.

    So {"magnitud": {(6.1, False)}}. Left out is what is counted while news unfolds: more dead are no other event.

    Args:
        headline: plain text.
        written: its words.
        lower: the same in lower case.
        language: two letters.
    """
    in_names = frozenset(_IN_NAME.findall(headline.lower())) if "-" in headline else frozenset[tuple[str, str]]()
    beside: dict[str, set[Number]] = {}
    for at, word in enumerate(lower):
        found, is_ordinal = value(word, language)
        if found is None or (at and (lower[at - 1], word) in in_names):
            continue
        numbers = _Beside(written, lower, at, language)
        for term in numbers.ordered() if is_ordinal else numbers.called() or numbers.counted():
            beside.setdefault(term, set()).add(Number(found, numbers.is_rough, _step(found)))
    return {term: frozenset(values) for term, values in beside.items()}


def value(word: str, language: str = "en") -> tuple[float | None, bool]:
    """Give the number that a word in lower case stands for, and whether it says which, not how many."""
    if language == "en" and word in ORDINAL_WORDS:
        return ORDINAL_WORDS[word], True
    if language == "en" and word in NUMBER_WORDS:
        return NUMBER_WORDS[word], False
    if not word[0].isdigit():
        return None, False
    ordinal = _ORDINAL.fullmatch(word)
    digits = word if language == "en" else _DECIMAL_COMMA.sub(".", word)
    number = _NUMBER.match(ordinal[1] if ordinal else digits.replace(",", ""))
    return (float(number[0]) if number else None), ordinal is not None


def _step(found: float) -> float:
    """Give what the last digit of a number that is not 0 is worth."""
    digits = f"{found:.15g}"
    if "e" in digits:
        return 1.0
    whole, _, fraction = digits.partition(".")
    return 10.0 ** -len(fraction) if fraction else 10.0 ** (len(whole) - len(whole.rstrip("0"))) if found else 1.0


class _Beside:
    """What stands beside a number."""

    def __init__(self, written: Sequence[str], lower: Sequence[str], at: int, language: str) -> None:
        self._written, self._lower, self._at, self._language = written, lower, at, language

    @property
    def is_rough(self) -> bool:
        after = self._lower[self._at + 1 : self._at + 2]
        return not _ROUGHLY.isdisjoint(self._lower[max(0, self._at - 2) : self._at]) or not _MORE.isdisjoint(after)

    def counted(self) -> Iterator[str]:
        """Give the terms of what is counted."""
        terms = (*self._after(), *self._before())
        return iter(terms if growing().isdisjoint(terms) else ())

    def ordered(self) -> Iterator[str]:
        """Give the terms of what comes in an order, as "day" in "100th day"."""
        terms = (*self._after(), *self._before())
        return (SERIAL + term for term in (terms if unfolding().isdisjoint(terms) else ()))

    def called(self) -> tuple[str, ...]:
        """Give the terms of what is called by the number; none where it counts something."""
        before = self._lower[self._at - 1] if self._at else ""
        after = self._lower[self._at + 1] if self._at + 1 < len(self._lower) else ""
        months = MONTHS.get(self._language, {})
        is_whole = bool(_PLAIN.fullmatch(self._lower[self._at])) or not self._lower[self._at][0].isdigit()
        if is_whole and (before in _NUMBERED or self._is_named(before)):
            return tuple(SERIAL + term for term in self._unit(self._at - 1) or (before,))
        is_day = (value(self._lower[self._at], self._language)[0] or 0) <= _MOST_DAYS
        if is_day and (before in months or after in months):
            return (f"{SERIAL}{months.get(before) or months[after]}",)
        return ()

    def _is_named(self, before: str) -> bool:
        """Tell whether the number follows a name: in a headline in which only names are written with a capital."""
        number, place = self._written[self._at], self._at - 1
        if self._language == "de" or not before or self._written[place].islower() or not _PLAIN.fullmatch(number):
            return False
        if before in _AMOUNTS or before in _ROUGHLY or before in MONTHS.get(self._language, {}):
            return False
        if not place:
            return len(number) >= _LONG_SERIAL and number.isdigit()
        has_version = "." not in number or not self._written[place][1:].islower()
        return has_version and not is_title_case(self._written[1:])

    def _after(self) -> tuple[str, ...]:
        places = range(self._at + 1, min(self._at + 3, len(self._lower)))
        return next((terms for place in places if (terms := self._unit(place))), ())

    def _before(self) -> tuple[str, ...]:
        return self._unit(self._at - 1) if self._at else ()

    def _unit(self, place: int) -> tuple[str, ...]:
        word = self._lower[place]
        return () if value(word, self._language)[0] is not None else terms_of(word, self._language)


@functools.cache
def unfolding() -> frozenset[str]:
    """Give the terms of what becomes more while news unfolds."""
    return frozenset(
        stem(word, "en")
        for word in "dead die kill death toll injure injury wound wounded miss missing hurt victim body arrest arrested detain people person "
        "rescue hospital homeless evacuate displaced".split()
    ) | {term for word in ("dead", "killed", "arrested", "rescued", "dies") for term in terms_of(word, "en")}


@functools.cache
def growing() -> frozenset[str]:
    """Give the terms of what is counted while news unfolds: that, and how long it lasts."""
    return unfolding() | {stem(word, "en") for word in "least over more hour minute day week".split()}
