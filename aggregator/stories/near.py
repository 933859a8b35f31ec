"""Nearly the same text: the third way to be a copy, beside one address and one headline.

What agencies send out is printed with other headlines, shortened, and with a sentence of one's own. Texts are taken for copies when
their shingles (every three words in a row, of headline and text) are mostly the same: a Jaccard index of at least `SAME`.
Jaccard, not containment: a report to which a fact was added is news.

All pairs are not compared. Each text has a sketch, the `SKETCH` least of its shingles (Broder 1997); only texts that have two of them in
common are compared (`near_window`), and then exactly. Of the least shingles that two texts have together, a share as large as their Jaccard index is in both, and
so in both sketches: a pair of index 0.6 is found with a probability of 0.99, one of 0.8 practically always. Which sketch a text has
follows from the text alone, so whether two texts are copies does not depend on the order in which they come.
"""

import functools
import re
import string
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aggregator.model.copies import CopyText
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.conflicts import conflict
from aggregator.text.claims import Claims
from aggregator.text.letters import SPACELESS, fold

RULES: Final = 1
"""Counts changes of the sketch that a text has."""
SAME: Final = 0.6
"""Least Jaccard index: more than half of all shingles are in both."""
LEAST: Final = 12
"""Shingles that a text must have. Of a headline alone, nearly the same is not enough."""
WORDS: Final = 3
"""Words of a shingle."""
BEGINNING: Final = 120
"""Words that are looked at: feeds cut texts off at different lengths."""
CHARACTERS: Final = 1200
"""Among which these words are looked for: the longest words that news is made of are ten on average, with what parts them."""
SKETCH: Final = 8
"""Shingles of a sketch."""
_WORD: Final = re.compile(f"[{SPACELESS}]|[^\\W_{SPACELESS}]+")
_PUNCTUATION: Final = re.compile("[\u00a0\u2010-\u2027\u202f]")
"""Quotes, dashes and spaces by which a text is not ASCII that holds nothing but English."""
_PARTED: Final = bytes(code if chr(code) in string.ascii_lowercase + string.digits else ord(" ") for code in range(256))


@dataclass(frozen=True, slots=True, kw_only=True)
class NearText:
    """A text as far as it is compared."""

    id: EntryId
    feed_id: FeedId
    headline: str
    at: int
    """Seconds since 1970."""
    shingles: "array[int]"
    """In ascending order: half a kilobyte, where a set takes twelve."""

    @property
    def sketch(self) -> "array[int]":
        """The keys under which texts that may be nearly the same meet."""
        return self.shingles[:SKETCH]


def near_text(text: CopyText) -> NearText:
    """Make what is compared of an entry."""
    return NearText(
        id=text.id,
        feed_id=text.feed_id,
        headline=text.headline,
        at=seconds(text.at),
        shingles=array("I", sorted(shingles(text.headline, text.body))),
    )


def shingles(headline: str, body: str) -> set[int]:
    """Give the hashes of every three words in a row; none where there is no body, or it is too short to tell."""
    if not body:
        return set()
    words = _words(body if body.startswith(headline) else f"{headline} {body}")[:BEGINNING]
    found = set(map(zlib.crc32, map(b" ".join, zip(words, words[1:], words[2:], strict=False))))
    return found if len(found) >= LEAST else set()


def _words(text: str) -> Sequence[bytes]:
    """Give the words at the beginning of a text, folded."""
    beginning = text[:CHARACTERS]
    if not beginning.isascii():
        beginning = _PUNCTUATION.sub(" ", beginning)
    if beginning.isascii():
        return beginning.lower().encode().translate(_PARTED).split()
    # Folding does not look across white space; and what is not ASCII takes thirty times as long.
    folded = " ".join([word.lower() if word.isascii() else _folded(word) for word in beginning.split()])
    return [word.encode() for word in _WORD.findall(folded)]


_folded = functools.lru_cache(maxsize=4096)(fold)


def are_near(one: NearText, other: NearText) -> bool:
    """Tell whether two feeds say nearly the same, and nothing different in one place ("Tuesday", "Wednesday").

    What one feed says twice is its template.
    """
    return one.feed_id != other.feed_id and are_alike(one, set(one.shingles), other)


def are_alike(one: NearText, mine: set[int], other: NearText) -> bool:
    """Compare two texts, of the first of which the shingles are at hand as a set."""
    both = len(mine.intersection(other.shingles))
    if not both or both < SAME * (len(mine) + len(other.shingles) - both):
        return False
    return conflict(Claims(one.headline), Claims(other.headline)) is None


def seconds(at: datetime) -> int:
    """Give a time in whole seconds since 1970: by them texts are compared, as the database keeps no others."""
    return int(at.timestamp() // 1)
