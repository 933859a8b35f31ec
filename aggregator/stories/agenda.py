"""The agenda: which stories are reviewed or closed next."""

import heapq
from array import array
from collections.abc import Iterable
from datetime import datetime
from enum import IntEnum
from itertools import chain
from typing import Final, Protocol

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import StoryId
from aggregator.stories.numbers import Queue, moment, number
from aggregator.stories.window import OpenStory

GROWTH: Final = 4
"""How much longer a run of tasks that are in order is than the next one, at least; so there are few, and each task is moved a few times."""
_STORIES: Final = 2**48
"""More than there will ever be: so a task and a story are one number."""


class Task(IntEnum):
    """What is done with a story; at one time in this order."""

    REVIEW = 0
    CLOSE = 1


class Stories(Protocol):
    """The open stories."""

    def get(self, story_id: StoryId, /) -> OpenStory | None:
        """Give one; None where it is not open."""
        ...


class Agenda:
    """Tasks in order of time. One that has been put off stays noted, and is passed over."""

    def __init__(self, settings: StorySettings) -> None:
        self._settings = settings
        self._due: list[tuple[int, int]] = []
        self._runs: list[Queue] = []

    def note(self, story: OpenStory) -> None:
        """Note when a story is to be reviewed, and when it closes; what was noted of it before is void."""
        if story.review_at:
            heapq.heappush(self._due, (number(story.review_at), Task.REVIEW * _STORIES + story.id))
        heapq.heappush(self._due, (number(self._closes_at(story)), Task.CLOSE * _STORIES + story.id))

    def next(self, until: datetime, stories: Stories) -> tuple[datetime, Task, OpenStory] | None:
        """Take the next task that is due until a time; None if there is no more."""
        latest = number(until)
        while (due := self._take(latest)) is not None:
            at, (task, story_id) = moment(due[0]), divmod(due[1], _STORIES)
            story = stories.get(StoryId(story_id))
            if story and at == (self._closes_at(story) if task == Task.CLOSE else story.review_at):
                return at, Task(task), story
        return None

    def _take(self, latest: int) -> tuple[int, int] | None:
        """Take out what was noted for the earliest time, unless that is later than this."""
        first = min((tuple(run.first()) for run in self._runs), default=None)
        if first is None or (self._due and self._due[0] < first):
            return heapq.heappop(self._due) if self._due and self._due[0][0] <= latest else None
        if first[0] > latest:
            return None
        run = next(run for run in self._runs if tuple(run.first()) == first)
        run.take()
        if not run:
            self._runs.remove(run)
        return first[0], first[1]

    def rest(self, most: int) -> None:
        """Hold as numbers what was noted since the last time, if it is more than so many tasks."""
        if len(self._due) > most:
            self._runs.append(_run(sorted(self._due)))
            self._due = []
        while len(self._runs) > 1 and len(self._runs[-2]) < GROWTH * len(self._runs[-1]):
            last = self._runs.pop()
            self._runs[-1] = _run(heapq.merge(self._runs[-1].rows(), last.rows()))

    def outline(self) -> list[bytes]:
        """Give all that is noted, as `take_up` takes it."""
        self.rest(0)
        return [run.tobytes() for run in self._runs]

    def take_up(self, runs: Iterable[bytes]) -> None:
        """Note what was noted before a restart."""
        self._runs = [Queue(2, run) for run in runs]

    def _closes_at(self, story: OpenStory) -> datetime:
        return story.closes_at(self._settings) + self._settings.late


def _run(tasks: Iterable[tuple[int, ...]]) -> Queue:
    return Queue(2, array("q", chain.from_iterable(tasks)).tobytes())
