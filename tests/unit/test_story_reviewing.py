"""Reviews: what is grouped anew, what stays, and what a large story costs."""

import random
from collections.abc import Sequence

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import Apart, Together
from aggregator.stories.items import Item
from aggregator.stories.placing import Judge
from aggregator.stories.reading import Readings
from aggregator.stories.reviewing import DISSOLVED, regroup
from aggregator.stories.rulings import Constraints
from aggregator.stories.vectors import LexicalVectors
from aggregator.stories.window import OpenStory
from tests.story_entries import story_entry

BUDGET = ["budget", "vote", "senate", "deficit", "clause", "speaker", "amendment"]
STRIKE = ["strike", "union", "wages", "picket", "walkout", "ballot", "crew"]
BOTH = ["ferry", "harbour", "minister", "premier"]


def two_stories(size: int) -> tuple[list[Item], list[Item]]:
    """Make two stories that are somewhat alike, of so many entries each."""
    draw, readings = random.Random(1), Readings(StorySettings(), LexicalVectors())
    made: tuple[list[Item], list[Item]] = ([], [])
    for number in range(1, 2 * size + 1):
        own = (STRIKE, BUDGET)[number % 2]
        headline = " ".join((*draw.sample(own, 5), *draw.sample(BOTH, 2)))
        made[number % 2].append(readings.read(story_entry(number, headline, hours=number * 0.01))[1])
    return made


def opened(groups: Sequence[Sequence[Item]]) -> list[OpenStory]:
    return [OpenStory(StoryId(number), group) for number, group in enumerate(groups, 1)]


def numbers(groups: Sequence[Sequence[Item]]) -> list[list[EntryId]]:
    return [[item.entry.id for item in group] for group in groups]


def judge(*rulings: Apart | Together, staying: float = 0.01) -> Judge:
    return Judge(StorySettings(staying=staying), 0.0, Constraints(rulings))


def test_large_stories_are_compared_by_some_of_their_entries_and_keep_all() -> None:
    groups = two_stories(5 * DISSOLVED)
    judging = judge()
    found = regroup(opened(groups), judging)
    assert sorted(numbers(found)) == sorted(numbers(groups))
    assert 0 < judging.effort.pairs <= 2 * DISSOLVED**2


def test_a_ruling_about_an_entry_of_a_large_story_is_obeyed() -> None:
    groups = two_stories(2 * DISSOLVED)
    one, other = groups[0][3].entry.id, groups[1][5].entry.id
    (together,) = regroup(opened(groups), judge(Together(entries=frozenset((one, other)))))
    assert sorted(item.entry.id for item in together) == sorted(item.entry.id for group in groups for item in group)


def test_no_entry_is_lost_where_a_ruling_parts_a_large_story() -> None:
    groups = two_stories(2 * DISSOLVED)
    leaving = groups[0][0].entry.id
    rest = frozenset(item.entry.id for item in groups[0]) - {leaving}
    found = regroup(opened(groups), judge(Apart(entries=frozenset((leaving,)), others=rest)))
    assert sorted(entry for group in numbers(found) for entry in group) == sorted(
        entry for group in numbers(groups) for entry in group
    )
    assert next(group for group in numbers(found) if leaving in group) == [leaving]


def test_a_story_needs_less_to_stay_together_than_to_come_together() -> None:
    readings = Readings(StorySettings(), LexicalVectors())
    pair = [
        readings.read(story_entry(number, headline))[1]
        for number, headline in enumerate(
            ("Ferry strike over wages", "Union ballot in harbour delays plans for a ferry"), 1
        )
    ]
    alike = regroup(opened([pair]), judge(staying=0.0))
    assert len(alike) == 2
    assert len(regroup(opened([pair]), judge(staying=1.0))) == 1
    assert len(regroup(opened([[pair[0]], [pair[1]]]), judge(staying=1.0))) == 2
