"""Copies, one entry at a time: what each of a batch would have been told if it had come alone.

The stories must not depend on how entries are batched, and an entry's copies decide which story it joins. So each entry is
compared with those that were placed before it, and with no other, though all that bears on the batch was read at once:

    placed before ── entry 1 ── entry 2 ── entry 3      entry 2 sees what was placed before, and entry 1

What is waiting is not seen until its turn, nor is an entry that changed and waits to be placed again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.ids import CopySetId, EntryId
from aggregator.stories.copies import alone, group

Key = tuple[str, str | int]


class CopySteps:
    """Places the entries of a batch.

    Args:
        candidates: the batch, and whatever could decide about it (`records.CopyRecords.connected`).
        sets: the copy set in which each of them is now.
        waiting: those that have to be placed: the batch, and what comes after it.
        window: how far apart two entries of one headline may be listed.
    """

    def __init__(
        self,
        candidates: Sequence[CopyCandidate],
        sets: Mapping[EntryId, CopySetId],
        *,
        waiting: Collection[EntryId],
        window: timedelta,
    ) -> None:
        self._candidates = {candidate.id: candidate for candidate in candidates}
        self._sets = dict(sets)
        self._window = window
        self._seen: defaultdict[Key, set[EntryId]] = defaultdict(set)
        self._assigned: dict[EntryId, CopyAssignment] = {}
        unseen = set(waiting)
        for candidate in candidates:
            if candidate.id not in unseen:
                self._show(candidate)

    def place(self, entry_id: EntryId) -> dict[EntryId, CopySetId]:
        """Place an entry; give the new set of each entry, itself included, whose set has changed by that."""
        candidate = self._candidates[entry_id]
        connected = self._connected(candidate)
        self._show(candidate)
        changed: dict[EntryId, CopySetId] = {}
        for assignment in group(connected, window=self._window) if len(connected) > 1 else [alone(candidate)]:
            placed, copy_set = assignment.entry_id, assignment.copy_set
            self._assigned[placed] = assignment
            if self._sets[placed] != copy_set:
                self._seen["set", self._sets[placed]].discard(placed)
                self._seen["set", copy_set].add(placed)
                self._sets[placed] = changed[placed] = copy_set
        return changed

    def set_of(self, entry_id: EntryId) -> CopySetId:
        """Give the copy set in which an entry is now."""
        return self._sets[entry_id]

    @property
    def assignments(self) -> list[CopyAssignment]:
        """The last word on every entry that was looked at."""
        return list(self._assigned.values())

    def _show(self, candidate: CopyCandidate) -> None:
        for key in self._keys(candidate):
            self._seen[key].add(candidate.id)

    def _connected(self, candidate: CopyCandidate) -> list[CopyCandidate]:
        """Walk from an entry to all that could decide about it, as `CopyRecords.connected` does in the database."""
        found = {candidate.id: candidate}
        waiting = [candidate]
        while waiting:
            one = waiting.pop()
            for other in self._reached(one):
                if other not in found:
                    found[other] = self._candidates[other]
                    waiting.append(found[other])
        return list(found.values())

    def _reached(self, candidate: CopyCandidate) -> Iterator[EntryId]:
        for key in self._keys(candidate):
            yield from self._seen.get(key, ())
        for other in candidate.near:
            if other in self._seen.get(("entry", other), ()):
                yield other

    def _keys(self, candidate: CopyCandidate) -> Iterator[Key]:
        yield ("entry", candidate.id)
        yield ("set", self._sets[candidate.id])
        if candidate.url_key:
            yield ("url", candidate.url_key)
        if candidate.headline_key:
            yield ("headline", candidate.headline_key)
