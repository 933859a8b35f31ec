"""The story engine: entries in, stories out, one by one, without clock or database.

    add(entry)    what is due until its time, in order of time: reviews, closings
                  read it           ->  reading: its words, weighed
                  find its place    ->  placing: join an open story, or found one
    revise(entry), copies_changed(...), rule(...)      what is said, tied or decided anew
    changes()     what has changed since it was last asked, to be stored and shown

Everything follows from the entries and their order: the clock is the latest time that an entry has, and when a story is reviewed
follows from when its entries came in, never from when somebody asked. So batches, pauses and restarts change nothing: what
`changes` gives is all that `restoring.restore` needs to make the same engine again.

Entries may come in any order of time. One that comes late is placed among the stories of its time, as long as they are at hand.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from aggregator.model.grouping import ClosedStory, Placement, RelatedStory, StoryChanges, StoryEntry, StorySettings
from aggregator.model.ids import CopySetId, EntryId, StoryId
from aggregator.model.story import Apart, Ruling
from aggregator.stories.agenda import Agenda, Task
from aggregator.stories.changes import Log
from aggregator.stories.effort import Effort
from aggregator.stories.explaining import explained
from aggregator.stories.items import Item
from aggregator.stories.lead import lead
from aggregator.stories.placing import Judge
from aggregator.stories.reading import LONG_AGO, Readings
from aggregator.stories.reviewing import has_grown, pool, regroup
from aggregator.stories.rulings import Constraints, parted
from aggregator.stories.subjects import related
from aggregator.stories.succession import Succession
from aggregator.stories.ties import tied, to_unite
from aggregator.stories.vectors import LexicalVectors, Vectors
from aggregator.stories.window import OpenStory, Window

FIRST_STORY: Final = StoryId(1)


class StoryEngine:
    """Groups entries into stories as they come in.

    Args:
        settings: what it goes by.
        vectors: what is known of entries beyond their words.
        rulings: what a person has decided.
        next_story: the number of the next story to be founded; higher than all that were ever given.
        relates: whether `changes` will be asked what is related to open stories.
    """

    def __init__(
        self,
        settings: StorySettings | None = None,
        *,
        vectors: Vectors | None = None,
        rulings: Sequence[Ruling] = (),
        next_story: StoryId = FIRST_STORY,
        relates: bool = True,
    ) -> None:
        self.settings = settings or StorySettings()
        chosen: Vectors = vectors or LexicalVectors()
        self.effort = Effort()
        """What it has looked at so far."""
        self.window = Window(self.effort)
        self.readings = Readings(self.settings, chosen)
        self._judge = Judge(self.settings, chosen.share, Constraints(rulings), self.effort)
        self._next = next_story
        self._clock = LONG_AGO
        self.agenda = Agenda(self.settings)
        self._log = Log()
        self._relates = relates

    def add(self, entry: StoryEntry) -> StoryId:
        """Place an entry that has no story."""
        self._relate()
        self.advance(entry.at)
        item = self.admit(entry)
        ids = tied(item, self.window, self._judge.constraints)
        if ids:
            self._log.placed(item)
            story = self.window.stories[ids[0]] if len(ids) == 1 else self._unite(ids)
            return self._gain(story, item, has_near=True)
        choice = self._judge.choose(item, self.window)
        self._log.placed(item, choice.vetoes)
        if choice.story is not None:
            return self._gain(self.window.stories[choice.story], item, has_near=choice.has_near)
        return self._found(item, has_near=choice.has_near)

    def admit(self, entry: StoryEntry) -> Item:
        """Read an entry, to be given a place by whoever asks for it."""
        reading, item = self.readings.read(entry)
        self._log.read(reading, item)
        return item

    def _gain(self, story: OpenStory, item: Item, *, has_near: bool) -> StoryId:
        led = story.lead
        self.window.gain(story, item)
        story.lead = lead(story, led, [item])
        self._log.touched.add(story.id)
        if has_grown(len(story.items)):
            self._log.changed.add(story.id)
        self._log.events.gained(story, item.entry, led)
        due = item.entry.at + self.settings.review_after if has_near and has_grown(len(story.items)) else None
        self.schedule(story, story.review_at or due)
        return story.id

    def _found(self, item: Item, *, has_near: bool) -> StoryId:
        story = OpenStory(self._number(), [item])
        self.window.put(story)
        self._note(story)
        self._log.events.founded(story)
        self.schedule(story, item.entry.at + self.settings.review_after if has_near else None)
        return story.id

    def _number(self) -> StoryId:
        number, self._next = self._next, StoryId(self._next + 1)
        self._log.founded(number)
        return number

    def take_back(self, story: OpenStory) -> None:
        """Have the next `changes` tell that a story which closed is open."""
        self._log.reopened(story.id)
        self._note(story)

    def _note(self, story: OpenStory) -> None:
        self._log.touched.add(story.id)
        self._log.changed.add(story.id)

    def advance(self, now: datetime) -> None:
        """Do what is due until a time, or until that of the clock where that is later."""
        until = max(now, self._clock)
        while due := self.agenda.next(until, self.window.stories):
            at, task, story = due
            self._clock = max(at, self._clock)
            if task is Task.REVIEW:
                self._review(story)
            else:
                self._log.closed(story, self._related_at_closing(story))
                self.window.take(story.id)
        self._clock = until

    def schedule(self, story: OpenStory, review_at: datetime | None) -> None:
        """Note when a story is reviewed next, and when it closes; what was noted before is void."""
        story.review_at = review_at
        self.agenda.note(story)

    def _review(self, story: OpenStory) -> None:
        story.review_at = None
        self._log.touched.add(story.id)
        stories = pool(story, self.window, self._judge)
        if stories:
            self._replace(stories, regroup(stories, self._judge))

    def _replace(self, stories: Sequence[OpenStory], groups: Sequence[Sequence[Item]]) -> None:
        """Put groups of entries in the place of stories, and tell what that makes of them."""
        succession = Succession(stories, groups)
        for story_id in succession.ended:
            self.window.take(story_id)
        made = {at: self._carry_on(at, succession) for at in succession.changed}
        for old, at in succession.merged:
            self._log.merged(old, succession.names[at])
        for at, story in made.items():
            former = succession.former(at, {place: one.id for place, one in made.items()})
            self._log.events.regrouped(story, former, self._clock)

    def _carry_on(self, at: int, succession: Succession) -> OpenStory:
        """Make one of the new stories."""
        story = succession.story(at, self._number)
        self.window.put(story)
        self._note(story)
        former = succession.parents(at)
        self.schedule(story, min((one.review_at for one in former if one.review_at), default=None))
        for item in story.items:
            if succession.before[item.entry.id].id != story.id:
                self._log.placed(item)
        return story

    def _unite(self, ids: Iterable[StoryId]) -> OpenStory:
        stories = [self.window.stories[story_id] for story_id in sorted(ids)]
        self._replace(stories, [[item for story in stories for item in story.items]])
        return self.window.stories[stories[0].id]

    def revise(self, entry: StoryEntry) -> None:
        """Take what an entry says now that was given before; ignored where its story is closed, or its words are the same.

        It keeps its place in time, and in its story until that is reviewed.
        """
        self._relate()
        if entry.id not in self.window.story_of:
            return
        former = self.window.stories[self.window.story_of[entry.id]].item(entry.id)
        if entry.copy_set != former.entry.copy_set:
            self.copies_changed({entry.id: entry.copy_set})
        read = self.readings.revise(entry, former)
        if read is None:
            return
        reading, item = read
        self._log.read(reading, item)
        story = self.window.stories[self.window.story_of[entry.id]]
        led = story.lead
        self.window.revise(story, former, item)
        story.lead = lead(story, story.lead, [item])
        self._note(story)
        self._log.events.revised(story, led, max(self._clock, entry.seen_at))
        self.schedule(story, story.review_at or self._clock + self.settings.review_after)

    def rule(self, ruling: Ruling) -> None:
        """Take a person's ruling and obey it at once, as far as it is about open stories."""
        self._relate()
        self._judge.constraints.add(ruling)
        ids = {self.window.story_of[entry] for entry in ruling.entries if entry in self.window.story_of}
        if isinstance(ruling, Apart):
            for story in [self.window.stories[story_id] for story_id in sorted(ids)]:
                if not ruling.others.isdisjoint(story.entries):
                    self._replace([story], parted(story.items, ruling))
        elif len(ids) > 1:
            self._unite(ids)

    def copies_changed(self, copy_sets: Mapping[EntryId, CopySetId]) -> None:
        """Take what has been decided anew about which entries are copies; open stories that copies tie become one."""
        self._relate()
        for entry, copy_set in sorted(copy_sets.items()):
            if entry in self.window.story_of:
                self.window.set_copies(entry, copy_set)
        for copy_set in sorted(set(copy_sets.values())):
            ids = to_unite(copy_set, self.window, self._judge.constraints)
            if ids:
                self._unite(ids)

    def changes(self) -> StoryChanges:
        """Give what has changed since it was last asked."""
        self._relate()
        log, self._log = self._log, Log()
        forgotten_before = self.readings.forget(self.window.story_of)
        return log.changes(self.window, self._judge, next_story=self._next, forgotten_before=forgotten_before)

    def rest(self, most: int) -> None:
        """Let go of what can be looked up (`restoring.lean_on`), after what `changes` gave has been stored.

        Args:
            most: stories that stay at hand, those that have been looked at lately.
        """
        self.readings.stored()
        self.agenda.rest(most)
        self.window.stories.rest(most)

    def closings(self) -> tuple[tuple[ClosedStory, ...], tuple[tuple[StoryId, StoryId], ...]]:
        """Give what `changes` would, and tells no more, of closings and mergers, for who needs neither reasons nor numbers."""
        log, self._log = self._log, Log()
        self.readings.forget(self.window.story_of)
        return log.closings(lambda _: ())

    def story_of(self, entry: EntryId) -> StoryId | None:
        """Give the open story of an entry; None where it has none, or it is closed."""
        return self.window.story_of.get(entry)

    def _relate(self) -> None:
        """Find what is related to the stories that have changed: as soon as they have, so that it does not matter when somebody asks."""
        if self._relates:
            for story in sorted(self._log.changed & self.window.stories.keys()):
                self._log.related[story] = self._related(self.window.stories[story])
            self._log.changed.clear()

    def _related_at_closing(self, story: OpenStory) -> tuple[RelatedStory, ...] | None:
        """Find what is related to a story that closes, unless that has been done when it last changed: what came later names it, not it that."""
        if self._relates and story.id not in self._log.changed:
            return self._log.related.get(story.id)
        return self._related(story)

    def _related(self, story: OpenStory) -> tuple[RelatedStory, ...]:
        return related(story, self.window, self.readings.frequencies)

    def explain(self, story: StoryId, entries: Iterable[StoryEntry] = ()) -> tuple[Placement, ...]:
        """Say for each entry of an open story why it is there, in order of arrival; nothing for a story that is not open.

        Args:
            story: its number.
            entries: entries of it with their texts, from which words are quoted that stand in no headline.
        """
        found = self.window.stories.get(story)
        texts = {entry.id: entry.body for entry in entries}
        return tuple(explained(item, found, self._judge, texts=texts) for item in found.items) if found else ()
