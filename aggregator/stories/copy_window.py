"""Copies while entries come in: `stories.copies`, applied to what came lately.

It decides as `copies.group` would about all entries that came within `copies.reach`, and says what that changes: a headline that turns out
to recur parts what was taken for copies before.
"""

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.ids import CopySetId, EntryId
from aggregator.stories.copies import group, reach


class CopyWindow:
    """What came lately, by address and headline.

    Args:
        window: how far apart two entries of one headline may be to be copies.
    """

    def __init__(self, window: timedelta) -> None:
        self._window = window
        self.reach = reach(window)
        """How long an entry is remembered."""
        self._arrived: deque[CopyCandidate] = deque()
        self._by_key: dict[tuple[str, str], list[CopyCandidate]] = {}
        self._placed: dict[EntryId, CopyAssignment] = {}

    def add(self, candidate: CopyCandidate) -> list[CopyAssignment]:
        """Place an entry; give its place, and those of earlier ones that have changed by it, in order of id."""
        self._forget(candidate.at)
        self._arrived.append(candidate)
        for key in _keys(candidate):
            self._by_key.setdefault(key, []).append(candidate)
        connected = self._connected(candidate)
        decided = group(connected, window=self._window) if len(connected) > 1 else [_alone(candidate)]
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

    def _connected(self, candidate: CopyCandidate) -> list[CopyCandidate]:
        found = {candidate.id: candidate}
        waiting = [candidate]
        while waiting:
            for key in _keys(waiting.pop()):
                for other in self._by_key[key]:
                    if other.id not in found:
                        found[other.id] = other
                        waiting.append(other)
        return list(found.values())

    def _forget(self, now: datetime) -> None:
        """Forget in order of arrival; a key whose first entries go loses them from the front."""
        while self._arrived and now - self._arrived[0].at > self.reach:
            gone = self._arrived.popleft()
            del self._placed[gone.id]
            for key in _keys(gone):
                self._by_key[key].pop(0)
                if not self._by_key[key]:
                    del self._by_key[key]


def _alone(candidate: CopyCandidate) -> CopyAssignment:
    """Decide as `group` does about an entry that shares nothing; most do not."""
    return CopyAssignment(entry_id=candidate.id, copy_set=CopySetId(candidate.id), copy_of=None)


def _keys(candidate: CopyCandidate) -> Iterator[tuple[str, str]]:
    if candidate.url_key:
        yield ("url", candidate.url_key)
    if candidate.headline_key:
        yield ("headline", candidate.headline_key)
