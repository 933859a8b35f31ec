"""Made-up news for benchmarks: headlines and HTML as publishers write them, the same for the same seed.

    Newspaper(number, seed) -> articles, newest first -> Article: title, address, guid, HTML, plain summary, time

One article in twenty is agency news that other newspapers print under the same headline, so that grouping has as much
to do as it has in real life. Lengths follow what benchmarks ask: 600-1,500 characters of HTML each.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from html import escape
from random import Random
from typing import Final

FIRST_DAY: Final = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)
"""Every article is dated by it, never by a clock: two runs serve the same bytes."""

SHORTEST, LONGEST = 600, 1500
"""Characters of an article's HTML."""

CHANGED_GROUPS: Final = 10
"""A change gives two new articles to one newspaper in so many."""


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


_PLACES: Final = _phrases(
    "Beirut|Tripoli|Baghdad|Amman|Cairo|Tunis|Rabat|Ankara|Tehran|Kabul|Lagos|Nairobi|Dakar|Accra|Lima|Bogota|Quito|"
    "Santiago|Montevideo|Havana|Lisbon|Madrid|Turin|Vienna|Prague|Warsaw|Riga|Oslo|Bergen|Malmo|Ghent|Leeds|Cork|Osaka|"
    "Busan|Hanoi|Manila|Jakarta|Perth|Auckland"
)
_ACTORS: Final = _phrases(
    "Parliament|The central bank|Striking teachers|Farmers|The health ministry|Port workers|Two mayors|A rescue team|"
    "The prosecutor|Opposition leaders|Election observers|Fishermen|The water authority|A court|Engineers|Border guards|"
    "The education council|Climate researchers|The football federation|Museum curators|Railway planners|A start-up|"
    "The president|Aid workers|Local journalists|Nurses|The energy regulator|Bakers|A parliamentary committee|Divers"
)
_VERBS: Final = _phrases(
    "approves|rejects|postpones|questions|reopens|defends|suspends|unveils|revises|welcomes|investigates|extends|"
    "abandons|negotiates|publishes|halts|demands|restores|doubts|celebrates|delays|confirms"
)
_OBJECTS: Final = _phrases(
    "the new harbour|a bread subsidy|the flood defences|a ceasefire offer|the school reform|a wage agreement|"
    "the night train|an audit of the grid|the library plan|a fishing quota|the hospital wing|a rent ceiling|"
    "the bridge repairs|a record harvest|the vaccination drive|an old treaty|the tax rebate|a drought alarm|"
    "the election calendar|a missing archive|the tram line|a prisoner exchange|the desalination plant|a pension fund|"
    "the coastal road|a broadcasting licence|the wheat imports|an air-quality rule|the cup final|a mountain refuge"
)
_ENDINGS: Final = _phrases(
    "|after weeks of talks|despite protests|as prices rise|for the third time|amid doubts|ahead of the vote|"
    "in surprise move|say officials|as winter nears|following storm damage|under new rules|before the summit"
)
_OPENINGS: Final = _phrases(
    "Officials in {place} said|Residents of {place} told reporters|A statement from {place} announced|"
    "According to two people in {place}|Documents seen in {place} show|Witnesses near {place} reported|"
    "Analysts in {place} believe|At a crowded meeting in {place} it was said"
)
_CLAIMS: Final = _phrases(
    "that the decision would cost {number} million over {years} years|that work could begin within {years} months|"
    "that nobody had expected {number} people to attend|that the figures of the past {years} years had been wrong|"
    "that {number} households were still without power|that the committee\u2019s report runs to {number} pages|"
    "that the d\u00e9marche was \u201cneither new nor helpful\u201d|that prices had risen by {years} per cent since spring|"
    "that the two sides agreed on {years} of {number} points|that a second hearing is set for next week"
)
_TOPICS: Final = ("Politics", "Economy", "Culture", "Sport", "Science", "Health", "Weather", "Region & Cities")
_WRITERS: Final = ("Rana Haddad", "Tom\u00e1s Rivas", "Ingrid Solheim", "Kofi Mensah", "Mei Tanaka", "Se\u00e1n Byrne")


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One piece of news of one newspaper."""

    guid: str
    address: str
    title: str
    summary: str
    """Plain text."""
    html: str
    author: str
    topics: tuple[str, ...]
    image: str | None
    published_at: datetime


class Newspaper:
    """Publisher of one feed. Article number 0 is its first; two come with every change that concerns it.

    Args:
        number: which newspaper, from 0.
        seed: of everything made up.
    """

    def __init__(self, number: int, *, seed: int) -> None:
        self.number = number
        self._seed = seed
        random = Random(f"{seed}/{number}")
        self.size = random.randint(20, 40)
        """Articles in its feed; it stays so, the oldest leave."""
        self.site = f"https://paper{number}.example"
        self.title = f"The {random.choice(_PLACES)} {random.choice(('Post', 'Courier', 'Herald', 'Observer'))} {number}"

    def changes(self, generation: int) -> int:
        """Count the changes that concern it up to `generation`, of which each concerns another tenth of all."""
        # Formats go by the number's last two bits: the tenth has all of them in equal parts.
        mine = self.number // 4 % CHANGED_GROUPS
        return (generation - mine - 1) // CHANGED_GROUPS + 1 if generation > mine else 0

    def articles(self, generation: int) -> list[Article]:
        """Write the feed's articles, newest first."""
        newest = self.size - 1 + 2 * self.changes(generation)
        return [self._article(serial) for serial in range(newest, newest - self.size, -1)]

    def _article(self, serial: int) -> Article:
        random = Random(f"{self._seed}/{self.number}/{serial}")
        title = _headline(random)
        if random.random() < 0.05:
            title = _headline(Random(f"{self._seed}/agency/{random.randrange(2000)}"))
        slug = "-".join(title.lower().split()[:6])
        html = _html(random, self.site, _sentences(self._seed))
        return Article(
            guid=f"tag:paper{self.number}.example,2026:{serial}",
            address=f"{self.site}/2026/{slug}-{serial}.html",
            title=title,
            summary=random.choice(_sentences(self._seed)),
            html=html,
            author=random.choice(_WRITERS),
            topics=tuple(random.sample(_TOPICS, random.randint(1, 3))),
            image=f"{self.site}/img/{serial}.jpg" if random.random() < 0.3 else None,
            published_at=FIRST_DAY + timedelta(minutes=37 * serial + self.number % 37),
        )


