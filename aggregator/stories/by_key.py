"""Which entries have a key, where most keys are of one entry: for that one there is no list."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import cast

from aggregator.model.ids import EntryId


class EntriesByKey:
    """Entries by a number that several may have: a shingle of their text, a set of copies."""

    def __init__(self, pairs: Iterable[tuple[int, EntryId]] = ()) -> None:
        self._first: dict[int, EntryId] = {}
        self._more: dict[int, list[EntryId]] = {}
        for key, entry in pairs:
            self.add(key, entry)

    def add(self, key: int, entry: EntryId) -> None:
        """Note an entry that has it."""
        if self._first.setdefault(key, entry) != entry:
            self._more.setdefault(key, []).append(entry)

    def discard(self, key: int, entry: EntryId) -> None:
        """Forget that an entry has it."""
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

    def __contains__(self, key: int) -> bool:
        """Tell whether any entry has it."""
        return key in self._first

    def having(self, key: int) -> Sequence[EntryId]:
        """Give those that have it."""
        if key not in self._first:
            return ()
        return (self._first[key], *self._more.get(key, ()))

    def columns(self) -> "tuple[array[int], array[int]]":
        """Give each key with each entry that has it, as `take_up` takes them: one entry of each key, then the others."""
        keys = chain(self._first.keys(), (key for key, entries in self._more.items() for _ in entries))
        entries = chain(self._first.values(), chain.from_iterable(self._more.values()))
        return array("q", keys), array("q", entries)

    def take_up(self, keys: "array[int]", entries: "array[int]") -> None:
        """Note what `columns` gave, and no more than that: numbers are what they are, to call each of 60,000 an id takes longer."""
        others = len(set(keys))
        self._first = cast("dict[int, EntryId]", dict(zip(keys[:others], entries[:others], strict=True)))
        self._more = {}
        for key, entry in zip(keys[others:], entries[others:], strict=True):
            self.add(key, EntryId(entry))
