"""Entries that come late, say something else later, or belong to stories that closed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import EntryId
from aggregator.model.story import Apart
from aggregator.stories.engine import StoryEngine
from aggregator.stories.reading import signature
from aggregator.stories.restoring import reopen
from aggregator.stories.vectors import LexicalVectors
from tests.factories import NOON
from tests.story_entries import story_entry

QUAKE = "Strong earthquake strikes northern Japan, tsunami warning issued"
AGAIN = "Tsunami warning after strong earthquake hits northern Japan"
OTHER = "Parliament passes budget after night of debate"


@pytest.mark.parametrize(("hours", "joins"), [(-71, True), (-72, False), (60, True), (72, False)])
def test_an_entry_joins_a_story_of_its_time_in_whatever_order_it_comes(hours: float, *, joins: bool) -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE))
    engine.add(story_entry(2, OTHER, hours=100))
    assert (engine.add(story_entry(3, AGAIN, hours=hours)) == 1) == joins


def test_a_story_that_would_become_too_long_takes_no_earlier_entry() -> None:
    engine = StoryEngine(StorySettings(span=timedelta(days=2)))
    engine.add(story_entry(1, QUAKE))
    engine.add(story_entry(2, AGAIN, hours=40))
    assert engine.add(story_entry(3, AGAIN, hours=-7)) == 1
    assert engine.add(story_entry(4, AGAIN, hours=-9)) != 1


def test_an_entry_of_long_ago_founds_a_story_that_closes_before_the_next_one_is_placed() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE))
    assert engine.add(story_entry(2, QUAKE, hours=-1000)) == 2
    assert engine.changes().closed == ()
    assert engine.add(story_entry(3, QUAKE, hours=-1000)) == 3
    assert [story.state.id for story in engine.changes().closed] == [2]


def test_what_an_entry_says_now_is_judged_when_its_story_is_reviewed() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE))
    assert engine.add(story_entry(2, AGAIN, hours=0.1)) == 1
    engine.add(story_entry(3, OTHER, hours=0.2))
    engine.changes()
    engine.revise(story_entry(2, OTHER, hours=0.1))
    assert engine.story_of(EntryId(2)) == 1
    (reading,) = engine.changes().readings
    assert (reading.position, reading.entry.headline, reading.entry.at) == (4, OTHER, NOON + timedelta(hours=0.1))
    engine.advance(NOON + timedelta(hours=2))
    assert engine.story_of(EntryId(2)) == engine.story_of(EntryId(3)) != 1


def test_the_same_words_are_no_revision_and_closed_stories_take_none() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE, body="It was strong."))
    engine.changes()
    engine.revise(story_entry(1, QUAKE, body="It was strong!"))
    engine.revise(story_entry(9, OTHER))
    assert engine.changes().readings == ()


def test_a_closed_story_can_be_split_and_closes_again() -> None:
    engine = StoryEngine()
    pair = [story_entry(1, QUAKE), story_entry(2, AGAIN, hours=1)]
    for entry in pair:
        engine.add(entry)
    engine.add(story_entry(3, OTHER, hours=300))
    (closed,) = engine.changes().closed
    reopen(engine, closed.state, pair)
    engine.rule(Apart(entries=frozenset({EntryId(2)}), others=frozenset({EntryId(1)})))
    changes = engine.changes()
    assert [(placement.entry_id, placement.story) for placement in changes.placements] == [(2, 3)]
    assert [state.id for state in changes.states] == [1, 3]
    assert [reading.entry.id for reading in changes.readings] == [1, 2]
    engine.add(story_entry(4, OTHER, hours=301))
    assert [(story.state.id, story.entries) for story in engine.changes().closed] == [(1, (1,)), (3, (2,))]


def test_readings_are_needed_until_they_are_long_past_and_their_story_is_closed() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE))
    assert engine.changes().forgotten_before == 1
    days = 24 * 17
    engine.add(story_entry(2, OTHER, hours=days))
    assert engine.changes().forgotten_before == 1
    engine.add(story_entry(3, OTHER, hours=days + 0.1))
    assert engine.changes().forgotten_before == 2


def test_words_are_quoted_from_texts_that_are_handed_in() -> None:
    engine = StoryEngine()
    entries = [
        story_entry(1, "Quake", body="Tsunami warnings reached Sendai"),
        story_entry(2, "Quakes", body="In Sendai a tsunami"),
    ]
    for entry in entries:
        engine.add(entry)
    first, _ = engine.changes().placements
    assert {"Quake", "Tsunami", "Sendai"} <= set(first.words)
    assert {"tsunami", "sendai"} <= set(engine.explain(first.story)[0].words)
    assert engine.explain(first.story, entries)[0].words == first.words


def test_the_signature_tells_rules_of_reading_apart_and_nothing_else() -> None:
    class Other(LexicalVectors):
        name = "other"

    settings = StorySettings()
    assert signature() == signature(settings, LexicalVectors())
    assert signature(replace(settings, first=0.9, late=timedelta(0))) == signature()
    others = [signature(settings, Other()), signature(replace(settings, body_terms=10)), signature()]
    assert len(set(others)) == 3
