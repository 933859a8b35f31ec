"""A small proxy on 127.0.0.1: forwards http, and tunnels (CONNECT). It connects to this machine alone, whatever it is asked for."""

import asyncio
from types import TracebackType
from typing import Self


class LoopbackProxy:
    """Sends everything to one port of this machine."""

    def __init__(self, port: int, *, refusal: bytes = b"") -> None:
        self.heads: list[bytes] = []
        """Of each request to the proxy itself: line and headers."""
        self._to = port
        self._refusal = refusal
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def url(self, login: str = "") -> str:
        assert self._server
        return f"http://{login}127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self._refusal:
                writer.write(self._refusal)
                await writer.drain()
                return
            to_server, from_us = await asyncio.open_connection("127.0.0.1", self._to)
            if head.startswith(b"CONNECT "):
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                from_us.write(head)
            try:
                await asyncio.gather(_pipe(reader, from_us), _pipe(to_server, writer))
            finally:
                from_us.close()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self._tasks.discard(task)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
