"""Years of made-up news for a large database: feeds, entries, copies and events, the same for the same seed.

    Archive(shape).batch(number) -> Batch: polls of feeds, one after another, which entries are copies, which tell one event

Words are drawn as languages use them: the second most frequent one half as often as the first, the third a third as often
(Zipf), so that searches for rare and for frequent words have to do what they have in real life.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Final

FIRST_DAY: Final = datetime(2024, 3, 1, tzinfo=UTC)
"""Everything is dated by it, never by a clock."""
PACE: Final = 1_370
"""Entries a day: a million in two years."""
MAIN_CATEGORY: Final = "World"
CATEGORIES: Final = (
    "Politics",
    "Economy",
    "Culture",
    "Sport",
    "Science",
    "Health",
    "Weather",
    "Region & Cities",
    "Middle East",
)
COPIES: Final = 0.06
"""Entries that repeat another of their batch."""
SIZES: Final = (1,) * 14 + (2, 2, 3, 4, 6, 12)
"""How many entries tell an event."""
LARGEST: Final = 200
"""Entries of the largest event of every tenth batch, and of the last."""

_FREQUENT: Final = [
    "the",
    "of",
    "to",
    "in",
    "and",
    "a",
    "for",
    "on",
    "says",
    "that",
    "with",
    "from",
    "at",
    "as",
    "by",
    "after",
    "over",
    "is",
    "new",
    "government",
    "minister",
    "president",
    "was",
    "has",
    "police",
    "talks",
    "people",
    "court",
    "election",
    "two",
    "report",
    "will",
    "first",
    "health",
    "city",
    "border",
    "market",
    "oil",
    "school",
    "vote",
    "water",
    "plan",
    "security",
    "trade",
    "deal",
    "week",
    "attack",
    "prices",
    "climate",
    "killed",
    "leader",
    "bank",
    "crisis",
]
_SYLLABLES: Final = (
    "ba",
    "ren",
    "ko",
    "ti",
    "mar",
    "sel",
    "do",
    "vi",
    "lan",
    "gu",
    "per",
    "ash",
    "on",
    "ri",
    "ne",
    "tal",
)
_VOCABULARY: Final = 40_000


def _word(rank: int) -> str:
    if rank < len(_FREQUENT):
        return _FREQUENT[rank]
    number, syllables = rank + 1000, []
    while number:
        number, one = divmod(number, len(_SYLLABLES))
        syllables.append(_SYLLABLES[one])
    return "".join(syllables)


WORDS: Final = tuple(map(_word, range(_VOCABULARY)))
_WEIGHTS: Final = tuple(accumulate(1 / (rank + 3) for rank in range(_VOCABULARY)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much there is of what."""

    entries: int = 1_000_000
    feeds: int = 2_000
    batch: int = 5_000
    """Entries stored in one transaction."""
    seed: int = 1

    @property
    def batches(self) -> int:
        """How many batches there are."""
        return self.entries // self.batch

    @property
    def until(self) -> datetime:
        """When the last poll was made, or a little later."""
        return FIRST_DAY + timedelta(days=self.entries / PACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A feed and who publishes it."""

    number: int
    name: str
    address: str
    title: str
    publisher: str
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry."""

    name: str
    headline: str
    paragraphs: tuple[str, ...]
    published_at: datetime
    has_image: bool
    copy_of: int | None
    """Place, in its batch, of the entry that it repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One poll that brought something."""

    paper: Paper
    at: datetime
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is stored together."""

    visits: tuple[Visit, ...]
    events: tuple[tuple[int, ...], ...]
    """Places of entries that tell one event; every one that is no copy is in exactly one."""


class Archive:
    """All of it, made batch by batch when it is asked for."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    @cached_property
    def papers(self) -> tuple[Paper, ...]:
        """All feeds; number 0 is the busy one, with a tenth of all entries. Half of all entries are of the main category."""
        return tuple(map(self._paper, range(self._shape.feeds)))

    def _paper(self, number: int) -> Paper:
        # Four ninths of the other feeds, which bring nine tenths, and the busy one: half of it all.
        main = number == 0 or number % 9 < 4
        return Paper(
            number=number,
            name=f"paper-{number}",
            address=f"https://paper{number}.example/feed.xml",
            title=f"Paper number {number}",
            publisher=f"Publisher {number // 2}",
            category=MAIN_CATEGORY if main else CATEGORIES[number % len(CATEGORIES)],
        )

    def batch(self, number: int) -> Batch:
        """Make one batch, from 0."""
        random = Random(f"{self._shape.seed}/{number}")
        visits = tuple(self._visits(number, random))
        items = [item for visit in visits for item in visit.items]
        leads = [place for place, item in enumerate(items) if item.copy_of is None]
        is_large = number % 10 == 0 or number == self._shape.batches - 1
        return Batch(visits=visits, events=tuple(_events(leads, random, LARGEST if is_large else 1)))

    def _visits(self, number: int, random: Random) -> Iterator[Visit]:
        shape = self._shape
        asked = [paper for paper in self.papers[1:] if paper.number % 4 == number % 4]
        each = max(shape.batch * 9 // 10 // len(asked), 1)
        counts = [(self.papers[0], shape.batch - each * len(asked)), *((paper, each) for paper in asked)]
        begin, length = number * shape.batch, timedelta(days=1 / PACE)
        made: list[Item] = []
        for paper, count in counts:
            at = (FIRST_DAY + (begin + len(made) + count) * length).replace(microsecond=0)
            items = tuple(self._item(paper, begin + len(made) + place, at, random, made) for place in range(count))
            made += items
            yield Visit(paper=paper, at=at, items=items)

    def _item(self, paper: Paper, serial: int, at: datetime, random: Random, before: Sequence[Item]) -> Item:
        place = None
        # Whoever came first in this batch: the feed of the next poll is another, so it can't be this one's own.
        if len(before) > 1 and random.random() < COPIES:
            place = random.randrange(len(before))
            place = before[place].copy_of if before[place].copy_of is not None else place
        headline = before[place].headline if place is not None else f"{_said(random, 9).capitalize()} {serial}"
        age = timedelta(minutes=random.randrange(6 * 60))
        return Item(
            name=f"{paper.number}/{serial}",
            headline=headline,
            paragraphs=tuple(f"{_said(random, random.randint(25, 45)).capitalize()}." for _ in range(3)),
            published_at=max(before[place].published_at, at - age) if place is not None else at - age,
            has_image=random.random() < 0.3,
            copy_of=place,
        )


def _said(random: Random, count: int) -> str:
    return " ".join(random.choices(WORDS, cum_weights=_WEIGHTS, k=count))


def _events(leads: list[int], random: Random, largest: int) -> Iterator[tuple[int, ...]]:
    random.shuffle(leads)
    size = largest
    while leads:
        yield tuple(sorted(leads.pop() for _ in range(min(size, len(leads)))))
        size = random.choice(SIZES)
