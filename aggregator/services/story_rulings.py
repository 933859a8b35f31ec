"""What people rule about stories: split one, merge two, pin one. It holds from then on, and is true at once.

    store.read    an engine is made of what is stored                      the long part: a second or two where much is open
    store.write   ruling stored ─► engine obeys ─► what follows is stored  unless the mark is another one by now: then once more

A ruling is stored as entries, because stories may be regrouped and entries stay what they are. Engines in other processes find
another mark then, and are made again with the ruling.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from aggregator.errors import InputError
from aggregator.model.grouping import Placement, StorySettings
from aggregator.model.ids import EntryId, StoryId
from aggregator.model.story import Apart, Pinned, Ruling, Together
from aggregator.ports import Clock, Store, Transaction
from aggregator.services.story_engine import StoredEngine
from aggregator.stories.restoring import reopen
from aggregator.stories.vectors import Vectors

T = TypeVar("T")

NAMED = 20
"""Entries that a message names at most."""
TRIES = 4
"""How often an engine is made beside other writers. Who is always overtaken, as during a first poll of hundreds of feeds, makes one
while all others wait: a person's ruling is not put off until it is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why entries are together."""

    placements: Mapping[EntryId, Placement]
    """By entry, as the engine judges now; empty for a story that is closed, of which only is known what was stored."""
    size: int
    """How many entries the story has, those of feeds that are no longer configured included."""
    rulings: tuple[Ruling, ...]
    """Those about entries of the story, in the order in which they were made."""


