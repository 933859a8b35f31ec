"""The window: the open stories, and which of them an entry or a story is like."""

from array import array
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import cast
from zlib import crc32

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.stories.at_hand import AtHand
from aggregator.stories.by_key import EntriesByKey
from aggregator.stories.effort import Effort
from aggregator.stories.items import Item
from aggregator.stories.postings import Postings


class OpenStory:
    """A story that may still gain entries.

    Args:
        story_id: its number.
        items: its entries, at least one, in any order.
    """

    __slots__ = (
        "_owns_sums", "first_at", "id", "items", "last_at", "lead", "publishers", "review_at", "sums", "updated_at",
    )  # fmt: skip

    def __init__(self, story_id: StoryId, items: Iterable[Item]) -> None:
        self.id = story_id
        self.items: list[Item] = sorted(items, key=lambda item: item.order)
        """In order of arrival."""
        self.lead = self.items[0]
        self.first_at = min(item.entry.at for item in self.items)
        self.last_at = max(item.entry.at for item in self.items)
        self.review_at: datetime | None = None
        self.publishers: dict[str, None] = {item.entry.publisher: None for item in self.items}
        """All that its entries have had, in order of joining."""
        self.updated_at = self.first_at
        """When the last of its events was."""
        self.sums: Mapping[str, float] = {}
        """Sum of the vectors of its entries: its likeness to an entry is the dot product with it, divided by its size.

        Made in order of arrival alone, so that one that is made again is the same to the last bit.
        """
        self._owns_sums = False
        for item in self.items:
            self._sum(item)

    def gain(self, item: Item) -> None:
        """Add an entry that came in later than the others."""
        self.items.append(item)
        self.first_at = min(self.first_at, item.entry.at)
        self.last_at = max(self.last_at, item.entry.at)
        self._sum(item)

    def swap(self, former: Item, item: Item) -> None:
        """Put what an entry says now in the place of what it said."""
        self.items[self.items.index(former)] = item
        if self.lead is former:
            self.lead = item
        self.sums = {}
        self._owns_sums = False
        for one in self.items:
            self._sum(one)

    def _sum(self, item: Item) -> None:
        """Add a vector; of one entry the sum is its own, and not held twice: most stories have no more."""
        if not self.sums:
            self.sums, self._owns_sums = item.weights, False
            return
        sums = self.sums if self._owns_sums and isinstance(self.sums, dict) else dict(self.sums)
        for term, weight in item.weights.items():
            sums[term] = sums.get(term, 0.0) + weight
        self.sums, self._owns_sums = sums, True

    @property
    def entries(self) -> list[EntryId]:
        """Ids of its entries, in order of arrival."""
        return list(self.each_entry())

    def each_entry(self) -> Iterator[EntryId]:
        """Give the ids of its entries, in order of arrival, to whom may not need them: a story may have thousands."""
        return (item.entry.id for item in self.items)

    def item(self, entry: EntryId) -> Item:
        """Give one of its entries."""
        return next(item for item in self.items if item.entry.id == entry)

    def closes_at(self, settings: StorySettings) -> datetime:
        """Tell from when on it takes nothing any more, if nothing joins it before."""
        return min(self.last_at + settings.idle, self.first_at + settings.span)

    def fits(self, at: datetime, settings: StorySettings) -> bool:
        """Tell whether an entry of a time may join it: it would pause and last no longer than a story may."""
        first, last = self.first_at, self.last_at
        return first - settings.idle < at < last + settings.idle and last - settings.span < at < first + settings.span


