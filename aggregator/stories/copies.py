"""Decide which entries are copies of one another.

Two entries are copies when they have

- the same address (`url_key`), or
- the same normalised headline (`headline_key`), listed at most `window` apart, or
- nearly the same text (`stories.near`), of two feeds and listed at most `window` apart,

and copies of copies are copies: a set is a connected component of that relation, so neither the order in which
entries arrive nor how they are batched can change it.

Some names do not name one article, and tie nothing together:

- a headline that is very short or made of generic words (`text.headline.is_telling`),
- a headline that one feed carries at two addresses ("Morning briefing", two flats of one description): to hide one of
  them from lists would lose it, to show an article twice that a feed issued again does not,
- an address that one feed gives to entries of three different headlines (a change log, a live page). Two are an
  article that was retitled and got a new guid with it,
- a text that is nearly the same as two of another feed at two addresses: what these two share is a template, and through
  it they would become copies of one another.

A recurring name is recognised in all that could decide about it: when the second "Morning briefing" arrives, the first
and what another publisher printed under that headline, taken for copies until then, part again.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise

from aggregator.model.copies import CopyAssignment, CopyCandidate
from aggregator.model.ids import CopySetId, EntryId
from aggregator.text.headline import is_telling

ADDRESSES_OF_A_HEADLINE = 2
HEADLINES_OF_AN_ADDRESS = 3
"""So many in one feed: the name, or the text, does not identify."""

SAME_ADDRESS = "same address"
SAME_HEADLINE = "same headline"
NEARLY_SAME_TEXT = "nearly the same text"


def reach(window: timedelta) -> timedelta:
    """Tell how far apart two entries of one headline may be and still bear on one decision.

    At least eight days, so that what recurs weekly is seen to.
    """
    return max(window, timedelta(days=8))


def group(candidates: Sequence[CopyCandidate], *, window: timedelta) -> list[CopyAssignment]:
    """Place every candidate, in order of id.

    Args:
        candidates: whatever could decide about one another, see `records.CopyRecords.connected`; in any order.
        window: how far apart two entries of one headline or text may be listed.
    """
    by_id = {candidate.id: candidate for candidate in candidates}
    sets = _DisjointSets(by_id)
    reasons: dict[EntryId, str] = {}
    for pair in _nearly_same(by_id, window):
        sets.join(*pair)
        reasons.update(dict.fromkeys(pair, NEARLY_SAME_TEXT))
    for members in _sharing_headline(candidates, reach(window)):
        for earlier, later in pairwise(members):
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


def alone(candidate: CopyCandidate) -> CopyAssignment:
    """Place, as `group` does, a candidate about which no other decides; most are like that."""
    return CopyAssignment(entry_id=candidate.id, copy_set=CopySetId(candidate.id), copy_of=None)


def _nearly_same(by_id: Mapping[EntryId, CopyCandidate], window: timedelta) -> Iterable[tuple[EntryId, EntryId]]:
    found = {
        (one.id, other)
        for one in by_id.values()
        for of_feed in _by_feed(_near(one, by_id, window))
        if len({member.url_key or member.name for member in of_feed}) < ADDRESSES_OF_A_HEADLINE
        for other in (member.id for member in of_feed)
    }
    return sorted(pair for pair in found if pair[0] < pair[1] and pair[::-1] in found)


def _near(one: CopyCandidate, by_id: Mapping[EntryId, CopyCandidate], window: timedelta) -> list[CopyCandidate]:
    others = [by_id[entry] for entry in one.near if entry in by_id]
    return [other for other in others if other.feed_id != one.feed_id and abs(other.at - one.at) <= window]


def _sharing_headline(candidates: Sequence[CopyCandidate], apart: timedelta) -> Iterable[list[CopyCandidate]]:
    """Give chains of one headline, in order of time, each entry at most `apart` from the next.

    A headline is judged chain by chain: which other chains are at hand depends on what else is decided in this call,
    and must not matter.
    """
    groups: defaultdict[str, list[CopyCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.headline_key:
            groups[candidate.headline_key].append(candidate)
    return (
        chain
        for headline, members in groups.items()
        if len(members) > 1 and is_telling(headline)
        for chain in _chains(sorted(members, key=_seniority), apart)
        if not _headline_recurs(chain)
    )


def _chains(members: Sequence[CopyCandidate], apart: timedelta) -> Iterable[list[CopyCandidate]]:
    chain = [members[0]]
    for earlier, later in pairwise(members):
        if later.at - earlier.at > apart:
            yield chain
            chain = []
        chain.append(later)
    yield chain


def _sharing_address(candidates: Sequence[CopyCandidate]) -> Iterable[list[CopyCandidate]]:
    groups: defaultdict[str, list[CopyCandidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.url_key:
            groups[candidate.url_key].append(candidate)
    return (members for members in groups.values() if len(members) > 1 and not _address_recurs(members))


def _headline_recurs(members: Sequence[CopyCandidate]) -> bool:
    return any(
        len({member.url_key or member.name for member in of_feed}) >= ADDRESSES_OF_A_HEADLINE
        for of_feed in _by_feed(members)
    )


def _address_recurs(members: Sequence[CopyCandidate]) -> bool:
    return any(
        len({member.headline_key for member in of_feed}) >= HEADLINES_OF_AN_ADDRESS for of_feed in _by_feed(members)
    )


def _by_feed(members: Sequence[CopyCandidate]) -> Iterable[list[CopyCandidate]]:
    groups: defaultdict[str, list[CopyCandidate]] = defaultdict(list)
    for member in members:
        groups[member.feed_id].append(member)
    return groups.values()


def _seniority(candidate: CopyCandidate) -> tuple[float, str, str, int]:
    return (candidate.at.timestamp(), candidate.feed_id, candidate.name, candidate.id)


def _place(members: Sequence[CopyCandidate], reasons: dict[EntryId, str]) -> Iterable[CopyAssignment]:
    if len(members) == 1:
        yield alone(members[0])
        return
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
