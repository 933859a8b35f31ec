"""What has changed in the open stories since it was last asked."""

from collections.abc import Sequence

from aggregator.model.grouping import ClosedStory, Placement, RelatedStory, StoryChanges, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import Veto
from aggregator.stories.explaining import explained
from aggregator.stories.placing import Judge
from aggregator.stories.vectors import Item
from aggregator.stories.window import OpenStory, Window


class Log:
    """Notes of what happened."""

    def __init__(self) -> None:
        self.touched: set[StoryId] = set()
        """Stories whose state is to be stored."""
        self.merged: dict[StoryId, StoryId] = {}
        """Stories that are no more, with where they went."""
        self._placed: dict[EntryId, tuple[Item, tuple[Veto, ...]]] = {}
        self._closed: list[ClosedStory] = []
        self._of_closed: dict[EntryId, OpenStory] = {}

    def placed(self, item: Item, vetoes: Sequence[Veto] = ()) -> None:
        """Note that an entry is somewhere it was not before."""
        self._placed[item.entry.id] = (item, tuple(vetoes))

    def closed(self, story: OpenStory, related: tuple[RelatedStory, ...]) -> None:
        """Note that a story closes; it is still in the window."""
        entries = story.entries
        self._closed.append(ClosedStory(id=story.id, lead=story.lead.entry.id, entries=tuple(entries), related=related))
        self._of_closed.update(dict.fromkeys(entries, story))

    def closings(self) -> tuple[tuple[ClosedStory, ...], tuple[tuple[StoryId, StoryId], ...]]:
        """Give stories that have closed, in order of that, and those that have merged, each with where it is now."""
        return tuple(self._closed), tuple((old, self._target(old)) for old in sorted(self.merged))

    def changes(self, window: Window, judge: Judge, next_story: StoryId) -> StoryChanges:
        """Put the notes together."""
        placed = sorted(self._placed.values(), key=lambda pair: pair[0].order)
        open_stories = (window.stories[story_id] for story_id in sorted(self.touched & window.stories.keys()))
        closed, merged = self.closings()
        return StoryChanges(
            placements=tuple(self._placement(item, vetoes, window, judge) for item, vetoes in placed),
            merged=merged,
            states=tuple(map(state, open_stories)),
            closed=closed,
            next_story=next_story,
        )

    def _placement(self, item: Item, vetoes: Sequence[Veto], window: Window, judge: Judge) -> Placement:
        entry = item.entry.id
        story = window.stories[window.story_of[entry]] if entry in window.story_of else self._of_closed[entry]
        return explained(item, story, judge, vetoes)

    def _target(self, story: StoryId) -> StoryId:
        while story in self.merged:
            story = self.merged[story]
        return story


def state(story: OpenStory) -> StoryState:
    """Give what has to be stored of an open story."""
    return StoryState(id=story.id, review_at=story.review_at, lead=story.lead.entry.id)
