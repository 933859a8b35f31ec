"""Copies decided one by one, as far as they are remembered, are those decided all at once."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.copies import CopyAssignment, CopyCandidate, CopyText
from aggregator.model.ids import EntryId, FeedId
from aggregator.stories.copies import group
from aggregator.stories.copy_window import CopyWindow
from aggregator.stories.near_window import NearWindow
from tests.factories import NOON

WINDOW = timedelta(hours=48)
HEADLINES = ["iraq hosts military chiefs", "rebels become officials under peace deal", "weather forecast", ""]


@st.composite
def arrivals(draw: st.DrawFn, *, longest: int) -> list[CopyCandidate]:
    at, found = NOON, []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        at += timedelta(hours=draw(st.integers(0, longest)))
        found.append(
            CopyCandidate(
                id=EntryId(number),
                feed_id=FeedId(draw(st.sampled_from("abc"))),
                url_key=draw(st.sampled_from([None, "x/1", "x/2", f"x/own-{number}"])),
                headline_key=draw(st.sampled_from(HEADLINES)),
                at=at,
                name=f"guid-{number}",
            )
        )
    return found


TEXT = "Senior Iraqi military commanders hosted their counterparts from Iran, Russia and Syria on Saturday to talk about the border."


def texts_of(found: list[CopyCandidate]) -> list[CopyText]:
    """Every third says nearly the same as the one three before it."""
    return [
        CopyText(
            id=candidate.id,
            feed_id=candidate.feed_id,
            headline="",
            body=TEXT if candidate.id % 3 == 0 else f"{candidate.id} " * 20,
            at=candidate.at,
        )
        for candidate in found
    ]


def with_near(found: list[CopyCandidate]) -> list[CopyCandidate]:
    window = NearWindow(WINDOW, timedelta(0))
    pairs = [pair for text in texts_of(found) for pair in window.add(text)]
    return [
        replace(each, near=frozenset(other for pair in pairs if each.id in pair for other in pair if other != each.id))
        for each in found
    ]


@given(arrivals(longest=15))
def test_one_by_one_is_as_good_as_all_at_once(found: list[CopyCandidate]) -> None:
    window, told = CopyWindow(WINDOW), dict[EntryId, CopyAssignment]()
    for candidate, text in zip(found, texts_of(found), strict=True):
        told.update((assignment.entry_id, assignment) for assignment in window.add(candidate, text))
    whole = group(with_near(found), window=WINDOW)
    assert sorted(told.values(), key=lambda assignment: assignment.entry_id) == whole
    assert [window.place(candidate.id) for candidate in found] == whole


@given(arrivals(longest=200))
def test_what_is_forgotten_leaves_nothing_behind(found: list[CopyCandidate]) -> None:
    window = CopyWindow(WINDOW)
    for candidate in found:
        changed = window.add(candidate)
        assert candidate.id in {assignment.entry_id for assignment in changed}
        assert window.remembered == sum(candidate.at - other.at <= window.reach for other in found[: candidate.id])
