"""The agenda: which stories are reviewed or closed next."""

import heapq
from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import StoryId
from aggregator.stories.window import OpenStory


class Task(IntEnum):
    """What is done with a story; at one time in this order."""

    REVIEW = 0
    CLOSE = 1


class Agenda:
    """Tasks in order of time. One that has been put off stays noted, and is passed over."""

    def __init__(self, settings: StorySettings) -> None:
        self._settings = settings
        self._due: list[tuple[datetime, Task, StoryId]] = []

    def note(self, story: OpenStory) -> None:
        """Note when a story is to be reviewed, and when it closes; what was noted of it before is void."""
        if story.review_at:
            heapq.heappush(self._due, (story.review_at, Task.REVIEW, story.id))
        heapq.heappush(self._due, (self._closes_at(story), Task.CLOSE, story.id))

    def next(self, until: datetime, stories: Mapping[StoryId, OpenStory]) -> tuple[datetime, Task, OpenStory] | None:
        """Take the next task that is due until a time; None if there is no more."""
        while self._due and self._due[0][0] <= until:
            at, task, story_id = heapq.heappop(self._due)
            story = stories.get(story_id)
            if story and at == (self._closes_at(story) if task is Task.CLOSE else story.review_at):
                return at, task, story
        return None

    def _closes_at(self, story: OpenStory) -> datetime:
        return story.closes_at(self._settings) + self._settings.late
