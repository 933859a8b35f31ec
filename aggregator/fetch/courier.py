"""Bringing one request to a server and its answer back: the way that feeds, hubs and whatever comes later share.

    turn of the rate group -> guard -> connection -> TLS -> request -> answer

Every request has a connection of its own: across many hosts, keeping them costs more than it saves (a 304 took 1.0 ms
over a new connection and 2.4 ms with a hundred kept; over TLS 2.0 ms and 4.0 ms).
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import timedelta

from aggregator.fetch.addresses import AddressPolicy, Network
from aggregator.fetch.answers import Answer, AnswerReader, OpenBody
from aggregator.fetch.dial import Dialler, dial
from aggregator.fetch.failures import as_problem, too_late
from aggregator.fetch.guard import Guard
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.resolve import Resolver, SystemResolver
from aggregator.fetch.streams import PlainStream, Stream, TlsStream, for_the_web, public_authorities
from aggregator.fetch.urls import Target


class Deadline:
    """Time for all requests of one trip together; it only passes while one runs."""

    def __init__(self, allowed: timedelta) -> None:
        self.allowed = self._left = allowed.total_seconds()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let time pass. Raises TimeoutError when it is over."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(max(self._left, 0.0)):
                yield
        finally:
            self._left -= loop.time() - started


class Courier:
    """Makes requests, each through pacing and guard, over a connection of its own.

    Args:
        pace: shared by everything that asks the same servers.
        allow_networks: networks that may be dialled although they are not public.
        resolve: names to addresses; None asks the operating system.
        dialler: opens connections; None does it for real.
        tls: whom to trust; None trusts the public authorities that certifi lists.
    """

    def __init__(
        self,
        *,
        pace: HostPacing,
        allow_networks: Sequence[Network] = (),
        resolve: Resolver | None = None,
        dialler: Dialler | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._pace = pace
        self._tls = tls and for_the_web(tls)
        self._resolver = SystemResolver()

        def guard(*, allow_private: bool) -> Guard:
            policy = AddressPolicy(allow_networks=tuple(allow_networks), allow_private=allow_private)
            return Guard(policy=policy, resolve=resolve or self._resolver, dial=dialler or dial)

        self._guards = {private: guard(allow_private=private) for private in (False, True)}

    async def bring(
        self, target: Target, request: bytes, open_body: OpenBody, *, deadline: Deadline, private: bool
    ) -> Answer:
        """Send a request when it is its server's turn, and bring the answer.

        Args:
            target: whose server is asked.
            request: all bytes of it.
            open_body: where the body goes (`AnswerReader`).
            deadline: waiting for the turn does not count.
            private: private addresses may be dialled.

        Raises:
            FetchProblem: there is no answer, or none within the bounds. Its `url` is set if there were headers.
        """
        reader = AnswerReader(open_body)
        try:
            async with self._pace.turn(target.url), deadline.running():
                connection = await self._guards[private].connect(target.host, target.port)
                with closing(PlainStream(connection)) as plain:
                    await self._talk(plain, target, request, reader)
            return reader.answer()
        except Exception as error:
            late = isinstance(error, TimeoutError)
            problem = too_late(target.url, deadline.allowed) if late else as_problem(error, target.url)
            problem.url = "" if reader.status is None else target.url
            raise problem from error

    def close(self) -> None:
        """Let go of the resolver's threads."""
        self._resolver.close()

    async def _talk(self, plain: PlainStream, target: Target, request: bytes, reader: AnswerReader) -> None:
        if target.scheme == "http":
            await _exchange(plain, request, reader)
            return
        with closing(TlsStream(plain, self._tls or public_authorities(), target.host)) as stream:
            await stream.shake_hands()
            await _exchange(stream, request, reader)


async def _exchange(stream: Stream, request: bytes, reader: AnswerReader) -> None:
    await stream.send(request)
    while not reader.done:
        reader.feed(await stream.receive())
