"""Put the parts together: the one module that names concrete adapters."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from starlette.applications import Starlette

from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.fetch.client import HttpFetcher
from aggregator.fetch.hosts import HostPacing
from aggregator.parse_pool import ParsePool
from aggregator.ports import Store
from aggregator.publish.site import Site
from aggregator.scheduler import PollSchedule
from aggregator.services.digest import Digests
from aggregator.services.poll import CycleSettings, Poller
from aggregator.services.poll_feed import FeedPoller, Recognition
from aggregator.services.read import Reader
from aggregator.storage.sqlite.store import SqliteStore
from aggregator.text.urls import origin
from aggregator.web.app import create_app
from aggregator.web.server import WebServer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The parts that entry points use."""

    reader: Reader
    digests: Digests
    poller: Poller


@asynccontextmanager
async def open_store(database: Path) -> AsyncIterator[Store]:
    """Open the database to read it; which feeds are polled and shown stays as it is."""
    store = await SqliteStore.open(database)
    try:
        yield store
    finally:
        await store.aclose()


@asynccontextmanager
async def open_application(configuration: Configuration, database: Path) -> AsyncIterator[Application]:
    """Make the configured feeds those of the database, and open what polling and reading need; close it in the end."""
    clock = SystemClock()
    async with open_store(database) as store:
        feeds, now = configuration.enabled_feeds(), clock.now()
        await store.write(lambda tx: tx.feeds.synchronise(feeds, now=now))
        fetcher, parser = _fetcher(configuration), ParsePool()
        feed_poller = FeedPoller(store, fetcher, parser, clock, _recognition(configuration))
        try:
            yield Application(
                reader=Reader(store),
                digests=Digests(store, clock, configuration.site.timezone),
                poller=Poller(store, clock, feed_poller, CycleSettings(concurrency=configuration.polling.concurrency)),
            )
        finally:
            await fetcher.aclose()
            await parser.aclose()


async def serve(configuration: Configuration, database: Path, *, host: str, port: int, poll: bool) -> None:
    """Serve pages and feeds, and poll on schedule if `poll`, until SIGINT or SIGTERM.

    Raises:
        UserError: the port is taken, or the database can't be used.
    """
    async with open_application(configuration, database) as application:
        server = WebServer(_web(configuration, application), host=host, port=port)
        listening = server.listen()
        schedule = PollSchedule(application.poller)
        _on_signals(schedule.stop, server.stop)
        logger.info("serving http://%s:%d", host, listening.getsockname()[1])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(server.run(listening))
            if poll:
                tasks.create_task(schedule.run())


def _on_signals(*stops: Callable[[], None]) -> None:
    def stop() -> None:
        logger.info("stopping; polls that run are finished first")
        for each in stops:
            each()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop)


def _web(configuration: Configuration, application: Application) -> Starlette:
    site = configuration.site
    return create_app(
        application.reader,
        application.digests,
        SystemClock(),
        Site(
            title=site.title,
            url=site.url,
            timezone=site.timezone,
            description=site.description or "",
            interval=configuration.polling.interval,
        ),
    )


def _fetcher(configuration: Configuration) -> HttpFetcher:
    polling = configuration.polling
    return HttpFetcher(
        user_agent=_user_agent(configuration),
        timeout=polling.timeout,
        max_bytes=polling.max_bytes,
        allow_networks=polling.allow_networks,
        pace=HostPacing(gap=polling.host_gap),
    )


def _user_agent(configuration: Configuration) -> str:
    """Name program, version and whom to write to, as publishers ask of feed readers (Open RSS, RFC 9110 10.1.5)."""
    return f"aggregator/{version('aggregator')} (+{configuration.site.contact or configuration.site.url})"


def _recognition(configuration: Configuration) -> Recognition:
    names = {name for feed in configuration.enabled_feeds() for name in (feed.publisher, feed.title) if name}
    return Recognition(
        copy_window=configuration.copies.window,
        publisher_names=tuple(sorted(names)),
        own_origins=(origin(configuration.site.url),),
    )
