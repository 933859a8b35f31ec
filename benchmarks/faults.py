"""What a server can do wrong, on the wire: connections that break, answers that lie about themselves, documents made to hurt.

A fault is given the connection and the page that it should have answered with. Those that pass are what a good server does on a bad
day; they give true validators with a document that does not arrive whole, so that who believes them too early loses entries. The
lengths that lie the other way come without validators: nobody could tell such a document from one that was meant so short.
"""

import asyncio
import gzip
import re
import socket
import struct
import zlib
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from random import Random
from typing import Final

from benchmarks.farm import Page, document, head

Fault = Callable[[asyncio.Transport, Page], Awaitable[None]]
_XML: Final = ["Content-Type: application/rss+xml", 'ETag: "fault"']
_PATIENCE: Final = 60
"""Seconds after which a connection that nobody closes is given up."""


async def reset(transport: asyncio.Transport, _: Page) -> None:
    """Answer nothing, and reset the connection."""
    _reset(transport)


async def reset_amid(transport: asyncio.Transport, page: Page) -> None:
    """Reset it in the middle of the document."""
    transport.write(page.plain[: len(page.plain) // 2])
    await asyncio.sleep(0.05)
    _reset(transport)


async def mute(transport: asyncio.Transport, _: Page) -> None:
    """Take the request, and say nothing until the other side goes."""
    await _until_closed(transport)


async def slow(transport: asyncio.Transport, page: Page) -> None:
    """Send a byte every half second."""
    for at in range(_PATIENCE * 2):
        if transport.is_closing():
            return
        transport.write(page.plain[at : at + 1])
        await asyncio.sleep(0.5)
    transport.abort()


async def truncated(transport: asyncio.Transport, page: Page) -> None:
    """Close before what was announced has been sent."""
    transport.write(page.plain[: -len(page.plain) // 3])
    transport.close()


async def too_short(transport: asyncio.Transport, page: Page) -> None:
    """Announce half of what is sent."""
    lines, _, body = page.plain.partition(b"\r\n\r\n")
    lines = re.sub(rb"\r\n(ETag|Last-Modified|Content-Length): [^\r]*", b"", lines)
    transport.write(lines + b"\r\nContent-Length: %d\r\n\r\n" % (len(body) // 2) + body)
    transport.close()


async def bad_gzip(transport: asyncio.Transport, page: Page) -> None:
    """Damage the packed document."""
    lines, end, body = page.packed.partition(b"\r\n\r\n")
    middle = len(body) // 2
    transport.write(lines + end + body[:middle] + bytes(8) + body[middle + 8 :])


async def endless(transport: asyncio.Transport, _: Page) -> None:
    """Send chunks for as long as they are taken, at most 200 MiB."""
    transport.write(head("200 OK", [*_XML, "Transfer-Encoding: chunked"]))
    piece = b"10000\r\n" + b"<!-- more -->   " * 4096 + b"\r\n"
    for _number in range(3200):
        if transport.is_closing():
            return
        transport.write(piece)
        # Writes wait in memory here; the other side is given time to say that it has enough.
        await asyncio.sleep(0.005)
    transport.abort()


async def endless_headers(transport: asyncio.Transport, _: Page) -> None:
    """Send header after header, at most 20 MB."""
    transport.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(2000):
        if transport.is_closing():
            return
        transport.write(b"X-More-%d: " % number + b"a" * 10_000 + b"\r\n")
        await asyncio.sleep(0.005)
    transport.abort()


def _saying(status: str, *lines: str) -> Fault:
    async def answer(transport: asyncio.Transport, _: Page) -> None:
        transport.write(head(status, [*lines, "Content-Length: 0"]))

    return answer


def _sending(make: Callable[[], bytes], *lines: str) -> Fault:
    kept = lru_cache(maxsize=1)(make)

    async def answer(transport: asyncio.Transport, _: Page) -> None:
        transport.write(document(kept(), [*_XML, *lines]))

    return answer


def _item(text: str) -> bytes:
    return (
        '<rss version="2.0"><channel><title>Hostile</title><item><title>One</title>'
        f"<link>http://hostile.example/1</link><description>{text}</description></item></channel></rss>"
    ).encode()


def _entities() -> bytes:
    levels = "".join(f'<!ENTITY a{each} "{f"&a{each - 1};" * 10}">' for each in range(1, 12))
    return f'<!DOCTYPE rss [<!ENTITY a0 "ha">{levels}]>'.encode() + _item("&a11;")


def _packed_zeros(mebibytes: int, layers: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join([*(packer.compress(bytes(2**20)) for _ in range(mebibytes)), packer.flush()])
    for _ in range(layers - 1):
        packed = gzip.compress(packed, mtime=0)
    return packed


PASSING: Final[Mapping[str, Fault]] = {
    "reset": reset,
    "reset amid the document": reset_amid,
    "mute": mute,
    "truncated": truncated,
    "sends more than it announced": too_short,
    "500": _saying("500 Internal Server Error"),
    "503 with Retry-After": _saying("503 Service Unavailable", "Retry-After: 5"),
    "damaged gzip": bad_gzip,
    "garbage": _sending(lambda: Random(1).randbytes(20_000)),
}
"""Of feeds that answer well the next time."""

LASTING: Final[Mapping[str, Fault]] = {
    **PASSING,
    "slow": slow,
    "404": _saying("404 Not Found"),
    "410": _saying("410 Gone"),
    "429 with Retry-After": _saying("429 Too Many Requests", "Retry-After: 30"),
    "redirected in a circle": _saying("302 Found", "Location: ?again"),
    "a page, no feed": _sending(lambda: b"<!doctype html><title>Log in</title><form></form>"),
    "empty": _sending(lambda: b""),
    "malformed XML": _sending(lambda: _item("<b>never closed")[:-30]),
    "entities within entities": _sending(_entities),
    "nested a hundred thousand deep": _sending(lambda: _item("&lt;div&gt;" * 100_000)),
    "elements a hundred thousand deep": _sending(lambda: _item("<div>" * 100_000)),
    "a hundred thousand attributes": _sending(
        lambda: _item("<b " + " ".join(f"a{each}='1'" for each in range(100_000)) + "/>")
    ),
    "comments that never end": _sending(lambda: _item("&lt;!--" * 100_000)),
    "lines before the first tag": _sending(lambda: b"\n" * 60_000 + _item("late")),
    "gzip bomb": _sending(lambda: _packed_zeros(200, 1), "Content-Encoding: gzip"),
    "gzip within gzip": _sending(lambda: _packed_zeros(200, 2), "Content-Encoding: gzip, gzip"),
    "larger than allowed": _sending(lambda: _item("word " * 2_300_000)),
    "endless": endless,
    "endless headers": endless_headers,
}
"""Of feeds that never answer well."""


def _reset(transport: asyncio.Transport) -> None:
    sock: socket.socket = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _until_closed(transport: asyncio.Transport) -> None:
    for _ in range(_PATIENCE):
        if transport.is_closing():
            return
        await asyncio.sleep(1)
    transport.abort()
