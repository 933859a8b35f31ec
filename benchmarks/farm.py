"""A farm of feeds: one local HTTP server that answers for many publishers, as cheaply as Python can.

    python -m benchmarks.farm --feeds 2000 --formats rss,atom,rdf,json     prints its port, ends with its standard input

Feeds lie on 49 loopback hosts (127.0.0.2 to 127.0.0.50), so that programs which count by host see as many. Every
answer is made before it is asked for: strong ETag and Last-Modified, 304 to either, gzip where it is accepted, and no
`max-age`, since programs under test poll more often than anybody should.

Control paths, of any of the hosts, for the benchmark alone: `/control/change` gives two new articles to a tenth of the
feeds, `/control/reset` takes all changes back, `/control/counts` tells what was answered since it was last asked.
"""

import argparse
import asyncio
import gzip
import json
import socket
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime, formatdate
from hashlib import sha256
from typing import Final

from benchmarks.formats import FORMATS
from benchmarks.news import FIRST_DAY, Article, Newspaper

HOSTS: Final = tuple(f"127.0.0.{number}" for number in range(2, 51))
_END_OF_HEAD: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A feed's document and every answer it may be given, but for the Date."""

    etag: bytes
    last_modified: bytes
    not_modified: bytes
    plain: bytes
    packed: bytes

    def is_held(self, asked: bytes) -> bool:
        """Tell whether a request, in small letters, names this document as the one that is held."""
        etag = header(asked, b"\r\nif-none-match:")
        return etag == self.etag or (etag is None and header(asked, b"\r\nif-modified-since:") == self.last_modified)


@dataclass(slots=True)
class Farm:
    """The feeds, and what they say after so many changes.

    Args:
        size: how many feeds.
        formats: names in `benchmarks.formats.FORMATS`; every feed has one of them, by turns.
        seed: of everything made up.
    """

    size: int
    formats: Sequence[str]
    seed: int = 1
    port: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    _generation: int = 0
    _papers: list[Newspaper] = field(default_factory=list)
    _pages: dict[bytes, Page] = field(default_factory=dict)
    _first: dict[bytes, Page] = field(default_factory=dict)

    def plant(self) -> None:
        """Write every feed; `port` must be known, for feeds name their own address."""
        self._papers = [Newspaper(number, seed=self.seed) for number in range(self.size)]
        self._pages = {path(paper.number).encode(): self._page(paper) for paper in self._papers}
        self._first = dict(self._pages)

    def addresses(self) -> list[str]:
        """List the feeds' addresses, the hosts by turns."""
        return [address(number, self.port) for number in range(self.size)]

    def change(self) -> None:
        """Give two new articles to the next tenth of the feeds."""
        self._generation += 1
        for paper in self._papers:
            if paper.changes(self._generation) > paper.changes(self._generation - 1):
                self._pages[path(paper.number).encode()] = self._page(paper)

    def reset(self) -> None:
        """Take all changes back."""
        self._generation = 0
        self._pages = dict(self._first)

    def answer(self, asked: bytes) -> bytes:
        """Answer one request: the whole of it, for the connection is kept only where the client asks for that."""
        target = asked[4 : asked.index(b" ", 4)]
        found = self._pages.get(target)
        if found is None:
            return self._control(target)
        conditions = asked.lower()
        if found.is_held(conditions):
            self.counts["304"] += 1
            return found.not_modified
        self.counts["200"] += 1
        return found.packed if b"gzip" in (header(conditions, b"\r\naccept-encoding:") or b"") else found.plain

    def _control(self, target: bytes) -> bytes:
        match target:
            case b"/control/change":
                self.change()
                return document(b"changed", [])
            case b"/control/reset":
                self.reset()
                return document(b"reset", [])
            case b"/control/counts":
                counts, self.counts = self.counts, Counter()
                return document(json.dumps(counts).encode(), ["Content-Type: application/json"])
            case _:
                self.counts["404"] += 1
                return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

    def _page(self, paper: Newspaper) -> Page:
        changed = FIRST_DAY + timedelta(days=2, hours=paper.changes(self._generation))
        articles = paper.articles(self._generation)
        return page(paper, articles, self.formats[paper.number % len(self.formats)], port=self.port, changed_at=changed)


