"""Bytes to and from a server: over a socket, or over TLS over a socket.

Sockets are used through the event loop directly. A transport with its protocol or stream reader would cost more
than the rest of a poll: no more than one write and a few reads come of each request. A socket is registered with the
loop once, not for every read: the two system calls of each are saved, and a connection that rests is watched for nothing.
"""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import certifi

T = TypeVar("T")

PIECE = 65536
"""Bytes read at once, at most."""


class Stream(Protocol):
    """A connection."""

    async def send(self, data: bytes) -> None:
        """Send all of it. Raises OSError."""
        ...

    async def receive(self) -> bytes:
        """Give what came; no bytes where the other side has closed. Raises OSError."""
        ...

    def rest(self, stirred: Callable[[], None]) -> None:
        """Stay open without anybody waiting; `stirred` is called when something comes all the same, or the end."""
        ...

    def wake(self) -> bool:
        """End the rest; tell whether nothing came in it. If something did, the connection is of no more use."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class PlainStream:
    """A connection without encryption. Owns its socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._is_watched = False
        self._arrival: asyncio.Future[bytes] | None = None
        """Of what is waited for."""
        self._stirred: Callable[[], None] | None = None

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._loop.sock_sendall(self._connection, data)

    async def receive(self) -> bytes:
        """Give what came."""
        self._watch()
        self._arrival = self._loop.create_future()
        try:
            return await self._arrival
        finally:
            self._arrival = None

    def send_at_once(self, data: bytes) -> None:
        """Send what the system takes without waiting."""
        self._connection.send(data)

    def rest(self, stirred: Callable[[], None]) -> None:
        """Have an eye on the connection."""
        self._stirred = stirred
        self._watch()

    def wake(self) -> bool:
        """Look once more: the loop may not have come round since something came."""
        self._stirred = None
        try:
            self._connection.recv(1)
        except BlockingIOError:
            return self._is_watched
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the connection."""
        self._unwatch()
        self._connection.close()

    def _watch(self) -> None:
        if not self._is_watched:
            self._loop.add_reader(self._connection, self._take_in)
            self._is_watched = True

    def _unwatch(self) -> None:
        if self._is_watched:
            self._loop.remove_reader(self._connection)
            self._is_watched = False

    def _take_in(self) -> None:
        if self._arrival is None or self._arrival.done():
            # Whoever waits for it later watches again; until then the loop would call without end.
            self._unwatch()
            if self._stirred:
                self._stirred()
            return
        try:
            self._arrival.set_result(self._connection.recv(PIECE))
        except BlockingIOError:
            return
        except OSError as error:
            self._arrival.set_exception(error)


class TlsStream:
    """A connection with encryption, over one without; `shake_hands` comes first.

    Args:
        plain: where encrypted bytes go; closed together with this one.
        context: whom to trust.
        host: whom the certificate must name, as the address has it (RFC 6125).
    """

    def __init__(self, plain: PlainStream, context: ssl.SSLContext, host: str) -> None:
        self._plain = plain
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        # A name's dot at the end belongs to DNS, not to TLS (RFC 6066 section 3).
        name = host.removesuffix(".")
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)

    async def shake_hands(self) -> None:
        """Agree on keys, and check the certificate. Raises ssl.SSLError."""
        await self._through(self._tls.do_handshake)

    def certificate_until(self) -> datetime | None:
        """Give the time at which the server's certificate ends; None where it says none."""
        ends = (self._tls.getpeercert() or {}).get("notAfter")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if isinstance(ends, str) else None

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._through(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """Give what came; servers that close without saying so in TLS are common, and bodies have ends of their own."""
        try:
            return await self._through(lambda: self._tls.read(PIECE))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def rest(self, stirred: Callable[[], None]) -> None:
        """Have an eye on the connection. Late session tickets (RFC 8446 section 4.6.1) end it too: a handshake more."""
        self._plain.rest(stirred)

    def wake(self) -> bool:
        """Look also for what has come in already and was not asked for."""
        try:
            self._tls.read(1)
        except ssl.SSLWantReadError:
            return self._plain.wake()
        except ssl.SSLError:
            return False
        return False

    def close(self) -> None:
        """Say goodbye (RFC 8446 section 6.1), without waiting for an answer, and close the connection."""
        with contextlib.suppress(ssl.SSLError, OSError):
            with contextlib.suppress(ssl.SSLWantReadError):
                self._tls.unwrap()
            self._plain.send_at_once(self._outgoing.read())
        self._plain.close()

    async def _through(self, step: Callable[[], T]) -> T:
        """Do a step of TLS, carrying bytes between it and the connection as long as it wants some."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush()
                if data := await self._plain.receive():
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush()
                return result

    async def _flush(self) -> None:
        if data := self._outgoing.read():
            await self._plain.send(data)


@functools.cache
def public_authorities() -> ssl.SSLContext:
    """Trust the public authorities that certifi lists, whatever the environment says. Made once: it takes 20 ms."""
    return for_the_web(ssl.create_default_context(cafile=certifi.where()))


def for_the_web(context: ssl.SSLContext) -> ssl.SSLContext:
    """Let a context say that HTTP/1.1 is spoken (ALPN, RFC 7301)."""
    context.set_alpn_protocols(["http/1.1"])
    return context
