"""What a process knows of what is open when it begins: by an outline that was kept some time before, or by all that is stored."""

from array import array
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from unittest.mock import patch

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import EntryId, StoryId
from aggregator.ports import Transaction
from aggregator.services.story_desk import StoryDesk
from aggregator.storage.sqlite.stories import SqliteStories
from aggregator.stories.agenda import Task
from aggregator.stories.engine import StoryEngine
from aggregator.stories.near import seconds
from aggregator.stories.near_shelf import taken_up
from tests.factories import NOON

WINDOW = timedelta(hours=48)
USUAL = StorySettings()
LATER = NOON + timedelta(days=365)


def as_begun(tx: Transaction, settings: StorySettings = USUAL) -> tuple[object, ...]:
    """Tell what a process knows of what is open that begins now."""
    desk = StoryDesk(tx, settings, None, window=WINDOW, held=1)
    return known(desk, waiting=tx.copies.ungrouped(limit=1000), reach=WINDOW + settings.late)


def as_read_back(tx: Transaction, settings: StorySettings = USUAL) -> tuple[object, ...]:
    """Tell what it knows if there is no outline."""
    with patch.object(SqliteStories, "outlined_at", return_value=None):
        return as_begun(tx, settings)


def known(desk: StoryDesk, *, waiting: Sequence[EntryId], reach: timedelta) -> tuple[object, ...]:
    """Describe it, but for texts that are tied to none any more, or not before their turn comes: old ones, and those that wait."""
    desk.near.forget(waiting)
    engine, shelves = desk.engine, list(map(taken_up, desk.near.outline()))
    for shelf in shelves:
        shelf.drop_before(seconds(engine.readings.latest - reach))
    _, _, *others = engine.window.outline()
    engine.readings.stored()
    counts, counted = engine.readings.frequencies.outline()
    return (
        sorted(text for shelf in shelves for text in shelf.texts()),
        sorted(key for shelf in shelves for key in shelf.keys()),  # noqa: SIM118 -- no dictionary
        {term: list(zip(*held, strict=True)) for term, held in engine.window.postings.outline().items()},
        engine.window.story_of,
        [sorted(array("I", part)) for part in others],
        {term: count for term, count in counts.items() if count},
        counted,
        engine.readings.outline(),
        engine.readings.latest,
        engine.readings.position,
        list(dict.fromkeys(due(engine))),
    )


def due(engine: StoryEngine) -> Iterator[tuple[datetime, Task, StoryId]]:
    """Give what will be done when, if nothing more comes; some of it may be noted twice, and is done once."""
    while task := engine.agenda.next(LATER, engine.window.stories):
        at, what, story = task
        yield at, what, story.id
