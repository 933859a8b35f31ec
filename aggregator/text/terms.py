"""Search terms: splitting text into what the full-text index holds, and queries into what it is asked.

Search terms are made here, in Python, and not by SQLite, because no tokenizer of FTS5 serves Arabic and Chinese at once:
`unicode61` leaves Arabic spellings apart and takes a Chinese sentence for one word, `trigram` finds nothing shorter than
three characters (most Chinese and Japanese words have two). The table that holds `search_terms` uses
`unicode61 remove_diacritics 0`, which then has nothing left to do but split at spaces.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from aggregator.text.letters import SPACELESS, SPACELESS_CHARACTER, fold
from aggregator.text.marks import LAST_MARK, mark_class

MAX_TERM = 64
"""Characters of a search term."""
MAX_PHRASE_TERMS = 64
"""Terms of a phrase; what follows is not looked for."""

_ARTICLE = re.compile("(?:[وفبك]?ال|لل)(?=.{3})")
"""The Arabic article, with the particles that are written onto it, where at least three letters follow."""
_UNKNOWN_TO_FTS5 = re.compile(r"[^a-z0-9]")
_NEWER_LETTERS = frozenset("\u1cf2\u1cf3") | {chr(point) for point in (*range(0x19B0, 0x19C1), 0x19C8, 0x19C9)}
"""Letters since Unicode 6.2, but not in the tables of `unicode61` (found by asking SQLite about each)."""


def search_terms(text: str) -> str:
    """Give the terms of a text for the search index, folded, separated by spaces, in order.

    A word is one term, an Arabic one without its article. A run of a script without spaces becomes every two neighbouring
    characters, then its last character: so each character begins a term, and a search for one of them is a search for a prefix.
    """
    if text.isascii():
        return " ".join(_plain(text))
    words = text.split()
    line = " ".join([word if word.isascii() else _foreign(word) for word in words])
    if line.isascii():  # what is not ASCII were quotes, dashes and accents
        return " ".join(_plain(line))
    parts = groupby(words, str.isascii)
    found = [term for plain, run in parts for term in (_plain(" ".join(run)) if plain else map(_foreign, run))]
    return " ".join(filter(None, found))


_PLAIN_TERMS = str.maketrans({chr(code): chr(code).lower() if chr(code).isalnum() else " " for code in range(128)})
"""A translation among ASCII characters alone is a table lookup in CPython."""


def _plain(text: str) -> list[str]:
    """Give the terms of ASCII words. Of a kilobyte in 12 us, not 110; most of what is indexed is such words."""
    words = text.translate(_PLAIN_TERMS).split()
    return [word[:MAX_TERM] for word in words] if max(map(len, words), default=0) > MAX_TERM else words


def _foreign(word: str) -> str:
    """Give the terms of a word with other characters. One curly quote had a kilobyte folded whole, in 1,000 us.

    Neither folding nor scripts look across white space, so words may be taken by themselves. Short ones recur ("it\u2019s",
    "\u2013") and are remembered: of news in English a kilobyte takes 20 us, not 55.
    """
    return _remembered(word) if len(word) <= _SHORT else _made(word)


_SHORT = 40


def _made(word: str) -> str:
    return " ".join([term for run in _runs(word) for term in _indexed(run)])


_remembered = functools.lru_cache(maxsize=4096)(_made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Search terms that stand side by side in what is found."""

    terms: tuple[str, ...]
    begins: bool
    """The last term may go on."""


def phrase(text: str, *, begins: bool = False) -> Phrase | None:
    """Give the terms that stand side by side wherever this text does; None where it holds no word.

    `begins` tells that its last word may go on. In scripts without spaces any word may, and a single character is a term's beginning.
    """
    runs = list(_runs(text))
    if not runs:
        return None
    last = runs[-1]
    terms = [term for run in runs[:-1] for term in _indexed(run)] + _asked(last)
    is_prefix = len(terms) <= MAX_PHRASE_TERMS and (_is_single(last) or (begins and not _is_spaceless(last)))
    return Phrase(terms=tuple(terms[:MAX_PHRASE_TERMS]), begins=is_prefix)


@functools.cache
def _word_pattern() -> re.Pattern[str]:
    """Letters and digits, with the marks after them."""
    astral = mark_class(spacing=True, first=0x10000, last=LAST_MARK)
    return re.compile(f"[^\\W_]+(?:(?:[{mark_class(spacing=True)}]|[{astral}])+[^\\W_]*)*")


_BY_SCRIPT = re.compile(f"[{SPACELESS}]+|[^{SPACELESS}]+")


def _runs(text: str) -> Iterator[str]:
    """Split into words and into runs of scripts without spaces, folded."""
    folded = fold(text)
    if folded.isascii():
        return iter(_ASCII_WORD.findall(folded))
    chunks = _word_pattern().findall(folded)
    return (run for chunk in chunks for run in _by_script(chunk))


_ASCII_WORD = re.compile("[a-z0-9]+")


def words_of(text: str) -> Iterator[tuple[int, int]]:
    """Give from where to where the words of a text stand, and the runs of scripts without spaces, as they are written."""
    for chunk in _word_pattern().finditer(text):
        for run in _BY_SCRIPT.finditer(chunk[0]):
            if any(map(str.isalnum, run[0])):
                yield chunk.start() + run.start(), chunk.start() + run.end()


def _by_script(chunk: str) -> list[str]:
    if chunk.isascii():
        return [chunk]
    return [run for run in _BY_SCRIPT.findall(chunk) if any(map(str.isalnum, run))]


def _is_spaceless(run: str) -> bool:
    return SPACELESS_CHARACTER.match(run) is not None


def _is_single(run: str) -> bool:
    return len(run) == 1 and _is_spaceless(run)


def _indexed(run: str) -> list[str]:
    if run.isascii():
        return [run[:MAX_TERM]]
    return [*_pairs(run), _kept_whole(run[-1])] if _is_spaceless(run) else [_term(run)]


def _asked(run: str) -> list[str]:
    if _is_spaceless(run):
        return [_kept_whole(run)] if len(run) == 1 else _pairs(run)
    return [_term(run)]


def _pairs(run: str) -> list[str]:
    return [_kept_whole(run[at : at + 2]) for at in range(len(run) - 1)]


def _term(word: str) -> str:
    return _kept_whole(_ARTICLE.sub("", word, count=1) if _ARTICLE.match(word) else word)[:MAX_TERM]


def _kept_whole(term: str) -> str:
    """Move what `unicode61` would split at (vowel signs, the newest letters) into a private-use plane, which it keeps."""
    return term if term.isascii() else _UNKNOWN_TO_FTS5.sub(_moved, term)


def _moved(match: re.Match[str]) -> str:
    character = match[0]
    if character.isalnum() and character not in _NEWER_LETTERS:
        return character
    return chr(0xF0000 + ord(character) % 0x10000)
