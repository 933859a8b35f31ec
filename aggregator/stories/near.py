"""Nearly the same text: the third way to be a copy, beside one address and one headline.

What agencies send out is printed with other headlines, shortened, and with a sentence of one's own. Texts are taken for copies when
their shingles (every three words in a row, of headline and text) are mostly the same: a Jaccard index of at least `SAME`.
Jaccard, not containment: a report to which a fact was added is news.

All pairs are not compared. Each text has a sketch (one permutation hashing: the least hash in each of 32 bins, Li, Owen and Zhang 2012),
cut into bands; only texts that agree in a band are compared, and then exactly. A pair of Jaccard index 0.6 is found with
a probability of 0.99, one of 0.8 practically always. Which bands a text has follows from the text alone, so whether two texts are
copies depends on nothing else: not on the order in which they come, and not on what else is there.
"""

import heapq
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from aggregator.model.copies import CopyText
from aggregator.model.ids import EntryId, FeedId
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
_BITS: Final = 27
"""Of what a bin holds: a hash has 32, and five of them say in which of 32 bins it is."""

FLOOD: Final = 64
"""Texts that may meet in a band; more are one template, and would be compared each with each."""

MEETINGS: Final = 2
"""Bands of sixteen that two texts must share to be compared. Of pairs with an index of 0.6 two or more are shared by 99.2 in a hundred."""

_NONE: Final[frozenset[EntryId]] = frozenset()
_WORD: Final = re.compile(f"[{SPACELESS}]|[^\\W_{SPACELESS}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class NearText:
    """A text as far as it is compared."""

    id: EntryId
    feed_id: FeedId
    headline: str
    at: datetime
    shingles: frozenset[int]


def near_text(text: CopyText) -> NearText:
    """Make what is compared of an entry."""
    return NearText(
        id=text.id,
        feed_id=text.feed_id,
        headline=text.headline,
        at=text.at,
        shingles=shingles(text.headline, text.body),
    )


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
    # In falling order the least shingle of a bin is the last to be put there.
    least = {shingle % BINS: shingle // BINS for shingle in sorted(found, reverse=True)}
    if len(least) < BINS:
        _fill(least)
    return tuple((least[place] << _BITS | least[place + 1]) * BINS + place for place in range(0, BINS, ROWS))


def _fill(least: dict[int, int]) -> None:
    """Give an empty bin the value of the next that is not (Shrivastava and Li 2014)."""
    value = least[min(least)]
    for place in reversed(range(BINS)):
        value = least.setdefault(place, value)


def are_near(one: NearText, other: NearText) -> bool:
    """Tell whether two feeds say nearly the same, and nothing different in one place ("Tuesday", "Wednesday").

    What one feed says twice is its template.
    """
    mine, theirs = one.shingles, other.shingles
    both = len(mine & theirs)
    if one.feed_id == other.feed_id or not both or both < SAME * (len(mine) + len(theirs) - both):
        return False
    return conflict(Claims(one.headline), Claims(other.headline)) is None


class NearWindow:
    """Texts that were listed lately, in memory, and which of them are nearly the same.

    Args:
        window: how far apart two of them may be listed.
        late: how late a text may come in and still be compared with all that it may be nearly the same as.
    """

    def __init__(self, window: timedelta, late: timedelta) -> None:
        self._window = window
        self._kept_for = window + late
        self._latest: datetime | None = None
        self._texts: dict[EntryId, NearText] = {}
        self._meeting: dict[int, set[EntryId]] = {}
        self._by_time: list[tuple[datetime, EntryId]] = []

    def add(self, text: CopyText) -> list[tuple[EntryId, EntryId]]:
        """Remember a text that is not remembered; give the pairs that it makes with others, the lower id first, in order."""
        self._forget(text.at)
        made = near_text(text)
        if not made.shingles:
            return []
        keys = bands(made.shingles)
        met = Counter(
            chain.from_iterable(there for key in keys if len(there := self._meeting.get(key, _NONE)) <= FLOOD)
        )
        found = [
            other
            for other, times in sorted(met.items())
            if times >= MEETINGS and self._are_near(made, self._texts[other])
        ]
        self._texts[text.id] = made
        heapq.heappush(self._by_time, (text.at, text.id))
        for key in keys:
            self._meeting.setdefault(key, set()).add(text.id)
        return [(min(text.id, other), max(text.id, other)) for other in found]

    def revise(self, text: CopyText) -> list[tuple[EntryId, EntryId]]:
        """Remember what an entry says now instead of what it said, if that is remembered; give its pairs, like `add`."""
        self._drop(text.id)
        return self.add(text)

    @property
    def remembered(self) -> int:
        """How many texts are remembered."""
        return len(self._texts)

    def _are_near(self, one: NearText, other: NearText) -> bool:
        return abs(one.at - other.at) <= self._window and are_near(one, other)

    def _forget(self, now: datetime) -> None:
        """Forget what lies too long before the latest; what was dropped before, or came again, is passed over."""
        self._latest = now if self._latest is None else max(now, self._latest)
        while self._by_time and self._latest - self._by_time[0][0] > self._kept_for:
            at, entry = heapq.heappop(self._by_time)
            if entry in self._texts and self._texts[entry].at == at:
                self._drop(entry)

    def _drop(self, entry: EntryId) -> None:
        text = self._texts.pop(entry, None)
        for key in bands(text.shingles) if text else ():
            meeting = self._meeting[key]
            meeting.discard(entry)
            if not meeting:
                del self._meeting[key]
