"""The window: the open stories, and which of them an entry or a story is like."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.stories.vectors import Item


class OpenStory:
    """A story that may still gain entries."""

    __slots__ = ("first_at", "id", "items", "last_at", "lead", "review_at", "sums")

    def __init__(self, story_id: StoryId, items: Iterable[Item]) -> None:
        self.id = story_id
        self.items: list[Item] = []
        """In order of arrival."""
        self.sums: dict[str, float] = {}
        """Sum of the vectors of its entries: its likeness to an entry is the dot product with it, divided by its size."""
        self.review_at: datetime | None = None
        ordered = sorted(items, key=lambda item: item.order)
        self.first_at = ordered[0].entry.at
        self.last_at = self.first_at
        self.lead = ordered[0]
        for item in ordered:
            self.gain(item)

    def gain(self, item: Item) -> None:
        """Add an entry that came in later than the others. Sums are made in this order alone, so a rebuilt one is the same."""
        self.items.append(item)
        self.last_at = item.entry.at
        sums = self.sums
        for term, weight in item.weights.items():
            sums[term] = sums.get(term, 0.0) + weight

    @property
    def entries(self) -> list[EntryId]:
        """Ids of its entries, in order of arrival."""
        return [item.entry.id for item in self.items]

    def closes_at(self, settings: StorySettings) -> datetime:
        """Tell when it closes if nothing joins it."""
        return min(self.last_at + settings.idle, self.first_at + settings.span)

    def fits(self, at: datetime, span: timedelta) -> bool:
        """Tell whether an entry of a time may join it."""
        return at - self.first_at <= span


class Window:
    """The open stories by term, entry and copy set."""

    def __init__(self) -> None:
        self.stories: dict[StoryId, OpenStory] = {}
        self.story_of: dict[EntryId, StoryId] = {}
        self.of_copies: dict[CopySetId, set[EntryId]] = {}
        self._postings: dict[str, dict[StoryId, float]] = {}
        self._linked: Counter[str] = Counter()

    def put(self, story: OpenStory) -> None:
        """Add a story."""
        self.stories[story.id] = story
        for term, weight in story.sums.items():
            self._postings.setdefault(term, {})[story.id] = weight
        for item in story.items:
            self._place(item, story.id)

    def gain(self, story: OpenStory, item: Item) -> None:
        """Let an entry join a story."""
        story.gain(item)
        for term in item.weights:
            self._postings.setdefault(term, {})[story.id] = story.sums[term]
        self._place(item, story.id)

    def _place(self, item: Item, story_id: StoryId) -> None:
        self.story_of[item.entry.id] = story_id
        self.of_copies.setdefault(item.entry.copy_set, set()).add(item.entry.id)
        self._linked.update(item.entry.links)

    def take(self, story_id: StoryId) -> OpenStory:
        """Take a story out."""
        story = self.stories.pop(story_id)
        for term in story.sums:
            postings = self._postings[term]
            del postings[story_id]
            if not postings:
                del self._postings[term]
        for item in story.items:
            del self.story_of[item.entry.id]
            copies = self.of_copies[item.entry.copy_set]
            copies.discard(item.entry.id)
            if not copies:
                del self.of_copies[item.entry.copy_set]
            for link in item.entry.links:
                self._linked[link] -= 1
                if not self._linked[link]:
                    del self._linked[link]
        return story

    def is_linked(self, item: Item) -> bool:
        """Tell whether an entry may be tied to others by a link."""
        entry = item.entry
        return bool(entry.links) or (entry.url_key is not None and entry.url_key in self._linked)

    def set_copies(self, entry: EntryId, copy_set: CopySetId) -> None:
        """Put an entry into another copy set."""
        item = next(item for item in self.stories[self.story_of[entry]].items if item.entry.id == entry)
        former = self.of_copies[item.entry.copy_set]
        former.discard(entry)
        if not former:
            del self.of_copies[item.entry.copy_set]
        item.entry = replace(item.entry, copy_set=copy_set)
        self.of_copies.setdefault(copy_set, set()).add(entry)

    def copies(self, copy_set: CopySetId) -> list[StoryId]:
        """Give the open stories that have an entry of a copy set, oldest first."""
        return sorted({self.story_of[entry] for entry in self.of_copies.get(copy_set, ())})

    def like_entry(self, item: Item, at_least: float) -> dict[StoryId, float]:
        """Give the stories that an entry is like, with the mean cosine with their entries."""
        return self._like(item.weights, at_least)

    def like_story(self, story: OpenStory, at_least: float) -> dict[StoryId, float]:
        """Give the other stories that a story is like, with the mean cosine over all pairs of their entries."""
        size = len(story.items)
        mean = story.sums if size == 1 else {term: weight / size for term, weight in story.sums.items()}
        found = self._like(mean, at_least)
        found.pop(story.id, None)
        return found

    def _like(self, weights: Mapping[str, float], at_least: float) -> dict[StoryId, float]:
        """Look rare terms up first, and of the others only what concerns those found.

        A mean of vectors of length 1 is no longer than 1, so by Cauchy-Schwarz terms of weights w come to at most sqrt(sum(w * w)).
        Terms that together stay below `at_least` find nothing by themselves: those that most stories have.
        """
        postings = self._postings
        known = [(len(postings[term]), term) for term in weights if term in postings]
        skipped = 0
        if len(self.stories) > _FEW:
            known.sort(reverse=True)
            left_out = at_least * at_least * (1 - _ROUNDING)
            for _, term in known:
                left_out -= weights[term] * weights[term]
                if left_out < 0:
                    break
                skipped += 1
        totals: defaultdict[StoryId, float] = defaultdict(float)
        for _, term in known[skipped:]:
            weight = weights[term]
            for story_id, sums in postings[term].items():
                totals[story_id] += weight * sums
        for _, term in known[:skipped]:
            weight, holding = weights[term], postings[term]
            for story_id in holding.keys() & totals.keys():
                totals[story_id] += weight * holding[story_id]
        stories = self.stories
        likely = [(story_id, total) for story_id, total in totals.items() if total >= at_least]
        return {
            story_id: mean for story_id, total in likely if (mean := total / len(stories[story_id].items)) >= at_least
        }


_ROUNDING = 1e-9
_FEW = 1000
"""Open stories up to which sorting terms takes longer than it saves."""
