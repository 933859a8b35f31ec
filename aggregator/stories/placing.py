"""Placing: which open story an entry joins, if any.

It is judged against the story as a whole: the mean of its likeness to all entries of it. Likeness proposes, best first; a
conflict with the story (`stories.vetoes`), a person's ruling or the story's age may stand against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from aggregator.model.grouping import StorySettings
from aggregator.model.ids import StoryId
from aggregator.model.story import Veto
from aggregator.stories.effort import Effort
from aggregator.stories.items import Item
from aggregator.stories.likeness import dot, likeness, may_share_an_occasion
from aggregator.stories.rulings import Constraints
from aggregator.stories.vetoes import objection
from aggregator.stories.window import OpenStory, Window

SAMPLE: Final = 8
"""Entries of a large story that are looked at one by one."""
JUDGED: Final = 6
"""Stories that are looked at entry by entry for one that is to be placed, the likeliest first: of news it is one or two."""
REMEMBERED: Final = 2_000
"""Entries whose likeness to others is remembered; then all is forgotten, and found again."""
TOO_OLD: Final = "too long ago"
RULED: Final = "ruled apart"
_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Where an entry goes."""

    story: StoryId | None
    """None for a story of its own."""
    vetoes: tuple[Veto, ...]
    has_near: bool
    """Whether regrouping may change anything: there is another story to which it is near, or, for a story of its own, a larger one."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What stories are judged by."""

    settings: StorySettings
    share: float
    """`Vectors.share`."""
    constraints: Constraints
    effort: Effort = field(default_factory=Effort)
    _judged_lately: dict[int, dict[int, float]] = field(default_factory=dict)

    def judged_before(self, item: Item) -> dict[int, float]:
        """Give how like an entry is to others, by `position`, as far as it is remembered: to be filled by who judges it.

        Two entries do not change, but meet again whenever a story near to both is reviewed: of 53,000 pairs of news 33,600 had met before.
        """
        known = self._judged_lately.get(item.position)
        if known is None:
            if len(self._judged_lately) >= REMEMBERED:
                self._judged_lately.clear()
            known = self._judged_lately[item.position] = {}
        return known

    def threshold(self, mine: int, theirs: int) -> float:
        """Give the mean likeness at which groups of two sizes are joined: the first two need the strongest evidence."""
        settings = self.settings
        return settings.further + (settings.first - settings.further) / max(mine, theirs)

    def choose(self, item: Item, window: Window) -> Choice:
        """Choose a story for an entry."""
        more = self.settings.linked if window.is_linked(item) or may_share_an_occasion(item) else 0.0
        found = window.like_entry(item, self._least(more))
        proposals = sorted(
            (self._bar(item, window.stories[story_id]) - mean - self.share * (1.0 - mean) - more, story_id)
            for story_id, mean in found.items()
        )
        best: tuple[float, StoryId] | None = None
        vetoes: list[Veto] = []
        for lacking, story_id in proposals[:JUDGED]:
            if lacking > 0 or (best and -lacking <= best[0]):
                break
            story = window.stories[story_id]
            margin = self.score(item, story.items, found[story_id]) - self._bar(item, story)
            if margin < 0 or (best and margin <= best[0]):
                continue
            objection = self.objection(item, story)
            if objection:
                vetoes.append(Veto(story=story_id, reason=objection))
            else:
                best = (margin, story_id)
        hopeful = [window.stories[story_id] for story_id, mean in found.items() if mean > self.settings.hopeful]
        near = [story for story in hopeful if story.fits(item.entry.at, self.settings)]
        return Choice(
            story=best[1] if best else None,
            vetoes=tuple(vetoes),
            has_near=len(near) > 1 if best else any(len(story.items) > 1 for story in near),
        )

    def _least(self, more: float) -> float:
        """Give the mean cosine below which a story is of no account: it is not hopeful, and no opinion or link makes up for it."""
        settings, share = self.settings, self.share
        made_up_for = (min(settings.first, settings.further) - share - more) / (1.0 - share)
        return max(settings.near * (1.0 - share), min(settings.hopeful, made_up_for) - _ROUNDING)

    def _bar(self, item: Item, story: OpenStory) -> float:
        """Give the likeness that is asked for: the highest between languages, where few words can be in common by chance."""
        is_foreign = story.items[0].language != item.language
        return self.settings.first if is_foreign else self.threshold(1, len(story.items))

    def score(self, item: Item, members: Sequence[Item], mean: float) -> float:
        """Judge how like an entry is to others, given the mean cosine."""
        if len(members) == 1:
            return likeness(item, members[0], mean, self.settings, self.share)
        others = _sample(members)
        self.effort.pairs += len(others)
        cosines = [dot(item, other) for other in others]
        judged = self._judged(item, others, cosines, self.share)
        if len(others) == len(members) or not sum(cosines):
            return judged / len(others)
        # Of a sample, what words say is brought to the mean of all; what is said beyond them does not grow with words.
        by_words = self._judged(item, others, cosines, 0.0) if self.share else judged
        scaled = mean * by_words / sum(cosines) + (judged - by_words) / len(others)
        return min(1.0, max(0.0, scaled)) if self.share else scaled

    def _judged(self, item: Item, others: Sequence[Item], cosines: Sequence[float], share: float) -> float:
        pairs = zip(others, cosines, strict=True)
        return sum(likeness(item, other, cosine, self.settings, share) for other, cosine in pairs)

    def objection(self, item: Item, story: OpenStory) -> str | None:
        """Say what stands against an entry's joining a story that it is like."""
        if not story.fits(item.entry.at, self.settings):
            return TOO_OLD
        if self.constraints.are_apart([item.entry.id], story.each_entry()):
            return RULED
        return objection(item, _sample(story.items), story.lead, story.sums)


def _sample(items: Sequence[Item]) -> list[Item]:
    """Give all of a few entries, and of many every so manieth."""
    return list(islice(items, 0, None, -(-len(items) // SAMPLE)))
