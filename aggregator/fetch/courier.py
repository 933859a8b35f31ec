"""Bringing one request to a server and its answer back: the way that feeds, hubs and whatever comes later share.

    turn of the rate group -> guard -> connection -> TLS -> request -> answer

After an answer that allows it the connection may be kept for the next request to the same origin (`kept`). What was
decided about it holds as long as it lives: its address was judged, its certificate checked, and it is never used for
another host, port or scheme, nor for a feed that may not reach private addresses if it was dialled for one that may.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from aggregator.fetch.addresses import AddressPolicy, Network
from aggregator.fetch.answers import Answer, AnswerReader, OpenBody
from aggregator.fetch.dial import Dialler, dial
from aggregator.fetch.failures import FetchProblem, as_problem, too_late
from aggregator.fetch.guard import Guard
from aggregator.fetch.hosts import HostPacing
from aggregator.fetch.kept import KeptConnections, Origin
from aggregator.fetch.proxies import Proxy
from aggregator.fetch.resolve import Resolver, SystemResolver
from aggregator.fetch.streams import PlainStream, Stream, TlsStream, for_the_web, public_authorities
from aggregator.fetch.urls import Target

OnCertificate = Callable[[str, datetime], None]
"""Is told whose certificate was accepted, and when that ends."""


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
    """Makes requests, each through pacing and guard.

    Args:
        pace: shared by everything that asks the same servers.
        allow_networks: networks that may be dialled although they are not public.
        resolve: names to addresses; None asks the operating system.
        dialler: opens connections; None does it for real.
        tls: whom to trust; None trusts the public authorities that certifi lists.
        keep: connections are kept, so that a request may be sent a second time, over a new connection, where the kept
            one ends without a byte of an answer: only for requests that may be repeated (RFC 9112 section 9.3.1).
        on_certificate: is told of each certificate; None: nobody wants to know, and nothing is read of them.
    """

    def __init__(
        self,
        *,
        pace: HostPacing,
        allow_networks: Sequence[Network] = (),
        resolve: Resolver | None = None,
        dialler: Dialler | None = None,
        tls: ssl.SSLContext | None = None,
        keep: bool = False,
        on_certificate: OnCertificate | None = None,
    ) -> None:
        self._pace = pace
        self._kept = KeptConnections() if keep else None
        self._tls = tls and for_the_web(tls)
        self._on_certificate = on_certificate
        self._resolver = SystemResolver()

        def guard(*, allow_private: bool) -> Guard:
            policy = AddressPolicy(allow_networks=tuple(allow_networks), allow_private=allow_private)
            return Guard(policy=policy, resolve=resolve or self._resolver, dial=dialler or dial)

        self._guards = {private: guard(allow_private=private) for private in (False, True)}

    async def bring(
        self,
        target: Target,
        request: bytes,
        open_body: OpenBody,
        *,
        deadline: Deadline,
        private: bool,
        proxy: Proxy | None = None,
    ) -> Answer:
        """Send a request when it is its server's turn, and bring the answer.

        Args:
            target: whose server is asked.
            request: all bytes of it.
            open_body: where the body goes (`AnswerReader`).
            deadline: waiting for the turn does not count.
            private: private addresses may be dialled.
            proxy: asked in the server's place; None: nobody is.

        Raises:
            FetchProblem: there is no answer, or none within the bounds. Its `url` is set if there were headers.
        """
        reader = AnswerReader(open_body)
        try:
            async with self._pace.turn(target.url), deadline.running():
                if proxy is None:
                    await self._talk(target, request, reader, private=private)
                else:
                    await self._talk_through(proxy, target, request, reader, private=private)
            return reader.answer()
        except Exception as error:
            late = isinstance(error, TimeoutError)
            problem = too_late(target.url, deadline.allowed) if late else as_problem(error, target.url)
            problem.url = "" if reader.status is None else target.url
            raise problem from error

    def close(self) -> None:
        """Let go of kept connections and of the resolver's threads."""
        if self._kept is not None:
            self._kept.close()
        self._resolver.close()

    async def _talk(self, target: Target, request: bytes, reader: AnswerReader, *, private: bool) -> None:
        origin = (target.scheme, target.host, target.port, private)
        kept = None if self._kept is None else self._kept.take(origin)
        if kept and await _is_answered(kept, request, reader):
            self._keep(origin, kept, reader)
            return
        stream = await self._connect(target, private=private)
        await _exchange(stream, request, reader)
        self._keep(origin, stream, reader)

    async def _connect(self, target: Target, *, private: bool) -> Stream:
        plain = PlainStream(await self._guards[private].connect(target.host, target.port))
        return await self._encrypted(plain, target) if target.scheme == "https" else plain

    async def _encrypted(self, plain: PlainStream, target: Target) -> Stream:
        try:
            stream = TlsStream(plain, self._tls or public_authorities(), target.host)
            await stream.shake_hands()
        except BaseException:
            plain.close()
            raise
        if self._on_certificate and (until := stream.certificate_until()):
            self._on_certificate(target.host, until)
        return stream

    async def _talk_through(
        self, proxy: Proxy, target: Target, request: bytes, reader: AnswerReader, *, private: bool
    ) -> None:
        """Ask over a connection of its own: who asks through a proxy seldom minds what a connection costs."""
        self._guards[private].judge(target.host, target.port)
        plain = PlainStream(await self._guards[True].connect(proxy.host, proxy.port))
        if target.scheme == "http":
            await _exchange(plain, proxy.plain_request(request, target), reader)
            plain.close()
            return
        try:
            await proxy.tunnel(plain, target)
        except BaseException:
            plain.close()
            raise
        stream = await self._encrypted(plain, target)
        await _exchange(stream, request, reader)
        stream.close()

    def _keep(self, origin: Origin, stream: Stream, reader: AnswerReader) -> None:
        if self._kept is not None and reader.leaves_connection:
            self._kept.put(origin, stream)
        else:
            stream.close()


async def _is_answered(kept: Stream, request: bytes, reader: AnswerReader) -> bool:
    """Ask over a kept connection; tell whether there is an answer, for the server may just have given it up."""
    try:
        await _exchange(kept, request, reader)
    except (OSError, FetchProblem):
        if reader.has_begun:
            raise
        return False
    return True


async def _exchange(stream: Stream, request: bytes, reader: AnswerReader) -> None:
    """Send a request and read the answer; the connection is closed where that does not succeed."""
    try:
        await stream.send(request)
        while not reader.done:
            reader.feed(await stream.receive())
    except BaseException:
        stream.close()
        raise
