"""Search terms: splitting text into what the full-text index holds, and queries into what it is asked.

Search terms are made here, in Python, and not by SQLite, because no tokenizer of FTS5 serves Arabic and Chinese at once:
`unicode61` leaves Arabic spellings apart and takes a Chinese sentence for one word, `trigram` finds nothing shorter than
three characters (most Chinese and Japanese words have two). The table that holds `search_terms` uses
`unicode61 remove_diacritics 0`, which then has nothing left to do but split at spaces.
"""

import functools
import re
from collections.abc import Iterator
from itertools import groupby

from aggregator.text.letters import SPACELESS, SPACELESS_CHARACTER, fold
from aggregator.text.marks import LAST_MARK, mark_class

MAX_TERM = 64
"""Characters of a search term."""
MAX_QUERY_TERMS = 32
"""Terms of a search; further ones are ignored. FTS5 refuses expressions more than 256 operators deep."""

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
    parts = groupby(text.split(), str.isascii)
    return " ".join([term for plain, words in parts for term in (_plain if plain else _foreign)(" ".join(words))])


_PLAIN_TERMS = str.maketrans({chr(code): chr(code).lower() if chr(code).isalnum() else " " for code in range(128)})
"""A translation among ASCII characters alone is a table lookup in CPython."""


def _plain(text: str) -> list[str]:
    """Give the terms of ASCII words. Of a kilobyte in 12 us, not 110; most of what is indexed is such words."""
    words = text.translate(_PLAIN_TERMS).split()
    return [word[:MAX_TERM] for word in words] if max(map(len, words), default=0) > MAX_TERM else words


def _foreign(text: str) -> list[str]:
    """Give the terms of words with other characters. One curly quote had a kilobyte folded whole, in 1,000 us.

    Neither folding nor scripts look across white space, so words may be taken by themselves.
    """
    return [term for run in _runs(text) for term in _indexed(run)]


def match_expression(query: str) -> str | None:
    """Give an FTS5 expression over `search_terms` in which every word is required and a "quoted" part is a phrase.

    The expression consists of quoted strings of letters and digits, whatever the query holds. None where it holds no word.
    """
    phrases: list[str] = []
    left = MAX_QUERY_TERMS
    for text, is_phrase in _parts(query):
        runs = list(_runs(text))
        for group in [runs] if is_phrase else [[run] for run in runs]:
            terms = [term for run in group[:-1] for term in _indexed(run)] + [
                t for run in group[-1:] for t in _asked(run)
            ]
            if terms[:left]:
                is_prefix = len(terms) <= left and _is_single(group[-1])
                phrases.append(f'"{" ".join(terms[:left])}"' + ("*" if is_prefix else ""))
            left -= len(terms[:left])
    return " AND ".join(phrases) or None


_PHRASE = re.compile(r'"([^"]*)"?|([^"]+)')
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))


def _parts(query: str) -> Iterator[tuple[str, bool]]:
    for quoted, plain in _PHRASE.findall(query.translate(_QUOTES)):
        yield (quoted, True) if quoted else (plain, False)


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
