"""What a story's readers are told, and when."""

from datetime import timedelta

from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, EventKind, Pinned
from aggregator.stories.engine import StoryEngine
from tests.factories import NOON
from tests.story_entries import story_entry

QUAKE = "Strong earthquake strikes northern Japan, tsunami warning issued"
AGAIN = "Tsunami warning after strong earthquake hits northern Japan"
OTHER = "Parliament passes budget after night of debate"


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def told(engine: StoryEngine) -> list[tuple[int, EventKind, str]]:
    return [(event.story, event.kind, event.detail) for event in engine.changes().events]


def test_another_publisher_is_told_and_another_entry_of_one_is_not() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE, publisher="one"))
    engine.add(story_entry(2, AGAIN, publisher="two", hours=1))
    engine.add(story_entry(3, QUAKE, publisher="two", hours=2))
    changes = engine.changes()
    assert [(event.kind, event.at, event.entry, event.detail) for event in changes.events] == [
        (EventKind.FOUNDED, NOON, 1, ""),
        (EventKind.PUBLISHER, NOON + hours(1), 2, "two"),
    ]
    (state,) = changes.states
    assert (state.publishers, state.updated_at) == (("one", "two"), NOON + hours(1))
    assert (state.first_at, state.last_at) == (NOON, NOON + hours(2))


def test_what_comes_late_is_told_when_it_came_in() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE, hours=2))
    engine.add(story_entry(2, AGAIN, hours=1, seen_after=5))
    *_, last = engine.changes().events
    assert (last.kind, last.at) == (EventKind.PUBLISHER, NOON + hours(6))


def test_another_number_in_the_headline_that_leads_is_told_with_the_former() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, "Bus crash kills 12 in Peru"))
    engine.changes()
    engine.revise(story_entry(1, "Bus crash in Peru kills twelve"))
    assert told(engine) == []
    engine.revise(story_entry(1, "Bus crash kills 15 in Peru", seen_after=3))
    changes = engine.changes()
    assert [(event.kind, event.detail, event.at) for event in changes.events] == [
        (EventKind.NUMBER, "12", NOON + hours(3))
    ]
    assert [state.numbers for state in changes.states] == [("15",)]


def test_another_lead_is_told() -> None:
    body = (
        "A magnitude 7.1 earthquake struck off northern Japan on Tuesday, shaking buildings in Sendai and prompting officials to "
        "order coastal residents to higher ground while trains stopped and nuclear plants were checked for damage."
    )
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE, publisher="one"))
    engine.add(story_entry(2, AGAIN, hours=0.2, body=body, publisher="one"))
    assert told(engine) == [(1, EventKind.FOUNDED, ""), (1, EventKind.LEAD, "")]


def test_stories_that_become_one_are_told_with_the_number_of_the_other_unless_nobody_heard_of_it() -> None:
    known, unknown = StoryEngine(), StoryEngine()
    for engine in (known, unknown):
        engine.add(story_entry(1, QUAKE))
        engine.add(story_entry(2, OTHER))
        if engine is known:
            engine.changes()
        engine.copies_changed({EntryId(2): CopySetId(1)})
    changes = known.changes()
    assert [(event.story, event.kind, event.entry, event.detail) for event in changes.events] == [
        (1, EventKind.MERGED, None, "2"),
        (1, EventKind.PUBLISHER, 2, "publisher 2"),
    ]
    assert (changes.merged, changes.states[0].publishers) == (((2, 1),), ("publisher 1", "publisher 2"))
    changes = unknown.changes()
    assert [(event.kind, event.detail) for event in changes.events] == [
        (EventKind.FOUNDED, ""),
        (EventKind.MERGED, ""),
        (EventKind.PUBLISHER, "publisher 2"),
    ]
    assert changes.merged == ()


def test_a_publisher_that_both_of_two_stories_have_is_not_told_when_they_become_one() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE, publisher="one"))
    engine.add(story_entry(2, OTHER, publisher="one"))
    engine.changes()
    engine.copies_changed({EntryId(2): CopySetId(1)})
    assert told(engine) == [(1, EventKind.MERGED, "2")]


def test_a_split_is_told_of_both() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE))
    engine.add(story_entry(2, AGAIN, hours=1))
    engine.changes()
    engine.rule(Apart(entries=frozenset({EntryId(2)}), others=frozenset({EntryId(1)})))
    changes = engine.changes()
    assert [(event.story, event.kind, event.detail) for event in changes.events] == [
        (1, EventKind.SPLIT, "2"),
        (2, EventKind.SPLIT, "1"),
    ]
    assert [(placement.entry_id, placement.story) for placement in changes.placements] == [(2, 2)]


def test_copies_do_not_join_what_a_person_pinned_to_another_story() -> None:
    engine = StoryEngine(rulings=[Pinned(entries=frozenset({EntryId(1)}))])
    engine.add(story_entry(1, QUAKE))
    engine.add(story_entry(2, OTHER))
    engine.copies_changed({EntryId(2): CopySetId(1)})
    assert (engine.story_of(EntryId(1)), engine.story_of(EntryId(2))) == (1, 2)


def test_copies_that_a_person_split_stay_apart_when_stories_are_reviewed() -> None:
    engine = StoryEngine()
    engine.add(story_entry(1, QUAKE, copy_set=1))
    engine.add(story_entry(2, QUAKE, copy_set=1, hours=0.1))
    engine.rule(Apart(entries=frozenset({EntryId(2)}), others=frozenset({EntryId(1)})))
    engine.add(story_entry(3, AGAIN, hours=0.2))
    engine.advance(NOON + hours(9))
    assert engine.story_of(EntryId(1)) != engine.story_of(EntryId(2))
    assert StoryId(2) in {state.id for state in engine.changes().states}
