"""Restoring: the engine as it was, from what is stored.

Which entry is in which story is stored; how much each word weighs is not. It follows from which entries had come in when
the entry did, so they are counted once more, in their order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from aggregator.model.grouping import StoryEntry, StorySettings, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.stories.engine import StoryEngine
from aggregator.stories.vectors import Item
from aggregator.stories.window import OpenStory


def reach(settings: StorySettings) -> timedelta:
    """Tell how far back entries are needed: the oldest in an open story, and what was frequent when it came in."""
    return settings.span + settings.memory


def restore(
    engine: StoryEngine,
    entries: Iterable[StoryEntry],
    assigned: Mapping[EntryId, StoryId],
    states: Sequence[StoryState],
) -> None:
    """Bring a new engine to where another one was when it last told its changes.

    Args:
        engine: one that has seen no entry, with the same settings, vectors and rulings, and the `next_story` of the other one.
        entries: all that came in within `reach` before the latest, in the order in which they were given to `add`.
        assigned: the story of each of them.
        states: of the stories that are open.
    """
    open_stories = {state.id for state in states}
    items: defaultdict[StoryId, list[Item]] = defaultdict(list)
    for entry in entries:
        item = engine.admit(entry)
        story = assigned.get(entry.id)
        if story in open_stories:
            items[story].append(item)
    for state in sorted(states, key=lambda one: one.id):
        if items[state.id]:
            _reopen(engine, state, items[state.id])


def _reopen(engine: StoryEngine, state: StoryState, items: Sequence[Item]) -> None:
    story = OpenStory(state.id, items)
    story.lead = next((item for item in story.items if item.entry.id == state.lead), story.items[0])
    engine.window.put(story)
    engine.schedule(story, state.review_at)
