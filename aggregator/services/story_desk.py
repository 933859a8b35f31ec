"""Decide about a batch of entries, in one transaction: which are copies, and which report one event.

    copies.ungrouped ─► stories/near ─► copies.tie ─► copies.connected ─► copy_steps, entry by entry ─► copies.assign
                                                                            └─► stories/engine ───────► stories.save

The desk holds in memory what the last weeks have left: the open stories, and the texts within the copies' window. All of it follows
from what is stored. Everything that is stored about stories raises a mark; a desk that finds another mark than its own in the
transaction in which it is to decide knows too little, decides nothing and is to be made again. So it does not matter how many processes
group one database, nor where one of them is killed.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from aggregator.model.copies import CopyCandidate, CopyText
from aggregator.model.grouping import StoryEntry, StorySettings
from aggregator.model.ids import CopySetId, EntryId
from aggregator.ports import Transaction
from aggregator.services.copy_steps import CopySteps
from aggregator.services.story_engine import StoredEngine
from aggregator.stories.copies import reach
from aggregator.stories.engine import StoryEngine
from aggregator.stories.near_window import NearWindow, signature
from aggregator.stories.outlines import packed, unpacked
from aggregator.stories.vectors import Vectors

ALL = 1_000_000_000
"""Entries that wait, at most."""
FIRST = 10
"""Entries that are decided about together, until it is known how long they take."""
NEAR_HELD = 2000
"""Texts that are compared without being looked up, at least: those that came last."""
TOGETHER = 0.02
"""Seconds after which to look at the time: to decide about entries together is cheaper, but nobody knows before how long one takes."""


class StoryDesk:
    """What decides, as of the mark at which it was made or has last stored something.

    Args:
        tx: where it is read from; it is not kept.
        settings: what the story engine goes by.
        vectors: what is known of entries beyond their words; None for nothing.
        window: how far apart two entries of one headline may be listed to be copies.
        held: about so many stories stay in memory, those that have been looked at lately; the others are looked up.
    """

    def __init__(
        self, tx: Transaction, settings: StorySettings, vectors: Vectors | None, *, window: timedelta, held: int
    ) -> None:
        self.placed = 0
        """How many entries it has decided about, one that changed again."""
        self.since_outline = 0
        """How many entries were read since what the next desk can begin with was kept."""
        self._window = window
        self._held = held
        self._stored = StoredEngine(tx, settings, vectors)
        self.near = NearWindow(window, settings.late, look_up=self._look_up)
        """The texts of the last days."""
        self._near_outline = signature(window, settings.late)
        self._placed_again = f"{self._near_outline} again"
        self._tx = tx
        self._together = FIRST
        self._recall(tx, window + settings.late)

    def _recall(self, tx: Transaction, lately: timedelta) -> None:
        """Remember the texts of the last days."""
        latest = self._stored.latest
        since = self._stored.read_since
        parts = [] if since is None else [unpacked(content) for _, content in tx.stories.outline(self._near_outline)]
        if not latest:
            return
        # By this time texts are forgotten, also if the latest is none of those that are recalled: it may wait to be placed anew.
        self.near.take_up(parts, latest)
        if not parts:
            self._remember(tx.copies.texts_since(latest - lately))
        elif tx.stories.outlined_at(self._near_outline) != self._stored.mark:
            again = (EntryId(entry) for _, ids in tx.stories.outline(self._placed_again) for entry in array("q", ids))
            self._remember_anew(tx, {*(since or ()), *again})
            self.since_outline = len(since or ())

    def _remember(self, texts: Iterable[CopyText]) -> None:
        for text in texts:
            self.near.recall(text)
            self.near.rest(NEAR_HELD)

    def _remember_anew(self, tx: Transaction, changed: set[EntryId]) -> None:
        """Remember what these say now; what is there no more, or waits to be placed again, is not remembered."""
        remembered = changed.union(self.near.entries())
        placed = set(tx.stories.placed(remembered)).difference(tx.copies.ungrouped(limit=ALL))
        self.near.forget(changed | (remembered - placed))
        self._remember(tx.copies.texts(changed & placed))

    @property
    def engine(self) -> StoryEngine:
        """What decides about stories."""
        return self._stored.engine

    def _look_up(self, entry_ids: Collection[EntryId]) -> Iterable[CopyText]:
        return self._tx.copies.texts(entry_ids)

    def place(
        self, tx: Transaction, *, limit: int, left: Callable[[], float], is_quiet: Callable[[], bool]
    ) -> bool | None:
        """Place some of the entries that wait; after an error the desk is of no use any more.

        Args:
            tx: in which all of it is stored.
            limit: at most so many.
            left: how many seconds there are left. Some are placed even if there are none.
            is_quiet: False: nothing else is to be begun.

        Returns:
            Whether more may wait; None where the desk is to be made again, since somebody else has stored something.
        """
        if not self._stored.is_current(tx):
            return None
        self._bind(tx)
        placed, seconds, is_more, again = 0, left(), True, array("q")
        while is_more and placed < limit and (not placed or (seconds > 0 and is_quiet())):
            size = min(limit - placed, self._together)
            batch = tx.copies.ungrouped(limit=size)
            is_more = len(batch) == size
            if batch:
                again.extend(self._decide(tx, batch, is_whole=not is_more))
            before, seconds = seconds, left()
            placed += len(batch)
            self._together = _next_size(len(batch), before - seconds) if batch else size
        if again:
            tx.stories.add_to_outline(self._placed_again, again.tobytes())
        if placed:
            self._stored.save(tx)
            self.placed += placed
            self.since_outline += placed
            self._stored.rest(self._held)
            self.near.rest(NEAR_HELD)
        return is_more

    def keep_outline(self, tx: Transaction) -> None:
        """Keep what makes such a desk again the fastest; nothing where somebody else has stored something."""
        if self._stored.is_current(tx):
            texts = ((f"texts {place}", packed(shelf)) for place, shelf in enumerate(self.near.outline()))
            tx.stories.keep_outlines([self._stored.outline(), (self._near_outline, texts)])
            self.since_outline = 0

    def _bind(self, tx: Transaction) -> None:
        """Look up in this transaction from now on; the one before is over."""
        self._tx = tx
        self._stored.bind(tx)

    def _decide(self, tx: Transaction, batch: Sequence[EntryId], *, is_whole: bool) -> Collection[EntryId]:
        """Decide about a batch, `is_whole` if nothing else waits; give those that had been placed before."""
        known = set(tx.stories.placed(batch))
        waiting = _Waiting(tx, batch, is_whole=is_whole)
        tx.copies.tie(self._near_pairs(waiting, known), anew=batch)
        candidates = tx.copies.connected(batch, reach=reach(self._window))
        entries = {entry.id: entry for entry in tx.stories.entries([candidate.id for candidate in candidates])}
        steps = CopySteps(
            candidates,
            {entry.id: entry.copy_set for entry in entries.values()},
            waiting={*batch, *waiting.among(candidates)},
            window=self._window,
        )
        for entry_id in batch:
            changed = steps.place(entry_id)
            entry = replace(entries[entry_id], copy_set=steps.set_of(entry_id))
            self._take(entry, changed, is_known=entry_id in known)
        tx.copies.assign(steps.assignments)
        return known

    def _take(self, entry: StoryEntry, changed: Mapping[EntryId, CopySetId], *, is_known: bool) -> None:
        """Hand an entry to the engine, after telling it of those that it knows which copy sets have changed."""
        engine = self._stored.engine
        sets = {other: copy_set for other, copy_set in changed.items() if other != entry.id or is_known}
        if sets:
            engine.copies_changed(sets)
        if is_known:
            engine.revise(entry)
        else:
            engine.add(entry)

    def _near_pairs(self, waiting: "_Waiting", known: Collection[EntryId]) -> list[tuple[EntryId, EntryId]]:
        """Find what is nearly the same as an entry of the batch, of that which is placed before it.

        An entry that changed and waits is remembered as it was; the pair is found, if it still is one, when its turn comes.
        """
        found: list[tuple[EntryId, EntryId]] = []
        to_come = set(waiting.batch)
        for text in waiting.texts:
            to_come.discard(text.id)
            pairs = self.near.revise(text) if text.id in known else self.near.add(text)
            found += (pair for pair in pairs if to_come.isdisjoint(pair))
        outside = {one for pair in found for one in pair}.difference(waiting.batch)
        stale = waiting.among(waiting.tx.copies.texts(outside)) if outside else set()
        return [pair for pair in found if stale.isdisjoint(pair)]


def _next_size(size: int, took: float) -> int:
    """Say how many entries to decide about together, after so many took so many seconds; at most twice as many, for that is a guess."""
    fit = int(size * TOGETHER / took) if took > 0 else 2 * size
    return max(1, min(2 * size, fit))


class _Waiting:
    """What waits behind a batch.

    Entries are taken in order of time, so it is all later than the last of the batch; most that is looked at is earlier, and of most
    that is later it is enough to know that it has no story. Only of an entry that was placed once, and may have changed since, the
    list has to be asked.
    """

    def __init__(self, tx: Transaction, batch: Sequence[EntryId], *, is_whole: bool) -> None:
        self.tx = tx
        self.batch = frozenset(batch)
        self.texts = tx.copies.texts(batch)
        """Of the batch, in its order."""
        self._is_whole = is_whole
        self._last = max((text.at, text.id) for text in self.texts)

    def among(self, ones: Sequence[CopyCandidate] | Sequence[CopyText]) -> set[EntryId]:
        """Tell which of these wait, those of the batch left out."""
        if self._is_whole:
            return set()
        later = {one.id for one in ones if (one.at, one.id) > self._last} - self.batch
        placed = set(self.tx.stories.placed(later)) if later else set()
        changed = placed.intersection(self.tx.copies.ungrouped(limit=ALL)) if placed else set()
        return (later - placed) | changed
