"""Which stories have a term: the same whether an outline has been made meanwhile or not."""

from array import array
from collections.abc import Iterable

import pytest

from aggregator.model.ids import StoryId
from aggregator.stories.at_hand import AtHand
from aggregator.stories.effort import Effort
from aggregator.stories.engine import StoryEngine
from aggregator.stories.postings import LONG, Postings
from aggregator.stories.vectors import product
from aggregator.stories.window import OpenStory
from tests.story_entries import placed

HEADLINES = (
    "Storm Petra floods Kingston harbour",
    "Harbour of Kingston under water after Storm Petra",
    "Storm Petra: Kingston harbour to stay closed",
    "Central bank raises interest rates",
    "Kingston votes on a new library",
    "Striker signs for Porto",
)

Told = dict[str, list[tuple[StoryId, float]]]


def noted(*, outlined: bool) -> Postings:
    """Note more stories of one term than stay a list, and fewer of another; then change some of each."""
    postings = Postings(AtHand[OpenStory](), Effort())
    for number in range(2, 4 * LONG, 2):
        postings.note(StoryId(number), ["storm"], {"storm": number / 7})
    for number in (4, 6):
        postings.note(StoryId(number), ["flood"], {"flood": 0.1})
    if outlined:
        postings.outline()
    postings.note(StoryId(LONG + 1), ["storm", "flood"], {"storm": 0.3, "flood": 0.4})
    postings.note(StoryId(6), ["storm"], {"storm": 1 / 3})
    postings.note(StoryId(9 * LONG), ["storm"], {"storm": 0.7})
    postings.discard(StoryId(8), ["storm"])
    postings.discard(StoryId(4), ["flood"])
    postings.drop([StoryId(10), StoryId(12)])
    postings.note(StoryId(12), ["storm"], {"storm": 0.9})
    return postings


def told(postings: Postings) -> Told:
    return {term: list(zip(*held, strict=True)) for term, held in postings.outline().items()}


def test_long_postings_are_arrays_after_an_outline_and_go_on_as_they_were() -> None:
    assert told(noted(outlined=True)) == told(noted(outlined=False))


def test_an_outline_leaves_long_postings_as_arrays_and_short_ones_as_lists() -> None:
    held = noted(outlined=False).outline()
    assert [type(numbers) for numbers in held["storm"]] == [array, array]
    assert [type(numbers) for numbers in held["flood"]] == [list, list]


class Archive:
    """Makes stories again, and notes which were asked for."""

    def __init__(self, stories: Iterable[OpenStory]) -> None:
        self.stories = {story.id: story for story in stories}
        self.asked: set[StoryId] = set()

    def fetch(self, wanted: Iterable[StoryId]) -> list[OpenStory]:
        self.asked.update(wanted)
        return [self.stories[story_id] for story_id in wanted]


@pytest.mark.parametrize("at_least", [0.001, 0.1, 0.3, 0.9])
def test_of_stories_that_are_away_only_those_are_got_that_come_to_enough(at_least: float) -> None:
    engine = StoryEngine()
    first, *_ = placed(engine, HEADLINES)
    stories, postings = engine.window.stories, engine.window.postings
    archive = Archive(stories.values())
    vector = stories[first].sums
    at_hand = postings.means(vector, archive.stories, at_least)

    stories.fetch = archive.fetch
    stories.leave(archive.stories)
    stories.clear()
    assert postings.means(vector, archive.stories, at_least) == at_hand
    enough = {story.id for story in archive.stories.values() if product(vector, story.sums) >= at_least}
    assert archive.asked == enough
    assert 0 < len(enough) < len(archive.stories)
