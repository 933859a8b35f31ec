"""Put the parts together: the one module that names concrete adapters."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aggregator import story_parts
from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.editions import Editions, digests, editions, mailing, published_site
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch_parts import LateHubs, fetcher, pacing, user_agent
from aggregator.parse_pool import ParsePool
from aggregator.polling.moves import owners
from aggregator.ports import Hubs, Store, Versions
from aggregator.services.check import Checker
from aggregator.services.cycle import CycleSettings
from aggregator.services.deliveries import Deliveries
from aggregator.services.digest import Digests
from aggregator.services.mailing import Mailing
from aggregator.services.poll import Poller
from aggregator.services.poll_feed import FeedPoller, Recognition
from aggregator.services.push import Subscriber
from aggregator.services.read import Reader
from aggregator.services.watch import Watch, WatchedStore
from aggregator.stopping import on_signals
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.text.urls import origin

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from aggregator.web.desk import Media
    from aggregator.web.export.crawl import Report, Show

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The parts that entry points use."""

    reader: Reader
    digests: Digests
    mailing: Mailing | None
    """None: feeds.yaml names no mail server."""
    poller: Poller
    subscriber: Subscriber
    deliveries: Deliveries
    watch: Watch
    """Of the polls that `poller` makes."""
    versions: Versions


@asynccontextmanager
async def open_store(database: Path) -> AsyncIterator[SqliteStore]:
    """Open the database to read it; which feeds are polled and shown stays as it is."""
    store = await SqliteStore.open(database)
    try:
        yield store
    finally:
        await store.aclose()


@asynccontextmanager
async def open_application(
    configuration: Configuration, database: Path, *, grouping: bool = True
) -> AsyncIterator[Application]:
    """Make the configured feeds those of the database, and open what polling and reading need; close it in the end.

    Args:
        configuration: feeds.yaml.
        database: made if it is not there.
        grouping: False leaves comparing new entries with others to a later poll.
    """
    clock = SystemClock()
    async with open_store(database) as store:
        feeds, now = configuration.enabled_feeds(), clock.now()
        await store.write(lambda tx: tx.feeds.synchronise(feeds, now=now))
        pace = pacing(configuration)
        fetching, hubs, parser = fetcher(configuration, pace), LateHubs(configuration, pace), ParsePool()
        watched = WatchedStore(store, clock)
        watch = Watch(polling=watched, database_bytes=partial(_bytes_of, database), started_at=now)
        subscriber = _subscriber(configuration, store, hubs)
        feed_poller = FeedPoller(
            watched,
            fetching,
            parser,
            clock,
            _recognition(configuration),
            pushes=subscriber,
            grouping=story_parts.grouping(configuration, watched),
        )
        deliveries = Deliveries(store, feed_poller, clock)
        try:
            yield Application(
                reader=Reader(store),
                digests=digests(configuration, store, clock),
                mailing=mailing(configuration, store, clock),
                poller=Poller(
                    watched,
                    clock,
                    feed_poller,
                    _cycle(configuration, pace, grouping=grouping),
                    on_result=watch.tally.record,
                ),
                watch=watch,
                versions=store.versions,
                subscriber=subscriber,
                deliveries=deliveries,
            )
        finally:
            await deliveries.aclose()
            await hubs.aclose()
            await fetching.aclose()
            await parser.aclose()


@asynccontextmanager
async def open_checker(configuration: Configuration, database: Path | None) -> AsyncIterator[Checker]:
    """Open what polling dry needs; `database` learns of leases and refusals, and is None where there is none yet."""
    async with AsyncExitStack() as closing:
        store = await closing.enter_async_context(open_store(database)) if database else None
        pace = pacing(configuration)
        fetching, parser = fetcher(configuration, pace), ParsePool()
        closing.push_async_callback(fetching.aclose)
        closing.push_async_callback(parser.aclose)
        settings = _cycle(configuration, pace, grouping=False)
        yield Checker(store, fetching, parser, SystemClock(), _recognition(configuration), settings)


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
    async with open_store(database) as store:
        shelf = digests(configuration, store, clock)
        return await export_store(
            store, shelf, site, folder, clock=clock, url=url or site.address(), full=full, show=show
        )


def _bytes_of(database: Path) -> int:
    """Give the size of the database with its journal, which SQLite keeps beside it."""
    files = (database, database.with_name(f"{database.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


async def serve(configuration: Configuration, database: Path, *, host: str, port: int, poll: bool) -> None:
    """Serve pages and feeds, and poll on schedule if `poll`, until SIGINT or SIGTERM.

    Raises:
        UserError: the port is taken, or the database can't be used.
    """
    # Starlette, Jinja, uvicorn and APScheduler take as long to import as all that `aggregator poll` uses.
    from aggregator.media_parts import open_media  # noqa: PLC0415 -- see above
    from aggregator.scheduler import DigestSchedule, PollSchedule  # noqa: PLC0415 -- see above
    from aggregator.web.server import WebServer  # noqa: PLC0415 -- see above

    showing = open_media(
        configuration, database, site=published_site(configuration), user_agent=user_agent(configuration)
    )
    async with open_application(configuration, database) as application, showing as media:
        server = WebServer(_web(configuration, application, media), host=host, port=port)
        listening = server.listen()
        schedule = PollSchedule(application.poller, hubs=application.subscriber)
        steps = [application.digests.seal_due] + ([application.mailing.send_due] if application.mailing else [])
        rounds = DigestSchedule(*steps, caught_up=schedule.caught_up if poll else None)
        if not poll:
            application.watch.polling = None
        on_signals(
            partial(
                _stop,
                "stopping; polls that run are finished first, Ctrl-C again stops at once",
                application.watch.stop,
                schedule.stop,
                *([application.mailing.stop] if application.mailing else []),
                rounds.stop,
                server.stop,
            ),
            partial(_stop, "stopping at once", schedule.stop_at_once, rounds.stop_at_once, server.stop_at_once),
        )
        logger.info("serving http://%s:%d", host, listening.getsockname()[1])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.run(listening))
            tasks.create_task(rounds.run())
            if poll:
                tasks.create_task(schedule.run())


@asynccontextmanager
async def open_digests(configuration: Configuration, database: Path) -> AsyncIterator[Editions]:
    """Open what digests are made of and sent with; which feeds are polled and shown stays as it is."""
    async with open_store(database) as store:
        yield editions(configuration, store, SystemClock())


def _stop(said: str, *steps: Callable[[], None]) -> None:
    logger.info(said)
    for step in steps:
        step()


def _web(configuration: Configuration, application: Application, media: "Media | None") -> "Starlette":
    from aggregator.web.app import create_app  # noqa: PLC0415 -- see `serve`
    from aggregator.web.desk import Callbacks, Collectors  # noqa: PLC0415 -- see `serve`

    metrics = configuration.metrics
    return create_app(
        application.reader,
        application.digests,
        SystemClock(),
        published_site(configuration),
        callbacks=Callbacks(
            subscriber=application.subscriber,
            deliveries=application.deliveries,
            max_bytes=configuration.polling.max_bytes,
        ),
        watch=application.watch,
        collectors=Collectors(token=metrics.secret, networks=metrics.allow_networks),
        images=media,
        versions=application.versions,
    )


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
    )
