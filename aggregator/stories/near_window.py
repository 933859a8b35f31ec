"""The texts of the last days, and which of them are nearly the same as one that comes.

What is done for one text is bounded, whatever the others say: a shingle that more than `FLOOD` have leads nowhere, and of those that are met the
`COMPARED` that share most are compared. Feeds of weather, prices and tables are made of few sentences.
"""

import hashlib
import heapq
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from aggregator.model.copies import CopyText
from aggregator.model.ids import EntryId
from aggregator.stories import near
from aggregator.stories.by_key import EntriesByKey
from aggregator.stories.near import NearText, are_alike, near_text, seconds
from aggregator.stories.near_shelf import Listed, Outline, Shelf, merged, put_away, taken_up

MEETINGS: Final = 2
"""Shingles that two sketches must share. Of pairs with an index of 0.6 two or more are shared by 99.1 in a hundred."""
FLOOD: Final = 64
"""Texts that one may meet in a shingle; more are one template, and would be compared each with each."""
COMPARED: Final = 12
"""Texts with which one is compared: with those first whose sketches share most with its own."""
KNOWN: Final = 5000
"""Texts that were looked up and stay in memory, at most."""
GROWTH: Final = 4
"""How much larger a shelf of texts that are put away is than the next one, at least; so there are few, and each text is moved a few times."""
FORMAT: Final = 2
"""Counts changes of what stands in an outline."""

LookUp = Callable[[Collection[EntryId]], Iterable[CopyText]]


def signature(window: timedelta, late: timedelta) -> str:
    """Name what an outline of a window must have been made by to be of use."""
    rules = (FORMAT, near.RULES, sys.byteorder, unicodedata.unidata_version, window, late)
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


