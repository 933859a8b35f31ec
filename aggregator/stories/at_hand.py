"""At hand: the open stories that are looked at, and where the others come from.

Of the stories of the last days most are not looked at any more, until they close. What is stored need not be in memory as well:

    stories[number]  ─►  looked at lately  ─►  looked at before that  ─►  `fetch`: made again from what is stored

A story that has changed is at hand until that has been stored, and `rest` is called.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Protocol, TypeVar, overload

from aggregator.model.ids import StoryId


class Numbered(Protocol):
    """A story."""

    id: StoryId


S = TypeVar("S", bound=Numbered)
D = TypeVar("D")


class AtHand(dict[StoryId, S]):
    """Stories by number; `stories[number]` of one that is at hand takes no longer than with a plain dictionary.

    What walks through it (`keys`, `values`, `len`) sees those that have been looked at or have changed since the last `rest`.
    """

    __slots__ = ("_away", "_before", "fetch")

    def __init__(self) -> None:
        super().__init__()
        self.fetch: Callable[[Collection[StoryId]], Iterable[S]] | None = None
        """Makes stories again from what is stored; None where nothing is: then all of them stay at hand."""
        self._before: dict[StoryId, S] = {}
        self._away: set[StoryId] = set()

    def __missing__(self, story_id: StoryId) -> S:
        """Get one that is not at hand; KeyError where there is none."""
        self.get_all([story_id])
        if not dict.__contains__(self, story_id):
            raise KeyError(story_id)
        return self[story_id]

    def get_all(self, story_ids: Iterable[StoryId]) -> None:
        """Get those of these that are not at hand, in one go."""
        if not self._before and not self._away:
            return
        missing = {story_id for story_id in story_ids if not dict.__contains__(self, story_id)}
        wanted = []
        for story_id in missing:
            story = self._before.pop(story_id, None)
            if story is not None:
                dict.__setitem__(self, story_id, story)
            elif story_id in self._away:
                wanted.append(story_id)
        if wanted and self.fetch:
            for story in self.fetch(wanted):
                dict.__setitem__(self, story.id, story)
                self._away.discard(story.id)

    def away(self, story_ids: Iterable[StoryId]) -> set[StoryId]:
        """Give those of these stories that would have to be made again."""
        return self._away.intersection(story_ids)

    def __contains__(self, story_id: object) -> bool:
        """Tell whether there is such a story."""
        return dict.__contains__(self, story_id) or story_id in self._before or story_id in self._away

    @overload
    def get(self, story_id: StoryId, default: None = None, /) -> S | None: ...
    @overload
    def get(self, story_id: StoryId, default: S, /) -> S: ...
    @overload
    def get(self, story_id: StoryId, default: D, /) -> S | D: ...
    def get(self, story_id: StoryId, default: object = None, /) -> object:
        """Give a story, or else `default`."""
        try:
            return self[story_id]
        except KeyError:
            return default

    def take(self, story_id: StoryId) -> S:
        """Take a story out."""
        story = self[story_id]
        del self[story_id]
        return story

    def leave(self, story_ids: Iterable[StoryId]) -> None:
        """Know that there are these beside those at hand, and that they are stored."""
        self._away = set(story_ids)

    def rest(self, most: int) -> None:
        """Let go of what has not been looked at for longest, where more than so many have been; all of it is stored now.

        What has been looked at since then stays, so up to twice as many are at hand.
        """
        if self.fetch and len(self) > most:
            self._away.update(self._before)
            self._before = dict(self)
            self.clear()
