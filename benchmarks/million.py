"""Make a database as large as years of polling would leave it, through the real storage; no network, no parsing, no engine.

    python -m benchmarks.million FOLDER                     1,000,000 entries of 2,000 feeds: gigabytes, many minutes
    python -m benchmarks.million FOLDER --entries 20000

What is stored is made up (`benchmarks.old_news`), but it goes in as a poll's would: entries, copies, stories with their events
and what is related to them, revisions, a digest a day, the search index, polls of every feed. A run that was broken off is
gone on with: a batch is one transaction, and how many there are is how many entries there are.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from aggregator.config.model import Configuration
from aggregator.config.read import load
from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import ParsedEntry, SafeHtml
from aggregator.model.feed import FeedState, Outcome, ParsedFeed, Validators
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan, PollRecord
from aggregator.ports import Store, Transaction
from aggregator.storage.sqlite.store import SqliteStore
from benchmarks.old_news import FIRST_DAY, Archive, Batch, Item, Paper, Shape, Visit
from benchmarks.old_stories import digests, stories

ROUNDS = 12
"""Polls of every feed that brought nothing new, so that its page has a history."""
CHANGED = 20
"""Entries of a batch that their feeds change afterwards."""
DATABASE = "aggregator.db"
CONFIGURATION = "feeds.yaml"
_SHAPE = "shape.json"
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Where it lies, and what is in it."""

    folder: Path
    shape: Shape

    @property
    def database(self) -> Path:
        """The file of the database."""
        return self.folder / DATABASE

    @property
    def configuration(self) -> Configuration:
        """What its feeds.yaml says."""
        return load(self.folder / CONFIGURATION)


