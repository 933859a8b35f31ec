"""The window: the open stories, and which of them an entry or a story is like."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from heapq import nlargest
from operator import itemgetter

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.stories.items import Item


class OpenStory:
    """A story that may still gain entries.

    Args:
        story_id: its number.
        items: its entries, at least one, in any order.
    """

    __slots__ = ("first_at", "id", "items", "last_at", "lead", "publishers", "review_at", "sums", "updated_at")

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
        self.sums: dict[str, float] = {}
        """Sum of the vectors of its entries: its likeness to an entry is the dot product with it, divided by its size.

        Made in order of arrival alone, so that one that is made again is the same to the last bit.
        """
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
        for one in self.items:
            self._sum(one)

    def _sum(self, item: Item) -> None:
        sums = self.sums
        for term, weight in item.weights.items():
            sums[term] = sums.get(term, 0.0) + weight

    @property
    def entries(self) -> list[EntryId]:
        """Ids of its entries, in order of arrival."""
        return [item.entry.id for item in self.items]

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
    """The open stories by term, entry and copy set."""

    def __init__(self) -> None:
        self.stories: dict[StoryId, OpenStory] = {}
        self.story_of: dict[EntryId, StoryId] = {}
        self._of_copies: dict[CopySetId, set[EntryId]] = {}
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
        postings, sums = self._postings, story.sums
        for term in item.weights:
            postings.setdefault(term, {})[story.id] = sums[term]
        self._place(item, story.id)

    def _place(self, item: Item, story_id: StoryId) -> None:
        self.story_of[item.entry.id] = story_id
        self._of_copies.setdefault(item.entry.copy_set, set()).add(item.entry.id)
        if item.entry.links:
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
            self._uncopy(item)
            for link in item.entry.links:
                self._linked[link] -= 1
                if not self._linked[link]:
                    del self._linked[link]
        return story

    def is_linked(self, item: Item) -> bool:
        """Tell whether an entry may be tied to others by a link."""
        entry = item.entry
        return bool(entry.links) or (entry.url_key is not None and entry.url_key in self._linked)

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
        self._of_copies.setdefault(copy_set, set()).add(entry)

    def _uncopy(self, item: Item) -> None:
        entry = item.entry
        copies = self._of_copies[entry.copy_set]
        copies.discard(entry.id)
        if not copies:
            del self._of_copies[entry.copy_set]

    def has_copies(self, copy_set: CopySetId) -> bool:
        """Tell whether an open story has an entry of a copy set."""
        return copy_set in self._of_copies

    def copies(self, copy_set: CopySetId) -> list[StoryId]:
        """Give the open stories that have an entry of a copy set, oldest first."""
        return sorted({self.story_of[entry] for entry in self._of_copies.get(copy_set, ())})

    def like_entry(self, item: Item, at_least: float) -> dict[StoryId, float]:
        """Give the stories that an entry is like, with the mean cosine with their entries."""
        return self._like(item.weights, at_least)

    def like_story(
        self, story: OpenStory, at_least: float, among: Collection[StoryId] | None = None
    ) -> dict[StoryId, float]:
        """Give the other stories that a story is like, with the mean cosine over all pairs of their entries.

        Args:
            story: an open story.
            at_least: stories that are less like it are left out.
            among: those that may be given, the story itself not among them; None for all others.
        """
        size = len(story.items)
        mean = story.sums if size == 1 else {term: weight / size for term, weight in story.sums.items()}
        found = (
            self._like(mean, at_least)
            if among is None
            else self._means(self._totals(mean, mean, dict.fromkeys(among, 0.0)), at_least)
        )
        found.pop(story.id, None)
        return found

    def sharing(self, story: OpenStory, terms: Iterable[str]) -> set[StoryId]:
        """Give other open stories that have any of some terms of a story: the rarest first, and the latest that have them, until there are enough."""
        found: set[StoryId] = set()
        for holding in sorted((self._postings[term] for term in terms), key=len):
            found.update(nlargest(_LIKELIEST, holding))
            if len(found) > _LIKELIEST:
                break
        found.discard(story.id)
        return found

    def _like(self, weights: Mapping[str, float], at_least: float) -> dict[StoryId, float]:
        """Look rare terms up first, and of the others only what concerns those found."""
        postings = self._postings
        known = [(len(postings[term]), term) for term in weights if term in postings]
        telling, frequent = (
            _parted(known, weights, at_least) if sum(map(itemgetter(0), known)) > _FEW else (weights, ())
        )
        totals: defaultdict[StoryId, float] = defaultdict(float)
        for term in telling:
            holding = postings.get(term)
            if holding:
                weight = weights[term]
                for story_id, sums in holding.items():
                    totals[story_id] += weight * sums
        return self._means(self._totals(frequent, weights, self._likeliest(totals)), at_least)

    def _likeliest(self, totals: dict[StoryId, float]) -> dict[StoryId, float]:
        """Keep of very many stories those that are most like by what has been looked up."""
        if len(totals) <= _LIKELIEST:
            return totals
        stories = self.stories
        best = nlargest(_LIKELIEST, totals, key=lambda one: (totals[one] / len(stories[one].items), -one))
        return {story_id: totals[story_id] for story_id in best}

    def _totals(
        self, terms: Iterable[str], weights: Mapping[str, float], totals: dict[StoryId, float]
    ) -> dict[StoryId, float]:
        """Add what some terms come to in the stories that are there."""
        for term in terms:
            holding = self._postings.get(term)
            if holding:
                weight = weights[term]
                for story_id in holding.keys() & totals.keys():
                    totals[story_id] += weight * holding[story_id]
        return totals

    def _means(self, totals: Mapping[StoryId, float], at_least: float) -> dict[StoryId, float]:
        stories = self.stories
        return {
            story_id: mean
            for story_id, total in totals.items()
            if total >= at_least and (mean := total / len(stories[story_id].items)) >= at_least
        }


def _parted(known: list[tuple[int, str]], weights: Mapping[str, float], at_least: float) -> tuple[list[str], list[str]]:
    """Part terms, frequent ones first, into those that are to be looked up and those that find nothing by themselves.

    A mean of vectors of length 1 is no longer than 1, so by Cauchy-Schwarz terms of weights w come to at most sqrt(sum(w * w)).
    Where that leaves more than `_MOST` to look at, the rarest terms must do: texts that are all made of the same few phrases would
    else be compared each with each.
    """
    known.sort(reverse=True)
    terms = [term for _, term in known]
    left_out = at_least * at_least * (1 - _ROUNDING)
    looked_up = sum(size for size, _ in known)
    for place, (size, term) in enumerate(known):
        left_out -= weights[term] * weights[term]
        if left_out < 0 and looked_up <= _MOST:
            return terms[place:], terms[:place]
        looked_up -= size
    return [], terms


_ROUNDING = 1e-9
_FEW = 500
"""Stories up to which sorting terms takes longer than looking at all."""
_MOST = 1500
"""Stories, one that has several terms counted so often, that are looked at for one entry: 0.2 ms."""
_LIKELIEST = 40
"""Stories whose likeness is worked out to the end."""
