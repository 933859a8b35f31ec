"""Put the parts together: the one module that names concrete adapters."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import story_parts
from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.editions import Editions, digests, editions, mailing, published_site
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch_parts import FetchedBefore, LateHubs, fetcher, pacing
from aggregator.full_text_parts import open_full_texts
from aggregator.list_parts import open_lists
from aggregator.model.fetch import Fetched
from aggregator.parse_pool import ParsePool
from aggregator.polling.moves import owners
from aggregator.ports import Hubs, Store, Versions
from aggregator.publish.site import Site
from aggregator.services.check import Checker
from aggregator.services.cycle import CycleSettings
from aggregator.services.deliveries import Deliveries
from aggregator.services.digest import Digests
from aggregator.services.full_texts import FullTexts
from aggregator.services.judging import Judging
from aggregator.services.mailing import Mailing
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller
from aggregator.services.push import Subscriber
from aggregator.services.read import Reader
from aggregator.services.recognition import Recognition
from aggregator.services.watch import Watch, WatchedStore
from aggregator.storage.files.sole import sole
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.text.urls import origin

if TYPE_CHECKING:
    from aggregator.services.discover import Finder
    from aggregator.web.export.crawl import Report, Show

logger = logging.getLogger(__name__)


LONGEST_JUDGING = 10.0
"""Seconds that a command waits at its end until changed rules have been applied to what is stored; the next one goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The parts that entry points use."""

    reader: Reader
    digests: Digests
    mailing: Mailing | None
    """None: feeds.yaml names no mail server."""
    site: Site
    poller: Poller
    subscriber: Subscriber
    deliveries: Deliveries
    watch: Watch
    """Of the polls that `poller` makes."""
    versions: Versions
    judging: Judging
    full_texts: FullTexts | None
    """None: no feed asks for whole texts."""


@asynccontextmanager
async def open_store(database: Path, *, pages: bool = False) -> AsyncIterator[SqliteStore]:
    """Open the database to read it, also to make `pages` of it; which feeds are polled and shown stays as it is."""
    store = await SqliteStore.open(database, pages=pages)
    try:
        yield store
    finally:
        await store.aclose()


async def refresh_lists(configuration: Configuration, database: Path) -> None:
    """Ask for the lists that are due, and keep them.

    Raises:
        UserError: the database can't be used.
    """
    async with open_store(database) as store, open_lists(configuration, store) as lists:
        await lists.refresh_due()


@asynccontextmanager
async def open_application(
    configuration: Configuration,
    database: Path,
    *,
    grouping: bool = True,
    fetched: Mapping[str, Fetched] | None = None,
) -> AsyncIterator[Application]:
    """Make the configured feeds those of the database, and open what polling and reading need; close it in the end.

    Args:
        configuration: feeds.yaml.
        database: made if it is not there.
        grouping: False leaves comparing new entries with others to a later poll.
        fetched: documents that were fetched just now, by address: the first poll of each takes that.
    """
    async with (
        open_watched(database) as watched,
        assembled(configuration, watched, grouping=grouping, fetched=fetched) as application,
    ):
        judging = asyncio.create_task(application.judging.run())
        try:
            yield application
        finally:
            await asyncio.wait({judging}, timeout=LONGEST_JUDGING)
            application.judging.stop()
            await judging


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedDatabase:
    """The database of a process, whatever feeds.yaml comes to say while it runs."""

    store: SqliteStore
    polling: WatchedStore
    watch: Watch


@asynccontextmanager
async def open_watched(database: Path, *, alone: bool = False, pages: bool = False) -> AsyncIterator[WatchedDatabase]:
    """Open the database for a process that polls; `alone`: for the only one that goes on doing so; `pages`: for one that shows them, too."""
    clock = SystemClock()
    async with open_store(database, pages=pages) as store:
        polling = WatchedStore(store, clock)
        watch = Watch(
            polling=polling,
            database_bytes=partial(_bytes_of, database),
            journal_bytes=partial(_journal_of, database),
            free_bytes=partial(_room_beside, database),
            started_at=clock.now(),
        )
        with sole(database) if alone else nullcontext():
            yield WatchedDatabase(store=store, polling=polling, watch=watch)


@asynccontextmanager
async def assembled(
    configuration: Configuration,
    database: WatchedDatabase,
    *,
    grouping: bool = True,
    fetched: Mapping[str, Fetched] | None = None,
) -> AsyncIterator[Application]:
    """Put together what goes by feeds.yaml, and make its feeds those of the database; see `open_application`."""
    clock, store, watched = SystemClock(), database.store, database.polling
    watch = database.watch
    stories = story_parts.grouping(
        configuration, watched, on_placed=watch.work.placed, is_quiet=watch.requests.is_quiet
    )
    feeds, now = configuration.enabled_feeds(), clock.now()
    await store.write(lambda tx: tx.feeds.synchronise(feeds, now=now))
    pace = pacing(configuration)
    fetching, hubs, parser = fetcher(configuration, pace), LateHubs(configuration, pace), ParsePool()
    subscriber = _subscriber(configuration, store, hubs)
    recognition = _recognition(configuration)
    asking = FetchedBefore(fetching, fetched) if fetched else fetching
    feed_poller = FeedPoller(watched, asking, parser, clock, recognition, pushes=subscriber, grouping=stories)
    deliveries = Deliveries(store, feed_poller, clock)
    cycle, tally = _cycle(configuration, pace, grouping=grouping), database.watch.tally
    try:
        async with open_full_texts(configuration, store, pace) as full_texts:
            yield Application(
                full_texts=full_texts,
                reader=Reader(store),
                digests=digests(configuration, store, clock),
                mailing=mailing(configuration, store, clock),
                site=published_site(configuration),
                poller=Poller(watched, clock, feed_poller, cycle, on_result=tally.record),
                watch=database.watch,
                versions=store.versions,
                subscriber=subscriber,
                deliveries=deliveries,
                judging=Judging(store),
            )
    finally:
        await deliveries.aclose()
        await hubs.aclose()
        await fetching.aclose()
        await parser.aclose()
        await stories.leave()


@asynccontextmanager
async def open_checker(configuration: Configuration, database: Path | None) -> AsyncIterator[Checker]:
    """Open what polling dry needs; `database` learns of leases and refusals, and is None where there is none yet."""
    async with AsyncExitStack() as closing:
        store = await closing.enter_async_context(open_store(database)) if database else None
        pace = pacing(configuration)
        certificates = dict[str, datetime]()
        fetching = fetcher(configuration, pace, on_certificate=certificates.__setitem__)
        parser = ParsePool()
        closing.push_async_callback(fetching.aclose)
        closing.push_async_callback(parser.aclose)
        settings = _cycle(configuration, pace, grouping=False)
        yield Checker(store, fetching, parser, SystemClock(), _recognition(configuration), settings, certificates)


@asynccontextmanager
async def open_finder(
    configuration: Configuration, database: Path | None, *, allow_private_address: bool = False
) -> AsyncIterator["Finder"]:
    """Open what looking for feeds needs; `database` tells who wants to be left alone, and is None where there is none yet."""
    from aggregator.services.discover import Finder  # noqa: PLC0415 -- polls look for none

    async with AsyncExitStack() as closing:
        store = await closing.enter_async_context(open_store(database)) if database else None
        fetching, parser = fetcher(configuration, pacing(configuration)), ParsePool()
        closing.push_async_callback(fetching.aclose)
        closing.push_async_callback(parser.aclose)
        yield Finder(store, fetching, parser, SystemClock(), allow_private_address=allow_private_address)


async def export(
    configuration: Configuration, database: Path, folder: Path, *, url: str | None, full: bool, show: "Show"
) -> "Report":
    """Write the whole site into a folder, as files; the database stays as it is.

    Args:
        configuration: feeds.yaml.
        database: what polls have brought.
        folder: new, empty, or of an earlier export.
        url: where the folder will be published; None: at the address of the site.
        full: all that was ever kept, not only the newest pages of lists and what they lead to.
        show: is told how many addresses were written, and how many are known.

    Raises:
        UserError: the folder or the database can't be used.
    """
    from aggregator.export_parts import export as export_store  # noqa: PLC0415 -- see `serve`

    site, clock = published_site(configuration), SystemClock()
    async with open_store(database, pages=True) as store:
        shelf = digests(configuration, store, clock)
        return await export_store(
            store, shelf, site, folder, clock=clock, url=url or site.address(), full=full, show=show
        )


def _bytes_of(database: Path) -> int:
    """Give the size of the database with its journal, which SQLite keeps beside it."""
    return (database.stat().st_size if database.exists() else 0) + _journal_of(database)


def _journal_of(database: Path) -> int:
    """Give the size of the journal; SQLite takes the file away with its last connection."""
    file = database.with_name(f"{database.name}-wal")
    return file.stat().st_size if file.exists() else 0


def _room_beside(database: Path) -> int:
    """Give how many bytes may still be written beside the database, by who is not root."""
    return shutil.disk_usage(database.parent).free


@asynccontextmanager
async def open_digests(configuration: Configuration, database: Path) -> AsyncIterator[Editions]:
    """Open what digests are made of and sent with; which feeds are polled and shown stays as it is."""
    async with open_store(database) as store:
        yield editions(configuration, store, SystemClock())


def _cycle(configuration: Configuration, pace: HostPacing, *, grouping: bool) -> CycleSettings:
    return CycleSettings(concurrency=configuration.polling.concurrency, grouping=grouping, gap_of=pace.gap_of)


def _subscriber(configuration: Configuration, store: Store, hubs: Hubs) -> Subscriber:
    callbacks = f"{configuration.site.url}websub/"
    return Subscriber(store, hubs, SystemClock(), callbacks=callbacks, enabled=configuration.websub_enabled)


def _recognition(configuration: Configuration) -> Recognition:
    names = {name for feed in configuration.enabled_feeds() for name in (feed.publisher, feed.title) if name}
    return Recognition(
        copy_window=configuration.copies.window,
        publisher_names=tuple(sorted(names)),
        own_origins=(origin(configuration.site.url),),
        addresses=owners(configuration.enabled_feeds()),
        access=configuration.feed_access(),
    )
