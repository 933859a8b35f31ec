"""Nearly the same text: the third way to be a copy, beside one address and one headline.

What agencies send out is printed with other headlines, shortened, and with a sentence of one's own. Texts are taken for copies when
their shingles (every three words in a row, of headline and text) are mostly the same: a Jaccard index of at least `SAME`.
Jaccard, not containment: a report to which a fact was added is news.

All pairs are not compared. Each text has a sketch (one permutation hashing: the least hash in each of 32 bins, Li, Owen and Zhang 2012),
cut into bands; only texts that agree in a band are compared, and then exactly. A pair of Jaccard index 0.6 is found with
a probability of 0.999, one of 0.8 practically always. Which bands a text has follows from the text alone, so whether two texts are
copies depends on nothing else: not on the order in which they come, and not on what else is there.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from typing import Final

from aggregator.model.ids import EntryId
from aggregator.stories.conflicts import conflict
from aggregator.text.claims import Claims
from aggregator.text.letters import SPACELESS, fold

SAME: Final = 0.6
"""Least Jaccard index: more than half of all shingles are in both."""
LEAST: Final = 12
"""Shingles that a text must have. Of a headline alone, nearly the same is not enough."""
WORDS: Final = 3
"""Words of a shingle."""
BEGINNING: Final = 120
"""Words that are looked at: feeds cut texts off at different lengths."""
BINS: Final = 32
ROWS: Final = 2
"""Bins of a band."""

_WORD: Final = re.compile(f"[{SPACELESS}]|[^\\W_{SPACELESS}]+")
_EMPTY: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class NearText:
    """A text as far as it is compared."""

    id: EntryId
    headline: str
    at: datetime
    shingles: frozenset[int]


def near_text(entry_id: EntryId, headline: str, body: str, at: datetime) -> NearText:
    """Make what is compared of an entry.

    Args:
        entry_id: its id.
        headline: plain text.
        body: teaser or text, plain; empty for none.
        at: when it was listed.
    """
    return NearText(id=entry_id, headline=headline, at=at, shingles=shingles(headline, body))


def shingles(headline: str, body: str) -> frozenset[int]:
    """Give the hashes of every three words in a row; none where there is no body, or it is too short to tell."""
    if not body:
        return frozenset()
    text = body if body.startswith(headline) else f"{headline} {body}"
    words = _WORD.findall(fold(text))[:BEGINNING]
    found = frozenset(zlib.crc32(" ".join(words[at : at + WORDS]).encode()) for at in range(len(words) - WORDS + 1))
    return found if len(found) >= LEAST else frozenset()


def bands(found: frozenset[int]) -> tuple[int, ...]:
    """Give the keys under which texts that may be nearly the same meet: equal in at least one. None for no shingles."""
    if not found:
        return ()
    least = [_EMPTY] * BINS
    for shingle in found:
        place, value = shingle % BINS, shingle // BINS
        if least[place] == _EMPTY or value < least[place]:
            least[place] = value
    filled = [_filled(least, place) for place in range(BINS)]
    return tuple(zlib.crc32(repr((place, filled[place : place + ROWS])).encode()) for place in range(0, BINS, ROWS))


def _filled(least: Sequence[int], place: int) -> int:
    """Give the value of a bin; of an empty one that of the next that is not (Shrivastava and Li 2014)."""
    return next(value for step in range(BINS) if (value := least[(place + step) % BINS]) != _EMPTY)


def are_near(one: NearText, other: NearText) -> bool:
    """Tell whether two texts are nearly the same, and say nothing different in one place ("Tuesday", "Wednesday")."""
    mine, theirs = one.shingles, other.shingles
    both = len(mine & theirs)
    if not both or both < SAME * (len(mine) + len(theirs) - both):
        return False
    return conflict(Claims(one.headline), Claims(other.headline)) is None


def near_pairs(texts: Iterable[NearText], *, window: timedelta) -> list[tuple[EntryId, EntryId]]:
    """Find the pairs of texts that are nearly the same, the lower id first, in order.

    Args:
        texts: in any order.
        window: how far apart two of them may be listed.
    """
    meeting: defaultdict[int, list[NearText]] = defaultdict(list)
    for text in texts:
        for band in bands(text.shingles):
            meeting[band].append(text)
    met = {
        (one.id, other.id) if one.id < other.id else (other.id, one.id): (one, other)
        for group in meeting.values()
        for one, other in combinations(group, 2)
    }
    return sorted(
        pair for pair, (one, other) in met.items() if abs(one.at - other.at) <= window and are_near(one, other)
    )
