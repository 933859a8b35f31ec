"""A worker that polls what is due through a fetcher that only takes notes: `python -m tests.lease_worker DATABASE LOG ...`."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aggregator.clock import SystemClock
from aggregator.model.feed import Document, ParsedFeed
from aggregator.model.fetch import Failed, FetchOutcome, FetchRequest, NotModified
from aggregator.ports import Clock, Store
from aggregator.services.cycle import CycleSettings
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.recognition import Recognition
from aggregator.storage.sqlite.store import SqliteStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, in the machine's monotonic seconds, which all its processes share."""

    worker: str
    url: str
    begun: float
    ended: float

    @property
    def host(self) -> str:
        return self.url.split("/")[2]


@dataclass(slots=True, kw_only=True)
class Notes:
    """Implements `ports.Fetcher`: answers 304, unless told otherwise, after a while, and notes when it was asked."""

    worker: str = "one"
    takes: float = 0.0
    answer: Callable[[FetchRequest], FetchOutcome] = lambda _: NotModified()
    note: Callable[[Asked], None] = lambda _: None
    asked: list[Asked] = field(default_factory=list)

    async def fetch(self, request: FetchRequest) -> FetchOutcome:
        begun = time.monotonic()
        await asyncio.sleep(self.takes)
        asked = Asked(worker=self.worker, url=request.url, begun=begun, ended=time.monotonic())
        self.asked.append(asked)
        self.note(asked)
        return self.answer(request)


class NoParser:
    """Implements `ports.Parser` where no document comes."""

    async def parse(self, document: Document) -> ParsedFeed | Failed:
        raise AssertionError("there is nothing to parse")


def poller(store: Store, notes: Notes, clock: Clock, settings: CycleSettings) -> Poller:
    return Poller(store, clock, FeedPoller(store, notes, NoParser(), clock, Recognition()), settings)


async def _work(database: Path, log: Path, *, gap: float, lease: float, takes: float, seconds: float) -> None:
    store = await SqliteStore.open(database)
    with log.open("w", encoding="utf-8", buffering=1) as lines:

        def note(asked: Asked) -> None:
            lines.write(json.dumps([asked.worker, asked.url, asked.begun, asked.ended]) + "\n")

        notes = Notes(worker=log.name, takes=takes, note=note)
        settings = CycleSettings(
            concurrency=8,
            lease=timedelta(seconds=lease),
            look_again=timedelta(seconds=0.2),
            gap_of=lambda _: timedelta(seconds=gap),
            grouping=False,
        )
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if not await poller(store, notes, SystemClock(), settings).poll_due():
                await asyncio.sleep(0.1)
    await store.aclose()


def main() -> None:
    database, log, gap, lease, takes, seconds = sys.argv[1:]
    figures = {"gap": float(gap), "lease": float(lease), "takes": float(takes), "seconds": float(seconds)}
    asyncio.run(_work(Path(database), Path(log), **figures))


if __name__ == "__main__":
    main()