async def make(folder: Path, shape: Shape, *, say: bool = False) -> Made:
    """Make it, or what is missing of it.

    Raises:
        ValueError: the folder has one of another shape.
    """
    made, archive = _begun(folder, shape), Archive(shape)
    store = await SqliteStore.open(made.database)
    try:
        feeds = made.configuration.enabled_feeds()
        await store.write(lambda tx: tx.feeds.synchronise(feeds, now=FIRST_DAY))
        begun = await store.read(lambda tx: tx.entries.totals().entries // shape.batch)
        for number in range(begun, shape.batches):
            batch = archive.batch(number)
            await store.write(lambda tx, batch=batch: _store(tx, batch))  # type: ignore[misc] # of a default
            if say and number % 10 == 0:
                _say(f"{(number + 1) * shape.batch} of {shape.entries} entries")
        await _poll(store, shape)
    finally:
        await store.aclose()
    return made


def found(folder: Path) -> Made:
    """Find what `make` has made.

    Raises:
        FileNotFoundError: nothing.
    """
    return Made(folder=folder, shape=Shape(**json.loads((folder / _SHAPE).read_text(encoding="utf-8"))))


def _begun(folder: Path, shape: Shape) -> Made:
    folder.mkdir(parents=True, exist_ok=True)
    known = folder / _SHAPE
    if known.exists() and found(folder).shape != shape:
        raise ValueError(f"{folder}: has a database of another shape, {found(folder).shape}; name another folder")
    lines = [line for paper in Archive(shape).papers for line in _yaml(paper)]
    text = "\n".join(["site:", "  title: Old News", "  timezone: Asia/Beirut", "feeds:", *lines, ""])
    (folder / CONFIGURATION).write_text(text, encoding="utf-8")
    known.write_text(json.dumps(asdict(shape)), encoding="utf-8")
    return Made(folder=folder, shape=shape)


def _yaml(paper: Paper) -> list[str]:
    return [
        f"  - url: {paper.address}",
        f"    id: {paper.name}",
        f"    title: {paper.title}",
        f"    publisher: {paper.publisher}",
        f"    category: {paper.category}",
        "    language: en",
    ]


def _store(tx: Transaction, batch: Batch) -> None:
    ids = [each for visit in batch.visits for each in _save(tx, visit)]
    items = [item for visit in batch.visits for item in visit.items]
    _change(tx, batch.visits[-1], ids)
    tx.copies.assign(_assignments(items, ids))
    changes = stories(batch, ids, first=tx.stories.memory().next_story)
    tx.stories.save(changes, signature="")
    for digest in digests(batch, ids, changes):
        tx.digests.seal(digest, recipients=(), now=digest.end)
    while tx.searching.catch_up(limit=_AT_ONCE):
        pass


def _save(tx: Transaction, visit: Visit) -> list[EntryId]:
    plan = EntryPlan(new=tuple(_parsed(visit.paper, item) for item in visit.items))
    return tx.entries.save(FeedId(visit.paper.name), plan, now=visit.at)


def _change(tx: Transaction, visit: Visit, ids: Sequence[EntryId]) -> None:
    """Let the feed of the last poll say something else of its newest entries."""
    pairs = list(zip(ids[-len(visit.items) :], visit.items, strict=True))[-CHANGED:]
    # A copy says the same headline as its lead, and nothing of this poll has been repeated yet.
    pairs = [(each, item) for each, item in pairs if item.copy_of is None]
    changed = tuple((each, _parsed(visit.paper, item, suffix=", says minister")) for each, item in pairs)
    tx.entries.save(FeedId(visit.paper.name), EntryPlan(changed=changed), now=visit.at + timedelta(minutes=1))


def _parsed(paper: Paper, item: Item, *, suffix: str = "") -> ParsedEntry:
    address, text = f"https://paper{paper.number}.example/{item.name}.html", "\n\n".join(item.paragraphs)
    html = "".join(f"<p>{each}</p>" for each in item.paragraphs)
    headline = item.headline + suffix
    return ParsedEntry(
        guid=f"tag:paper{paper.number}.example,2024:{item.name}",
        url=address,
        headline=headline,
        summary=SafeHtml(f'{html}<p><a href="{address}">Read on</a></p>'),  # made of letters alone, and clean as it is
        text=text,
        teaser=f"{text[:150].rpartition(' ')[0]} …",
        author="A. Writer",
        published_at=item.published_at,
        tags=(paper.category,),
        language="en",
        image_url=f"https://paper{paper.number}.example/{item.name}.jpg" if item.has_image else None,
        url_key=address.removeprefix("https://"),
        headline_key=headline.lower(),
        fingerprint=blake2b(f"{headline}|{text}".encode(), digest_size=8).hexdigest(),
    )


def _assignments(items: Sequence[Item], ids: Sequence[EntryId]) -> list[CopyAssignment]:
    places = [place if item.copy_of is None else item.copy_of for place, item in enumerate(items)]
    repeated = {item.copy_of for item in items}
    return [
        CopyAssignment(
            entry_id=ids[place],
            copy_set=CopySetId(ids[lead]),
            copy_of=None if lead == place else ids[lead],
            reason="same headline" if lead != place or place in repeated else "",
        )
        for place, lead in enumerate(places)
    ]


async def _poll(store: Store, shape: Shape) -> None:
    """Poll every feed so often that all have as many polls in their history; one in ten of them fails lately."""
    known = await store.read(lambda tx: tx.feeds.history(FeedId("paper-0")))
    for number in range(len(known), ROUNDS):
        at = shape.until + timedelta(hours=number - ROUNDS)
        await store.write(lambda tx, at=at: _round(tx, at=at, most=shape.feeds))  # type: ignore[misc] # of a default


def _round(tx: Transaction, *, at: datetime, most: int) -> None:
    leases = tx.feeds.claim_due(now=at, groups=most, per_group=1, lease=timedelta(minutes=5))
    for number, due in enumerate(feed for lease in leases for feed in lease.feeds):
        fails = number % 10 == 3
        state = FeedState(
            validators=Validators(etag='"1"'),
            body_hash="0" * 64,
            last_polled_at=at,
            last_success_at=None if fails else at,
            last_outcome=Outcome.FAILED if fails else Outcome.NOT_MODIFIED,
            last_message="HTTP 503" if fails else "",
            failures=due.state.failures + 1 if fails else 0,
            failing_since=(due.state.failing_since or at) if fails else None,
            next_poll_at=at + timedelta(hours=1),
            next_poll_reason="interval",
        )
        record = PollRecord(at=at, outcome=state.last_outcome or Outcome.FETCHED, message=state.last_message)
        document = ParsedFeed(format="rss20", title=f"{due.feed.title}: all of it", home_url=due.feed.url)
        tx.feeds.finish(due, state, record, document=document)
    tx.feeds.release(leases, now=at, gap=timedelta())


def _arguments() -> argparse.Namespace:
    usual = Shape()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.million", description="Make a large database.")
    parser.add_argument("folder", type=Path, help="for the database and its feeds.yaml")
    parser.add_argument("--entries", type=int, default=usual.entries, help=f"default: {usual.entries}")
    parser.add_argument("--feeds", type=int, default=usual.feeds, help=f"default: {usual.feeds}")
    parser.add_argument(
        "--batch", type=int, default=usual.batch, help=f"entries of a transaction (default: {usual.batch})"
    )
    return parser.parse_args()


def main() -> None:
    """Make it."""
    asked = _arguments()
    shape = Shape(entries=asked.entries, feeds=asked.feeds, batch=asked.batch)
    made = asyncio.run(make(asked.folder, shape, say=True))
    _say(f"{made.database}: {made.database.stat().st_size / 1e6:.0f} MB")


def _say(message: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
