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
LATER = NOON + timedelta(days=365)


def as_begun(tx: Transaction) -> tuple[object, ...]:
    """Tell what a process knows of what is open that begins now."""
    return known(StoryDesk(tx, StorySettings(), None, window=WINDOW, held=1), waiting=tx.copies.ungrouped(limit=1000))


def as_read_back(tx: Transaction) -> tuple[object, ...]:
    """Tell what it knows if there is no outline."""
    with patch.object(SqliteStories, "outlined_at", return_value=None):
        return as_begun(tx)


def known(desk: StoryDesk, *, waiting: Sequence[EntryId]) -> tuple[object, ...]:
    """Describe it, but for texts that are tied to none any more, or not before their turn comes: those that wait, and old ones."""
    desk.near.forget(waiting)
    engine, shelves = desk.engine, list(map(taken_up, desk.near.outline()))
    for shelf in shelves:
        shelf.drop_before(seconds(engine.readings.latest - WINDOW - StorySettings().late))
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
