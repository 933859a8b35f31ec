"""Texts that are put away: by the least of their shingles, in numbers, without what they say.

A text is compared when two of its sketch are met (`stories.near`). Until then it takes 90 bytes here, where its shingles and a dictionary for
each of its sketch take more than a kilobyte; and it comes back after a restart as it lies in memory. What it says is looked up for the
few that are met.

    keys      one number for each shingle of a sketch and the text that has it, in ascending order
    entries   in ascending order; beside each its time and its feed
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import compress
from typing import Final, NamedTuple

from aggregator.model.ids import EntryId, FeedId

_ENTRY: Final = 32
"""Bits of an entry's number beside those of a shingle: SQLite counts them from 1, and gives none twice."""
_MASK: Final = 2**_ENTRY - 1
_NEVER: Final = 2**63 - 1
_PIECE: Final = 2**14
"""Keys that are put in order at once."""


Outline = Sequence["array[int] | bytes"]
"""Arrays as they lie in memory."""


class Listed(NamedTuple):
    """A text."""

    entry: EntryId
    at: int
    """Seconds since 1970."""
    feed: FeedId
    sketch: Sequence[int]


class Shelf:
    """Some texts; none is added, but some may be taken out.

    Args:
        entries: see above.
        ats: see above.
        feeds: places in `names`.
        keys: see above.
        names: of feeds.
    """

    def __init__(
        self, entries: "array[int]", ats: "array[int]", feeds: "array[int]", keys: "array[int]", names: Sequence[FeedId]
    ) -> None:
        self._entries, self._ats, self._feeds, self._keys, self._names = entries, ats, feeds, keys, names
        self._gone: set[int] = set()
        self._by_time = array("I")
        """Places in `entries`, in order of time; made when the first has to go."""
        self._dropped = 0
        """How many of these have gone for their time."""
        self._oldest = min(ats, default=_NEVER)
        """Time of the next that will."""

    def __len__(self) -> int:
        """Count the texts that are left."""
        return len(self._entries) - len(self._gone)

    def find(self, entry: EntryId) -> tuple[int, FeedId] | None:
        """Give the time and the feed of a text; None where it is not here."""
        place = bisect_left(self._entries, entry)
        if place == len(self._entries) or self._entries[place] != entry or entry in self._gone:
            return None
        return self._ats[place], self._names[self._feeds[place]]

    def having(self, key: int, most: int) -> list[EntryId]:
        """Give the texts that have a shingle in their sketch; of many more than `most`, no more than tell that."""
        keys, gone = self._keys, self._gone
        first, last = bisect_left(keys, key << _ENTRY), bisect_left(keys, (key + 1) << _ENTRY)
        if last - first > most + len(gone):
            return [EntryId(other & _MASK) for other in keys[first : first + most + 1]]
        return [EntryId(other & _MASK) for other in keys[first:last] if other & _MASK not in gone]

    def drop(self, entry: EntryId) -> None:
        """Take a text out; nothing where it is not here."""
        if self.find(entry):
            self._gone.add(entry)

    def drop_before(self, at: int) -> None:
        """Take out all that is older than a time."""
        if at <= self._oldest:
            return
        if not self._by_time:
            self._by_time = array("I", sorted(range(len(self._ats)), key=self._ats.__getitem__))
        while self._oldest < at:
            self._gone.add(self._entries[self._by_time[self._dropped]])
            self._dropped += 1
            rest = self._by_time[self._dropped : self._dropped + 1]
            self._oldest = self._ats[rest[0]] if rest else _NEVER

    def texts(self) -> Iterator[tuple[int, int, FeedId]]:
        """Give what is left, in order: entry, time, feed."""
        for entry, at, feed in zip(self._entries, self._ats, self._feeds, strict=True):
            if entry not in self._gone:
                yield entry, at, self._names[feed]

    def keys(self) -> "array[int]":
        """Give the keys of what is left, in order."""
        gone = self._gone
        return array("Q", compress(self._keys, (key & _MASK not in gone for key in self._keys))) if gone else self._keys

    def outline(self) -> "Outline":
        """Give what `taken_up` makes the same of; what is gone is told as well."""
        gone, names = array("q", sorted(self._gone)), "\n".join(self._names).encode()
        return (self._entries, self._ats, self._feeds, self._keys, gone, names)


def put_away(texts: Iterable[Listed]) -> Shelf:
    """Put some texts away."""
    listed = list(texts)
    return _shelf(
        sorted((text.entry, text.at, text.feed) for text in listed),
        array("Q", sorted(key << _ENTRY | text.entry for text in listed for key in text.sketch)),
    )


def merged(one: Shelf, other: Shelf) -> Shelf:
    """Put what is left of two together, without all of it as Python's own numbers: of 60,000 texts they took 25 MB."""
    return _shelf(merge(one.texts(), other.texts()), _in_order(one.keys(), other.keys()))


def _in_order(one: "array[int]", other: "array[int]") -> "array[int]":
    """Put two arrays together that are in order; by the piece, for `heapq.merge` takes four times as long."""
    whole, taken = array(one.typecode), 0
    for start in range(0, len(one), _PIECE):
        piece = one[start : start + _PIECE]
        up_to = bisect_left(other, piece[-1], taken)
        whole.extend(sorted((*piece, *other[taken:up_to])))
        taken = up_to
    whole.extend(other[taken:])
    return whole


def _shelf(texts: Iterable[tuple[int, int, FeedId]], keys: "array[int]") -> Shelf:
    entries, ats, feeds = array("q"), array("q"), array("I")
    places: dict[FeedId, int] = {}
    for entry, at, feed in texts:
        entries.append(entry)
        ats.append(at)
        feeds.append(places.setdefault(feed, len(places)))
    return Shelf(entries, ats, feeds, keys, list(places))


def taken_up(parts: "Outline") -> Shelf:
    """Make a shelf of what `Shelf.outline` gave, or of the same as bytes."""
    entries, ats, feeds, keys, gone, names = parts
    made = Shelf(
        array("q", entries),
        array("q", ats),
        array("I", feeds),
        array("Q", keys),
        list(map(FeedId, bytes(names).decode().split("\n"))),
    )
    made._gone.update(array("q", gone))  # noqa: SLF001 -- its own
    return made
