"""Calendars: weekdays and months that headlines name, in the languages in which they are compared."""

from collections.abc import Sequence
from typing import Final

_DAYS: Final = {
    "en": "monday tuesday wednesday thursday friday saturday sunday",
    "de": "montag dienstag mittwoch donnerstag freitag samstag|sonnabend sonntag",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "es": "lunes martes miércoles jueves viernes sábado domingo",
}
_NAMES: Final = {
    "en": "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep october|oct november|nov "
    "december|dec",
    "de": "januar|jänner februar märz april mai juni juli august september oktober november dezember",
    "fr": "janvier février mars avril mai juin juillet août|aout septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}


def _numbered(lines: dict[str, str]) -> dict[str, dict[str, int]]:
    return {
        language: {name: number for number, names in enumerate(line.split(), 1) for name in names.split("|")}
        for language, line in lines.items()
    }


WEEKDAYS: Final = _numbered(_DAYS)
"""Numbers of weekdays, Monday 1, by language and name in lower case."""
MONTHS: Final = _numbered(_NAMES)
"""Numbers of months likewise."""
DATED: Final = frozenset(name for names in (*WEEKDAYS.values(), *MONTHS.values()) for name in names)
"""All their names, of whatever language."""
_ORDINARY_TOO: Final = frozenset({"may", "march", "mar", "jan"})
"""Months only where they are written with a capital and something tells: a word or number of dates beside them, or that no other word
would be written so."""
_BEFORE_MONTHS: Final = frozenset(
    "in of since until till by from for during through late early mid next last this every".split()
)
_LONG: Final = 4
"""Letters of a word that is written small but in titles."""


def weekdays(lower: Sequence[str], language: str) -> frozenset[int]:
    """Give the weekdays that words in lower case name."""
    known = WEEKDAYS.get(language, {})
    return frozenset(known[word] for word in lower if word in known)


def months(written: Sequence[str], lower: Sequence[str], language: str) -> frozenset[int]:
    """Give the months that words name; "May quits" and "Theresa May" name none.

    Args:
        written: as they stand in a headline.
        lower: the same in lower case.
        language: two letters.
    """
    known = MONTHS.get(language, {})
    if known.keys().isdisjoint(lower):
        return frozenset()
    return frozenset(
        known[low]
        for at, low in enumerate(lower)
        if low in known and (language != "en" or low not in _ORDINARY_TOO or _is_month(written, lower, at))
    )


def _is_month(found: Sequence[str], lower: Sequence[str], at: int) -> bool:
    if not at or not found[at][0].isupper():
        return False
    beside = (lower[at - 1], *lower[at + 1 : at + 2])
    if lower[at - 1] in _BEFORE_MONTHS or any(word[0].isdigit() for word in beside):
        return True
    return not found[at - 1][0].isupper() and not is_title_case(found)


def is_title_case(found: Sequence[str]) -> bool:
    """Tell whether the words of a headline are written with capitals, names or not."""
    long = [word for word in found if len(word) >= _LONG and word[0].isalpha()]
    return 2 * sum(word[0].isupper() for word in long) > len(long)
