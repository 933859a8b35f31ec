"""Terms by which stories are compared.

A term is the stem of a word, two neighbouring characters of a script without spaces, or a number. Stop words are left out.
What has several names ("Filipino" and "Philippines", "CEO" and "chief executive") is one term, see `text.concepts`.
"""

import functools
import re
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Final

from aggregator.text.concepts import concepts, phrases, written
from aggregator.text.letters import SPACELESS, SPACELESS_CHARACTER, fold
from aggregator.text.marks import mark_class
from aggregator.text.stems import stem
from aggregator.text.stop_words import stop_words

MAX_TERM: Final = 40
"""Characters of a term."""

_SPECIAL_WORD: Final = (
    r"\d+(?:[.,:]\d+)*(?:[^\W\d_]{1,2}(?![^\W\d_]))?|"  # 6.1, 4,211, 90 of "90mph", 5G, 10th
    r"(?:[^\W\d_]\.){2,}[^\W\d_]?|"  # U.S., F.B.I.
    r"[^\W\d_]-[^\W\d_]+|"  # e-mail, U-turn
)
_PLAIN_WORD: Final = re.compile(
    r"[^\W\d_][^\W_]+(?:['’][^\W\d_]+)*|"  # most words: what begins with two letters is nothing special
    + _SPECIAL_WORD
    + r"[^\W_]+(?:['’][^\W\d_]+)*"
)
_ASCII_WORD: Final = re.compile(
    _PLAIN_WORD.pattern.replace(r"[^\W\d_]", "[A-Za-z]").replace(r"[^\W_]", "[A-Za-z0-9]").replace(r"\d", "[0-9]")
)
"""The same for a text in ASCII, in two thirds of the time: to find a character in a set takes less than to ask what it is."""
_MAY_HAVE_MARKS: Final = re.compile("[\u0300-\u1fff\u3099\u309a]")
_SUFFIX: Final = re.compile("['’]s?$")
_IN_WORD: Final = str.maketrans(dict.fromkeys(".'’-"))
_NAMES_AS_ABROAD: Final = frozenset("fr es it pt ca ro nl sv da no nb nn id ga eu".split())
"""Languages that write names, and hardly anything else, with a capital, and do not inflect them: there a name is stemmed as English
would, so that it is the same in texts of two languages ("Abrego Garcia" would be "abreg garc" in Italian)."""
_KANA: Final = re.compile("[\u3040-\u309f]{2}")
"""Two hiragana are an ending or a particle."""
_CHARACTERS: Final = 14
"""Of a text in which a term is looked for: every second word or so is a stop word."""
_BY_SCRIPT: Final = re.compile(f"[{SPACELESS}]+|[^{SPACELESS}]+")


def story_terms(text: str, language: str = "en", *, most: int | None = None) -> list[str]:
    """Give the terms of a plain text in its order, with repetitions, at most `most` of them.

    Args:
        text: plain text.
        language: two letters, as `text.tongue.guess` gives them.
        most: at most so many; None for all.
    """
    if most is None:
        return terms_of_words(words(text), language)
    # Of a long text the beginning is enough; it is looked at again with the rest where it was not.
    end = text.find(" ", most * _CHARACTERS)
    found = terms_of_words(_word_of(text).findall(text, 0, end), language, most=most) if end > 0 else []
    return found if len(found) == most else terms_of_words(words(text), language, most=most)


def terms_of_words(written: Iterable[str], language: str = "en", *, most: int | None = None) -> list[str]:
    """Give the terms of a text that has been split into `words`."""
    if language not in _NAMES_AS_ABROAD:
        found = list(chain.from_iterable(map(_reader(language), written)))[:most]
    else:
        found = _read(written, language, most)
    return (_joined(found) if language == "en" else found)[:most]


def _read(written: Iterable[str], language: str, most: int | None) -> list[str]:
    found: list[str] = []
    own = _reader(language)
    foreign = _reader("en") if language in _NAMES_AS_ABROAD else own
    for word in written:
        found += foreign(word) if found and word[0].isupper() else own(word)
        if most is not None and len(found) >= most:
            break
    return found


def words(text: str) -> list[str]:
    """Split a text into words as they are written; numbers and abbreviations keep their points."""
    return _word_of(text).findall(text)


def _word_of(text: str) -> re.Pattern[str]:
    if text.isascii():
        return _ASCII_WORD
    return _marked_word() if _MAY_HAVE_MARKS.search(text) else _PLAIN_WORD


@functools.cache
def _marked_word() -> re.Pattern[str]:
    """A word goes on after vowel signs and other marks, which to Python are no letters."""
    return re.compile(rf"{_SPECIAL_WORD}[^\W_](?:[^\W_]|[{mark_class(spacing=True)}])*(?:['’][^\W\d_]+)*")


def terms_of(word: str, language: str) -> tuple[str, ...]:
    """Give the terms of one word as written: none for a stop word, several for a run of a script without spaces."""
    return _reader(language)(word)


@functools.lru_cache(maxsize=64)
def _reader(language: str) -> Callable[[str], tuple[str, ...]]:
    """Give what remembers the terms of the words of a language: it is asked with one string, and has no key to make."""
    return functools.lru_cache(maxsize=1 << 16)(functools.partial(_terms_of, language=language))


def _terms_of(word: str, language: str) -> tuple[str, ...]:
    if not word.isascii() and SPACELESS_CHARACTER.search(word):
        return tuple(term for run in _BY_SCRIPT.findall(fold(word)) for term in _of_run(run, language))
    return _of_run(word, language)


def _of_run(run: str, language: str) -> tuple[str, ...]:
    if not run.isascii() and SPACELESS_CHARACTER.match(run):
        pairs = (run[at : at + 2] for at in range(len(run) - 1))
        return tuple(pair for pair in pairs if not _KANA.fullmatch(pair))
    if run[0].isdigit():
        return _of_number(run)
    if language == "en" and (short := written().get(run.rstrip("."))):
        return (short,)
    folded = fold(run)
    plain = folded if folded.isalnum() else _SUFFIX.sub("", folded).translate(_IN_WORD)
    if plain in stop_words(language) or (len(plain) == 1 and plain.isascii()):
        return ()
    term = stem(plain, language)[:MAX_TERM]
    return (concepts().get(term, term) if language == "en" else term,)


_MAGNITUDES: Final = {
    "k": "thousand", "m": "million", "mn": "million", "b": "billion", "bn": "billion", "tn": "trillion",
}  # fmt: skip
_NUMBER: Final = re.compile(r"([\d.,:]+)([^\W\d_]*)")
_THOUSANDS: Final = re.compile(r",(?=\d{3}(?!\d))")


def _of_number(run: str) -> tuple[str, ...]:
    found = _NUMBER.fullmatch(fold(run))
    if found is None:
        return (run[:MAX_TERM],)
    digits, unit = _THOUSANDS.sub("", found[1]), found[2]
    if unit in _MAGNITUDES:
        return (digits, _MAGNITUDES[unit])
    return ((digits + unit)[:MAX_TERM],)


def _joined(terms: list[str]) -> list[str]:
    """Put the terms of phrases together: "chief executive" is one thing."""
    known = phrases()
    if known.keys().isdisjoint(terms):
        return terms
    joined: list[str] = []
    for term in terms:
        phrase = known.get(joined[-1], {}).get(term) if joined else None
        if phrase:
            joined[-1] = phrase
        else:
            joined.append(term)
    return joined
