"""Restoring: the engine as it was, from what is stored; and closed stories taken back.

Which entry is in which story is stored, and what was read of it, with the weight of every word. Nothing is read again, unless the
rules of reading have changed.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol

from aggregator.model.grouping import Reading, StoryEntry, StoryMemory, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.items import Item
from aggregator.stories.reading import Readings
from aggregator.stories.window import OpenStory


class Archive(Protocol):
    """What is stored, to be looked up again."""

    def open_stories(self, ids: Collection[StoryId]) -> Iterable[tuple[StoryState, Sequence[EntryId]]]:
        """Give open stories with their entries, both in any order."""
        ...

    def readings(self, positions: Collection[int]) -> Iterable[Reading]:
        """Give readings as `StoryMemory` has them, in any order."""
        ...

    def terms(self, positions: Collection[int]) -> Iterable[Iterable[str]]:
        """Give the terms that are weighed in these readings, in order of position."""
        ...


def lean_on(engine: StoryEngine, archive: Archive) -> None:
    """Let an engine that may `rest` look up what it has let go of."""
    engine.window.stories.fetch = partial(_fetched, engine.readings, archive)
    engine.readings.frequencies.recall = archive.terms


def _fetched(readings: Readings, archive: Archive, ids: Collection[StoryId]) -> list[OpenStory]:
    found = list(archive.open_stories(ids))
    last = (readings.last(entry) for _, entries in found for entry in entries)
    items = {
        reading.entry.id: readings.item(reading)
        for reading in archive.readings([position for position in last if position is not None])
    }
    return [_made(state, [items[entry] for entry in entries if entry in items]) for state, entries in found]


def restore(engine: StoryEngine, memory: StoryMemory) -> None:
    """Bring a new engine to where another one was when it last told its changes.

    Args:
        engine: one that has seen no entry, with the same settings and vectors, and `rulings` and `next_story` of `memory`.
        memory: what is stored; its readings were made by the rules of this engine (`reading.signature`), and the
            `copy_set` of their entries is the present one.
    """
    last: dict[EntryId, Reading] = {}
    for reading in memory.readings:
        engine.readings.recall(reading)
        if reading.entry.id in memory.assigned:
            last[reading.entry.id] = reading
    engine.advance(engine.readings.latest)
    _reopen(engine, memory.states, map(engine.readings.item, last.values()), memory.assigned)


def read_again(engine: StoryEngine, memory: StoryMemory, entries: Iterable[StoryEntry]) -> None:
    """Make an engine as `restore` does, from entries that are read anew: by rules that differ from those of the readings.

    Its next `changes` have the new readings; their positions follow those of `memory`, which are of no use any more.

    Args:
        engine: as for `restore`.
        memory: what is stored, with its readings.
        entries: those of the readings, with their texts, in any order.
    """
    places = {reading.entry.id: reading.position for reading in reversed(memory.readings)}
    engine.readings.skip(max(places.values(), default=0))
    ordered = sorted(entries, key=lambda entry: (places.get(entry.id, 0), entry.id))
    items = [engine.admit(entry) for entry in ordered]
    engine.advance(engine.readings.latest)
    _reopen(engine, memory.states, (item for item in items if item.entry.id in memory.assigned), memory.assigned)


def reopen(engine: StoryEngine, state: StoryState, entries: Sequence[StoryEntry]) -> None:
    """Take a closed story back, so that a person's ruling reaches it; it closes again before the next entry is placed.

    Its entries are read anew: what was read of them is forgotten. Nothing happens where it is open.

    Args:
        engine: the one that is in use.
        state: as it was stored when the story closed.
        entries: those of the story, with their texts.
    """
    if state.id in engine.window.stories:
        return
    story = _made(state, [engine.admit(entry) for entry in entries])
    _take_up(engine, story)
    engine.take_back(story)


def _reopen(
    engine: StoryEngine,
    states: Iterable[StoryState],
    items: Iterable[Item],
    assigned: Mapping[EntryId, StoryId],
) -> None:
    members: defaultdict[StoryId, list[Item]] = defaultdict(list)
    for item in items:
        members[assigned[item.entry.id]].append(item)
    for state in sorted(states, key=lambda one: one.id):
        if members[state.id]:
            _take_up(engine, _made(state, members[state.id]))


def _made(state: StoryState, items: Iterable[Item]) -> OpenStory:
    story = OpenStory(state.id, items)
    story.lead = next((item for item in story.items if item.entry.id == state.lead), story.items[0])
    story.publishers = dict.fromkeys((*state.publishers, *story.publishers))
    story.updated_at, story.review_at = state.updated_at, state.review_at
    return story


def _take_up(engine: StoryEngine, story: OpenStory) -> None:
    engine.window.put(story)
    engine.schedule(story, story.review_at)