def _headline(random: Random) -> str:
    actor, verb, thing = random.choice(_ACTORS), random.choice(_VERBS), random.choice(_OBJECTS)
    parts = (actor, verb, thing, "in", random.choice(_PLACES), random.choice(_ENDINGS))
    return " ".join(part for part in parts if part)


@lru_cache(maxsize=1)
def _sentences(seed: int) -> tuple[str, ...]:
    """Make sentences once: writing each anew would take longer than all polls together."""
    random = Random(f"{seed}/sentences")
    return tuple(_sentence(random) for _ in range(5000))


def _sentence(random: Random) -> str:
    opening = random.choice(_OPENINGS).format(place=random.choice(_PLACES))
    claim = random.choice(_CLAIMS).format(number=random.randint(12, 980), years=random.randint(2, 9))
    rest = f"while {random.choice(_ACTORS).lower()} still hopes that {random.choice(_OBJECTS)} can be saved"
    return f"{opening} {claim}, {rest}."


def _html(random: Random, site: str, sentences: tuple[str, ...]) -> str:
    """Fill paragraphs up to a length drawn in bounds; links, emphasis, images and entities among the sentences."""
    wanted = random.randint(SHORTEST + 250, LONGEST)
    pieces: list[str] = []
    length = 0
    while True:
        piece = _paragraph(random, site, sentences)
        if length + len(piece) > wanted:
            if length >= SHORTEST:
                return "".join(pieces)
            piece = f"<p>{escape(random.choice(sentences), quote=False)}</p>"
        pieces.append(piece)
        length += len(piece)


def _paragraph(random: Random, site: str, sentences: tuple[str, ...]) -> str:
    text = escape(random.choice(sentences), quote=False).replace("\u2019", "&#8217;")
    chance = random.random()
    if chance < 0.3:
        first, _, rest = text.partition(" ")
        text = f'<a href="{site}/topics/{random.randrange(500)}?ref=feed&amp;lang=en">{first}</a> {rest}'
    elif chance < 0.4:
        text = f'<img src="{site}/img/{random.randrange(9999)}.jpg" alt="A view" width="640" height="360"> {text}'
    elif chance < 0.5:
        text = f"<strong>{_PLACES[random.randrange(len(_PLACES))]}&nbsp;&ndash;</strong> {text}"
    return f"<p>{text}</p>"