def page(paper: Newspaper, articles: Sequence[Article], format_name: str, *, port: int, changed_at: datetime) -> Page:
    """Write a feed, and every answer that it is given with."""
    write, media_type = FORMATS[format_name]
    body = write(paper, articles, address(paper.number, port))
    etag = f'"{sha256(body).hexdigest()[:20]}"'
    last_modified = format_datetime(changed_at, usegmt=True)
    validators = [f"ETag: {etag}", f"Last-Modified: {last_modified}", "Vary: Accept-Encoding"]
    headers = [*validators, f"Content-Type: {media_type}"]
    packed = gzip.compress(body, compresslevel=5, mtime=0)
    return Page(
        etag=etag.encode(),
        last_modified=last_modified.lower().encode(),
        not_modified=head("304 Not Modified", validators),
        plain=document(body, headers),
        packed=document(packed, [*headers, "Content-Encoding: gzip"]),
    )


def path(number: int) -> str:
    """Give the path of a feed."""
    return f"/feeds/{number}.xml"


def address(number: int, port: int) -> str:
    """Give the address of a feed."""
    return f"http://{HOSTS[number % len(HOSTS)]}:{port}{path(number)}"


def header(asked: bytes, name: bytes) -> bytes | None:
    """Find what a request says in a header; `name` begins with a line break and ends with the colon, all in small letters."""
    at = asked.find(name)
    return None if at < 0 else asked[at + len(name) : asked.index(b"\r\n", at + 2)].strip()


def head(status: str, headers: Sequence[str]) -> bytes:
    """Write status and headers of an answer, to the empty line."""
    # One Date for the whole run, of when the farm was planted: none is older than an hour then, and it costs nothing.
    lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + _END_OF_HEAD


def document(body: bytes, headers: Sequence[str]) -> bytes:
    """Write an answer that brings a document."""
    return head("200 OK", [*headers, f"Content-Length: {len(body)}"]) + body


class Conversation(asyncio.Protocol):
    """One connection. Requests are GETs without a body."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer
        self._waiting = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are whole."""
        assert self._transport is not None
        self._waiting += data
        while not self._transport.is_closing() and _END_OF_HEAD in self._waiting:
            asked, _, self._waiting = self._waiting.partition(_END_OF_HEAD)
            self.reply(self._transport, asked + b"\r\n")

    def reply(self, transport: asyncio.Transport, asked: bytes) -> None:
        """Answer one request."""
        transport.write(self._answer(asked))
        if b"\r\nconnection: close\r\n" in asked.lower():
            transport.close()


def listen() -> list[socket.socket]:
    """Open one port on all hosts; another one is tried while any of them has it taken.

    Raises:
        OSError: no port in ten tries was free everywhere.
    """
    for attempt in range(10):
        sockets = [socket.create_server((HOSTS[0], 0), backlog=512)]
        try:
            port = sockets[0].getsockname()[1]
            sockets += [socket.create_server((host, port), backlog=512) for host in HOSTS[1:]]
        except OSError:
            for each in sockets:
                each.close()
            if attempt == 9:
                raise
        else:
            return sockets
    raise AssertionError("unreachable")


async def serve(
    conversation: Callable[[], asyncio.Protocol], sockets: Sequence[socket.socket], *, until: asyncio.Event
) -> None:
    """Answer whoever connects."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(conversation, sock=each) for each in sockets]
    await until.wait()
    for server in servers:
        server.close()


async def serve_until_input_ends(
    conversation: Callable[[], asyncio.Protocol], sockets: Sequence[socket.socket]
) -> None:
    """Answer until standard input ends."""
    ended = asyncio.Event()
    # The benchmark holds the other end: should it be killed, the farm goes as well.
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await serve(conversation, sockets, until=ended)


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description="Serve generated feeds on 49 loopback hosts.")
    parser.add_argument("--feeds", type=int, default=2000)
    parser.add_argument("--formats", default=",".join(FORMATS), help="names of formats, parted by commas")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    sockets = listen()
    farm = Farm(asked.feeds, asked.formats.split(","), asked.seed, port=sockets[0].getsockname()[1])
    farm.plant()
    print(json.dumps({"port": farm.port}), flush=True)
    asyncio.run(serve_until_input_ends(lambda: Conversation(farm.answer), sockets))


if __name__ == "__main__":
    main()
