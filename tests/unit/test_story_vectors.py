"""Stories with an opinion beyond words, as an embedding has one."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.grouping import StoryEntry, StoryMemory
from aggregator.model.ids import StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.restoring import restore
from tests.story_entries import story_entry


class Opinions:
    """Says of each publisher what it is told to say; nothing of others."""

    name = "opinions"

    def __init__(self, share: float, opinions: Mapping[str, Sequence[float]]) -> None:
        self.share = share
        self._opinions = opinions

    def meaning(self, entry: StoryEntry) -> Sequence[float] | None:
        return self._opinions.get(entry.publisher)


EAST, NORTH, WEST = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)
ALIKE = {"a": EAST, "b": EAST}
UNLIKE = {"a": EAST, "b": NORTH}
OPPOSITE = {"a": EAST, "b": WEST}

SAME_WORDS = (
    "Strong earthquake strikes northern Japan, tsunami warning issued",
    "Tsunami warning after strong earthquake hits northern Japan",
)
SOME_WORDS = ("Ministers quarrel over ferry contract", "Ferry contract: opposition demands harbour inquiry")
NO_WORDS = ("Ministers quarrel over ferry contract", "Tsunami warning after strong earthquake")


def pair(headlines: Sequence[str]) -> list[StoryEntry]:
    return [
        story_entry(number, headline, hours=number, publisher=publisher)
        for number, (headline, publisher) in enumerate(zip(headlines, "ab", strict=True), 1)
    ]


def stories(engine: StoryEngine, given: Sequence[StoryEntry]) -> list[StoryId | None]:
    for entry in given:
        engine.add(entry)
    engine.advance(given[-1].at + timedelta(hours=2))
    return [engine.story_of(entry.id) for entry in given]


def together(share: float, opinions: Mapping[str, Sequence[float]], headlines: Sequence[str]) -> bool:
    one, other = stories(StoryEngine(vectors=Opinions(share, opinions)), pair(headlines))
    return one == other


def test_an_opinion_tips_what_words_leave_open() -> None:
    assert [together(0.3, opinions, SOME_WORDS) for opinions in (ALIKE, UNLIKE, {})] == [True, False, False]


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_an_opinion_alone_makes_no_story(share: float) -> None:
    assert not together(share, ALIKE, NO_WORDS)


def test_an_opinion_that_disagrees_keeps_apart_what_little_speaks_for() -> None:
    assert [together(0.7, opinions, SAME_WORDS) for opinions in (ALIKE, UNLIKE)] == [True, False]


def test_an_opposite_opinion_is_no_more_than_a_different_one() -> None:
    def score(opinions: Mapping[str, Sequence[float]]) -> float:
        engine = StoryEngine(vectors=Opinions(0.2, opinions))
        stories(engine, pair(SAME_WORDS))
        return engine.changes().placements[-1].score

    assert score(OPPOSITE) == score(UNLIKE) < score(ALIKE)


@pytest.mark.parametrize("opinions", [{}, {"a": EAST}, {"b": EAST}])
@pytest.mark.parametrize("headlines", [SAME_WORDS, SOME_WORDS, NO_WORDS])
def test_where_there_is_no_opinion_words_decide(
    headlines: Sequence[str], opinions: Mapping[str, Sequence[float]]
) -> None:
    words = stories(StoryEngine(), pair(headlines))
    assert stories(StoryEngine(vectors=Opinions(0.3, opinions)), pair(headlines)) == words


def test_no_opinion_outvotes_a_conflict() -> None:
    headlines = ("Oil prices rise as traders watch Iran talks", "Oil prices fall as traders watch Iran talks")
    engine = StoryEngine(vectors=Opinions(0.3, ALIKE))
    assert len(set(stories(engine, pair(headlines)))) == 2
    assert [veto.reason for veto in engine.changes().placements[-1].vetoes] == ["opposite words"]


def around(degrees: float) -> tuple[float, float]:
    return math.cos(math.radians(degrees)), math.sin(math.radians(degrees))


CRISIS = (
    "Ministers quarrel over ferry contract",
    "Parliament passes budget after night of debate",
    "Ferry contract: opposition demands harbour inquiry",
    "Budget passes parliament after long debate",
    "Harbour inquiry opens into ferry contract",
    "Opposition walks out of parliament over ferry inquiry",
    "Night of debate ends with budget",
)


def crisis() -> list[StoryEntry]:
    return [
        story_entry(number, headline, hours=number * 0.4, publisher=f"p{number}")
        for number, headline in enumerate(CRISIS, 1)
    ]


VIEWS = {f"p{number}": around(90.0 * (number % 2) + 5 * number) for number in range(1, 7)}
"""Of all but the last."""


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_pauses_change_nothing_where_there_are_opinions(share: float) -> None:
    once = stories(StoryEngine(vectors=Opinions(share, VIEWS)), crisis())
    pausing = StoryEngine(vectors=Opinions(share, dict(VIEWS)))
    for entry in crisis():
        pausing.advance(entry.at)
        pausing.add(entry)
        pausing.changes()
    pausing.advance(crisis()[-1].at + timedelta(hours=2))
    assert [pausing.story_of(entry.id) for entry in crisis()] == once


def remembered(engine: StoryEngine) -> StoryMemory:
    """Give what would be stored of an engine that is asked for the first time."""
    told = engine.changes()
    return StoryMemory(
        mark=1,
        signature="",
        next_story=told.next_story,
        states=told.states,
        readings=tuple(replace(reading, entry=replace(reading.entry, body="")) for reading in told.readings),
        assigned={placement.entry_id: placement.story for placement in told.placements},
        rulings=(),
    )


@pytest.mark.parametrize("kept", range(1, len(CRISIS)))
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_a_restart_keeps_opinions_and_asks_for_none_anew(share: float, kept: int) -> None:
    """What was said is stored: a model that is silent after the restart about what it has judged before changes nothing."""
    once = StoryEngine(vectors=Opinions(share, VIEWS))
    given = crisis()
    expected = stories(once, given)
    first = StoryEngine(vectors=Opinions(share, VIEWS))
    for entry in given[:kept]:
        first.add(entry)
    memory = remembered(first)
    later = {entry.publisher: VIEWS[entry.publisher] for entry in given[kept:] if entry.publisher in VIEWS}
    second = StoryEngine(vectors=Opinions(share, later), next_story=memory.next_story)
    restore(second, memory)
    stories(second, given[kept:])
    assert [second.story_of(entry.id) for entry in given] == expected
    assert {one.entry_id: one.score for one in second.changes().placements}.items() <= {
        one.entry_id: one.score for one in once.changes().placements
    }.items()


def test_a_review_asks_for_opinions_too() -> None:
    """What was parted when it came in is put together when more of it is there, if it means the same."""
    headlines = (
        "Airline cancels flights as pilots begin strike",
        "Union walkout grounds Atlantis passengers",
        "Atlantis pilots begin strike, union walkout grounds flights",
    )

    def parts(opinions: Mapping[str, Sequence[float]]) -> int:
        entries = [
            story_entry(number, headline, hours=0.1 * number, publisher=publisher)
            for number, (headline, publisher) in enumerate(zip(headlines, "aba", strict=True), 1)
        ]
        return len(set(stories(StoryEngine(vectors=Opinions(0.3, opinions)), entries)))

    assert (parts(ALIKE), parts(UNLIKE)) == (1, 2)


def test_scores_are_between_0_and_1_in_a_large_story() -> None:
    """Of a large story every other entry is looked at; here those have hardly a word in common with what comes in."""
    engine = StoryEngine(vectors=Opinions(0.3, ALIKE))
    for number in range(30):
        headline = "Parliament passes budget after night of debate on harbour" if number % 2 == 0 else SOME_WORDS[1]
        engine.add(story_entry(number + 1, headline, hours=number * 0.01, publisher="a", copy_set=1))
    engine.changes()
    engine.add(story_entry(31, SOME_WORDS[1], hours=1, publisher="b"))
    (placement,) = (one for one in engine.changes().placements if one.entry_id == 31)
    assert 0.0 <= placement.score <= 1.0
