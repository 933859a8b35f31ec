"""The story engine as the database knows it: made again from what is stored, at a mark, and stored from.

Readings that were made by other rules than today's are dropped, and their entries read again: nothing is decided anew by that, but
from then on entries are compared by one measure.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from aggregator.model.grouping import Reading, StoryChanges, StoryMemory, StoryNews, StorySettings, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.ports import Transaction
from aggregator.stories import outlines
from aggregator.stories.engine import StoryEngine
from aggregator.stories.reading import LONG_AGO, signature
from aggregator.stories.restoring import lean_on, read_again, restore
from aggregator.stories.rulings import Constraints
from aggregator.stories.vectors import LexicalVectors, Vectors


class StoredEngine:
    """An engine, and the mark at which it knows all that is stored.

    Args:
        tx: where it is read from, and looks up what it has not read until `bind`.
        settings: what it goes by.
        vectors: what is known of entries beyond their words; None for nothing.
    """

    def __init__(self, tx: Transaction, settings: StorySettings, vectors: Vectors | None = None) -> None:
        self._settings = settings
        self._vectors = vectors or LexicalVectors()
        self._outline = outlines.signature(settings, self._vectors)
        self._signature = signature(settings, self._vectors)
        self._archive = _Archive(tx)
        self._has_read_anew = False
        self.read_since: Collection[EntryId] | None = frozenset()
        """Entries that were read after the outline was kept with which it began; None where there was none."""
        if not self._resume(tx):
            self._read_back(tx)

    def _begin(self, memory: StoryMemory) -> None:
        self.mark = memory.mark
        self.rulings = memory.rulings
        """Those that were stored when it was made, in their order."""
        self.engine = StoryEngine(
            self._settings, vectors=self._vectors, rulings=memory.rulings, next_story=memory.next_story
        )
        lean_on(self.engine, self._archive)

    def _resume(self, tx: Transaction) -> bool:
        """Begin with an outline, if there is one that is of use."""
        kept_at = tx.stories.outlined_at(self._outline)
        if kept_at is None:
            return False
        self._begin(tx.stories.memory(outlined=True))
        parts = tx.stories.outline(self._outline)
        if kept_at == self.mark:
            return outlines.resume(self.engine, parts)
        learned: list[StoryNews] = []

        def news(position: int) -> StoryNews:
            learned.append(tx.stories.news(since=position))
            return learned[0]

        is_of_use = outlines.resume(self.engine, parts, news)
        self.read_since = {reading.entry.id for reading in learned[0].readings}
        return is_of_use and learned[0].signature == self._signature

    def _read_back(self, tx: Transaction) -> None:
        """Begin with all that is stored."""
        memory = tx.stories.memory()
        self.read_since = None
        self._begin(memory)
        self._has_read_anew = bool(memory.readings) and memory.signature != self._signature
        if self._has_read_anew:
            read = {reading.entry.id for reading in memory.readings}
            read_again(self.engine, memory, tx.stories.entries(read))
        else:
            restore(self.engine, memory)

    @property
    def latest(self) -> datetime | None:
        """The latest `StoryEntry.at` of all that has been read; None where nothing has."""
        latest = self.engine.readings.latest
        return None if latest == LONG_AGO else latest

    def bind(self, tx: Transaction) -> None:
        """Look up in this transaction from now on; the one before is over."""
        self._archive.tx = tx

    def is_current(self, tx: Transaction) -> bool:
        """Tell whether nobody else has stored anything about stories since."""
        return tx.stories.mark() == self.mark

    def open_entries(self, story_id: StoryId) -> tuple[EntryId, ...] | None:
        """Give the entries of an open story, in order of arrival; None for one that is not open."""
        story = self.engine.window.stories.get(story_id)
        return tuple(story.entries) if story else None

    def is_pinned(self, entries: Sequence[EntryId]) -> bool:
        """Tell whether a person has pinned the story of these entries."""
        return Constraints(self.rulings).is_pinned(entries)

    def save(self, tx: Transaction, *, told_at: datetime | None = None) -> None:
        """Store what has changed, in a transaction in which `is_current` was asked.

        Args:
            tx: where it is stored.
            told_at: when events are said to have happened, since it was no entry that brought them; None where they came with entries,
                by whose times the engine goes.
        """
        if self._has_read_anew:
            tx.stories.forget_readings()
            self._has_read_anew = False
        changes = self.engine.changes()
        tx.stories.save(changes if told_at is None else _told(changes, told_at), signature=self._signature)
        self.mark = tx.stories.mark()

    def rest(self, most: int) -> None:
        """Let go of what has not been looked at for longest, after `save`; about so many stories stay at hand."""
        self.engine.rest(most)

    def outline(self) -> tuple[str, Iterable[outlines.Part]]:
        """Give what makes it again the fastest, under the signature that it is to be kept by; nothing may wait to be saved.

        Where entries were read anew, and nothing has been saved since, there is nothing yet that could be looked up.
        """
        return self._outline, () if self._has_read_anew else outlines.outlined(self.engine)


class _Archive:
    """`restoring.Archive`, in the transaction of the day."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx

    def open_stories(self, ids: Collection[StoryId]) -> Iterable[tuple[StoryState, Sequence[EntryId]]]:
        return self.tx.stories.open_stories(ids)

    def readings(self, positions: Collection[int]) -> Iterable[Reading]:
        return self.tx.stories.readings(positions)

    def terms(self, positions: Collection[int]) -> Iterable[Iterable[str]]:
        return self.tx.stories.terms(positions)


def _told(changes: StoryChanges, at: datetime) -> StoryChanges:
    """Date the events of some changes, and by them their stories, but none back: who reads a story's feed has seen what was told."""
    events = tuple(replace(event, at=max(event.at, at)) for event in changes.events)
    # Of one story the last event is the latest.
    latest = {event.story: event.at for event in events}

    def dated(state: StoryState) -> StoryState:
        return replace(state, updated_at=max(state.updated_at, latest.get(state.id, state.updated_at)))

    return replace(
        changes,
        events=events,
        states=tuple(map(dated, changes.states)),
        closed=tuple(replace(story, state=dated(story.state)) for story in changes.closed),
    )
