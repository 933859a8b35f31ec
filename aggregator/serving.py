"""`aggregator serve`: pages, polls and digests by what feeds.yaml says, and by what it comes to say while they go on.

    in_force  the file has changed and can be read
       |      the polls that run are finished, those that take too long are given back
       |      new parts are put together (`bootstrap`); the feeds of the file become those of the database, in one transaction
       v      pages are answered by the new parts from then on
    next generation: polls, digests, mail

The database, the port and what is measured outlive a generation; pages are answered all the time. A configuration that
can't be applied, because a folder is missing for instance, leaves the one before in force.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from aggregator.access_parts import guard
from aggregator.bootstrap import Application, WatchedDatabase, assembled, open_watched
from aggregator.care_parts import nightly
from aggregator.clock import SystemClock
from aggregator.config.model import Configuration
from aggregator.editions import published_site
from aggregator.errors import DatabaseUnusable, UserError
from aggregator.fetch_parts import user_agent
from aggregator.list_parts import including, open_lists
from aggregator.media_parts import open_media
from aggregator.polling.feed_plan import StoredFeed, plan, summary
from aggregator.scheduler import DigestSchedule, PollSchedule
from aggregator.services.in_force import InForce
from aggregator.services.lists import Lists
from aggregator.stopping import on_signals, until
from aggregator.web.app import create_app
from aggregator.web.desk import Callbacks, Collectors, Media
from aggregator.web.guard import Guard
from aggregator.web.server import WebServer

logger = logging.getLogger(__name__)

AGAIN = 2.0
"""Seconds until the configuration before is tried again, where a database that is full or locked lets none be applied."""


async def serve(path: Path, configuration: Configuration, database: Path, *, host: str, port: int, poll: bool) -> None:
    """Serve pages and feeds, and poll on schedule if `poll`, until SIGINT or SIGTERM; follow feeds.yaml, at once on SIGHUP.

    Args:
        path: of feeds.yaml.
        configuration: what it holds.
        database: made if it is not there.
        host: to listen on, as `port`.
        port: 0: any that is free.
        poll: False to serve what is there.

    Raises:
        UserError: the port is taken, the database can't be used, or another server polls for it.
    """
    async with open_watched(database, alone=poll, pages=True) as opened:
        in_force = InForce(path, configuration, SystemClock())
        opened.watch.in_force = in_force
        if not poll:
            opened.watch.polling = None
        running = _Running(opened, database, in_force, poll=poll)
        await running.begin(configuration)
        try:
            server = WebServer(running.front, host=host, port=port)
            listening = server.listen()
            on_signals(partial(running.stop, server), partial(running.stop_at_once, server))
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, in_force.look_now)
            logger.info("serving http://%s:%d", host, listening.getsockname()[1])
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(server.run(listening))
                tasks.create_task(in_force.run())
                tasks.create_task(running.run())
        finally:
            await running.aclose()


class Front:
    """Hands requests to the application of the generation that runs."""

    def __init__(self) -> None:
        self.app: Starlette | None = None

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request (ASGI)."""
        if self.app is None:
            raise RuntimeError("asked before anything was put together")
        return self.app(scope, receive, send)


