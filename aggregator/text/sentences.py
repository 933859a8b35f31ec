"""Sentences: the first few of a text, for who reads on only if they please."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from aggregator.text.words import first_words, one_line

_CLOSING: Final = "\"'”’»)\\]"
_ENDS_BEFORE_SPACE: Final = rf"[.!?…؟۔।॥։።။។]+[{_CLOSING}]*(?=\s|$)"
"""Scripts that write spaces: Latin, Greek, Cyrillic, Hebrew, Arabic, Urdu, Devanagari, Armenian, Ethiopic, Burmese, Khmer."""
_ENDS_ANYWHERE: Final = "[。！？｡]+[」』”’）》]*"
"""Chinese and Japanese, which write none."""
_ABBREVIATED: Final = frozenset(
    "mr mrs ms dr prof gen sen rep gov lt col maj sgt capt cmdr st jr sr no vs inc corp co ltd jan feb mar apr jun jul aug sep sept "
    "oct nov dec rev hon bros approx al etc dept univ ave blvd ft mt fig vol art nr ca bzw usw abs mio mrd mme mlle sra bspw resp".split()
)
"""Words that end in a point inside of a sentence, in the languages that most news here is in."""
_LEAST_SHARE: Final = 5
"""A first sentence shorter than a fifth of what is wanted ("Hello.", "LONDON.") is not left alone."""


def first_sentences(text: str, *, count: int = 2, length: int = 300) -> str:
    """Give the beginning of a plain text, on one line: `count` sentences where they fit, fewer, or else the first words.

    Cut between sentences by the signs of the script, where none fits between words with "…", never inside a word. Points of
    abbreviations, initials, numbers and before a small letter end no sentence. A text of at most `count` sentences that fits is given whole.

    Args:
        text: plain text.
        count: sentences at most.
        length: characters at most, but for the "…".
    """
    line = _finished(one_line(text[: _ENOUGH * length]))
    ends = [end for end in _ends(line) if end <= length][:count]
    if len(line) <= length and len(ends) < count:
        return line
    is_enough = len(ends) == count or bool(ends and ends[-1] * _LEAST_SHARE >= length)
    return line[: ends[-1]] if is_enough else first_words(line, length=length)


_ENOUGH: Final = 4
_BROKEN_OFF: Final = re.compile(r"\s*(?:\[?(?:\.\.\.|…)\]?|\[[+&]\S* ?\w*\])\s*$")
"""How feeds end a text that goes on elsewhere: "...", "[…]", "[+123 chars]"."""


def _finished(line: str) -> str:
    """Leave out a last sentence that its feed has broken off, unless it is the only one."""
    if not _BROKEN_OFF.search(line):
        return line
    ends = [end for end in _ends(line) if end < len(line) - _LAST]
    return line[: ends[-1]] if ends else line


_LAST: Final = 3
"""Characters behind the end of the last whole sentence, at least, where there is a broken one."""


def _ends(line: str) -> Iterator[int]:
    """Give where sentences end, in order."""
    for found in _end().finditer(line):
        if found[0][0] != "." or not _is_inside(line, found):
            yield found.end()


@cache
def _end() -> re.Pattern[str]:
    return re.compile(f"{_ENDS_BEFORE_SPACE}|{_ENDS_ANYWHERE}")


def _is_inside(line: str, found: re.Match[str]) -> bool:
    """Tell whether a point ends a word that may stand inside of a sentence, or a small letter follows."""
    following = line[found.end() : found.end() + 2].strip()
    if following[:1].islower():
        return True
    if found[0] != ".":
        return False
    before = line[: found.start()].rpartition(" ")[2].lstrip("([\"'“‘«")
    is_initials = len(before.rpartition(".")[2]) == 1 and before[:1].isalpha()
    is_place = before.isdigit() and len(before) <= len("31")  # "am 3. Oktober"
    return is_initials or is_place or before.casefold() in _ABBREVIATED
