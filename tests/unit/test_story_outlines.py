"""Outlines: what an engine begins with in the place of all that was read. That it changes nothing is a law: `test_story_laws`."""

from collections.abc import Collection
from datetime import timedelta

import pytest

from aggregator.model.grouping import Reading, StoryChanges, StoryEntry, StorySettings, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.outlines import outlined, packed, resume, signature, unpacked
from aggregator.stories.restoring import lean_on
from aggregator.stories.vectors import LexicalVectors
from tests.story_entries import story_entry


class Kept:
    """What was stored, and how often it was looked up."""

    def __init__(self) -> None:
        self.changes: list[StoryChanges] = []
        self.asked: list[StoryId] = []

    def open_stories(self, ids: Collection[StoryId]) -> list[tuple[StoryState, list[EntryId]]]:
        self.asked += ids
        states = {state.id: state for changes in self.changes for state in changes.states}
        placed = {one.entry_id: one.story for changes in self.changes for one in changes.placements}
        return [(states[one], [entry for entry, story in placed.items() if story == one]) for one in ids]

    def readings(self, positions: Collection[int]) -> list[Reading]:
        return [one for changes in self.changes for one in changes.readings if one.position in positions]

    def terms(self, positions: Collection[int]) -> list[list[str]]:
        return [list(reading.weights) for reading in self.readings(positions)]


def again(engine: StoryEngine, kept: Kept) -> StoryEngine:
    """Store what an engine has decided, and make another one of its outline."""
    kept.changes.append(engine.changes())
    made = StoryEngine(next_story=kept.changes[-1].next_story)
    lean_on(made, kept)
    resume(made, sorted(outlined(engine)))  # as the store gives its parts
    return made


def grouped(*entries: StoryEntry) -> tuple[StoryEngine, Kept]:
    engine, kept = StoryEngine(), Kept()
    lean_on(engine, kept)
    for entry in entries:
        engine.add(entry)
    return engine, kept


def test_stories_are_looked_up_when_an_entry_may_belong_to_them_and_no_others() -> None:
    headlines = [
        "Reactor cooling tower collapses",
        "Cup final goes to penalties in Lagos",
        "Central bank halves its rate",
    ]
    engine, kept = grouped(*(story_entry(number, line) for number, line in enumerate(headlines, 1)))
    engine = again(engine, kept)
    assert kept.asked == []
    assert engine.add(story_entry(4, "Reactor cooling tower collapses", hours=1)) == 1
    assert kept.asked == [1]


def test_what_has_been_looked_at_stays_at_hand_and_the_rest_is_looked_up() -> None:
    lines = [f"{word} {word}s" for word in ("reactor", "penalty", "bank", "harbour")]
    engine, kept = grouped(*(story_entry(number, line) for number, line in enumerate(lines, 1)))
    kept.changes.append(engine.changes())
    engine.rest(10)
    assert len(engine.window.stories) == len(lines)
    engine.rest(2)
    assert engine.window.stories[StoryId(1)].entries == [1]
    assert kept.asked == []
    engine.rest(0)
    assert engine.window.stories[StoryId(1)].entries == [1]
    assert kept.asked == []
    assert engine.window.stories[StoryId(4)].entries == [4]
    assert kept.asked == [4]
    assert StoryId(3) in engine.window.stories
    assert engine.window.stories.get(StoryId(5)) is None


def test_an_engine_of_an_outline_knows_who_links_to_whom() -> None:
    engine, kept = grouped(story_entry(1, "Reactor", links=frozenset(["x.example/1", "x.example/2"])))
    item = again(engine, kept).admit(story_entry(2, "Bank", url_key="x.example/2"))
    other = again(engine, kept).admit(story_entry(2, "Bank", url_key="x.example/3"))
    window = again(engine, kept).window
    assert window.is_linked(item)
    assert not window.is_linked(other)


def test_a_story_that_came_too_late_closes_before_the_next_entry_also_after_a_restart() -> None:
    lines = story_entry(1, "Bank", hours=400), story_entry(2, "Reactor")
    engine, kept = grouped(*lines)
    engine = again(engine, kept)
    assert StoryId(2) in engine.window.stories
    assert engine.add(story_entry(3, "Reactor")) == len(lines) + 1


def test_an_outline_is_of_use_only_where_rules_and_settings_are_the_same() -> None:
    plain, other = StorySettings(), StorySettings(idle=timedelta(hours=5))
    assert signature(plain, LexicalVectors()) == signature(StorySettings(), LexicalVectors())
    assert signature(plain, LexicalVectors()) != signature(other, LexicalVectors())


def test_pieces_are_put_together_and_taken_apart() -> None:
    for pieces in ([], [b""], [b"", b"abc", b"\0" * 9, b""]):
        assert unpacked(packed(pieces)) == pieces


@pytest.mark.parametrize("length", [0, 300, 5_000, 800_000, 6_000_000])
def test_what_is_packed_has_room_for_a_little_more_so_that_it_can_be_written_over(length: int) -> None:
    whole = packed([bytes(length)])
    assert length < len(whole) <= length * 17 // 16 + 600
    assert len({len(packed([bytes(length + more)])) for more in range(40)}) <= 2
    assert unpacked(whole) == [bytes(length)]