class StoryRulings:
    """Takes rulings.

    Args:
        store: the database.
        clock: when a person rules.
        settings: what the story engine goes by.
        vectors: loads what is known of entries beyond their words; None for nothing.
    """

    def __init__(
        self, store: Store, clock: Clock, settings: StorySettings, vectors: Callable[[], Vectors] | None = None
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        self._load_vectors = vectors
        self._vectors: Vectors | None = None

    async def split(self, story_id: StoryId, entry_ids: Sequence[EntryId]) -> tuple[StoryId, StoryId]:
        """Let entries leave a story, to be one of their own; they will not share a story with those that stay.

        Returns:
            The story of those that stay, and the story of those that left: the larger part keeps the number.

        Raises:
            InputError: there is no such story, an entry is not in it, or all of its entries are to leave it.
        """

        def work(sitting: "_Sitting") -> tuple[StoryId, StoryId]:
            members = sitting.members(story_id)
            leaving = _named(story_id, members, entry_ids)
            staying = [entry_id for entry_id in members if entry_id not in leaving]
            if not staying:
                message = (
                    f"story {story_id} has no other entry; name fewer of its {len(members)}, and these become a story"
                )
                raise InputError(message)
            sitting.rule(Apart(entries=leaving, others=frozenset(staying)))
            return sitting.story_of(staying[0]), sitting.story_of(min(leaving))

        return await self._write(work)

    async def merge(self, one: StoryId, other: StoryId) -> StoryId:
        """Make two stories one, and keep their entries together.

        Returns:
            The story that stays, the older one; the address of the other leads to it.

        Raises:
            InputError: there is no such story, or both are the same.
        """
        if one == other:
            raise InputError(f"story {one} can't be merged with itself; name two stories")

        def work(sitting: "_Sitting") -> StoryId:
            members = [*sitting.members(one), *sitting.members(other)]
            sitting.rule(Together(entries=frozenset(members)))
            return sitting.story_of(members[0])

        return await self._write(work)

    async def pin(self, story_id: StoryId) -> int:
        """Keep a story as it is: single entries may join it, but it is neither regrouped nor merged.

        Returns:
            How many entries it has.

        Raises:
            InputError: there is no such story.
        """

        def work(sitting: "_Sitting") -> int:
            members = sitting.members(story_id)
            sitting.rule(Pinned(entries=frozenset(members)))
            return len(members)

        return await self._write(work)

    async def unpin(self, story_id: StoryId) -> int:
        """Let a story be regrouped and merged again; the entries that were pinned stay together.

        Returns:
            How many entries it has.

        Raises:
            InputError: there is no such story, or it is not pinned.
        """

        def work(sitting: "_Sitting") -> int:
            members = sitting.members(story_id)
            if not sitting.is_pinned(members):
                raise InputError(f"story {story_id} is not pinned")
            # Apart from nothing: of two rulings on the same entries the later one holds, and this one asks for nothing.
            sitting.rule(Apart(entries=frozenset(members), others=frozenset()))
            return len(members)

        return await self._write(work)

    async def reasons(self, story_id: StoryId) -> Reasons:
        """Say why the entries of a story are together."""
        return await self._store.read(lambda tx: _Sitting(tx, self._made(tx)).reasons(story_id))

    async def _write(self, work: "Callable[[_Sitting], T]") -> T:
        """Do a piece of work in a transaction, on an engine that knows all that is stored.

        What an engine has decided in a transaction that fails never happened; so each is used for one.
        """
        for _ in range(TRIES):
            stored = await self._store.read(self._made)
            done = await self._store.write(partial(self._try, work, stored))
            if done is not None:
                return done
        return await self._store.write(lambda tx: work(self._sit(tx, self._made(tx))))

    def _try(self, work: "Callable[[_Sitting], T]", stored: StoredEngine, tx: Transaction) -> T | None:
        """Do it unless somebody else has stored something since the engine was made: then give None."""
        return work(self._sit(tx, stored)) if stored.is_current(tx) else None

    def _sit(self, tx: Transaction, stored: StoredEngine) -> "_Sitting":
        return _Sitting(tx, stored, now=self._clock.now())

    def _made(self, tx: Transaction) -> StoredEngine:
        if self._vectors is None and self._load_vectors:
            self._vectors = self._load_vectors()
        return StoredEngine(tx, self._settings, self._vectors)


class _Sitting:
    """The stories in one transaction, closed ones taken back as they are asked for; `now` is not asked for by who rules nothing."""

    def __init__(self, tx: Transaction, stored: StoredEngine, *, now: datetime | None = None) -> None:
        self._tx = tx
        self._stored = stored
        stored.bind(tx)
        self._now = now

    def members(self, story_id: StoryId) -> tuple[EntryId, ...]:
        """Give the entries of a story, those that no page shows included, after making sure that it is open.

        Raises:
            InputError: there is no such story.
        """
        members = self._stored.open_entries(story_id)
        if members is not None:
            return members
        closed = self._tx.stories.closed(story_id)
        if closed is None:
            raise InputError(missing(story_id, self._tx.stories.current(story_id)))
        state, entry_ids = closed
        reopen(self._stored.engine, state, self._tx.stories.entries(entry_ids))
        return entry_ids

    def rule(self, ruling: Ruling) -> None:
        """Store a ruling and what follows from it."""
        self._tx.stories.rule(ruling)
        self._stored.engine.rule(ruling)
        self._stored.save(self._tx, told_at=self._now)

    def story_of(self, entry_id: EntryId) -> StoryId:
        """Give the story of an entry of an open story."""
        story_id = self._stored.engine.story_of(entry_id)
        assert story_id is not None  # noqa: S101 -- what has been ruled about was open, and nothing closes meanwhile
        return story_id

    def is_pinned(self, members: Sequence[EntryId]) -> bool:
        """Tell whether a story of these entries is pinned."""
        return self._stored.is_pinned(members)

    def reasons(self, story_id: StoryId) -> Reasons:
        """Say why entries are together; of a closed story what was ruled alone."""
        closed = self._tx.stories.closed(story_id)
        members = set(closed[1] if closed else self._stored.open_entries(story_id) or ())
        explained = self._stored.engine.explain(story_id, self._tx.stories.entries(members))
        return Reasons(
            placements={each.entry_id: each for each in explained},
            size=len(members),
            rulings=tuple(ruling for ruling in self._stored.rulings if not members.isdisjoint(_about(ruling))),
        )


def _about(ruling: Ruling) -> frozenset[EntryId]:
    return ruling.entries | ruling.others if isinstance(ruling, Apart) else ruling.entries


def missing(story_id: StoryId, current: StoryId | None) -> str:
    """Say that there is no such story, and which one it has become if it has."""
    if current is None or current == story_id:
        return f"there is no story {story_id}; `aggregator stories list` shows what there is"
    return f"story {story_id} has merged into story {current}; name that one"


def _named(story_id: StoryId, members: Sequence[EntryId], entry_ids: Sequence[EntryId]) -> frozenset[EntryId]:
    strangers = [str(entry_id) for entry_id in entry_ids if entry_id not in members]
    if strangers:
        known = ", ".join(map(str, sorted(members)[:NAMED])) + (", ..." if len(members) > NAMED else "")
        raise InputError(f"story {story_id} has no entry {', '.join(strangers)}; it has {known}")
    return frozenset(entry_ids)
