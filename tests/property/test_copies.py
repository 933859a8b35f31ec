"""Laws of recognising copies."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.copies import CopyCandidate
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.copies import group
from tests.factories import NOON

HEADLINES = ["iraq hosts military chiefs", "rebels become officials under peace deal", "weather forecast", ""]


@st.composite
def candidates(draw: st.DrawFn) -> list[CopyCandidate]:
    count = draw(st.integers(0, 12))
    numbers = st.integers(1, max(2, count))
    near = draw(st.sets(st.tuples(numbers, numbers), max_size=6))
    return [
        CopyCandidate(
            id=EntryId(number),
            feed_id=FeedId(draw(st.sampled_from("abc"))),
            url_key=draw(st.sampled_from([None, "x/1", "x/2", "x/3", f"x/own-{number}"])),
            headline_key=draw(st.sampled_from(HEADLINES)),
            at=NOON + timedelta(hours=draw(st.integers(0, 120))),
            name=f"guid-{number}",
            near=frozenset(
                EntryId(one if other == number else other)
                for one, other in near
                if number in {one, other} and one != other
            ),
        )
        for number in range(1, count + 1)
    ]


@given(candidates(), st.randoms(use_true_random=False))
def test_the_order_in_which_entries_come_does_not_change_what_is_decided(
    entries: list[CopyCandidate], random: object
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    window = timedelta(hours=48)
    assert group(shuffled, window=window) == group(entries, window=window)


@given(candidates(), st.permutations(range(1, 13)))
def test_the_order_of_arrival_changes_neither_sets_nor_leads(entries: list[CopyCandidate], ids: list[int]) -> None:
    renumbered = [
        CopyCandidate(
            id=EntryId(ids[entry.id - 1]),
            feed_id=entry.feed_id,
            url_key=entry.url_key,
            headline_key=entry.headline_key,
            at=entry.at,
            name=entry.name,
            near=frozenset(EntryId(ids[other - 1]) for other in entry.near),
        )
        for entry in entries
    ]
    assert by_name(entries) == by_name(renumbered)


def by_name(entries: list[CopyCandidate]) -> dict[str, tuple[str | None, str]]:
    names = {entry.id: entry.name for entry in entries}
    return {
        names[placed.entry_id]: (None if placed.copy_of is None else names[placed.copy_of], placed.reason)
        for placed in group(entries, window=timedelta(hours=48))
    }


@given(candidates())
def test_every_entry_has_one_place_and_every_set_one_lead(entries: list[CopyCandidate]) -> None:
    placed = group(entries, window=timedelta(hours=48))
    assert [assignment.entry_id for assignment in placed] == [entry.id for entry in entries]
    leads = {assignment.copy_set: assignment.entry_id for assignment in placed if assignment.copy_of is None}
    assert len(leads) == sum(assignment.copy_of is None for assignment in placed)
    assert all(assignment.copy_of in {None, leads[assignment.copy_set]} for assignment in placed)
