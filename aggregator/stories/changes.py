"""What has changed in the open stories since it was last asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from aggregator.model.grouping import ClosedStory, Placement, Reading, RelatedStory, StoryChanges, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import StoryEvent, Veto
from aggregator.stories.events import Events, current, figures
from aggregator.stories.explaining import explained
from aggregator.stories.items import Item
from aggregator.stories.placing import Judge
from aggregator.stories.window import OpenStory, Window


class Log:
    """Notes of what happened."""

    def __init__(self) -> None:
        self.touched: set[StoryId] = set()
        """Stories whose state is to be stored."""
        self.changed: set[StoryId] = set()
        """Those of them whose entries are others, or say something else, until what is related to them has been found."""
        self.related: dict[StoryId, tuple[RelatedStory, ...]] = {}
        """What was, when a story last changed."""
        self.events = Events()
        self._merged: dict[StoryId, StoryId] = {}
        self._founded: set[StoryId] = set()
        self._readings: list[Reading] = []
        self._read: dict[EntryId, Item] = {}
        self._placed: dict[EntryId, tuple[Item, tuple[Veto, ...]]] = {}
        self._closed: list[tuple[OpenStory, tuple[RelatedStory, ...] | None]] = []
        self._of_closed: dict[EntryId, OpenStory] = {}

    def read(self, reading: Reading, item: Item) -> None:
        """Note what an entry says."""
        self._readings.append(reading)
        self._read[item.entry.id] = item
        if item.entry.id in self._placed:
            self._placed[item.entry.id] = (item, self._placed[item.entry.id][1])

    def placed(self, item: Item, vetoes: Sequence[Veto] = ()) -> None:
        """Note that an entry is somewhere it was not before."""
        self._placed[item.entry.id] = (item, tuple(vetoes))

    def founded(self, story: StoryId) -> None:
        """Note that there is a story that was not there."""
        self._founded.add(story)

    def merged(self, story: StoryId, into: StoryId) -> None:
        """Note that a story is no more, and where it went."""
        self._merged[story] = into

    def closed(self, story: OpenStory, related: tuple[RelatedStory, ...] | None) -> None:
        """Note that a story closes; it is still in the window. None where nothing new is known to be related to it."""
        story.review_at = None
        self._closed.append((story, related))
        self._of_closed.update(dict.fromkeys(story.entries, story))

    def reopened(self, story: StoryId) -> None:
        """Note that a story is open, though it may have closed since it was last asked."""
        self._closed = [pair for pair in self._closed if pair[0].id != story]

    def closings(
        self, numbers: Callable[[Item], tuple[str, ...]]
    ) -> tuple[tuple[ClosedStory, ...], tuple[tuple[StoryId, StoryId], ...]]:
        """Give stories that have closed, in order of that, and those that have merged, each with where it is now.

        Args:
            numbers: tells what `StoryState.numbers` are.
        """
        closed = (
            ClosedStory(
                state=state(story, numbers),
                entries=tuple(story.entries),
                related=None if related is None else self._current(story.id, related),
            )
            for story, related in self._closed
        )
        told = sorted(self._merged.keys() - self._founded)
        return tuple(closed), tuple((old, self._target(old)) for old in told)

    def changes(
        self,
        window: Window,
        judge: Judge,
        *,
        next_story: StoryId,
        forgotten_before: int,
    ) -> StoryChanges:
        """Put the notes together; what was read need not keep its text after that."""
        placed = sorted(self._placed.values(), key=lambda pair: pair[0].order)
        closed, merged = self.closings(figures)
        changes = StoryChanges(
            readings=tuple(self._readings),
            placements=tuple(self._placement(item, vetoes, window, judge) for item, vetoes in placed),
            merged=merged,
            events=self._events(),
            states=tuple(
                state(window.stories[story], figures) for story in sorted(self.touched & window.stories.keys())
            ),
            related={
                story: self._current(story, found)
                for story, found in sorted(self.related.items())
                if story in window.stories
            },
            closed=closed,
            next_story=next_story,
            forgotten_before=forgotten_before,
        )
        for item in self._read.values():
            item.forget_body()
        return changes

    def _placement(self, item: Item, vetoes: Sequence[Veto], window: Window, judge: Judge) -> Placement:
        entry = item.entry.id
        story = window.stories[window.story_of[entry]] if entry in window.story_of else self._of_closed[entry]
        current_vetoes = (replace(veto, story=self._target(veto.story)) for veto in vetoes)
        return explained(item, story, judge, vetoes=[veto for veto in current_vetoes if veto.story != story.id])

    def _events(self) -> tuple[StoryEvent, ...]:
        """Give the events of stories that are; one that came and went in between leaves no trace."""
        never_were = self._merged.keys() & self._founded
        return tuple(current(event, never_were) for event in self.events.told if event.story not in self._merged)

    def _current(self, story: StoryId, related: Sequence[RelatedStory]) -> tuple[RelatedStory, ...]:
        """Call related stories what they are called now."""
        if self._merged.keys().isdisjoint(other.story for other in related):
            return tuple(related)
        found: dict[StoryId, RelatedStory] = {}
        for other in related:
            now = self._target(other.story)
            known = found.get(now)
            if now != story and (known is None or known.score < other.score):
                found[now] = replace(other, story=now)
        return tuple(found.values())

    def _target(self, story: StoryId) -> StoryId:
        while story in self._merged:
            story = self._merged[story]
        return story


def state(story: OpenStory, numbers: Callable[[Item], tuple[str, ...]]) -> StoryState:
    """Give what has to be stored of a story."""
    return StoryState(
        id=story.id,
        review_at=story.review_at,
        lead=story.lead.entry.id,
        first_at=story.first_at,
        last_at=story.last_at,
        updated_at=story.updated_at,
        publishers=tuple(story.publishers),
        numbers=numbers(story.lead),
    )
