"""Events: what happens to a story that its readers may want to know.

Each is told when it happens, and moves `OpenStory.updated_at`, never back.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from aggregator.model.grouping import StoryEntry
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import EventKind, StoryEvent
from aggregator.stories.items import Item
from aggregator.stories.window import OpenStory
from aggregator.text.claims import may_be_numbered


class Events:
    """What has happened since it was last asked, in order."""

    def __init__(self) -> None:
        self.told: list[StoryEvent] = []

    def founded(self, story: OpenStory) -> None:
        """Tell of a story of one entry that was like no other."""
        entry = story.items[0].entry
        self._tell(story, EventKind.FOUNDED, entry.at, entry.id)

    def gained(self, story: OpenStory, entry: StoryEntry, led: Item) -> None:
        """Tell of an entry that has joined a story.

        Args:
            story: it has it.
            entry: the entry.
            led: what led the story before.
        """
        at = entry.at if entry.at > story.updated_at else entry.seen_at
        self._published(story, entry, at)
        self._led(story, led, at)

    def revised(self, story: OpenStory, led: Item, at: datetime) -> None:
        """Tell of an entry that says something else now, and that may lead the story or have led it."""
        self._led(story, led, at)

    def regrouped(self, story: OpenStory, was: "Former", at: datetime) -> None:
        """Tell of a story some of whose entries were in others, or which others have left."""
        for other in was.merged:
            self._tell(story, EventKind.MERGED, at, detail=str(other))
        if was.parted is not None:
            self._tell(story, EventKind.SPLIT, at, detail=str(was.parted))
        for item in was.joined:
            self._published(story, item.entry, at)
        if was.led is not None:
            self._led(story, was.led, at)

    def _published(self, story: OpenStory, entry: StoryEntry, at: datetime) -> None:
        if entry.publisher not in story.publishers:
            story.publishers[entry.publisher] = None
            self._tell(story, EventKind.PUBLISHER, at, entry.id, entry.publisher)

    def _led(self, story: OpenStory, led: Item, at: datetime) -> None:
        """Tell whether another entry leads, and whether the headline that leads says a number that the former did not."""
        lead = story.lead
        if lead is led:
            return
        entry = lead.entry.id
        if entry != led.entry.id:
            self._tell(story, EventKind.LEAD, at, entry)
        said = figures(led)
        if not set(figures(lead)) <= set(said):
            self._tell(story, EventKind.NUMBER, at, entry, ", ".join(said))

    def _tell(
        self, story: OpenStory, kind: EventKind, at: datetime, entry: EntryId | None = None, detail: str = ""
    ) -> None:
        story.updated_at = max(story.updated_at, at)
        event = StoryEvent(story=story.id, kind=kind, at=story.updated_at, entry=entry, detail=detail)
        self.told.append(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Former:
    """What a story was before it was put together anew."""

    led: Item | None
    """What led it; None for a story that was not there."""
    merged: Sequence[StoryId]
    """Stories that have become part of it."""
    joined: Sequence[Item]
    """Entries that came from other stories, whether these go on without them or are no more."""
    parted: StoryId | None
    """Where its entries went, or came from where it was not there; None where none did."""


def current(event: StoryEvent, never_were: Collection[StoryId]) -> StoryEvent:
    """Leave out the number of a story that nobody has heard of."""
    if event.kind in _NUMBERED and event.detail and StoryId(int(event.detail)) in never_were:
        return StoryEvent(story=event.story, kind=event.kind, at=event.at, entry=event.entry)
    return event


_NUMBERED = {EventKind.MERGED, EventKind.SPLIT}


def figures(item: Item) -> tuple[str, ...]:
    """Give what a headline says in numbers; most say nothing, which is quickly seen."""
    return item.claims.figures if may_be_numbered(item.entry.headline) else ()
