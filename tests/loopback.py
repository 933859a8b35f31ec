"""A real HTTP/1.1 server on 127.0.0.1 with scripted answers and a log of what it was asked.

    async with LoopbackServer() as server:
        server.answers["/feed.xml"] = Answer(body=b"<rss/>", headers={"Content-Type": "application/rss+xml"})
        ... fetch server.url("/feed.xml") ...
        assert server.requests[0].header("user-agent") == "..."

Tests that run a loop of their own (commands, for instance) use `with in_thread() as server:`.
"""

import asyncio
import contextlib
import gzip
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from types import TracebackType
from typing import Self

from tests import threaded

HeaderPairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sent, header bytes untouched."""

    method: str
    target: str
    """Path and query as sent."""
    headers: list[tuple[bytes, bytes]]
    connection: int
    """Number of the TCP connection it came on, from 0."""
    body: bytes = b""
    head: bytes = b""
    """Request line and headers exactly as they came, the empty line included."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """First value of a header, decoded as latin-1; None where it was not sent."""
        wanted = name.lower().encode("latin-1")
        return next((value.decode("latin-1") for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What to send. Content-Length is added unless the headers frame the body themselves."""

    status: int = 200
    headers: Mapping[str, str] | HeaderPairs = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    """Seconds before the first byte."""
    gzip: bool = False
    """Compress the body and say so."""
    raw: bytes | None = None
    """The whole answer as it goes out, headers and all; then the connection is closed."""
    stream: Callable[[], AsyncGenerator[bytes, None]] | None = None
    """Like `raw`, piece by piece; it may be endless, it ends when the client goes."""

    def header_pairs(self) -> list[tuple[str, str]]:
        return list(self.headers.items() if isinstance(self.headers, Mapping) else self.headers)


Script = Answer | Callable[[Request], Answer]


def conditional(answer: Answer, *, etag: str | None = None, last_modified: str | None = None) -> Script:
    """Answer as given with these validators, and 304 to a request that sends one of them back."""
    validators = [(n, v) for n, v in (("ETag", etag), ("Last-Modified", last_modified)) if v is not None]

    def script(request: Request) -> Answer:
        if etag is not None and request.header("if-none-match") is not None:
            fresh = request.header("if-none-match") == etag
        else:
            fresh = last_modified is not None and request.header("if-modified-since") == last_modified
        if fresh:
            return Answer(status=304, headers=validators)
        return Answer(
            status=answer.status,
            headers=[*answer.header_pairs(), *validators],
            body=answer.body,
            delay=answer.delay,
            gzip=answer.gzip,
        )

    return script


class LoopbackServer:
    """The server; an async context manager. Unknown paths are answered with 404."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.answers: dict[str, Script] = {}
        """Path without query -> answer. May be changed while the server runs."""
        self.requests: list[Request] = []
        self.connections = 0
        """TCP connections accepted so far."""
        self.most_at_once = 0
        """Requests that were being answered at the same time, at most."""
        self._at_once = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def url(self, path: str = "/", *, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer, self.connections))
        self.connections += 1
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while await self._serve_one(reader, writer, number):
                    pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        request = replace(_parse_request(head, number), head=head)
        request = replace(request, body=await reader.readexactly(int(request.header("content-length") or 0)))
        self.requests.append(request)
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            return await _reply(writer, request, self._answer(request))
        finally:
            self._at_once -= 1

    def _answer(self, request: Request) -> Answer:
        script = self.answers.get(request.path, Answer(status=404, body=b"no such path"))
        return script if isinstance(script, Answer) else script(request)


def _parse_request(head: bytes, connection: int) -> Request:
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    method, target, _version = first.decode("latin-1").split(" ")
    pairs = [line.partition(b":") for line in lines]
    return Request(
        method=method,
        target=target,
        headers=[(name, value.strip()) for name, _, value in pairs],
        connection=connection,
    )


async def _reply(writer: asyncio.StreamWriter, request: Request, answer: Answer) -> bool:
    """Send the answer; tell whether the connection stays open."""
    if answer.delay:
        await asyncio.sleep(answer.delay)
    if answer.stream is not None:
        async with contextlib.aclosing(answer.stream()) as pieces:
            async for piece in pieces:
                writer.write(piece)
                await writer.drain()
        return False
    writer.write(_encode(request, answer) if answer.raw is None else answer.raw)
    await writer.drain()
    return answer.raw is None and (request.header("connection") or "").lower() != "close"


def _encode(request: Request, answer: Answer) -> bytes:
    headers = answer.header_pairs()
    body = gzip.compress(answer.body, mtime=0) if answer.gzip else answer.body
    if answer.gzip:
        headers.append(("Content-Encoding", "gzip"))
    framed = {name.lower() for name, _ in headers} & {"content-length", "transfer-encoding"}
    if not framed and answer.status not in {204, 304}:
        headers.append(("Content-Length", str(len(body))))
    head = f"HTTP/1.1 {answer.status} {_phrase(answer.status)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers)
    without_body = request.method == "HEAD" or answer.status in {204, 304}
    return head.encode("latin-1") + b"\r\n" + (b"" if without_body else body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def in_thread() -> AbstractContextManager[LoopbackServer]:
    """Run a server on a loop of its own in another thread, for tests that can't await."""
    return threaded.in_thread(LoopbackServer(), name="loopback-server")
