"""Copies entry by entry: each sees what came before it, and nothing else."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations

from aggregator.model.copies import CopyCandidate
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.services.copy_steps import CopySteps
from aggregator.stories.copies import group
from tests.factories import NOON

WINDOW = timedelta(hours=48)
NEWS = "iraq hosts military chiefs from iran"


def candidate(
    number: int, *, url: str = "", headline: str = "", feed: str = "", near: Sequence[int] = ()
) -> CopyCandidate:
    return CopyCandidate(
        id=EntryId(number),
        feed_id=FeedId(feed or f"feed-{number}"),
        url_key=url or f"own/{number}",
        headline_key=headline or f"what only number {number} says of something",
        at=NOON + timedelta(hours=number),
        name=str(number),
        near=frozenset(map(EntryId, near)),
    )


def steps(candidates: Sequence[CopyCandidate], waiting: Sequence[int], sets: dict[int, int] | None = None) -> CopySteps:
    known = sets or {}
    return CopySteps(
        candidates,
        {each.id: CopySetId(known.get(each.id, each.id)) for each in candidates},
        waiting=[EntryId(number) for number in waiting],
        window=WINDOW,
    )


BRIDGED = [candidate(1, url="a"), candidate(2, headline=NEWS), candidate(3, url="a", headline=NEWS)]
"""The third has the address of the first and the headline of the second."""


def test_an_entry_is_not_compared_with_what_comes_after_it() -> None:
    placing = steps(BRIDGED, waiting=[1, 2, 3])
    assert [placing.place(EntryId(number)) for number in (1, 2)] == [{}, {}]
    assert [placing.set_of(EntryId(number)) for number in (1, 2, 3)] == [1, 2, 3]
    assert placing.place(EntryId(3)) == {2: 1, 3: 1}


def test_what_waits_beyond_the_batch_is_not_seen_and_not_placed() -> None:
    placing = steps(BRIDGED, waiting=[1, 2, 3])
    placing.place(EntryId(2))
    assert [assignment.entry_id for assignment in placing.assignments] == [2]


def test_in_whatever_order_entries_are_placed_they_end_where_all_at_once_would() -> None:
    for order in permutations([1, 2, 3]):
        placing = steps(BRIDGED, waiting=[1, 2, 3])
        for number in order:
            placing.place(EntryId(number))
        found = sorted(placing.assignments, key=lambda assignment: assignment.entry_id)
        assert found == group(BRIDGED, window=WINDOW), order


def test_an_entry_that_changed_leaves_those_it_was_a_copy_of() -> None:
    """Entry 1 was retitled, and moved to another address: 2 and 3 stay copies, of one another, under another name."""
    changed = [candidate(1), candidate(2, headline=NEWS), candidate(3, headline=NEWS)]
    placing = steps(changed, waiting=[1], sets={1: 1, 2: 1, 3: 1})
    assert placing.place(EntryId(1)) == {2: 2, 3: 2}


def test_a_nearly_equal_text_ties_once_both_are_there() -> None:
    placing = steps([candidate(1, near=[2]), candidate(2, near=[1])], waiting=[1, 2])
    assert placing.place(EntryId(1)) == {}
    assert placing.place(EntryId(2)) == {2: 1}
