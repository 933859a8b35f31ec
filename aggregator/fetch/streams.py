"""Bytes to and from a server: over a socket, or over TLS over a socket.

Sockets are used through the event loop directly. A transport with its protocol or stream reader would cost more
than the rest of a poll: no more than one write and a few reads come of each connection.
"""

import asyncio
import contextlib
import functools
import socket
import ssl
from collections.abc import Callable
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

    def close(self) -> None:
        """Let go of it."""
        ...


class PlainStream:
    """A connection without encryption. Owns its socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._loop.sock_sendall(self._connection, data)

    async def receive(self) -> bytes:
        """Give what came."""
        return await self._loop.sock_recv(self._connection, PIECE)

    def send_at_once(self, data: bytes) -> None:
        """Send what the system takes without waiting."""
        self._connection.send(data)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


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

    async def send(self, data: bytes) -> None:
        """Send all of it."""
        await self._through(lambda: self._tls.write(data))

    async def receive(self) -> bytes:
        """Give what came; servers that close without saying so in TLS are common, and bodies have ends of their own."""
        try:
            return await self._through(lambda: self._tls.read(PIECE))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

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
