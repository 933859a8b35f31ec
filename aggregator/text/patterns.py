"""Regular expressions of people, on texts of strangers: in time that grows with the text, and no faster.

Python's `re` goes back over what it tried: `(a+)+$` takes for ever on thirty letters. The engine here is that of Rust,
which pydantic brings along; it never goes back, so it knows no look-around and no back-references.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

from aggregator.text.letters import SPACELESS_CHARACTER, fold

LONGEST = 500
"""Characters of an expression; what repeats it, as in `(?:.{99}){99}`, is bounded by the engine."""
SEARCHED = 10_000
"""Characters of a text: longer than nearly all articles. Of a dozen expressions made to be slow the worst took 60 ms of CPU for
as many of them in Chinese; what people write takes some microseconds."""

Finder = Callable[[str], bool]
"""Tells whether a text has something."""


@lru_cache(maxsize=4096)
def expression(regex: str) -> Finder:
    """Compile an expression, which is sought anywhere in a text, whatever the case of letters.

    Raises:
        ValueError: it is none for this engine; the message says why.
    """
    if len(regex) > LONGEST:
        raise ValueError(f"is longer than {LONGEST} characters")
    try:
        found = SchemaValidator(core_schema.str_schema(pattern=f"(?i){regex}", regex_engine="rust-regex"))
    except SchemaError as error:
        raise ValueError(_reason(str(error))) from error
    return lambda text: found.isinstance_python(text[:SEARCHED])


def _reason(said: str) -> str:
    if "look-around" in said:
        return "has look-around, such as (?=...), which can't be had in linear time"
    if "backreference" in said:
        return "has a back-reference, such as \\1, which can't be had in linear time"
    if "exceeds size limit" in said:
        return "is too large once its repetitions are written out"
    lines = [line.strip() for line in said.splitlines()]
    return next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), "can't be read")


@lru_cache(maxsize=4096)
def any_word(words: Iterable[str]) -> Finder:
    """Find words and phrases as whole words, whatever their case and accents; those of scripts without spaces anywhere."""
    parts = [part for part in map(_word, words) if part]
    if not parts:
        return lambda _: False
    found = re.compile("|".join(parts))
    return lambda text: found.search(fold(text[:SEARCHED])) is not None


def _word(word: str) -> str:
    folded = fold(word).split()
    if not folded:
        return ""
    return _edge(folded[0][0], r"(?<!\w)") + r"\s+".join(map(re.escape, folded)) + _edge(folded[-1][-1], r"(?!\w)")


def _edge(character: str, boundary: str) -> str:
    is_letter = character.isalnum() or character == "_"
    return boundary if is_letter and not SPACELESS_CHARACTER.match(character) else ""