class Window:
    """The open stories by term, entry and copy set.

    Args:
        effort: counts what is looked at.
    """

    def __init__(self, effort: Effort) -> None:
        self.stories: AtHand[OpenStory] = AtHand()
        self.story_of: dict[EntryId, StoryId] = {}
        self._of_copies = EntriesByKey()
        self.postings = Postings(self.stories, effort)
        self._linked: Counter[int] = Counter()

    def put(self, story: OpenStory) -> None:
        """Add a story."""
        self.stories[story.id] = story
        self.postings.note(story.id, story.sums, story.sums)
        for item in story.items:
            self._place(item, story.id)

    def gain(self, story: OpenStory, item: Item) -> None:
        """Let an entry join a story."""
        story.gain(item)
        self.postings.note(story.id, item.weights, story.sums)
        self._place(item, story.id)

    def _place(self, item: Item, story_id: StoryId) -> None:
        self.story_of[item.entry.id] = story_id
        self._copy(item)
        if item.entry.links:
            self._linked.update(map(_sum, item.entry.links))

    def take(self, story_id: StoryId) -> OpenStory:
        """Take a story out."""
        story = self.stories.take(story_id)
        self.postings.discard(story_id, story.sums)
        for item in story.items:
            del self.story_of[item.entry.id]
            self._uncopy(item)
            for link in map(_sum, item.entry.links):
                self._linked[link] -= 1
                if not self._linked[link]:
                    del self._linked[link]
        return story

    def is_linked(self, item: Item) -> bool:
        """Tell whether an entry may be tied to others by a link: it is looked at more closely then."""
        entry = item.entry
        return bool(entry.links) or (entry.url_key is not None and _sum(entry.url_key) in self._linked)

    def revise(self, story: OpenStory, former: Item, item: Item) -> None:
        """Put what an entry says now in the place of what it said."""
        self.take(story.id)
        story.swap(former, item)
        self.put(story)

    def set_copies(self, entry: EntryId, copy_set: CopySetId) -> None:
        """Put an entry into another copy set."""
        item = self.stories[self.story_of[entry]].item(entry)
        self._uncopy(item)
        item.copy_of(copy_set)
        self._copy(item)

    def _copy(self, item: Item) -> None:
        self._of_copies.add(item.entry.copy_set, item.entry.id)

    def _uncopy(self, item: Item) -> None:
        self._of_copies.discard(item.entry.copy_set, item.entry.id)

    def has_copies(self, copy_set: CopySetId) -> bool:
        """Tell whether an open story has an entry of a copy set."""
        return copy_set in self._of_copies

    def copies(self, copy_set: CopySetId) -> list[StoryId]:
        """Give the open stories that have an entry of a copy set, oldest first."""
        return sorted({self.story_of[entry] for entry in self._of_copies.having(copy_set)})

    def like_entry(self, item: Item, at_least: float) -> dict[StoryId, float]:
        """Give the stories that an entry is like, with the mean cosine with their entries; see `postings` for how many are found."""
        return self.postings.like(item.weights, at_least)

    def like_story(
        self, story: OpenStory, at_least: float, among: Collection[StoryId] | None = None
    ) -> dict[StoryId, float]:
        """Give the other stories that a story is like, with the mean cosine over all pairs of their entries.

        Args:
            story: an open story.
            at_least: stories that are less like it are left out.
            among: those that may be given, the story itself not among them; None for all others that are found.
        """
        mean = _mean(story)
        if among is None:
            return self.postings.like(mean, at_least, but=story.id)
        return self.postings.means(mean, among, at_least)

    def sharing(self, story: OpenStory, terms: Iterable[str]) -> list[StoryId]:
        """Give other open stories that have any of some terms of a story: those that have most of them in common with it."""
        return self.postings.sharing(story.sums, terms, but=story.id)

    def outline(self) -> tuple[bytes, ...]:
        """Give who is where, as `take_up` takes it."""
        sets, copies = self._of_copies.columns()
        return (
            array("q", self.story_of.keys()).tobytes(),
            array("q", self.story_of.values()).tobytes(),
            sets.tobytes(),
            copies.tobytes(),
            array("I", self._linked.keys()).tobytes(),
            array("I", self._linked.values()).tobytes(),
        )

    def take_up(self, members: Sequence[bytes]) -> None:
        """Know who was where before a restart; the stories themselves are fetched when they are looked at."""
        entries, stories, sets, copies = (array("q", content) for content in members[:4])
        links, times = (array("I", content) for content in members[4:])
        # Numbers are what they are, whatever they are called: to call each of 60,000 takes longer than all else here.
        self.story_of = cast("dict[EntryId, StoryId]", dict(zip(entries, stories, strict=True)))
        self.stories.leave(self.story_of.values())
        self._of_copies.take_up(sets, copies)
        self._linked.update(dict(zip(links, times, strict=True)))

    def learn(
        self,
        members: Iterable[tuple[EntryId, StoryId, CopySetId]],
        links: Iterable[Collection[str]],
        anew: Collection[EntryId],
    ) -> list[OpenStory]:
        """Know who is where now, where `take_up` told who was some time ago.

        Args:
            members: all entries of open stories, which are stored.
            links: what each of them links to.
            anew: entries that have been read since.

        Returns:
            The open stories that are other ones than then, in order of id.
        """
        former = self.story_of
        self.story_of, self._of_copies = {}, EntriesByKey()
        for entry, story_id, copy_set in members:
            self.story_of[entry] = story_id
            self._of_copies.add(copy_set, entry)
        self._linked = Counter(map(_sum, chain.from_iterable(links)))
        moved = {entry for entry, _ in former.items() ^ self.story_of.items()}.union(anew)
        changed = {places[entry] for entry in moved for places in (former, self.story_of) if entry in places}
        self.postings.drop(changed)
        self.stories.leave(self.story_of.values())
        found = sorted(changed.intersection(self.story_of.values()))
        self.stories.get_all(found)
        for story in (self.stories[story_id] for story_id in found):
            self.postings.note(story.id, story.sums, story.sums)
        return [self.stories[story_id] for story_id in found]


def _sum(link: str) -> int:
    """Make of an address a number by which it is known: of 60,000 entries they take 10 MB."""
    return crc32(link.encode("utf-8", "replace"))


def _mean(story: OpenStory) -> Mapping[str, float]:
    size = len(story.items)
    return story.sums if size == 1 else {term: weight / size for term, weight in story.sums.items()}
