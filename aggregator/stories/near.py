"""Nearly the same text: the third way to be a copy, beside one address and one headline.

What agencies send out is printed with other headlines, shortened, and with a sentence of one's own. Texts are taken for copies when
their shingles (every three words in a row, of headline and text) are mostly the same: a Jaccard index of at least `SAME`.
Jaccard, not containment: a report to which a fact was added is news.

All pairs are not compared. Each text has a sketch, the `SKETCH` least of its shingles (Broder 1997); only texts that have `MEETINGS` of them in
common are compared, and then exactly. Of the least shingles that two texts have together, a share as large as their Jaccard index is in both, and
so in both sketches: a pair of index 0.6 is found with a probability of 0.99, one of 0.8 practically always. Which sketch a text has
follows from the text alone, so whether two texts are copies does not depend on the order in which they come.

What is done for one text is bounded, whatever the others say: a shingle that more than `FLOOD` have leads nowhere, and of those that are met the
`COMPARED` that share most are compared. Feeds of weather, prices and tables are made of few sentences.
"""

import functools
import heapq
import re
import string
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
CHARACTERS: Final = 1200
"""Among which these words are looked for: the longest words that news is made of are ten on average, with what parts them."""
SKETCH: Final = 8
"""Shingles of a sketch."""
MEETINGS: Final = 2
"""Shingles that two sketches must share. Of pairs with an index of 0.6 two or more are shared by 99.1 in a hundred."""
FLOOD: Final = 64
"""Texts that may meet in a shingle; more are one template, and would be compared each with each."""
COMPARED: Final = 12
"""Texts with which one is compared: with those first whose sketches share most with its own."""

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
    at: datetime
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
        at=text.at,
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
    return one.feed_id != other.feed_id and _are_alike(one, set(one.shingles), other)


def _are_alike(one: NearText, mine: set[int], other: NearText) -> bool:
    """Compare two texts, of the first of which the shingles are at hand as a set."""
    both = len(mine.intersection(other.shingles))
    if not both or both < SAME * (len(mine) + len(other.shingles) - both):
        return False
    return conflict(Claims(one.headline), Claims(other.headline)) is None


class Meetings:
    """Which texts have a shingle in their sketch; most shingles are those of one text, for which there is no list."""

    def __init__(self) -> None:
        self._first: dict[int, EntryId] = {}
        self._more: dict[int, list[EntryId]] = {}

    def add(self, key: int, entry: EntryId) -> None:
        """Note a text that has it."""
        if self._first.setdefault(key, entry) != entry:
            self._more.setdefault(key, []).append(entry)

    def discard(self, key: int, entry: EntryId) -> None:
        """Forget that a text has it."""
        more = self._more.get(key)
        if more is None:
            del self._first[key]
            return
        if self._first[key] == entry:
            self._first[key] = more.pop()
        else:
            more.remove(entry)
        if not more:
            del self._more[key]

    def met(self, keys: Sequence[int]) -> Iterator[EntryId]:
        """Give those that have some of these, each as often as it has one, without what very many have."""
        first, more = self._first, self._more
        for key in keys:
            if key in first:
                others = more.get(key, ())
                if len(others) < FLOOD:
                    yield first[key]
                    yield from others


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
        self._meetings = Meetings()
        self._by_time: list[tuple[datetime, EntryId]] = []

    def add(self, text: CopyText) -> list[tuple[EntryId, EntryId]]:
        """Remember a text that is not remembered; give the pairs that it makes with others, the lower id first, in order."""
        self._forget(text.at)
        made = near_text(text)
        if not made.shingles:
            return []
        met = Counter(self._meetings.met(made.sketch))
        others = self._others(made, met) if max(met.values(), default=0) >= MEETINGS else []
        self._texts[text.id] = made
        heapq.heappush(self._by_time, (text.at, text.id))
        for key in made.sketch:
            self._meetings.add(key, text.id)
        return [(min(text.id, other), max(text.id, other)) for other in others]

    def revise(self, text: CopyText) -> list[tuple[EntryId, EntryId]]:
        """Remember what an entry says now instead of what it said, if that is remembered; give its pairs, like `add`."""
        self._drop(text.id)
        return self.add(text)

    @property
    def remembered(self) -> int:
        """How many texts are remembered."""
        return len(self._texts)

    def _others(self, made: NearText, met: Mapping[EntryId, int]) -> list[EntryId]:
        """Give those of the texts that were met that are nearly the same, in order of id."""
        mine, texts = set(made.shingles), self._texts
        eligible = (
            (-times, other)
            for other, times in met.items()
            if times >= MEETINGS
            and texts[other].feed_id != made.feed_id
            and abs(made.at - texts[other].at) <= self._window
        )
        compared = heapq.nsmallest(COMPARED, eligible)
        return sorted(other for _, other in compared if _are_alike(made, mine, texts[other]))

    def _forget(self, now: datetime) -> None:
        """Forget what lies too long before the latest; what was dropped before, or came again, is passed over."""
        self._latest = now if self._latest is None else max(now, self._latest)
        while self._by_time and self._latest - self._by_time[0][0] > self._kept_for:
            at, entry = heapq.heappop(self._by_time)
            if entry in self._texts and self._texts[entry].at == at:
                self._drop(entry)

    def _drop(self, entry: EntryId) -> None:
        text = self._texts.pop(entry, None)
        for key in text.sketch if text else ():
            self._meetings.discard(key, entry)
