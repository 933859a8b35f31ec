"""Reading: from an entry to what stories compare, once; and what is remembered of what was read.

Words are weighed among those of all that came in lately, so a reading depends on which entries had come in before. It is therefore
kept: a restart takes readings as they are, and what an entry says later makes another one.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from aggregator.model.grouping import Reading, StoryEntry, StorySettings
from aggregator.model.ids import EntryId
from aggregator.stories.items import Item
from aggregator.stories.numbers import Queue, moment, number
from aggregator.stories.vectors import Frequencies, LexicalVectors, Vectors, counted
from aggregator.text.columns import is_column
from aggregator.text.stems import VERSION as STEMS
from aggregator.text.story_terms import story_terms, terms_of_words, words
from aggregator.text.tongue import guess

RULES: Final = 3
"""Counts changes of how entries are read: of terms, stop words, concepts, the starting table, or weights."""
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_TOLD_BY: Final = 200
"""Characters of a text that tell its language, where there is no headline."""


def signature(settings: StorySettings | None = None, vectors: Vectors | None = None) -> str:
    """Name the rules by which entries are read: readings that were made by others do not fit together."""
    chosen = settings or StorySettings()
    name = (vectors or LexicalVectors()).name
    rules = (RULES, STEMS, name, chosen.headline_weight, chosen.body_terms, chosen.prior, chosen.memory)
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:16]


class Readings:
    """What has been read lately, in order of position."""

    def __init__(self, settings: StorySettings, vectors: Vectors) -> None:
        self.frequencies = Frequencies(prior=settings.prior, memory=settings.memory)
        self.latest = LONG_AGO
        """The latest `StoryEntry.at` of all that was read: frequencies go by it, in whatever order entries come."""
        self._settings = settings
        self._vectors = vectors
        self._reach = settings.span + settings.memory + settings.late
        self._next = 1
        self._kept = Queue(3)
        """Position, time and entry of each."""
        self._first: dict[int, int] = {}
        self._again: dict[int, tuple[int, ...]] = {}
        """Further positions of the few entries that were read anew."""

    def read(self, entry: StoryEntry) -> tuple[Reading, Item]:
        """Read an entry for the first time, or the first time since its story closed."""
        said = self._said(entry)
        reading = self._weighed(entry, said)
        return reading, self.item(reading)

    def revise(self, entry: StoryEntry, former: Item) -> tuple[Reading, Item] | None:
        """Read what an entry says now; None where that is what it said. It came in when it first did."""
        said = self._said(entry)
        if entry.headline == former.entry.headline and former.has_terms(said.headline, said.body):
            return None
        reading = self._weighed(replace(entry, at=former.entry.at), said)
        return reading, Item(reading, former.order)

    def recall(self, reading: Reading) -> None:
        """Take what was read before a restart, in order of position."""
        self.latest = max(self.latest, reading.entry.at)
        self.frequencies.add(reading.weights, self.latest)
        self._keep(reading)

    def item(self, reading: Reading) -> Item:
        """Make what stories hold of a reading that has been recalled."""
        return Item(reading, self._first[reading.entry.id])

    def skip(self, position: int) -> None:
        """Give no position up to this one again."""
        self._next = max(self._next, position + 1)

    def forget(self, needed: Mapping[EntryId, object]) -> int:
        """Let go of what is long past and of no entry that is needed; give the position below which nothing is left."""
        kept = self._kept
        while kept:
            position, at, entry = kept.first()
            if self.latest - moment(at) <= self._reach or EntryId(entry) in needed:
                return position
            self._let_go()
        return self._next

    def _let_go(self) -> None:
        """Let go of what was read first."""
        entry = self._kept.take()[2]
        again = self._again.pop(entry, ())
        if again:
            self._first[entry] = again[0]
        else:
            del self._first[entry]
        if again[1:]:
            self._again[entry] = again[1:]

    def last(self, entry: EntryId) -> int | None:
        """Give the position of what holds of an entry now; None where nothing of it is remembered."""
        again = self._again.get(entry)
        return again[-1] if again else self._first.get(entry)

    def stored(self) -> None:
        """Let go of vectors that nobody looks at: what was read is stored."""
        self.frequencies.stored(self._kept.column(0))

    @property
    def position(self) -> int:
        """The position of what was read last; 0 where nothing was."""
        return self._next - 1

    def drop_before(self, position: int) -> None:
        """Let go of what stands at lower positions: others have."""
        while self._kept and self._kept.first()[0] < position:
            self._let_go()

    def outline(self) -> bytes:
        """Give what `take_up` takes, but for `latest` and the frequencies."""
        return self._kept.tobytes()

    def take_up(self, kept: bytes, latest: datetime) -> None:
        """Know what had been read before a restart."""
        self._kept, self.latest = Queue(3, kept), latest
        positions, entries = self._kept.column(0), self._kept.column(2)
        self._first = dict(zip(entries, positions, strict=True))
        if len(self._first) < len(positions):
            self._first = {}
            for entry, position in zip(entries, positions, strict=True):
                self._note(entry, position)
        if positions:
            self._next = positions[-1] + 1

    def _said(self, entry: StoryEntry) -> "_Said":
        written = words(entry.headline)
        language = guess(entry.headline or entry.body[:_TOLD_BY], entry.language)
        headline = terms_of_words(written, language)
        body = story_terms(entry.body, language, most=self._settings.body_terms) if entry.body else []
        return _Said(written, language, tuple(headline), tuple(body))

    def _weighed(self, entry: StoryEntry, said: "_Said") -> Reading:
        """Count words, and weigh them."""
        headline = () if is_column(said.written) else said.headline
        counts = counted(headline, said.body, self._settings.headline_weight)
        self.latest = max(self.latest, entry.at)
        meaning = self._vectors.meaning(entry) if self._vectors.share else None
        reading = Reading(
            position=self._next,
            entry=entry,
            language=said.language,
            headline_terms=said.headline,
            body_terms=said.body,
            weights=self.frequencies.read(counts, self.latest),
            meaning=None if meaning is None else tuple(meaning),
        )
        self._keep(reading)
        return reading

    def _keep(self, reading: Reading) -> None:
        entry = reading.entry
        self._kept.append(reading.position, number(entry.at), entry.id)
        self._note(entry.id, reading.position)
        self._next = reading.position + 1

    def _note(self, entry: int, position: int) -> None:
        if self._first.setdefault(entry, position) != position:
            self._again[entry] = (*self._again.get(entry, ()), position)


class _Said(NamedTuple):
    """What stands in an entry."""

    written: Sequence[str]
    language: str
    headline: tuple[str, ...]
    body: tuple[str, ...]
