"""What a transaction of the store offers about stories; `records` says what holds for all of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from aggregator.model.entry import Coverage
from aggregator.model.grouping import Reading, StoryChanges, StoryEntry, StoryMemory, StoryNews, StoryState
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.query import Page, StoryQuery
from aggregator.model.story import Ruling, Story, StoryLine


class StoryRecords(Protocol):
    """Which entries report one event."""

    def mark(self) -> int:
        """Give `StoryMemory.mark` as it is now: it grows with every `save`, `rule` and `forget_readings`.

        It also grows with every entry that is deleted from a story.
        """
        ...

    def memory(self, *, outlined: bool = False) -> StoryMemory:
        """Give what an engine is made of again; without `states`, `readings` and `assigned` where there is an outline to begin with."""
        ...

    def open_stories(self, ids: Collection[StoryId]) -> list[tuple[StoryState, tuple[EntryId, ...]]]:
        """Give those of these stories that are open, with their entries, both in no order."""
        ...

    def readings(self, positions: Collection[int]) -> list[Reading]:
        """Give these readings as `memory` does, in no order."""
        ...

    def terms(self, positions: Collection[int]) -> list[Sequence[str]]:
        """Give the terms that are weighed in these readings, in order of position."""
        ...

    def news(self, *, since: int) -> StoryNews:
        """Give what an engine has to learn that was outlined when the last reading had this position."""
        ...

    def outlined_at(self, signature: str) -> int | None:
        """Give the mark at which the outline was kept that `outline` gives; None where there is none."""
        ...

    def outline(self, signature: str) -> Iterable[tuple[str, bytes]]:
        """Give the last outline that was kept under a signature; nothing where there is none.

        It is read as it is asked for, within the transaction.
        """
        ...

    def keep_outlines(self, outlines: Iterable[tuple[str, Iterable[tuple[str, bytes]]]]) -> None:
        """Keep what an engine that knows all that is stored is made of again the fastest; when the mark has grown, it has news to learn.

        What was kept under their signatures, and all that was kept at another mark, is dropped.

        Args:
            outlines: a signature with some parts, each with its name.
        """
        ...

    def add_to_outline(self, signature: str, content: bytes) -> None:
        """Keep something beside what was kept under a signature: once a mark."""
        ...

    def entries(self, entry_ids: Collection[EntryId]) -> list[StoryEntry]:
        """Give these entries as the engine looks at them, in the order in which it is to take them: `at`, then id."""
        ...

    def placed(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, StoryId]:
        """Tell the story of each of these entries that has one, be there anything of it to show or not."""
        ...

    def save(self, changes: StoryChanges, *, signature: str) -> None:
        """Keep what an engine decided. `signature` is that of the rules by which `changes.readings` were read."""
        ...

    def forget_readings(self) -> None:
        """Drop all readings: the rules have changed, and what is open will be read anew."""
        ...

    def rule(self, ruling: Ruling) -> None:
        """Keep a person's ruling for good."""
        ...

    def closed(self, story_id: StoryId) -> tuple[StoryState, tuple[EntryId, ...]] | None:
        """Give a closed story and its entries, by `at`, then id; None for one that is open, has merged or never was."""
        ...

    def get(self, story_id: StoryId) -> Story | None:
        """Find a story that has an entry to show; one that has merged is None: see `current`."""
        ...

    def several(
        self, story_ids: Collection[StoryId], *, why: bool = True, events: bool = True
    ) -> Mapping[StoryId, Story]:
        """Give those of these stories that `get` would, in a few queries however many they are.

        Unless `why`, without words and vetoes; unless `events`, without these.
        """
        ...

    def current(self, story_id: StoryId) -> StoryId | None:
        """Follow redirects: give the story that this one is now, itself if it is; None where there never was one."""
        ...

    def page(self, query: StoryQuery) -> Page[StoryLine]:
        """List stories, the latest to change materially first."""
        ...

    def whole_page(self, query: StoryQuery, *, events: bool) -> Page[Story]:
        """List the same as `several` gives them, without words and vetoes."""
        ...

    def lines(self, story_ids: Collection[StoryId]) -> Mapping[StoryId, StoryLine]:
        """Give those of these stories that have an entry to show."""
        ...

    def coverage(self, entry_ids: Collection[EntryId]) -> Mapping[EntryId, Coverage]:
        """Tell the story of each of these entries that has one."""
        ...

    def coverage_within(self, category: str, story_ids: Collection[StoryId]) -> Mapping[StoryId, int]:
        """Count the publishers that have each of these stories in a category; those that none has there are missing."""
        ...

    def related(self, story_ids: Collection[StoryId]) -> Mapping[StoryId, tuple[tuple[StoryLine, float], ...]]:
        """Give what was found related to each of these stories, or found one of these related to itself.

        With the higher of the two scores; current stories only, and none twice. In no order and not limited: `stories.related`
        chooses from them.
        """
        ...
