"""The picture of how coverage grew."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.story import StoryMember
from aggregator.web.pages.growth import HEIGHT, WIDTH, growth
from tests.factories import NOON
from tests.published import make_entry


def _members(came: Sequence[tuple[str, float]]) -> list[StoryMember]:
    """Publishers, and minutes after the first."""
    return [
        StoryMember(
            entry=replace(make_entry(number, publisher=publisher), listed_at=NOON + timedelta(minutes=minutes)),
            score=0.5,
            words=(),
            vetoes=(),
        )
        for number, (publisher, minutes) in enumerate(came, 1)
    ]


def test_a_second_entry_of_a_publisher_is_no_step() -> None:
    drawn = growth(_members([("a", 0), ("a", 5), ("b", 10), ("a", 20)]))
    assert drawn is not None
    assert drawn.line.count("V") == 1
    assert (drawn.first_at, drawn.last_at) == (NOON, NOON + timedelta(minutes=10))
    assert drawn.sentence == "1 publisher at first, 2 after 10 min"


@pytest.mark.parametrize("came", [[("a", 0)], [("a", 0), ("a", 60)], [("a", 0), ("b", 0), ("c", 0)]])
def test_where_nothing_grew_there_is_no_picture(came: list[tuple[str, float]]) -> None:
    assert growth(_members(came)) is None


@pytest.mark.parametrize(
    ("came", "sentence"),
    [
        ([("a", 0), ("b", 0.5)], "1 publisher at first, 2 within a minute"),
        ([("a", 0), ("b", 1), ("c", 119)], "1 publisher at first, 2 after 1 min, 3 after 119 min"),
        ([("a", 0), ("b", 125), ("c", 130), ("d", 4400)], "1 publisher at first, 2 after 2 h, 4 after 3 days"),
        ([("a", 0), ("b", 9), ("c", 9), ("d", 9), ("e", 20)], "1 publisher at first, 4 after 9 min, 5 after 20 min"),
        ([("a", 0), ("b", 0), ("c", 60)], "2 publishers at first, 3 after 60 min"),
    ],
)
def test_the_sentence_says_where_coverage_had_doubled(came: list[tuple[str, float]], sentence: str) -> None:
    drawn = growth(_members(came))
    assert drawn is not None
    assert drawn.sentence == sentence


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 10_000)), min_size=1, max_size=20))
def test_the_line_only_rises_and_stays_in_its_frame(came: list[tuple[str, float]]) -> None:
    drawn = growth(_members(sorted(came, key=lambda each: each[1])))
    if drawn is None:
        return
    points = [(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h0", drawn.dots)]
    assert len(points) == len({publisher for publisher, _ in came})
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert [y for _, y in points] == sorted((y for _, y in points), reverse=True)
