"""Decide which entries are copies of one another.

Two entries are copies when they have

- the same address (`url_key`), or
- the same normalised headline (`headline_key`), listed at most `window` apart,

and copies of copies are copies: a set is a connected component of that relation, so neither the order in which
entries arrive nor how they are batched can change it.

Some names do not name one article, and tie nothing together:

- a headline that is very short or made of generic words (`text.headline.is_telling`),
- a headline that recurs: one feed carries it at three addresses, or at two that are half a day or more apart
  ("Morning briefing" comes every day; a corrected article comes again within hours),
- an address that recurs: one feed gives it to entries of three different headlines (a change log, a live page).

A recurring name is recognised in the whole set of candidates: when the third "Morning briefing" arrives, the first
two, taken for copies until then, part again.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import timedelta
from itertools import pairwise

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.ids import CopySetId, EntryId
from aggregator.text.headline import is_telling

REISSUE_WITHIN = timedelta(hours=12)
"""A feed that gives an article a second address (a correction, a move to another section) does so within hours; what
it prints under the same headline half a day later or more is its next edition."""
RECURRING_AT = 3
"""So many addresses of one headline, or headlines of one address, in one feed: the name does not identify."""

SAME_ADDRESS = "same address"
SAME_HEADLINE = "same headline"


def reach(window: timedelta) -> timedelta:
    """Tell how far apart two entries of one headline may be and still bear on one decision.

    At least eight days, so that what recurs weekly is seen to.
    """
    return max(window, timedelta(days=8))


def group(candidates: Sequence[CopyCandidate], *, window: timedelta) -> list[CopyAssignment]:
    """Place every candidate, in order of id.

    Args:
        candidates: whatever could decide about one another, see `ports.CopyRecords.connected`; in any order.
        window: how far apart two entries of one headline may be listed.
    """
    by_id = {candidate.id: candidate for candidate in candidates}
    sets = _DisjointSets(by_id)
    reasons: dict[EntryId, str] = {}
    for members in _sharing_headline(candidates):
        for earlier, later in pairwise(sorted(members, key=_seniority)):
            if later.at - earlier.at <= window:
                sets.join(earlier.id, later.id)
                reasons[earlier.id] = reasons[later.id] = SAME_HEADLINE
    for members in _sharing_address(candidates):
        for one, other in pairwise(members):
            sets.join(one.id, other.id)
            reasons[one.id] = reasons[other.id] = SAME_ADDRESS
    assignments: list[CopyAssignment] = []
    for ids in sets.components():
        assignments.extend(_place([by_id[member] for member in ids], reasons))
    return sorted(assignments, key=lambda assignment: assignment.entry_id)


def _sharing_headline(candidates: Sequence[CopyCandidate]) -> Iterable[list[CopyCandidate]]:
    groups: defaultdict[str, list[CopyCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.headline_key:
            groups[candidate.headline_key].append(candidate)
    return (
        members
        for headline, members in groups.items()
        if len(members) > 1 and is_telling(headline) and not _headline_recurs(members)
    )


def _sharing_address(candidates: Sequence[CopyCandidate]) -> Iterable[list[CopyCandidate]]:
    groups: defaultdict[str, list[CopyCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.url_key:
            groups[candidate.url_key].append(candidate)
    return (members for members in groups.values() if len(members) > 1 and not _address_recurs(members))


def _headline_recurs(members: Sequence[CopyCandidate]) -> bool:
    for of_feed in _by_feed(members):
        addresses = {member.url_key or member.name for member in of_feed}
        times = [member.at for member in of_feed]
        half_a_day_apart = len(addresses) > 1 and max(times) - min(times) >= REISSUE_WITHIN
        if half_a_day_apart or len(addresses) >= RECURRING_AT:
            return True
    return False


def _address_recurs(members: Sequence[CopyCandidate]) -> bool:
    return any(len({member.headline_key for member in of_feed}) >= RECURRING_AT for of_feed in _by_feed(members))


def _by_feed(members: Sequence[CopyCandidate]) -> Iterable[list[CopyCandidate]]:
    groups: defaultdict[str, list[CopyCandidate]] = defaultdict(list)
    for member in members:
        groups[member.feed_id].append(member)
    return groups.values()


def _seniority(candidate: CopyCandidate) -> tuple[float, str, str, int]:
    return (candidate.at.timestamp(), candidate.feed_id, candidate.name, candidate.id)


def _place(members: Sequence[CopyCandidate], reasons: dict[EntryId, str]) -> Iterable[CopyAssignment]:
    lead = min(members, key=_seniority)
    copy_set = CopySetId(min(member.id for member in members))
    for member in members:
        yield CopyAssignment(
            entry_id=member.id,
            copy_set=copy_set,
            copy_of=None if member.id == lead.id else lead.id,
            reason=reasons.get(member.id, ""),
        )


class _DisjointSets:
    """Union-find with path halving."""

    def __init__(self, members: Iterable[EntryId]) -> None:
        self._parent = {member: member for member in members}

    def _root(self, member: EntryId) -> EntryId:
        parent = self._parent
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = parent[member]
        return member

    def join(self, one: EntryId, other: EntryId) -> None:
        """Make the sets of both one."""
        self._parent[self._root(one)] = self._root(other)

    def components(self) -> Iterable[list[EntryId]]:
        """Give the sets."""
        sets: defaultdict[Hashable, list[EntryId]] = defaultdict(list)
        for member in self._parent:
            sets[self._root(member)].append(member)
        return sets.values()
