"""Where the words of a search stand in a text: what is marked in a headline, and the part of a text around the first of them.

Words are compared as the search index compares them (`text.terms`), so that what was found is what is marked: of "café", "CAFE"
finds and marks all four letters. Nothing is changed on the way: the pieces of a passage, joined, are a part of the text.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from aggregator.model.search import Search, Term
from aggregator.text.letters import SPACELESS_CHARACTER
from aggregator.text.terms import MAX_TERM, Phrase, phrase, search_terms, words_of
from aggregator.text.words import cut_between_words

PASSAGE = 200
"""Characters of a passage, about."""
_LEAD = 60
"""Of them before the first hit."""
LOOKED_AT = 5_000
"""Characters of a text in which the first hit is sought. What has none there takes 2 ms, of Chinese 30; its beginning is shown."""


class Piece(NamedTuple):
    """A part of a text, and whether it is what was asked for."""

    text: str
    is_hit: bool


class Passage(NamedTuple):
    """A part of a text."""

    pieces: tuple[Piece, ...]
    begins: bool
    """It is where the text begins."""
    ends: bool
    """It is where the text ends."""

    @property
    def text(self) -> str:
        """Give it without marks."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def has_hit(self) -> bool:
        """Tell whether anything in it is marked."""
        return any(piece.is_hit for piece in self.pieces)


def sought(search: Search, *, headline: bool) -> tuple[Phrase, ...]:
    """Give what is to be marked in headlines, or in other texts, where words of the headline are not."""
    terms: list[Term] = [term for group in search.words for term in group if headline or not term.in_headline]
    found = (phrase(term.text, begins=term.begins) for term in terms)
    return tuple(each for each in found if each)


def marked(text: str, phrases: Sequence[Phrase]) -> tuple[Piece, ...]:
    """Split a text into what is asked for and what is not."""
    pieces: list[Piece] = []
    at = 0
    for start, end in _joined(_hits(text, phrases)):
        pieces += [Piece(text[at:start], is_hit=False), Piece(text[start:end], is_hit=True)]
        at = end
    pieces.append(Piece(text[at:], is_hit=False))
    return tuple(piece for piece in pieces if piece.text)


def passage(text: str, phrases: Sequence[Phrase], *, length: int = PASSAGE) -> Passage:
    """Give about `length` characters around the first hit, cut between words; the beginning where there is none."""
    first = next(iter(_hits(text[:LOOKED_AT], phrases)), (0, 0))
    start = cut_between_words(text, first[0] - _LEAD) if first[0] > _LEAD else 0
    end = cut_between_words(text, max(start + length, first[1]), onwards=first[1] >= start + length)
    part = text[start:end]
    inner = part.strip()
    return Passage(marked(inner, phrases), not text[:start].strip(), not text[end:].strip())


def _joined(hits: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join hits that overlap. They come ordered by their beginnings."""
    current: tuple[int, int] | None = None
    for start, end in hits:
        if current and start < current[1]:
            current = (current[0], max(current[1], end))
        else:
            if current:
                yield current
            current = (start, end)
    if current:
        yield current


class _Token(NamedTuple):
    """A search term of a text, and from where to where it stands."""

    term: str
    start: int
    end: int


def _hits(text: str, phrases: Sequence[Phrase]) -> Iterator[tuple[int, int]]:
    """Give where phrases stand, ordered by their beginnings; of those that begin at one place, the longest."""
    if text.isascii() and all(map(_is_plain, phrases)):
        yield from _plain_hits(text.lower(), phrases)
    elif phrases:
        yield from _hits_among_tokens(text, phrases)


def _is_plain(asked: Phrase) -> bool:
    """Tell that nothing of it is cut: the index has no more of a word than that."""
    return all(term.isascii() and len(term) < MAX_TERM for term in asked.terms)


def _plain_hits(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Find them in ASCII alone, in small letters, where words are what stands between other characters: a tenth of the time."""
    ends: dict[int, int] = {}
    for asked in phrases:
        for start, end in (found.span(1) for found in _plain_pattern(asked).finditer(text)):
            ends[start] = max(end, ends.get(start, 0))
    return sorted(ends.items())


@lru_cache(maxsize=256)
def _plain_pattern(asked: Phrase) -> re.Pattern[str]:
    # Looked ahead at, so that the next hit may begin inside of this one.
    words = "[^a-z0-9]+".join(asked.terms)
    return re.compile(f"(?<![a-z0-9])(?=({words}{'[a-z0-9]*' if asked.begins else '(?![a-z0-9])'}))")


def _hits_among_tokens(text: str, phrases: Sequence[Phrase]) -> Iterator[tuple[int, int]]:
    longest = max(len(each.terms) for each in phrases)
    # Most words are no hit, and seen to be none by their first letter.
    initials = tuple({each.terms[0][0] for each in phrases})
    ahead: list[_Token] = []
    tokens = _tokens(text)
    while True:
        while len(ahead) < longest and (token := next(tokens, None)):
            ahead.append(token)
        if not ahead:
            return
        if ahead[0].term.startswith(initials):
            ends = [end for each in phrases if (end := _end(ahead, each)) is not None]
            if ends:
                yield ahead[0].start, max(ends)
        del ahead[0]


def _end(tokens: Sequence[_Token], asked: Phrase) -> int | None:
    """Tell where a phrase ends that begins with the first token; None where it does not."""
    count = len(asked.terms)
    if len(tokens) < count:
        return None
    for token, term in zip(tokens[: count - 1], asked.terms, strict=False):
        if token.term != term:
            return None
    last, term = tokens[count - 1], asked.terms[-1]
    if asked.begins and last.term.startswith(term):
        # A single character of a script without spaces is the beginning of a pair, of which it is one half.
        whole = len(term) > 1 or not SPACELESS_CHARACTER.match(term)
        return last.end if whole or last.end - last.start < _PAIR else last.start + 1
    return last.end if last.term == term else None


_PAIR = 2
_WORDS = re.compile(r"\S+")
_ASCII_WORDS = re.compile(r"[A-Za-z0-9]+")


def _tokens(text: str) -> Iterator[_Token]:
    """Give the terms of a text in order.

    Neither folding nor scripts look across white space, so words are taken by themselves, as when they are indexed.
    """
    for chunk in _WORDS.finditer(text):
        word, at = chunk[0], chunk.start()
        if word.isascii():
            for found in _ASCII_WORDS.finditer(word):
                yield _Token(found[0].lower()[:MAX_TERM], at + found.start(), at + found.end())
        else:
            yield from (_Token(term, at + start, at + end) for term, start, end in _foreign(word))


@lru_cache(maxsize=4096)
def _foreign(word: str) -> tuple[_Token, ...]:
    """Give the terms of a word with other than ASCII characters."""
    terms = search_terms(word).split()
    tokens = [token for start, end in words_of(word) for token in _of_part(word, start, end)]
    if [token.term for token in tokens] == terms:
        return tuple(tokens)
    # Folding made other words of it than there are to see ("½" is "1 2"): the whole of it is one mark.
    return tuple(_Token(term, 0, len(word)) for term in terms)


def _of_part(word: str, start: int, end: int) -> list[_Token]:
    part = word[start:end]
    terms = search_terms(part).split()
    if SPACELESS_CHARACTER.match(part) and len(terms) == len(part):
        return [_Token(term, start + n, min(start + n + _PAIR, end)) for n, term in enumerate(terms)]
    return [_Token(term, start, end) for term in terms]
