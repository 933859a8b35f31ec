"""Laws of the front page: publishers take turns, nothing is lost, and top stories keep one order."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from aggregator.model.story import StoryLine
from aggregator.stories.rank import HALVINGS, ranked
from aggregator.stories.turns import take_turns, together, with_room_for_all
from tests.factories import NOON
from tests.published import make_line

VOICES = st.lists(st.sampled_from("abcd"), max_size=40)
SIZES = st.integers(min_value=1, max_value=6)
DAY = timedelta(days=1)


def _items(voices: list[str]) -> list[tuple[int, str]]:
    return list(enumerate(voices))


def _voice(item: tuple[int, str]) -> str:
    return item[1]


@given(VOICES, SIZES)
def test_turns_lose_nothing_and_keep_the_order_of_each_voice(voices: list[str], in_a_row: int) -> None:
    items = _items(voices)
    told = take_turns(items, _voice, in_a_row=in_a_row)
    assert sorted(told) == items
    for voice in set(voices):
        assert [item for item in told if _voice(item) == voice] == [item for item in items if _voice(item) == voice]


@given(VOICES, SIZES)
def test_nobody_speaks_longer_than_a_turn_while_another_waits(voices: list[str], in_a_row: int) -> None:
    told = take_turns(_items(voices), _voice, in_a_row=in_a_row)
    runs = [len(list(run)) for _, run in groupby(told, key=_voice)]
    assert all(length <= in_a_row for length in runs[:-1])


@given(VOICES, SIZES)
def test_who_keeps_to_turns_is_left_as_he_is(voices: list[str], in_a_row: int) -> None:
    once = take_turns(_items(voices), _voice, in_a_row=in_a_row)
    assert take_turns(once, _voice, in_a_row=in_a_row) == once


@given(VOICES)
def test_what_is_put_together_is_all_there_each_subject_where_its_first_was(voices: list[str]) -> None:
    items = _items(voices)
    groups = together(items, _voice)
    assert sorted(item for group in groups for item in group) == items
    assert [_voice(group[0]) for group in groups] == list(dict.fromkeys(voices))
    assert all(list(group) == [item for item in items if _voice(item) == _voice(group[0])] for group in groups)


@given(VOICES, SIZES, SIZES)
def test_a_choice_is_as_long_as_it_can_be_and_in_order(voices: list[str], most: int, each: int) -> None:
    items = _items(voices)
    chosen = with_room_for_all(items, _voice, most=most, each=each)
    assert len(chosen) == min(most, len(items))
    assert chosen == sorted(chosen)


@given(VOICES, SIZES, SIZES)
def test_nobody_has_more_than_his_part_while_another_is_left_out(voices: list[str], most: int, each: int) -> None:
    chosen = Counter(map(_voice, with_room_for_all(_items(voices), _voice, most=most, each=each)))
    left_out = Counter(voices) - chosen
    if any(count > each for count in chosen.values()):
        assert all(chosen[voice] >= each for voice in left_out)


LINES = st.lists(st.tuples(st.integers(2, 9), st.integers(0, 72)), max_size=12)
"""Coverage, and age in hours."""


def _lines(drawn: list[tuple[int, int]]) -> list[StoryLine]:
    return [
        replace(make_line(number, coverage=coverage), updated_at=NOON - timedelta(hours=age))
        for number, (coverage, age) in enumerate(drawn, 1)
    ]


@given(LINES, st.integers(0, 11))
def test_the_order_of_top_stories_is_of_the_stories_alone(drawn: list[tuple[int, int]], begin: int) -> None:
    lines = _lines(drawn)
    shuffled = [*lines[begin:], *reversed(lines[:begin])]
    assert ranked(shuffled, newest=NOON, window=3 * DAY) == ranked(lines, newest=NOON, window=3 * DAY)


@given(LINES)
def test_a_story_that_is_fresher_and_of_more_publishers_stands_higher(drawn: list[tuple[int, int]]) -> None:
    order = ranked(_lines(drawn), newest=NOON, window=3 * DAY)
    for place, upper in enumerate(order):
        for lower in order[place + 1 :]:
            assert not (lower.coverage > upper.coverage and lower.updated_at > upper.updated_at)


@given(st.integers(2, 8))
def test_what_leaves_the_window_is_outweighed_by_any_new_story_of_two_publishers(coverage: int) -> None:
    leaving = replace(make_line(1, coverage=coverage), updated_at=NOON - DAY)
    fresh = replace(make_line(2, coverage=2), updated_at=NOON)
    assert [line.id for line in ranked([leaving, fresh], newest=NOON, window=DAY)] == [2, 1]
    assert 2**HALVINGS == 8
