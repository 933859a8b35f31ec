"""A site over a real database in a folder of the test's own, filled through the ports."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from starlette.applications import Starlette

from aggregator.model.copies import CopyAssignment
from aggregator.model.entry import ParsedEntry
from aggregator.model.feed import Feed, FeedState, Outcome, ParsedFeed
from aggregator.model.ids import CopySetId, EntryId, FeedId
from aggregator.model.poll import EntryPlan, GroupPause, Heed, PollRecord
from aggregator.model.push import Subscription
from aggregator.ports import Transaction
from aggregator.publish.site import Site
from aggregator.services.digest import Digests
from aggregator.services.read import Reader
from aggregator.services.watch import Watch
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.web.app import create_app
from aggregator.web.desk import Media
from aggregator.web.digest_shelf import DigestShelf
from aggregator.web.guard import Guard
from tests.blank import open_blank
from tests.factories import NOON, make_feed, make_parsed_entry
from tests.manual_clock import ManualClock
from tests.published import make_site
from tests.told import Told, tell


class Newsroom:
    """Puts feeds and entries where pages read them."""

    def __init__(
        self,
        store: SqliteStore,
        clock: ManualClock,
        site: Site,
        *,
        digests: DigestShelf | None = None,
        watch: Watch | None = None,
        media: Media | None = None,
        guard: Guard | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.watch = watch or Watch()
        shelf = digests or Digests(store, clock, site.timezone, title=site.title)
        self.app: Starlette = create_app(
            Reader(store), shelf, clock, site, watch=self.watch, images=media, versions=store.versions, guard=guard
        )
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://testserver")

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    async def configure(self, *feeds: Feed) -> None:
        now = self.clock.now()
        await self.store.write(lambda tx: tx.feeds.synchronise(feeds, now=now))

    async def poll(
        self,
        feed_id: str,
        state: FeedState,
        *,
        document: ParsedFeed | None = None,
        record: PollRecord | None = None,
        pause: GroupPause | None = None,
    ) -> None:
        now, ids = self.clock.now(), [FeedId(feed_id)]
        told = record or PollRecord(at=now, outcome=state.last_outcome or Outcome.SKIPPED, message=state.last_message)

        def work(tx: Transaction) -> None:
            leases = tx.feeds.claim(ids, now=now, groups=1, lease=timedelta(minutes=1), heed=Heed.NOTHING)
            ((due,),) = (lease.feeds for lease in leases)
            tx.feeds.finish(due, state, told, document=document, pause=pause)
            tx.feeds.release(leases, now=now, gap=timedelta())

        await self.store.write(work)

    async def subscribe(self, subscription: Subscription) -> None:
        await self.store.write(lambda tx: tx.pushes.save(subscription))

    async def publish(self, feed_id: str, *entries: ParsedEntry, at: datetime | None = None) -> list[EntryId]:
        plan, now = EntryPlan(new=entries), at or self.clock.now()
        ids = await self.store.write(lambda tx: tx.entries.save(FeedId(feed_id), plan, now=now))
        alone = [CopyAssignment(entry_id=each, copy_set=CopySetId(each), copy_of=None) for each in ids]
        await self.store.write(lambda tx: tx.copies.assign(alone))
        await self.store.write(lambda tx: tx.searching.catch_up(limit=1000))
        return ids

    async def change(self, feed_id: str, entry_id: EntryId, entry: ParsedEntry, *, at: datetime) -> None:
        plan = EntryPlan(changed=((entry_id, entry),))
        await self.store.write(lambda tx: tx.entries.save(FeedId(feed_id), plan, now=at))
        await self.store.write(lambda tx: tx.searching.catch_up(limit=1000))

    async def copies(self, lead: EntryId, *others: EntryId) -> None:
        copy_set = CopySetId(min([lead, *others]))
        assignments = [
            CopyAssignment(
                entry_id=each, copy_set=copy_set, copy_of=None if each == lead else lead, reason="same headline"
            )
            for each in (lead, *others)
        ]
        await self.store.write(lambda tx: tx.copies.assign(assignments))


@asynccontextmanager
async def newsroom(
    folder: Path,
    *,
    site: Site | None = None,
    digests: DigestShelf | None = None,
    watch: Watch | None = None,
    media: Media | None = None,
    guard: Guard | None = None,
) -> AsyncIterator[Newsroom]:
    store = await open_blank(folder / "news.db")
    room = Newsroom(store, ManualClock(), site or make_site(), digests=digests, watch=watch, media=media, guard=guard)
    try:
        async with room.client:
            yield room
    finally:
        await store.aclose()


POLLED = FeedState(
    last_polled_at=NOON,
    last_success_at=NOON,
    last_outcome=Outcome.FETCHED,
    next_poll_at=NOON + timedelta(hours=1),
    next_poll_reason="every 1 h, as feeds.yaml says",
)


async def fill(room: Newsroom) -> Sequence[EntryId]:
    """Three feeds, two categories, a copy, a story of two publishers and a related one: what most pages need."""
    await room.configure(
        make_feed("arab-news", title="Arab News", publisher="Arab News", category="Middle East"),
        make_feed("other", title="Other World", publisher="Other", category="World"),
        make_feed("broken", title="", publisher="Broken", category="World", url="https://broken.example/feed?a=1&b=2"),
    )
    for name in ("arab-news", "other"):
        await room.poll(name, POLLED)
    failed = replace(
        POLLED, failures=3, last_outcome=Outcome.FAILED, last_message="503 Service Unavailable", last_success_at=None
    )
    await room.poll("broken", failed)
    (lead,) = await room.publish("arab-news", commanders())
    (copy,) = await room.publish(
        "other", make_parsed_entry("copy", headline="Iraq hosts military chiefs of Iran, Russia and Syria")
    )
    (related,) = await room.publish(
        "other",
        make_parsed_entry(
            "related",
            headline="Syria and Russia discuss Idlib with military chiefs of Iran",
            text="Military chiefs from Iran, Russia and Syria spoke about Idlib.",
            published_at=NOON - timedelta(hours=3),
        ),
    )
    await room.copies(lead, copy)
    await tell(
        room.store,
        Told(id=1, entries=[lead, copy], related={2: 0.5}, words=("military", "chiefs")),
        Told(id=2, entries=[related], updated_at=NOON - timedelta(hours=3)),
    )
    return lead, copy, related


def commanders(headline: str = "Iraq hosts military chiefs from Iran, Russia and Syria") -> ParsedEntry:
    return make_parsed_entry(
        "lead", headline=headline, text="BAGHDAD: Senior Iraqi military commanders hosted their peers."
    )
