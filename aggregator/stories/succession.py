"""Succession: which stories go on when entries of some are put into other groups.

A group carries on the oldest of the stories that have most of their entries in it; the others of them redirect to it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from aggregator.model.ids import StoryId
from aggregator.stories.events import Former
from aggregator.stories.items import Item
from aggregator.stories.lead import lead
from aggregator.stories.window import OpenStory


class Succession:
    """What becomes of stories.

    Args:
        stories: as they were.
        groups: all their entries; groups are called by their place.
    """

    def __init__(self, stories: Sequence[OpenStory], groups: Sequence[Sequence[Item]]) -> None:
        self._groups = groups
        self._stories = {story.id: story for story in stories}
        self.before = {entry: story for story in stories for entry in story.entries}
        """The former story of each entry."""
        self._heirs = _heirs(stories, groups)
        self.names: dict[int, StoryId] = {}
        """Which story a group carries on; none for a new one."""
        for story_id in sorted(self._heirs):
            self.names.setdefault(self._heirs[story_id], story_id)
        self.changed = [at for at, group in enumerate(groups) if not self._is_whole(group)]
        """Groups that are no story as it was."""
        self.ended = sorted({self.before[item.entry.id].id for at in self.changed for item in groups[at]})
        """Stories that are not what they were."""
        self.merged = [(old, at) for old, at in sorted(self._heirs.items()) if self.names[at] != old]
        """Stories that are no more, with the group that has most of their entries."""

    def _is_whole(self, group: Sequence[Item]) -> bool:
        story = self.before[group[0].entry.id]
        return len(group) == len(story.items) and all(self.before[item.entry.id] is story for item in group)

    def parents(self, at: int) -> list[OpenStory]:
        """Give the former stories of the entries of a group, in order of arrival of those."""
        parents = (self.before[item.entry.id] for item in self._groups[at])
        return list({story.id: story for story in parents}.values())

    def story(self, at: int, number: Callable[[], StoryId]) -> OpenStory:
        """Make the story of a group; `number` gives the number of a new one."""
        name = self.names.get(at)
        story = OpenStory(number() if name is None else name, self._groups[at])
        former = None if name is None else self._stories[name]
        if former:
            # Those of the stories that it has swallowed are told as its own (`events.Events.regrouped`).
            story.publishers = dict(former.publishers)
            story.updated_at = former.updated_at
        led = former.lead if former and former.lead in story.items else None
        story.lead = lead(story, led, story.items)
        return story

    def former(self, at: int, numbers: Mapping[int, StoryId]) -> Former:
        """Say what the story of a group was before.

        Args:
            at: the group.
            numbers: of the stories that were made of the changed groups.
        """
        name = self.names.get(at)
        if name is None:
            origin = Counter(self.before[item.entry.id].id for item in self._groups[at]).most_common(1)[0][0]
            return Former(led=None, merged=(), joined=(), parted=self.names[self._heirs[origin]])
        return Former(
            led=self._stories[name].lead,
            merged=[old for old, heir in self.merged if heir == at],
            joined=[item for item in self._groups[at] if self.before[item.entry.id].id != name],
            parted=next(
                (
                    numbers[other]
                    for other, group in enumerate(self._groups)
                    if other != at and self._has_of(group, name)
                ),
                None,
            ),
        )

    def _has_of(self, group: Sequence[Item], name: StoryId) -> bool:
        return any(self.before[item.entry.id].id == name for item in group)


def _heirs(stories: Sequence[OpenStory], groups: Sequence[Sequence[Item]]) -> dict[StoryId, int]:
    """Say for each story which group carries it on: the one that has most of its entries, of equal ones the first."""
    group_of = {item.entry.id: at for at, group in enumerate(groups) for item in group}
    found: dict[StoryId, int] = {}
    for story in stories:
        counts = Counter(group_of[entry] for entry in story.entries)
        found[story.id] = min(counts, key=lambda at: (-counts[at], at))
    return found