class NearWindow:
    """Texts that were listed lately, and which of them are nearly the same.

    All of them are in memory, unless `rest` is called: then the first ones are put away, and looked up as they are needed.

    Args:
        window: how far apart two of them may be listed; seconds are counted, as the database does.
        late: how late a text may come in and still be compared with all that it may be nearly the same as.
        look_up: gives what entries say, those that are no more left out. It may be newer than what is remembered.
    """

    def __init__(self, window: timedelta, late: timedelta, *, look_up: LookUp = lambda _: ()) -> None:
        self._window = int(window.total_seconds())
        self._kept_for = int((window + late).total_seconds())
        self._look_up = look_up
        self._latest: int | None = None
        self._texts: dict[EntryId, NearText] = {}
        self._meetings = EntriesByKey()
        """By the shingles of their sketches."""
        self._by_time: list[tuple[int, EntryId]] = []
        self._known: dict[EntryId, NearText] = {}
        """Some of those that have been looked up: who is compared once is compared again."""
        self._shelves: list[Shelf] = []
        """Each at least `GROWTH` times as large as the next one."""

    def add(self, text: CopyText) -> list[tuple[EntryId, EntryId]]:
        """Remember a text that is not remembered; give the pairs that it makes with others, the lower id first, in order."""
        self._forget(seconds(text.at))
        made = near_text(text)
        if not made.shingles:
            return []
        met = Counter(self._met(made.sketch))
        others = self._others(made, met) if max(met.values(), default=0) >= MEETINGS else []
        self._keep(made)
        return [(min(text.id, other), max(text.id, other)) for other in others]

    def recall(self, text: CopyText) -> None:
        """Remember a text that was remembered before a restart; which are nearly the same as it is known."""
        self._forget(seconds(text.at))
        made = near_text(text)
        if made.shingles:
            self._keep(made)

    def revise(self, text: CopyText) -> list[tuple[EntryId, EntryId]]:
        """Remember what an entry says now instead of what it said, if that is remembered; give its pairs, like `add`."""
        self._drop(text.id)
        return self.add(text)

    @property
    def remembered(self) -> int:
        """How many texts are remembered."""
        return len(self._texts) + sum(map(len, self._shelves))

    def rest(self, most: int) -> None:
        """Put away all but so many of the texts that came since the last time, if there are twice as many."""
        if len(self._texts) > 2 * most:
            self._put_away(len(self._texts) - most)

    def outline(self) -> list[Outline]:
        """Give what `take_up` takes; all texts are put away."""
        self._put_away(len(self._texts))
        return [shelf.outline() for shelf in self._shelves]

    def take_up(self, shelves: Iterable[Outline], latest: datetime) -> None:
        """Remember what was remembered before a restart, when the latest text that had been seen was of this time."""
        self._shelves, self._latest = list(map(taken_up, shelves)), seconds(latest)

    def entries(self) -> Iterator[EntryId]:
        """Give those whose texts are remembered."""
        yield from self._texts
        for shelf in self._shelves:
            yield from (EntryId(entry) for entry, _, _ in shelf.texts())

    def forget(self, entries: Iterable[EntryId]) -> None:
        """Remember what these say no more."""
        for entry in entries:
            self._drop(entry)

    def _keep(self, made: NearText) -> None:
        self._texts[made.id] = made
        heapq.heappush(self._by_time, (made.at, made.id))
        for key in made.sketch:
            self._meetings.add(key, made.id)

    def _put_away(self, number: int) -> None:
        away = list(islice(self._texts.values(), number))
        if away:
            self._shelves.append(put_away(Listed(text.id, text.at, text.feed_id, text.sketch) for text in away))
        for text in away:
            self._drop_recent(text.id)
        while len(self._shelves) > 1 and len(self._shelves[-2]) < GROWTH * len(self._shelves[-1]):
            last = self._shelves.pop()
            self._shelves[-1] = merged(self._shelves[-1], last)

    def _met(self, keys: Sequence[int]) -> Iterator[EntryId]:
        """Give those that have some of these shingles, each as often as it has one, without what very many have."""
        for key in keys:
            found = self._meetings.having(key)
            for shelf in self._shelves:
                if len(found) <= FLOOD:
                    found = (*found, *shelf.having(key, FLOOD - len(found)))
            if len(found) <= FLOOD:
                yield from found

    def _others(self, made: NearText, met: Mapping[EntryId, int]) -> list[EntryId]:
        """Give those of the texts that were met that are nearly the same, in order of id."""
        eligible = ((-times, other) for other, times in met.items() if times >= MEETINGS and self._may_be(made, other))
        compared = [other for _, other in heapq.nsmallest(COMPARED, eligible)]
        texts = {other: self._texts[other] for other in compared if other in self._texts}
        stored = [other for other in compared if other not in texts]
        if stored:
            texts.update(self._looked_up(stored))
        mine = set(made.shingles)
        return sorted(other for other, text in texts.items() if are_alike(made, mine, text))

    def _looked_up(self, entries: Collection[EntryId]) -> Mapping[EntryId, NearText]:
        known = self._known
        missing = [entry for entry in entries if entry not in known]
        if len(known) + len(missing) > KNOWN:
            known.clear()
            missing = list(entries)
        known.update((text.id, near_text(text)) for text in self._look_up(missing))
        return {entry: known[entry] for entry in entries if entry in known}

    def _may_be(self, made: NearText, other: EntryId) -> bool:
        """Tell whether a text is of another feed, and was listed neither long before nor long after."""
        text = self._texts.get(other)
        at, feed = (
            (text.at, text.feed_id) if text else next(filter(None, (shelf.find(other) for shelf in self._shelves)))
        )
        return feed != made.feed_id and abs(made.at - at) <= self._window

    def _forget(self, now: int) -> None:
        """Forget what lies too long before the latest; what was dropped before, or came again, is passed over."""
        self._latest = now if self._latest is None else max(now, self._latest)
        first = self._latest - self._kept_for
        for shelf in self._shelves:
            shelf.drop_before(first)
        while self._by_time and self._by_time[0][0] < first:
            at, entry = heapq.heappop(self._by_time)
            if entry in self._texts and self._texts[entry].at == at:
                self._drop_recent(entry)

    def _drop(self, entry: EntryId) -> None:
        self._drop_recent(entry)
        self._known.pop(entry, None)
        for shelf in self._shelves:
            shelf.drop(entry)

    def _drop_recent(self, entry: EntryId) -> None:
        text = self._texts.pop(entry, None)
        for key in text.sketch if text else ():
            self._meetings.discard(key, entry)
