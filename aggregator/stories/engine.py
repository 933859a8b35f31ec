"""The story engine: entries in, stories out, one by one, without clock or database.

    add(entry)    what is due before its time, in order of time: reviews, closings
                  weigh its words  ->  placing: join an open story, or found one
    advance(now)  what is due until then
    changes()     what has changed since it was last asked, to be stored and shown

Everything follows from the entries and their order: when a story is reviewed follows from when its entries came in, never
from when somebody asked. So batches, pauses and restarts change nothing. What has to be stored is which entry belongs to which
story, and `StoryState`; from that and the entries `restoring.restore` makes the same engine again.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from aggregator.model.grouping import ClosedStory, Placement, RelatedStory, StoryChanges, StoryEntry, StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, Ruling
from aggregator.stories.changes import Log
from aggregator.stories.explaining import explained
from aggregator.stories.lead import lead
from aggregator.stories.placing import Judge
from aggregator.stories.related import related
from aggregator.stories.reviewing import heirs, pool, regroup
from aggregator.stories.rulings import Constraints
from aggregator.stories.vectors import Frequencies, Item, LexicalVectors, Vectors
from aggregator.stories.window import OpenStory, Window

FIRST_STORY: Final = StoryId(1)
_REVIEW: Final = 0
_CLOSE: Final = 1


class StoryEngine:
    """Groups entries into stories as they come in.

    Args:
        settings: what it goes by.
        vectors: what is known of entries beyond their words.
        rulings: what a person has decided.
        next_story: the number of the next story to be founded; higher than all that were ever given.
    """

    def __init__(
        self,
        settings: StorySettings | None = None,
        *,
        vectors: Vectors | None = None,
        rulings: Sequence[Ruling] = (),
        next_story: StoryId = FIRST_STORY,
    ) -> None:
        self.settings = settings or StorySettings()
        self.vectors: Vectors = vectors or LexicalVectors()
        self.window = Window()
        self.frequencies = Frequencies(prior=self.settings.prior, memory=self.settings.memory)
        self._judge = Judge(self.settings, self.vectors.share, Constraints(rulings))
        self._next = next_story
        self._entries = 0
        self._now: datetime | None = None
        self._due: list[tuple[datetime, int, StoryId]] = []
        self._log = Log()

    # --- entries come in ---------------------------------------------------------------------------------------

    def add(self, entry: StoryEntry) -> StoryId:
        """Place an entry; one that is dated before another that was given counts as having come in with that one."""
        item = self.admit(entry)
        tied = self._tied(item)
        if tied:
            self._log.placed(item)
            story = self.window.stories[tied[0]] if len(tied) == 1 else self._unite(tied)
            self._gain(story, item, has_near=True)
            return story.id
        choice = self._judge.choose(item, self.window)
        self._log.placed(item, choice.vetoes)
        if choice.story is not None:
            self._gain(self.window.stories[choice.story], item, has_near=choice.has_near)
            return choice.story
        story = self._found([item])
        self.schedule(story, item.entry.at + self.settings.review_after if choice.has_near else None)
        return story.id

    def admit(self, entry: StoryEntry) -> Item:
        """Do what is due before an entry, and weigh its words among those of all that came in lately."""
        at = entry.at if self._now is None else max(entry.at, self._now)
        self.advance(at)
        item = Item(entry if at == entry.at else replace(entry, at=at), self._entries, self.settings, self.vectors)
        self._entries += 1
        self.frequencies.add(item.counts, at)
        item.weigh(self.frequencies)
        return item

    def _tied(self, item: Item) -> list[StoryId]:
        """Give the open stories where rulings and copies have an entry, oldest first."""
        group = self._judge.constraints.group(item.entry.id)
        ruled = {self.window.story_of[entry] for entry in group if entry in self.window.story_of}
        apart = self._judge.constraints.are_apart
        copies = self.window.copies(item.entry.copy_set)
        free = (one for one in copies if not apart([item.entry.id], self.window.stories[one].entries))
        tied = sorted(ruled.union(free))
        pinned = [one for one in tied if self._judge.constraints.is_pinned(self.window.stories[one].entries)]
        return pinned[:1] or tied

    def _gain(self, story: OpenStory, item: Item, *, has_near: bool) -> None:
        self.window.gain(story, item)
        story.lead = lead(story, story.lead, [item])
        self._log.touched.add(story.id)
        due = item.entry.at + self.settings.review_after if has_near else None
        self.schedule(story, story.review_at or due)

    def _found(self, items: Sequence[Item], name: StoryId | None = None) -> OpenStory:
        if name is None:
            name, self._next = self._next, StoryId(self._next + 1)
        story = OpenStory(name, items)
        self.window.put(story)
        self._log.touched.add(name)
        return story

    # --- what is due -------------------------------------------------------------------------------------------

    def advance(self, now: datetime) -> None:
        """Do what is due until a time; no entry will come in earlier than that."""
        while self._due and self._due[0][0] <= now:
            at, kind, story_id = heapq.heappop(self._due)
            story = self.window.stories.get(story_id)
            if story is None:
                continue
            if kind == _CLOSE and story.closes_at(self.settings) == at:
                self._log.closed(story, related(story, self.window, self.frequencies))
                self.window.take(story_id)
            elif kind == _REVIEW and story.review_at == at:
                self._review(story)
        self._now = now if self._now is None else max(now, self._now)

    def schedule(self, story: OpenStory, review_at: datetime | None) -> None:
        """Note when a story is reviewed next and when it closes; what was noted before is void."""
        story.review_at = review_at
        if review_at:
            heapq.heappush(self._due, (review_at, _REVIEW, story.id))
        heapq.heappush(self._due, (story.closes_at(self.settings), _CLOSE, story.id))

    def _review(self, story: OpenStory) -> None:
        story.review_at = None
        self._log.touched.add(story.id)
        stories = pool(story, self.window, self._judge)
        if stories:
            self._replace(stories, regroup(stories, self._judge))

    def _replace(self, stories: Sequence[OpenStory], groups: Sequence[Sequence[Item]]) -> None:
        """Put groups of entries in the place of stories.

        A group carries on the oldest of the stories that have most of their entries in it; the others of them redirect to it.
        """
        heir = heirs(stories, groups)
        names: dict[int, StoryId] = {}
        for story_id in sorted(heir):
            names.setdefault(heir[story_id], story_id)
        before = {entry: story for story in stories for entry in story.entries}
        changed = [at for at, group in enumerate(groups) if not _is_whole(group, before)]
        for story_id in {before[item.entry.id].id for at in changed for item in groups[at]}:
            self.window.take(story_id)
        for at in changed:
            self._carry_on(self._found(groups[at], names.get(at)), before)
        for story_id, at in heir.items():
            if names[at] != story_id:
                self._log.merged[story_id] = names[at]

    def _carry_on(self, story: OpenStory, before: Mapping[EntryId, OpenStory]) -> None:
        former = {before[entry].id: before[entry] for entry in story.entries}
        led = former[story.id].lead if story.id in former else None
        story.lead = lead(story, led if led in story.items else None, story.items)
        self.schedule(story, min((one.review_at for one in former.values() if one.review_at), default=None))
        for item in story.items:
            if before[item.entry.id].id != story.id:
                self._log.placed(item)

    def _unite(self, ids: Iterable[StoryId]) -> OpenStory:
        stories = [self.window.stories[story_id] for story_id in sorted(ids)]
        self._replace(stories, [[item for story in stories for item in story.items]])
        return self.window.stories[stories[0].id]

    # --- people and copies decide ------------------------------------------------------------------------------

    def rule(self, ruling: Ruling) -> None:
        """Take a person's ruling and obey it at once, as far as it is about open stories."""
        self._judge.constraints.add(ruling)
        known = [entry for entry in ruling.entries if entry in self.window.story_of]
        ids = {self.window.story_of[entry] for entry in known}
        if not isinstance(ruling, Apart):
            if len(ids) > 1:
                self._unite(ids)
            return
        for story_id in sorted(ids):
            self._part(self.window.stories[story_id], ruling)

    def _part(self, story: OpenStory, ruling: Apart) -> None:
        if ruling.others.isdisjoint(story.entries):
            return
        leaving = [item for item in story.items if item.entry.id in ruling.entries]
        staying = [item for item in story.items if item.entry.id not in ruling.entries]
        self._replace([story], [staying, leaving])

    def copies_changed(self, copy_sets: Mapping[EntryId, CopySetId]) -> None:
        """Take what has been decided anew about which entries are copies; open stories that copies tie become one."""
        for entry, copy_set in sorted(copy_sets.items()):
            if entry in self.window.story_of:
                self.window.set_copies(entry, copy_set)
        for copy_set in sorted(set(copy_sets.values())):
            ids = self.window.copies(copy_set)
            entries = [self.window.stories[story_id].entries for story_id in ids]
            if len(ids) > 1 and not any(self._judge.constraints.are_apart(entries[0], other) for other in entries[1:]):
                self._unite(ids)

    # --- what is known -----------------------------------------------------------------------------------------

    def changes(self) -> StoryChanges:
        """Give what has changed since it was last asked."""
        log, self._log = self._log, Log()
        return log.changes(self.window, self._judge, self._next)

    def closings(self) -> tuple[tuple[ClosedStory, ...], tuple[tuple[StoryId, StoryId], ...]]:
        """Give what has closed and merged since it was last asked, for who needs no reasons; `changes` tells it no more."""
        log, self._log = self._log, Log()
        return log.closings()

    def story_of(self, entry: EntryId) -> StoryId | None:
        """Give the open story of an entry; None where it has none, or it is closed."""
        return self.window.story_of.get(entry)

    def related(self, story: StoryId) -> tuple[RelatedStory, ...]:
        """Give up to twelve other open stories on the subject of one, newest first; none for a story that is not open."""
        found = self.window.stories.get(story)
        return related(found, self.window, self.frequencies) if found else ()

    def explain(self, story: StoryId) -> tuple[Placement, ...]:
        """Say for each entry of an open story why it is there, in order of arrival; nothing for a story that is not open."""
        found = self.window.stories.get(story)
        return tuple(explained(item, found, self._judge) for item in found.items) if found else ()


def _is_whole(group: Sequence[Item], before: Mapping[EntryId, OpenStory]) -> bool:
    """Tell whether a group is a story as it was."""
    story = before[group[0].entry.id]
    return len(group) == len(story.items) and all(before[item.entry.id] is story for item in group)
