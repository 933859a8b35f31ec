"""Related stories: which are listed, how many, in what order."""

from datetime import timedelta

from aggregator.model.ids import StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.related import Candidate, choose
from tests.factories import NOON
from tests.story_entries import placed


def candidate(number: int, likeness: float = 0.5, *, publisher: str = "", hours: float = 0) -> Candidate:
    return Candidate(
        story=StoryId(number),
        likeness=likeness,
        publisher=publisher or f"publisher {number}",
        last_at=NOON - timedelta(hours=hours),
    )


def test_at_most_twelve_newest_first() -> None:
    found = choose([candidate(number, hours=number) for number in range(20)], NOON)
    assert [other.story for other in found] == list(range(12))


def test_at_most_three_of_a_publisher_but_any_number_of_unknown_ones() -> None:
    of_one = [candidate(number, publisher="one") for number in range(5)]
    unknown = [Candidate(story=StoryId(number), likeness=0.5, publisher="", last_at=NOON) for number in range(10, 15)]
    found = [other.story for other in choose([*of_one, *unknown], NOON)]
    assert sorted(found) == [0, 1, 2, 10, 11, 12, 13, 14]


def test_a_list_is_not_padded_with_what_is_not_like() -> None:
    assert choose([candidate(1, 0.05), candidate(2, 0.6)], NOON) == choose([candidate(2, 0.6)], NOON)


def test_what_is_long_past_counts_for_less() -> None:
    new, old = candidate(1, 0.4), candidate(2, 0.4, hours=24 * 7)
    scores = {other.story: other.score for other in choose([new, old], NOON)}
    assert scores == {1: 0.4, 2: 0.2}


def test_stories_on_one_subject_are_related_and_others_are_not() -> None:
    engine = StoryEngine()
    first, second, third = placed(
        engine,
        [
            "Killer blast strikes market in Idlib as regime troops advance on rebel towns",
            "Hayat Tahrir Al-Sham digs trenches around Idlib and rebel villages before winter",
            "Hope fades for miners trapped underground",
        ],
    )
    assert [other.story for other in engine.related(first)] == [second]
    assert engine.related(third) == ()
    assert engine.related(StoryId(99)) == ()
