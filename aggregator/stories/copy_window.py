"""Copies while entries come in: `stories.copies`, applied to what came lately.

It decides as `copies.group` would about all entries that came within `copies.reach`, and says what that changes: a headline that turns out
to recur parts what was taken for copies before.
"""

from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model.copies import CopyAssignment, CopyCandidate, CopyText
from aggregator.model.ids import EntryId
from aggregator.stories.copies import alone, group, reach
from aggregator.stories.near_window import NearWindow


class CopyWindow:
    """What came lately, in order of time, by address, headline and text.

    Args:
        window: how far apart two entries of one headline or text may be to be copies.
    """

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self.reach = reach(window)
        """How long an entry is remembered."""
        self._arrived: deque[EntryId] = deque()
        self._candidates: dict[EntryId, CopyCandidate] = {}
        self._by_key: dict[tuple[str, str], list[EntryId]] = {}
        self._near = NearWindow(window, timedelta(0))
        self._placed: dict[EntryId, CopyAssignment] = {}

    def add(self, candidate: CopyCandidate, text: CopyText | None = None) -> list[CopyAssignment]:
        """Place an entry; give its place, and those of earlier ones that have changed by it, in order of id.

        Args:
            candidate: the entry.
            text: what it says, where that may be nearly the same elsewhere.
        """
        self._forget(candidate.at)
        self._arrived.append(candidate.id)
        self._candidates[candidate.id] = candidate
        is_alone = True
        for key in _keys(candidate):
            sharing = self._by_key.setdefault(key, [])
            is_alone = is_alone and not sharing
            sharing.append(candidate.id)
        pairs = self._near.add(text) if text is not None else []
        self._tie(pairs)
        if is_alone and not pairs:
            decided = [alone(candidate)]
        else:
            decided = group(self._connected(candidate.id), window=self._window)
        changed = [assignment for assignment in decided if self._placed.get(assignment.entry_id) != assignment]
        self._placed.update((assignment.entry_id, assignment) for assignment in changed)
        return changed

    def place(self, entry: EntryId) -> CopyAssignment:
        """Give the place of an entry that is remembered."""
        return self._placed[entry]

    @property
    def remembered(self) -> int:
        """How many entries are remembered."""
        return len(self._placed)

    def _tie(self, pairs: list[tuple[EntryId, EntryId]]) -> None:
        for pair in pairs:
            for one, other in (pair, pair[::-1]):
                candidate = self._candidates[one]
                self._candidates[one] = replace(candidate, near=candidate.near | {other})

    def _connected(self, entry: EntryId) -> list[CopyCandidate]:
        found = {entry: self._candidates[entry]}
        waiting = [entry]
        while waiting:
            candidate = found[waiting.pop()]
            tied = [other for key in _keys(candidate) for other in self._by_key[key]]
            for other in (*tied, *sorted(candidate.near)):
                if other not in found and other in self._candidates:
                    found[other] = self._candidates[other]
                    waiting.append(other)
        return list(found.values())

    def _forget(self, now: datetime) -> None:
        """Forget in order of arrival; a key whose first entries go loses them from the front."""
        while self._arrived and now - self._candidates[self._arrived[0]].at > self.reach:
            gone = self._candidates.pop(self._arrived.popleft())
            del self._placed[gone.id]
            for key in _keys(gone):
                self._by_key[key].pop(0)
                if not self._by_key[key]:
                    del self._by_key[key]


def _keys(candidate: CopyCandidate) -> list[tuple[str, str]]:
    keys = [("url", candidate.url_key), ("headline", candidate.headline_key)]
    return [(kind, key) for kind, key in keys if key]
