"""Rulings: what a person has decided about stories, and what the engine may no longer decide otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING

from aggregator.model.ids import EntryId
from aggregator.model.story import Apart, Pinned, Ruling, Together

if TYPE_CHECKING:  # what reads texts takes 0.1 s of CPU to import, and polls that bring nothing do without
    from aggregator.stories.items import Item


class Constraints:
    """Pairs of entries that must be together or apart. Where rulings contradict, the later one holds for those two entries."""

    def __init__(self, rulings: Sequence[Ruling] = ()) -> None:
        self._apart: defaultdict[EntryId, set[EntryId]] = defaultdict(set)
        self._groups: dict[EntryId, frozenset[EntryId]] = {}
        self._pinned: set[EntryId] = set()
        for ruling in rulings:
            self.add(ruling)

    def add(self, ruling: Ruling) -> None:
        """Take one more ruling."""
        match ruling:
            case Together(entries=entries):
                self._unite(entries)
            case Pinned(entries=entries):
                self._unite(entries)
                self._pinned |= entries
            case Apart(entries=entries, others=others):
                self._part(entries, others)

    def _unite(self, entries: frozenset[EntryId]) -> None:
        group = frozenset().union(entries, *(self._groups.get(entry, frozenset()) for entry in entries))
        for one in group:
            self._groups[one] = group
            self._apart[one] -= group

    def _part(self, entries: frozenset[EntryId], others: frozenset[EntryId]) -> None:
        for group in {self._groups[entry] for entry in entries if entry in self._groups}:
            for part in (group & entries, group - entries):
                self._groups.update(dict.fromkeys(part, part))
        for one, other in product(entries, others - entries):
            self._apart[one].add(other)
            self._apart[other].add(one)
        self._pinned -= entries

    def group(self, entry: EntryId) -> frozenset[EntryId]:
        """Give the entries that must share a story with this one; empty if it is free."""
        return self._groups.get(entry, frozenset())

    def concern(self, entry: EntryId) -> bool:
        """Tell whether anything has been decided about an entry."""
        return entry in self._groups or entry in self._apart

    def are_apart(self, ones: Iterable[EntryId], others: Iterable[EntryId]) -> bool:
        """Tell whether any of the ones must not share a story with any of the others."""
        if not self._apart:
            return False
        those = set(others)
        return any(not those.isdisjoint(self._apart.get(one, ())) for one in ones)

    def is_pinned(self, entries: Iterable[EntryId]) -> bool:
        """Tell whether a story of these entries is left as it is."""
        return bool(self._pinned) and not self._pinned.isdisjoint(entries)


def parted(items: "Sequence[Item]", ruling: Apart) -> "tuple[list[Item], list[Item]]":
    """Part the entries of a story: those that stay, and those that a ruling names first, which leave."""
    leaving = [item for item in items if item.entry.id in ruling.entries]
    return [item for item in items if item.entry.id not in ruling.entries], leaving
