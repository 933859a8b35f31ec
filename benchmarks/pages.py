"""What each page and feed costs: the application asked in this process, without a server, and its CPU time counted.

    python -m benchmarks.pages FOLDER        FOLDER has what `benchmarks.million` made; prints JSON

CPU is that of the whole process, the threads that read the database included. Every address is asked for once, so that SQLite's
pages are in memory, then `TIMES` times without a cache, of which the median counts, then from the cache. The clock stands.
"""

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Iterator, MutableMapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from aggregator.editions import digests, published_site
from aggregator.model.query import Cursor, StoryQuery
from aggregator.ports import Store
from aggregator.services.read import Reader
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.web.app import create_app
from aggregator.web.desk import Collectors
from benchmarks.million import Made, found
from benchmarks.old_news import FIRST_DAY, LARGEST, MAIN_CATEGORY, WORDS

TIMES = 5
CACHED_TIMES = 40
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Of one address. CPU in milliseconds."""

    address: str
    status: int
    size: int
    """Bytes, as they are sent."""
    first: float
    """CPU when it was asked for the first time."""
    uncached: float
    cached: float | None
    """None: it is never kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time that stands still."""

    at: datetime

    def now(self) -> datetime:
        """Give it."""
        return self.at


class Application:
    """One application, asked as a server would."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 -- an ASGI application
        self._app = app

    async def ask(self, target: str) -> tuple[int, bytes, float]:
        """Give status, body and CPU milliseconds of a GET."""
        path, _, query = target.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", b"127.0.0.1"), (b"accept-encoding", b"gzip")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000),
        }  # fmt: skip
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        begun = time.process_time()
        await self._app(scope, receive, send)
        cpu = time.process_time() - begun
        return sent[0]["status"], b"".join(each.get("body", b"") for each in sent), cpu * 1000


async def addresses(store: Store, made: Made) -> list[str]:
    """List what is asked for: every kind of address, the largest of each, and lists far back."""
    last = made.shape.until
    back = [f"after={Cursor(listed_at=FIRST_DAY + (last - FIRST_DAY) * share, id=1)}" for share in (0.5, 0.02)]
    stories = await store.read(
        lambda tx: tx.stories.page(StoryQuery(least_coverage=min(LARGEST, made.shape.feeds) // 4, until=last))
    )
    if not stories.items:
        raise RuntimeError("there is no large story: the database is not what benchmarks.million makes")
    story = max(stories.items, key=lambda line: line.size)
    main, busy = f"categories/{MAIN_CATEGORY.lower()}", "feeds/paper-0"
    digest = await store.read(lambda tx: tx.digests.latest("daily"))
    return [
        "/", "/?window=7d",
        f"/entries/{story.lead.id}", "/entries/1", f"/stories/{story.id}", "/stories", "/stories-since.json?at=2024-03-01T00:00:00Z",
        *_twins("/feed"), *_twins("/stories"), *_twins(f"/stories/{story.id}"),
        f"/{main}", *_twins(f"/{main}"), f"/{busy}", *_twins(f"/{busy}"), "/feeds/paper-7", "/feeds/paper-7.atom",
        "/feeds", "/feeds?state=failing", "/feeds?q=paper+number+17", "/feeds.opml", "/feeds.schema.json", *_twins("/feeds/problems"),
        "/digests", *_twins("/digests"), f"/digests/{digest}", "/digests/today",
        *(f"{path}?{mark}" for mark in back for path in ("/", "/stories", "/feed.json", f"/{main}", f"/{busy}")),
        *(f"{path}?archive={mark.removeprefix('after=')}" for mark in back for path in ("/feed.atom", f"/{main}.rss", f"/{busy}.atom")),
        *_searches(back),
        "/robots.txt", "/healthz", "/metrics",
    ]  # fmt: skip


def _twins(path: str) -> list[str]:
    return [f"{path}.{suffix}" for suffix in ("atom", "rss", "json")]


def _searches(back: list[str]) -> Iterator[str]:
    rare, common = WORDS[20_000], "government"
    for words in (rare, common, f"{common} minister", f'"{common} minister"', f"{common} OR {rare}", f"the -{common}", "mini*",
                  f"{common} category:world", 'the publisher:"publisher 7"', f"{common} after:2025-06-01 before:2025-06-08",
                  "category:sport", "title:minister"):  # fmt: skip
        yield f"/search?q={quote_plus(words)}"
        yield f"/search?q={quote_plus(words)}&sort=newest"
    yield f"/search?q={common}&sort=newest&{back[0]}"
    yield f"/search.atom?q={common}"
    yield f"/search.json?q={quote_plus('the category:world')}"


async def measure(made: Made) -> tuple[list[Cost], int]:
    """Ask for everything; give the costs, and the peak of memory in bytes."""
    configuration, clock = made.configuration, Clock(at=made.shape.until + timedelta(minutes=1))
    site = published_site(configuration)
    store = await SqliteStore.open(made.database)
    try:
        shelf = digests(configuration, store, clock)
        collectors = Collectors(networks=())
        plain = Application(create_app(Reader(store), shelf, clock, site, collectors=collectors))
        kept = Application(
            create_app(Reader(store), shelf, clock, site, collectors=collectors, versions=store.versions)
        )
        gc.collect()
        gc.freeze()
        costs = [await _cost(each, plain, kept) for each in await addresses(store, made)]
    finally:
        await store.aclose()
    return costs, _peak()


async def _cost(address: str, plain: Application, kept: Application) -> Cost:
    status, body, first = await plain.ask(address)
    uncached = min([(await plain.ask(address))[2] for _ in range(TIMES)])
    cached = None
    is_kept = not address.startswith(("/healthz", "/metrics"))
    if is_kept and (await kept.ask(address))[1] == body:
        cached = min([(await kept.ask(address))[2] for _ in range(CACHED_TIMES)])
    return Cost(address=address, status=status, size=len(body), first=first, uncached=uncached, cached=cached)


def _peak() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure what pages cost.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    costs, peak = asyncio.run(measure(found(asked.folder)))
    if asked.table:
        for cost in sorted(costs, key=lambda each: -each.uncached):
            print(
                f"{cost.uncached:8.1f} {cost.first:8.1f} {cost.cached or 0:7.3f} {cost.size:8} {cost.status} {cost.address}"
            )
        print(f"{peak / MEGABYTE:.0f} MB")
        return
    print(json.dumps({"costs": [asdict(each) for each in costs], "peak": peak}))


if __name__ == "__main__":
    main()