@dataclass(slots=True, kw_only=True)
class Generation:
    """All that goes by one configuration."""

    app: Starlette
    application: Application
    polls: PollSchedule | None
    """None: nothing is polled."""
    digests: DigestSchedule
    care: DigestSchedule
    lists: Lists | None
    """None: nothing is polled, or no list is included."""
    on_lists: Callable[[], None]
    """Is told when a list names other feeds."""
    closing: AsyncExitStack

    async def run(self) -> None:
        """Poll, make digests, apply rules, until `stop`."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.digests.run())
            tasks.create_task(self.care.run())
            tasks.create_task(self.application.judging.run())
            if self.polls:
                tasks.create_task(self.polls.run())
                if self.lists:
                    tasks.create_task(self.lists.run(self.on_lists))
                if self.application.full_texts:
                    tasks.create_task(self.application.full_texts.run())

    def stop(self) -> None:
        """Begin nothing more, and let `run` end."""
        if self.polls:
            self.polls.stop()
        if self.application.mailing:
            self.application.mailing.stop()
        self.application.judging.stop()
        if self.application.full_texts:
            self.application.full_texts.stop()
        if self.lists:
            self.lists.stop()
        self.digests.stop()
        self.care.stop()

    def stop_at_once(self) -> None:
        """Wait for nothing any more."""
        if self.polls:
            self.polls.stop_at_once()
        self.digests.stop_at_once()
        self.care.stop_at_once()


class _Running:
    """One generation after the other."""

    def __init__(self, opened: WatchedDatabase, database: Path, in_force: InForce, *, poll: bool) -> None:
        self.front = Front()
        self._opened = opened
        self._database = database
        self._in_force = in_force
        self._poll = poll
        self._stopping = asyncio.Event()
        self._generation: Generation | None = None

    async def begin(self, configuration: Configuration) -> None:
        """Put together what goes by a configuration, and let it answer.

        Raises:
            UserError: it can't be applied; the database is as it was.
        """
        whole = await including(configuration, self._opened.store)
        self._generation = await _open(
            whole, self._opened, self._database, poll=self._poll, on_lists=self._in_force.apply_again
        )
        self.front.app = self._generation.app

    async def run(self) -> None:
        """Go by what feeds.yaml says, until `stop`."""
        while self._generation and not self._stopping.is_set():
            generation = self._generation
            await until(generation.run(), self._in_force.changed.wait(), stop=generation.stop)
            if self._stopping.is_set():
                return
            # What answers pages goes on doing so until the next generation does: it needs nothing but the database.
            await self.aclose()
            await self._apply()

    def stop(self, server: WebServer) -> None:
        """Finish what runs, and let everything end."""
        logger.info("stopping; polls that run are finished first, Ctrl-C again stops at once")
        self._stopping.set()
        self._opened.watch.stop()
        self._in_force.stop()
        if self._generation:
            self._generation.stop()
        server.stop()

    def stop_at_once(self, server: WebServer) -> None:
        """Let everything end without waiting for what runs."""
        logger.info("stopping at once")
        if self._generation:
            self._generation.stop_at_once()
        server.stop_at_once()

    async def aclose(self) -> None:
        """Close what the generation that ran has opened."""
        if self._generation:
            generation, self._generation = self._generation, None
            await generation.closing.aclose()

    async def _apply(self) -> None:
        wanted, before = self._in_force.wanted, self._in_force.configuration
        try:
            await self.begin(wanted)
        except UserError as error:
            self._in_force.refused(str(error))
            await self._go_back(before)
        except Exception as error:
            # A mistake of ours in applying a file must not end the service that went on well without it.
            logger.exception("the changed configuration could not be applied")
            self._in_force.refused(f"could not be applied: {type(error).__name__}; the log says more")
            await self._go_back(before)
        else:
            self._in_force.applied()
            logger.info("applied the changed configuration: %s", "lists" if wanted is before else _told(before, wanted))

    async def _go_back(self, before: Configuration) -> None:
        """Let the configuration before go on; a database that can't be used for the moment is waited for."""
        while self._generation is None and not self._stopping.is_set():
            try:
                await self.begin(before)
            except DatabaseUnusable as error:
                logger.warning("polls can't go on: %s; tried again", error)
                await asyncio.sleep(AGAIN)


async def _open(
    configuration: Configuration, opened: WatchedDatabase, database: Path, *, poll: bool, on_lists: Callable[[], None]
) -> Generation:
    showing = open_media(
        configuration, database, site=published_site(configuration), user_agent=user_agent(configuration)
    )
    gate = guard(configuration, database)
    async with AsyncExitStack() as closing:
        media = await closing.enter_async_context(showing)
        application = await closing.enter_async_context(assembled(configuration, opened))
        lists = await closing.enter_async_context(open_lists(configuration, opened.store))
        polls = PollSchedule(application.poller, hubs=application.subscriber) if poll else None
        steps = [application.digests.seal_due] + (
            [partial(application.mailing.send_due, opened.watch.work.mailed)] if application.mailing else []
        )
        return Generation(
            app=_web(configuration, application, media, gate),
            application=application,
            polls=polls,
            digests=DigestSchedule(*steps, caught_up=polls.caught_up if polls else None),
            care=DigestSchedule(
                nightly(configuration, opened.store, database, opened.watch.care).step,
                caught_up=polls.caught_up if polls else None,
                name="care of the database",
            ),
            lists=lists if poll and configuration.include else None,
            on_lists=on_lists,
            closing=closing.pop_all(),
        )


def _web(configuration: Configuration, application: Application, media: Media | None, gate: Guard) -> Starlette:
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
        guard=gate,
    )


def _told(before: Configuration, after: Configuration) -> str:
    """Say in a few words what has changed."""
    stored = [StoredFeed(feed=feed, configured=True) for feed in before.enabled_feeds()]
    disabled = {settings.feed_id for settings in after.feeds if not settings.enabled}
    feeds = summary(plan(stored, after.enabled_feeds(), disabled=disabled))
    others = ", ".join(after.changed_sections(before))
    return "; ".join(
        filter(None, [f"feeds: {feeds}" if feeds else "", f"other settings: {others}" if others else ""])
    ) or ("logins, headers or proxies of feeds")
