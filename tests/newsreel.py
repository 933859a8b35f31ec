"""Ten days of real feeds: the outlets' snapshots that `feedserver.py` serves, and 260 feeds beside them, on a clock moved by hand.

The snapshots are of three and a half days. They are shown slowly, each time in them moved away from the first by the same factor; of
the other feeds there is one document each, which comes out on one of the days.
"""

import gzip
import json
import operator
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aggregator.feeds.parse import parse_document
from aggregator.model.digest import DigestPlan
from aggregator.model.feed import Document, Feed, ParsedFeed
from aggregator.model.fetch import Failed, Fetched, FetchOutcome, FetchRequest, NotModified
from aggregator.services.cycle import CycleSettings
from aggregator.services.digest import Digests
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore
from tests.factories import make_feed
from tests.manual_clock import ManualClock

SHARED = Path(__file__).resolve().parents[1].parent / "shared"
DATA = SHARED / "data"
FIRST = datetime(2021, 9, 16, 21, 24, 18, tzinfo=UTC)
"""When the first snapshot was taken."""
LAST = datetime(2021, 9, 20, 9, 43, tzinfo=UTC)
DAYS = 10
ZONE = ZoneInfo("Asia/Beirut")
_SLOWNESS = timedelta(days=DAYS) / (LAST - FIRST)
_DATE = re.compile(rb"(<(?:pubDate|lastBuildDate|published|updated|dc:date)>\s*)([^<]+?)(\s*</)")
_EMPTY = b'<rss version="2.0"><channel><title>Soon</title><link>https://soon.example/</link></channel></rss>'
OUTLETS = {
    "bbc": "World", "cnn": "World", "straittimes": "Asia", "gmanews": "Asia", "philstar": "Asia",
    "nytimes": "United States", "latimes": "United States", "fox": "United States", "wsj": "Business",
    "dailymail": "United Kingdom", "nzherald": "Pacific", "rnz": "Pacific", "smh": "Pacific", "stuffnz": "Pacific",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reel:
    """What one feed shows, and from when: earliest first."""

    feed: Feed
    frames: tuple[tuple[datetime, bytes], ...]


def slowed(at: datetime) -> datetime:
    """Tell when something is shown that happened at a time."""
    return (FIRST + (at - FIRST) * _SLOWNESS).replace(microsecond=0)


@cache
def reels(singles: int) -> tuple[Reel, ...]:
    """Read the outlets, and so many of the other feeds."""
    return (*_outlets(), *list(_singles())[:: max(1, 260 // singles) if singles else 261])


def _outlets() -> Iterator[Reel]:
    for name, category in OUTLETS.items():
        frames = []
        for file in sorted((DATA / "timeline" / name).glob("*.gz")):
            taken = datetime.strptime(file.name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            frames.append((slowed(taken), _redated(gzip.decompress(file.read_bytes()), slowed)))
        feed = make_feed(
            name, url=f"https://{name}.example/", title=name, publisher=name, category=category, tags=["press"]
        )
        yield Reel(feed, tuple(frames))


def _singles() -> Iterator[Reel]:
    for number, line in enumerate((DATA / "feeds" / "INDEX.jsonl").read_text().splitlines()):
        row = json.loads(line)
        body = (DATA / "feeds" / row["file"]).read_bytes()
        dates = [at for found in _DATE.finditer(body) if (at := _read(found[2].decode("latin-1")))]
        if not dates:
            continue
        shown = FIRST + timedelta(days=number % DAYS, hours=7 * number % 24)
        moved = shown - max(dates)
        name, category = f"single-{number}", (row["language"] or "Notes")[:2].lower().replace("en", "Notes")
        feed = make_feed(
            name,
            url=f"https://{name}.example/",
            title=row["title"] or name,
            publisher=row["title"] or name,
            category=category,
        )
        yield Reel(feed, ((FIRST, _EMPTY), (shown, _redated(body, partial(operator.add, moved)))))


def _redated(document: bytes, move: Callable[[datetime], datetime]) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        at = _read(found[2].decode("latin-1"))
        return found[1] + format_datetime(move(at)).encode() + found[3] if at else found[0]

    return _DATE.sub(one, document)


def _read(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if text[:4].isdigit() else parsedate_to_datetime(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Projector:
    """`ports.Fetcher`: shows what a feed has at the time that it is."""

    def __init__(self, shown: Sequence[Reel], clock: ManualClock) -> None:
        self._frames: Mapping[str, Sequence[tuple[datetime, bytes]]] = {
            urlsplit(reel.feed.url).netloc: reel.frames for reel in shown
        }
        self._clock = clock

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        now, frames = self._clock.now(), self._frames[urlsplit(request.url).netloc]
        body = next((body for at, body in reversed(frames) if at <= now), _EMPTY)
        etag = f'"{sha256(body).hexdigest()[:20]}"'
        if request.validators.etag == etag:
            return NotModified(headers={"etag": etag})
        return Fetched(url=request.url, headers={"etag": etag, "content-type": "application/xml"}, body=body)


class HereParser:
    """`ports.Parser` in this process; what it has read once it remembers."""

    _known: ClassVar[dict[tuple[bytes, str], ParsedFeed | Failed]] = {}

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        key = (document.body, document.url)
        if key not in self._known:
            self._known[key] = parse_document(document)
        return self._known[key]


@dataclass
class Screening:
    """A showing: a database, a clock, and what polls and makes digests."""

    store: SqliteStore
    clock: ManualClock
    poller: Poller
    digests: Digests

    async def move(self, by: timedelta) -> None:
        self.clock.move(by)
        await self.poller.poll_due()
        await self.digests.seal_due()


@asynccontextmanager
async def screening(
    database: Path, *, singles: int = 260, plans: Sequence[DigestPlan] = (DigestPlan(),)
) -> AsyncIterator[Screening]:
    clock, shown = ManualClock(FIRST), reels(singles)
    store = await SqliteStore.open(database)
    names = tuple(sorted({reel.feed.publisher for reel in shown}))
    recognition = Recognition(copy_window=timedelta(hours=48), publisher_names=names)
    # What is grouped together must not hang on how long things take: entries are compared when all has been polled.
    whole = timedelta(hours=1)
    settings = CycleSettings(concurrency=1, order=Random(1), settle_every=whole, look_again=whole)
    try:
        await store.write(lambda tx: tx.feeds.synchronise([reel.feed for reel in shown], now=clock.now()))
        feed_poller = FeedPoller(store, Projector(shown, clock), HereParser(), clock, recognition)
        digests = Digests(store, clock, ZONE, plans=plans, title="Real feeds")
        poller = Poller(store, clock, feed_poller, settings)
        await poller.poll_due()
        yield Screening(store, clock, poller, digests)
    finally:
        await store.aclose()
